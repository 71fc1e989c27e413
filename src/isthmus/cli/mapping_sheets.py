"""`isthmus mapping export` and `isthmus mapping import`: the document people read, and what they have edited in it."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from isthmus.bootstrap import sheets
from isthmus.bootstrap.checks import ConfigError
from isthmus.bootstrap.config import ProjectConfig
from isthmus.bootstrap.looking import look
from isthmus.bootstrap.sheets import Import, Refused
from isthmus.cli.options import FOLDER, JSON
from isthmus.cli.project import project, run_async
from isthmus.cli.show import as_json, err, fail, out
from isthmus.mapping.sheet_reading import Change

Form = Literal["html", "markdown", "xlsx", "csv"]
_STYLES = {"added": "green", "removed": "red"}
#: A refusal shows so many cells; the rest is counted.
_SHOWN = 50


def export(
    flow: Annotated[str, typer.Argument(help="Which flow; leave out where only one has orders.")] = "",
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    form: Annotated[Form, typer.Option("--as", help="html and markdown to read, xlsx and csv to edit.")] = "xlsx",
    to: Annotated[
        Path | None, typer.Option("--out", help="The file to write (default: printed; xlsx: <flow>-mapping.xlsx).")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write a flow's mapping for people: every field, its rule, owner and example, and what the flow is."""
    config = project(folder)
    now = datetime.now(UTC)
    try:
        found = sheets.flow_named(config, flow)
        made = sheets.export(config, found, run_async(look(config, now)), now)
    except ConfigError as wrong:
        fail(str(wrong))
        raise
    path = to or (Path(f"{made.flow}-mapping.xlsx") if form == "xlsx" else None)
    hand_out(made.form(form), path, force=force)


def hand_out(data: bytes, path: Path | None, *, force: bool) -> None:
    """Write a file, or print it where none is named."""
    if path is None:
        sys.stdout.buffer.write(data)
        return
    try:
        with path.open("wb" if force else "xb") as file:
            file.write(data)
    except FileExistsError:
        fail(f"{path} is there already, maybe with what somebody has edited: name another file, or say --force")
    except OSError as wrong:
        fail(f"{path} cannot be written: {wrong.strerror}")
    out.print(f"written: {path}", markup=False, soft_wrap=True)


def import_(
    file: Annotated[Path, typer.Argument(help="An edited export: .xlsx or .csv.")],
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    flow: Annotated[str, typer.Option(help="Which flow (default: the one the file was exported from).")] = "",
    write: Annotated[bool, typer.Option("--write", help="Do it. Without this, only show what would change.")] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also when the document was changed since the file was exported.")
    ] = False,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Take an edited sheet back into the document: the difference first, a wrong cell refused by its name.

    Exit code 1 when a cell is wrong, or when the document was changed meanwhile; nothing is written then.
    """
    config = project(folder)
    try:
        found = _read(config, file, flow, json=json)
        if write:
            found.write(anyway=anyway)
    except ConfigError as wrong:
        fail(str(wrong))
        raise
    except Refused as refused:
        fail(str(refused), 1)
        raise
    if json:
        as_json(
            {
                "flow": found.flow,
                "changes": [_plain(each) for each in found.edited.changes],
                "remarks": found.edited.remarks,
                "stale": found.stale,
                "written": write and bool(found.edited.changes),
            }
        )
        return
    _print(found, written=write)


def _read(config: ProjectConfig, file: Path, flow: str, *, json: bool) -> Import:
    try:
        return sheets.read_back(config, file, flow)
    except Refused as refused:
        if json and refused.cells:
            as_json({"wrong": [{"cell": each.place, "because": each.says} for each in refused.cells]})
        for each in refused.cells[:_SHOWN] if not json else ():
            err.print(str(each), markup=False, soft_wrap=True)
        raise


def _plain(change: Change) -> dict[str, object]:
    return {
        "kind": change.kind,
        "section": change.key[0],
        "field": change.key[1],
        "cell": change.place,
        "columns": {name: {"before": before, "after": after} for name, before, after in _columns(change)},
    }


def _columns(change: Change) -> list[tuple[str, str, str]]:
    names = [*change.before] if change.kind == "removed" else [*change.cells]
    return [(name, change.before.get(name, ""), change.cells.get(name, "")) for name in names]


def _print(found: Import, *, written: bool) -> None:
    for remark in found.edited.remarks:
        out.print(f"note: {remark}", style="dim", markup=False, soft_wrap=True)
    for change in found.edited.changes:
        place = f" ({change.place})" if change.place else ""
        title = f"{change.kind} {'.'.join(change.key)}{place}"
        out.print(title, style=_STYLES.get(change.kind, "bold"), markup=False, soft_wrap=True)
        for name, before, after in _columns(change):
            out.print(f"  {name}: {before or 'nothing'} -> {after or 'nothing'}", markup=False, soft_wrap=True)
    if not found.edited.changes:
        out.print("nothing differs: the document is as it was")
    elif written:
        out.print("written; a running Isthmus follows within seconds")
    else:
        if found.stale:
            out.print(found.stale, style="yellow", soft_wrap=True)
        out.print("nothing is written; repeat with --write")
