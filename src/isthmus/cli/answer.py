"""`isthmus answer`."""

import getpass
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import Progress

from isthmus.admin import answers
from isthmus.admin.answer_all import Said, answer_all
from isthmus.admin.answers import Answered, NoAnswer
from isthmus.bootstrap.answering import Mapped, RowAnswers
from isthmus.bootstrap.wiring import App
from isthmus.cli.options import FOLDER, JSON
from isthmus.cli.project import with_app
from isthmus.cli.show import as_json, err, fail, out
from isthmus.ports.errors import Trouble

_SAID = {
    "there": "It is brought to what the store says.",
    "create": "It is looked for once more and then created.",
    "leave": "Nothing more is done about it, until another answer is given.",
}


def answer(
    record: Annotated[str, typer.Argument(help="Order number or id of the record; leave out with --code.")] = "",
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    there: Annotated[str, typer.Option(help="It is there: its number or id in the other system.")] = "",
    create: Annotated[bool, typer.Option("--create", help="It is not there: create it.")] = False,
    leave: Annotated[bool, typer.Option("--leave", help="Leave it as it is.")] = False,
    other: Annotated[str, typer.Option("--as", help="The word it waits for: what it is in the other system.")] = "",
    word: Annotated[str, typer.Option(help="With --as: which word, where it waits for several.")] = "",
    note: Annotated[str, typer.Option(help="With --as: why, for whoever reads the code table.")] = "",
    flow: Annotated[str, typer.Option(help="Which flow, where several ask about it.")] = "",
    code: Annotated[str, typer.Option(help="Answer every question with this cause: gone, in_doubt.")] = "",
    json: Annotated[bool, JSON] = False,
) -> None:
    """Answer a question: what a word is in the other system, or what became of a record whose outcome is unknown.

    A word (unknown_sku, unmapped): --as OTHER. It lands in the code table, and all that wait for the same word go on.

    An unknown outcome (in_doubt, duplicate, gone): exactly one of --there, --create and --leave; about one record, or
    with --code about all that ask the same.
    """
    if sum((bool(other), bool(there), create, leave)) != 1:
        fail("say exactly one of --as OTHER, --there NUMBER, --create and --leave")
    if (word or note) and not other:
        fail("--word and --note go with --as OTHER")
    if bool(record) == bool(code):
        fail("name one record, or a cause with --code, not both")
    if code and (there or other):
        fail("which one is meant is said of each record by itself: name the record, not --code")
    if other:
        _map(record, folder, (other, word, note, flow), json=json)
    else:
        _outcome(record, folder, (there, "create" if create else "leave", flow, code), json=json)


def _outcome(record: str, folder: Path, said: tuple[str, Said, str, str], *, json: bool) -> None:
    there, what, flow, code = said

    async def give(app: App) -> list[Answered]:
        by, flows = getpass.getuser(), app.engine.flows
        if code:
            return await _all(app, code, what, flow)
        if there:
            return [await answers.it_is_there(app.context, flows, record, there, by=by, flow=flow)]
        if what == "create":
            return [await answers.it_is_not_there(app.context, flows, record, by=by, flow=flow)]
        return [await answers.leave_it(app.context, flows, record, by=by, flow=flow)]

    try:
        given = with_app(folder, give)
    except (NoAnswer, Trouble) as wrong:
        fail(str(wrong))
        raise
    if json:
        as_json(given if code else given[0])
        return
    for one in given:
        out.print(f"[bold]{escape(one.number or one.subject)}[/bold]: {_SAID[one.said]}")
    if not given:
        out.print("Nothing asks this.")


def _map(record: str, folder: Path, said: tuple[str, str, str, str], *, json: bool) -> None:
    other, word, note, flow = said

    async def give(app: App) -> Mapped:
        rows = RowAnswers(app.context, app.config)
        return await rows.give(record, other, by=getpass.getuser(), flow=flow, word=word, note=note)

    try:
        given = with_app(folder, give)
    except (NoAnswer, Trouble) as wrong:
        fail(str(wrong))
        raise
    if json:
        as_json(given)
        return
    out.print(f"[bold]{escape(given.word)}[/bold] is {escape(given.other)} now: a row in {escape(given.where)}")
    for remark in given.remarks:
        out.print(escape(remark), style="dim")
    out.print(f"Let go on: {given.records}, {escape(given.number)} among them.")


async def _all(app: App, code: str, said: Said, flow: str) -> list[Answered]:
    with Progress(console=err, transient=True) as progress:
        task = progress.add_task("answered", total=None)
        flows, by = app.engine.flows, getpass.getuser()
        return await answer_all(
            app.context, flows, code, said, by=by, flow=flow, told=lambda n: progress.update(task, completed=n)
        )
