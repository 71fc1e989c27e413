"""`isthmus tables`: code tables, what has no row in them first."""

import getpass
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from isthmus.admin.answers import NoAnswer
from isthmus.bootstrap import table_exchange
from isthmus.bootstrap.answering import RowAnswers
from isthmus.bootstrap.checks import ConfigError
from isthmus.bootstrap.config import ProjectConfig
from isthmus.bootstrap.table_files import Changes, Entry
from isthmus.bootstrap.tables import Plan, Table, carry_out, flow_named, planned, tables_of
from isthmus.bootstrap.wiring import App, opened
from isthmus.bootstrap.word_list import Word
from isthmus.cli.options import FOLDER, JSON
from isthmus.cli.project import project, run_async, with_app
from isthmus.cli.show import ago, as_json, err, fail, out, table
from isthmus.mapping.tables import KNOWN, USUAL
from isthmus.store.group import StoreError

tables = typer.Typer(help="Code tables: what a word of one system is in the other.", no_args_is_help=True)
#: Orders of so many days are looked at for words without a row.
DAYS, MOST_ROWS = 30, 25
FLOW = typer.Option(help="The rows of this flow alone; without it the rows for all flows.")
WRITE = typer.Option("--write", help="Do it. Without this, only show what would change.")
DAYS_OPTION = typer.Option(min=1, max=3650, help="Look at the orders of so many days.")


@tables.command("list")
def list_tables(
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    flow: Annotated[str, typer.Option(help="Only this flow.")] = "",
    days: Annotated[int, DAYS_OPTION] = DAYS,
    json: Annotated[bool, JSON] = False,
) -> None:
    """List each table: its rows, how many words have none, and what looks into it."""
    config = project(folder)
    found = _wanted(folder, config, flow, "", days)
    told: list[dict[str, object]] = []
    for each, words in found:
        both = {**KNOWN, **USUAL}.get(each.name, "")
        asked = sum(word.jobs > 0 for word in words)
        told.append(
            {
                "flow": each.flow,
                "table": each.name,
                "is": both,
                "rows": len(each.rows),
                "unmapped": len(words),
                "asked": asked,
                "used_by": list(each.used_by),
            }
        )
    if json:
        as_json(told)
        return
    columns = ("flow", "table", "rows", "without a row", "asked for", "used by")
    table("Code tables", columns, [_line(each) for each in told])


def _line(told: Mapping[str, object]) -> tuple[str, ...]:
    used = told["used_by"]
    by = ", ".join(used) if isinstance(used, list) and used else "nothing yet"  # pyright: ignore[reportUnknownArgumentType]
    return (*(str(told[key]) for key in ("flow", "table", "rows", "unmapped", "asked")), by)


@tables.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="TABLE", help="Such as sku, tax or payment.")],
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    flow: Annotated[str, typer.Option(help="Only this flow.")] = "",
    days: Annotated[int, DAYS_OPTION] = DAYS,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Show a table: words without a row first, how often they are met, and what each may be and why."""
    config = project(folder)
    found = _wanted(folder, config, flow, name, days)
    if json:
        as_json([_plain(each, words) for each, words in found])
        return
    if not found:
        out.print(f"No flow has a table {name!r}.", style="dim", markup=False)
    for each, words in found:
        _print(each, words)


def _wanted(folder: Path, config: ProjectConfig, flow: str, name: str, days: int) -> list[tuple[Table, list[Word]]]:
    """Return the tables asked for, and the words each lacks."""
    try:
        flows = [flow_named(config, flow)] if flow else config.flows
        found = [each for one in flows for each in tables_of(config, one) if name in ("", each.name)]
    except ConfigError as wrong:
        fail(str(wrong))
        raise
    orders = [each.name for each in flows if each.kind == "orders"]

    async def ask(app: App) -> list[Word]:
        answers = RowAnswers(app.context, config)
        return [word for each in orders for word in await answers.wanted(each, days=days)]

    words = with_app(folder, ask) if found else []
    return [(each, [w for w in words if (w.flow, w.table) == (each.flow, each.name)]) for each in found]


def _plain(each: Table, words: Sequence[Word]) -> dict[str, object]:
    rows = [
        {"word": word, "other": other, "from": layer.origin, "note": layer.notes.get(word, "")}
        for word, other in each.rows.items()
        if (layer := each.origin(word))
    ]
    return {"flow": each.flow, "table": each.name, "used_by": list(each.used_by), "unmapped": words, "rows": rows}


def _print(each: Table, words: Sequence[Word]) -> None:
    out.print(
        f"\n[bold]{escape(each.name)}[/bold] of {escape(each.flow)}: {escape(', '.join(each.used_by) or 'unused')}"
    )
    columns = ("word", "questions", "orders", "last", "without a row", "perhaps")
    table(
        "Without a row",
        columns,
        [
            (
                word.word,
                str(word.jobs or "-"),
                str(word.orders or "-"),
                ago(word.last_seen),
                word.otherwise or "a person is asked",
                "\n".join(f"{s.other}: {s.because}{' (sure)' if s.sure else ''}" for s in word.suggestions),
            )
            for word in words
        ],
    )
    shown: list[tuple[str, ...]] = []
    for word, other in list(each.rows.items())[:MOST_ROWS]:
        layer = each.origin(word)
        hidden = [one.origin for one in each.layers if one is not layer and word in one.rows]
        where = (layer.origin if layer else "") + (f" (before {', '.join(hidden)})" if hidden else "")
        shown.append((word, other, where, layer.notes.get(word, "") if layer else ""))
    table("Rows", ("word", "is", "from", "note"), shown)
    if (more := len(each.rows) - len(shown)) > 0:
        out.print(f"and {more:,} more: isthmus tables export {each.name}", style="dim", markup=False)


@tables.command("set")
def set_row(
    name: Annotated[str, typer.Argument(metavar="TABLE", help="Such as sku, tax or payment.")],
    word: Annotated[str, typer.Argument(help="The word, exactly as the shop has it.")],
    other: Annotated[str, typer.Argument(help="What it is in the other system.")],
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    flow: Annotated[str, FLOW] = "",
    note: Annotated[str, typer.Option(help="Why, for whoever reads the table.")] = "",
    json: Annotated[bool, JSON] = False,
) -> None:
    """Write one row; records that wait for the word go on."""
    if not other:
        fail("an empty counterpart says nothing: `isthmus tables unset` takes a row out")
    _write(folder, [(name, {word: Entry(other, note or None)}, flow)], note, json=json)


@tables.command("unset")
def unset_row(
    name: Annotated[str, typer.Argument(metavar="TABLE", help="Such as sku, tax or payment.")],
    word: Annotated[str, typer.Argument(help="The word whose row is taken out.")],
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    flow: Annotated[str, FLOW] = "",
    note: Annotated[str, typer.Option(help="Why, for the audit trail.")] = "",
    json: Annotated[bool, JSON] = False,
) -> None:
    """Take one row out."""
    _write(folder, [(name, {word: None}, flow)], note, json=json)


@tables.command("paste")
def paste(
    name: Annotated[str, typer.Argument(metavar="TABLE", help="Such as sku, tax or payment.")],
    source: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Leave out to read standard input.")] = None,
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    flow: Annotated[str, FLOW] = "",
    write: Annotated[bool, WRITE] = False,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Take rows from two columns, such as copied from a spreadsheet: word, counterpart and perhaps a note."""
    try:
        body = source.read_bytes() if source else sys.stdin.buffer.read()
        rows = table_exchange.pasted(body.decode("utf-8"), source.name if source else "standard input")
    except UnicodeDecodeError:
        fail("this is no text in UTF-8")
        raise
    except (ConfigError, OSError) as wrong:
        fail(f"{wrong}; nothing was written")
        raise
    _write(folder, [(name, rows, flow)], "pasted", json=json, write=write)


@tables.command("export")
def export(
    name: Annotated[str, typer.Argument(metavar="[TABLE]", help="Leave out for all tables.")] = "",
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    form: Annotated[Literal["csv", "xlsx"], typer.Option("--as", help="The form.")] = "csv",
    to: Annotated[Path | None, typer.Option(help="The file; without it, csv goes to standard output.")] = None,
) -> None:
    """Write the rows of table files into one CSV or workbook; `import` takes it back."""
    if to is None and form == "xlsx":
        fail("a workbook needs a file: --to tables.xlsx")
    try:
        lines = table_exchange.exported(project(folder), name)
        body = table_exchange.as_xlsx(lines) if form == "xlsx" else table_exchange.as_csv(lines)
        if to is None:
            sys.stdout.buffer.write(body)
            return
        to.write_bytes(body)
    except (ConfigError, OSError) as wrong:
        fail(str(wrong))
        raise
    out.print(f"{len(lines):,} rows written to {to}", markup=False)


@tables.command("import")
def import_tables(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="What `export` wrote, .csv or .xlsx.")],
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    write: Annotated[bool, WRITE] = False,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Take rows from an export that was worked on; rows that are not in it stay as they are."""
    try:
        found = table_exchange.imported(source, project(folder))
    except (ConfigError, OSError) as wrong:
        fail(f"{wrong}; nothing was written")
        raise
    parts = [(name, rows, flow) for (flow, name), rows in found.items()]
    _write(folder, parts, f"imported from {source.name}", json=json, write=write)


@tables.command("accept")
def accept(
    name: Annotated[str, typer.Argument(metavar="TABLE", help="Such as sku.")],
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    flow: Annotated[str, FLOW] = "",
    suggested: Annotated[
        Literal["sure"], typer.Option(help="Which suggestions: only those that are certain.")
    ] = "sure",
    days: Annotated[int, DAYS_OPTION] = DAYS,
    write: Annotated[bool, WRITE] = False,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Take over what is certain of the suggestions of `show`."""
    rows: dict[str, Entry | None] = {}
    for _, words in _wanted(folder, project(folder), flow, name, days):
        for word in words:
            for each in word.suggestions:
                if each.sure and suggested == "sure":
                    before = rows.setdefault(word.word, Entry(each.other, each.because))
                    if before is None or before.other != each.other:
                        fail(f"{word.word!r} is not the same in every flow: say which with --flow; nothing was written")
    _write(folder, [(name, rows, flow)], "suggested, sure", json=json, write=write)


def _write(
    folder: Path, parts: Sequence[tuple[str, Changes, str]], why: str, *, json: bool, write: bool = True
) -> None:
    """Show what changes, write it unless it is only to be shown, and let go on what waited for it."""
    config = project(folder)
    done: list[Plan] = []
    try:
        plans = [planned(config, name, rows, flow) for name, rows, flow in parts]
        for name, rows, flow in parts if write else ():
            done.append(carry_out(config, name, rows, flow))
    except ConfigError as wrong:
        before = ", ".join(each.name for each in done if each.changes)
        fail(f"{wrong}{f'; written before it: {before}' if before else ''}")
        raise
    plans = done if write else plans
    changed = [plan for plan in plans if plan.changes]
    records = _let_go(config, changed, why) if write and changed else 0
    if json:
        as_json({"files": [_told(each) for each in changed], "written": write and bool(changed), "records": records})
        return
    for plan in changed:
        _show(plan)
    if not changed:
        out.print("Nothing changes.")
    elif not write:
        out.print("Nothing is written; repeat with --write.")
    elif records:
        out.print(f"Let go on: {records}. A running Isthmus follows within seconds.")


def _told(plan: Plan) -> dict[str, object]:
    return {"file": plan.name, "table": plan.table, "changes": plan.changes, "remarks": list(plan.remarks)}


def _show(plan: Plan) -> None:
    rows = [
        (each.word, "-" if each.before is None else each.before, "-" if each.after is None else each.after, each.note)
        for each in plan.changes
    ]
    table(plan.name, ("word", "was", "is", "note"), rows)
    for remark in plan.remarks:
        out.print(remark, style="dim", markup=False)


def _let_go(config: ProjectConfig, plans: Sequence[Plan], why: str) -> int:
    """Write down who changed what, and let go on what waited for it."""

    async def follow() -> int:
        async with opened(config) as app:
            answers = RowAnswers(app.context, config)
            return sum([await answers.follow(plan, by=getpass.getuser(), why=why) for plan in plans])

    try:
        return run_async(follow())
    except (ConfigError, StoreError, NoAnswer) as wrong:
        err.print(f"[yellow]written, but nothing could go on yet:[/yellow] {escape(str(wrong))}")
        return 0
