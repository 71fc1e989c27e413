"""`isthmus answer`."""

import getpass
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from isthmus.admin import answers
from isthmus.admin.answers import Answered, NoAnswer
from isthmus.bootstrap.wiring import App
from isthmus.cli.options import FOLDER, JSON
from isthmus.cli.project import with_app
from isthmus.cli.show import as_json, fail, out
from isthmus.ports.errors import Trouble

_SAID = {
    "there": "It is brought to what the store says.",
    "create": "It is looked for once more and then created.",
    "leave": "Nothing more is done about it, until another answer is given.",
}


def answer(
    record: Annotated[str, typer.Argument(help="Order number or id of the record that is asked about.")],
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    there: Annotated[str, typer.Option(help="It is there: its number or id in the other system.")] = "",
    create: Annotated[bool, typer.Option("--create", help="It is not there: create it.")] = False,
    leave: Annotated[bool, typer.Option("--leave", help="Leave it as it is.")] = False,
    flow: Annotated[str, typer.Option(help="Which flow, where several ask about it.")] = "",
    json: Annotated[bool, JSON] = False,
) -> None:
    """Answer what became of a record whose outcome is unknown: in_doubt, duplicate, gone.

    Say exactly one of --there, --create and --leave.
    """
    if sum((bool(there), create, leave)) != 1:
        fail("say exactly one of --there NUMBER, --create and --leave")

    async def give(app: App) -> Answered:
        by, flows = getpass.getuser(), app.engine.flows
        if there:
            return await answers.it_is_there(app.context, flows, record, there, by=by, flow=flow)
        if create:
            return await answers.it_is_not_there(app.context, flows, record, by=by, flow=flow)
        return await answers.leave_it(app.context, flows, record, by=by, flow=flow)

    try:
        given = with_app(folder, give)
    except (NoAnswer, Trouble) as wrong:
        fail(str(wrong))
        raise
    if json:
        as_json(given)
    else:
        out.print(f"[bold]{escape(given.number or given.subject)}[/bold]: {_SAID[given.said]}")
