"""`isthmus promote`: what one environment has tried, taken over into another."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from isthmus.bootstrap import promoting
from isthmus.bootstrap.checks import FILE, ConfigError
from isthmus.bootstrap.promoting import Change
from isthmus.cli.options import FOLDER, JSON
from isthmus.cli.show import as_json, fail, out

_STYLES = {"+": "green", "-": "red", "@": "dim"}


def promote(
    target: Annotated[Path, typer.Argument(help="The folder of the other environment, such as ../production.")],
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    write: Annotated[bool, typer.Option("--write", help="Do it. Without this, only show what would change.")] = False,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Take flows, mappings and code tables over into another environment, whose addresses and secrets stay its own."""
    if target.resolve() == folder.resolve():
        fail("both are the same folder")
    try:
        changes = promoting.difference(folder, target)
    except ConfigError as wrong:
        fail(str(wrong))
        raise
    kept: Path | None = None
    if write and changes:
        if not promoting.writable(target):
            fail(f"{target / FILE} cannot be written: nothing was changed")
        kept = promoting.promote(target, changes, datetime.now(UTC))
    if json:
        as_json({"changes": [_told(each) for each in changes], "written": kept is not None, "kept": str(kept or "")})
        return
    _show(changes)
    if kept is not None:
        out.print(f"written; what was there is kept in {kept}", markup=False)
        _next(changes)
    elif changes:
        out.print("nothing is written; repeat with --write")


def _told(change: Change) -> dict[str, object]:
    return {"path": change.path, "is": change.says, "lines": list(change.lines)}


def _show(changes: Sequence[Change]) -> None:
    if not changes:
        out.print("nothing differs")
    for each in changes:
        out.print(f"{each.path}: {each.says}", style="bold", markup=False)
        for line in each.lines:
            out.print(f"  {line}", style=_STYLES.get(line[:1], ""), markup=False, soft_wrap=True)


def _next(changes: Sequence[Change]) -> None:
    if any(each.path == FILE for each in changes):
        out.print(f"restart it: {FILE} is read at the start")
    else:
        out.print("a running Isthmus follows within seconds")
