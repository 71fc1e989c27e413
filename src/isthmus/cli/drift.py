"""`isthmus drift`: what is different about the answers of other systems, before a job fails over it."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

from isthmus.admin import drift as admin
from isthmus.admin.drift import DriftReport, DriftView, NoSuchDrift
from isthmus.bootstrap.wiring import App
from isthmus.cli.options import FOLDER, JSON
from isthmus.cli.project import with_app
from isthmus.cli.show import ago, as_json, fail, out, table

drift = typer.Typer(help="See what is different about the answers of other systems, and accept it.")

ACCEPTED = typer.Option("--accepted", help="Also what somebody accepted.")
LEARNED = typer.Option("--learned", help="Also what was learned of which operation.")


@drift.callback(invoke_without_command=True)
def show(
    context: typer.Context,
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    accepted: Annotated[bool, ACCEPTED] = False,
    learned: Annotated[bool, LEARNED] = False,
    json: Annotated[bool, JSON] = False,
) -> None:
    """List what is different about the answers of other systems: fields, types and states that were not so before.

    Exit code 1 while a difference is open that may break a job.
    """
    if context.invoked_subcommand is not None:
        context.obj = folder
        return
    found = with_app(folder, lambda app: admin.drift(app.context, accepted=accepted))
    if json:
        as_json(found)
    else:
        _print(found, learned=learned)
    raise SystemExit(1 if found.breaking else 0)


@drift.command()
def accept(
    context: typer.Context,
    which: Annotated[list[int] | None, typer.Argument(help="Numbers, as `isthmus drift` lists them.")] = None,
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    everything: Annotated[bool, typer.Option("--all", help="All that are open.")] = False,
    because: Annotated[str, typer.Option(help="Kept in the audit trail.")] = "",
    json: Annotated[bool, JSON] = False,
) -> None:
    """Take differences for right: from now on answers like these are expected."""
    if folder == Path() and context.obj is not None:
        folder = context.obj  # said before the word `accept`
    if bool(which) == everything:
        fail("say which: numbers as `isthmus drift` lists them, or --all")

    async def work(app: App) -> int:
        try:
            return await admin.accept(app.context, which or (), by=getpass.getuser(), because=because)
        except NoSuchDrift as wrong:
            fail(str(wrong))
            raise

    number = with_app(folder, work)
    if json:
        as_json({"accepted": number})
    else:
        out.print(f"{number} accepted; processes at work know within a minute.")


def _print(found: DriftReport, *, learned: bool) -> None:
    table(
        "Differences",
        ("id", "where", "difference", "answers", "last", "state"),
        [_row(each) for each in found.drifts],
    )
    if learned:
        table(
            "Learned",
            ("connection", "operation", "fields", "fingerprint", "answers", "since", "last"),
            [
                (
                    each.connection,
                    each.operation,
                    each.question or "all",
                    each.fingerprint,
                    f"{each.answers:,}",
                    ago(each.since),
                    ago(each.seen_at),
                )
                for each in found.shapes
            ],
        )
    if found.breaking:
        out.print(f"{found.breaking:,} open that may break a job. `isthmus drift accept <id>` takes one for right.")
    elif not found.shapes:
        out.print("No answer was looked at yet: `isthmus up` learns from the answers it gets.", style="dim")


def _row(each: DriftView) -> tuple[str, ...]:
    return (
        str(each.id),
        f"{each.connection} {each.operation} {each.path}",
        f"{each.kind}: before {each.before or 'nothing'}, now {each.after or 'nothing'}",
        f"{each.answers:,} since {ago(each.first_at)}",
        ago(each.last_at),
        f"accepted by {each.accepted_by}" if each.accepted_at else "may break a job" if each.breaking else "to know",
    )
