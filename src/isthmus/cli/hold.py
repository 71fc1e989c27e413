"""`isthmus pause` and `isthmus resume`."""

import getpass
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from isthmus.admin import holds
from isthmus.admin.holds import NotThere
from isthmus.admin.views import HoldView
from isthmus.bootstrap.wiring import App
from isthmus.cli.options import FOLDER, JSON
from isthmus.cli.project import with_app
from isthmus.cli.show import as_json, fail, out
from isthmus.cli.status import until as until_words

WHAT = typer.Argument(help="A connection or a flow, such as erp or orders.")
_SPAN = re.compile(r"(?P<number>\d+)(?P<unit>s|min|m|h|d)")
_UNITS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400}


def pause(
    what: Annotated[str, WHAT],
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    because: Annotated[str, typer.Option(help="What everybody will read.")] = "",
    length: Annotated[str, typer.Option("--for", help="How long: 90s, 30min, 2h, 1d.")] = "",
    until: Annotated[str, typer.Option(help="Until when: 2026-12-01T22:00+01:00.")] = "",
    json: Annotated[bool, JSON] = False,
) -> None:
    """Let nothing new begin for a connection or a flow. What arrives is taken in and waits; `resume` ends it."""
    end = _end(length, until)

    async def do(app: App) -> HoldView:
        by, why = getpass.getuser(), because or "paused by hand"
        return await holds.pause(app.context, app.engine.flows, what, by=by, because=why, until=end)

    try:
        found = with_app(folder, do)
    except NotThere as wrong:
        fail(str(wrong))
        raise
    if json:
        as_json(found)
    else:
        out.print(f"[bold]{escape(what)}[/bold] is paused ({until_words(found)}): {escape(found.because)}")


def resume(
    what: Annotated[str, WHAT],
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    because: Annotated[str, typer.Option(help="Kept in the audit trail.")] = "",
    json: Annotated[bool, JSON] = False,
) -> None:
    """End a pause: everything that waited goes on, the oldest first. Exit code 1 when there was none."""

    async def do(app: App) -> bool:
        return await holds.resume(app.context, app.engine.flows, what, by=getpass.getuser(), because=because)

    try:
        was = with_app(folder, do)
    except NotThere as wrong:
        fail(str(wrong))
        raise
    if json:
        as_json({"what": what, "was_paused": was})
    else:
        out.print(f"[bold]{escape(what)}[/bold] {'goes on' if was else 'was not paused'}")
    raise SystemExit(0 if was else 1)


def _end(length: str, until: str) -> datetime | None:
    if length and until:
        fail("say --for or --until, not both")
    if length:
        match = _SPAN.fullmatch(length.strip())
        if match is None or int(match["number"]) == 0:
            fail(f"--for {length!r} must look like 90s, 30min, 2h or 1d")
            return None
        return datetime.now(UTC) + timedelta(seconds=int(match["number"]) * _UNITS[match["unit"]])
    if not until:
        return None
    try:
        end = datetime.fromisoformat(until)
    except ValueError:
        fail(f"--until {until!r} must look like 2026-12-01T22:00+01:00")
        raise
    if end.tzinfo is None:
        fail(f"--until {until!r} needs a zone, such as +01:00 or Z: the same clock shows different times elsewhere")
    if end <= datetime.now(UTC):
        fail(f"--until {until!r} is over already")
    return end.astimezone(UTC)
