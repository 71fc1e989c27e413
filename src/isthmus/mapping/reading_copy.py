"""A document for those who only read it: its sheets as parts of a paper. (R-MAP-01)"""

from collections.abc import Iterator, Sequence

from isthmus.kit.paper import Code, Part, Table, Text, filled
from isthmus.mapping.cells import EXPRESSIONS
from isthmus.mapping.sheet import ABOUT, ADD, TABLES, WHOLE, Grid
from isthmus.mapping.targets import SECTIONS

#: Shown also where no row says anything: a reader looks for them.
_ALWAYS = ("field", "what it is", "from", "owner", "example", "note")
_TITLES = {
    WHOLE: "What the flow takes",
    ADD: "Added lines",
    TABLES: "Code tables of the document",
}


def parts(grids: Sequence[Grid], *, owner: str = "", level: int = 2) -> Iterator[Part]:
    """Yield a part for each sheet that says something; `owner` is whose a field is where no row says so."""
    for grid in grids:
        if len(grid.rows) == 1 or grid.name == ABOUT:
            continue
        head = [str(each) for each in grid.rows[0]]
        rows: list[list[Text]] = []
        for row in grid.rows[1:]:
            said = {column: str(each) for column, each in zip(head, row, strict=True)}
            if grid.name in SECTIONS:
                said["owner"] = said["owner"] or owner
            rows.append([_text(grid.name, column, said[column]) for column in head])
        table = Table(head, rows)
        known = SECTIONS.get(grid.name)
        title = f"{grid.name}: {known.says}" if known else _TITLES.get(grid.name, grid.name)
        shown = filled(_without_section(table) if known or grid.name == ADD else table, keep=_ALWAYS if known else ())
        yield Part(title, tables=[shown], level=level)


def _text(section: str, column: str, text: str) -> Text:
    if column in EXPRESSIONS and not (column == "from" and text == "as it comes"):
        return Code(text)
    return Code(text) if column == "field" and section != WHOLE else text


def _without_section(table: Table) -> Table:
    return Table(table.columns[1:], [row[1:] for row in table.rows])
