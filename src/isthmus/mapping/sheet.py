"""A document as sheets that people read and edit: a row per target field, those as they come included.

Sheets are grids of plain values; files are made of them elsewhere. Each line of a grid names its section and field, so
all of them fit into one list (CSV) as well as into a sheet per section.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from isthmus.mapping.cells import AS_IT_COMES, LONGEST, cell, of_row, printable, quoted
from isthmus.mapping.document import ADD_KEYS, ROW_KEYS, Document
from isthmus.mapping.targets import SECTIONS

#: A line of a document: its section, and the field, line name or word within it.
Key = tuple[str, str]
#: What is said under a key, as texts of cells by column; what is not said has no cell.
Shown = Mapping[Key, Mapping[str, str]]
#: Sections beside those of fields. `tables.<name>` are code tables.
WHOLE, ADD, TABLES = "document", "add", "tables"
ABOUT = "about"
NAMED = ("section", "field", "what it is")
HEAD = (*NAMED, *ROW_KEYS)
_ADD_COLUMNS = tuple(column for column in ADD_KEYS if column != "name")
_IN_ADD_ALONE = tuple(column for column in _ADD_COLUMNS if column not in ROW_KEYS)
#: The one line of a document that is about all of it.
ALL: Key = (WHOLE, "all")
SAYS = {
    WHOLE: "which records the flow takes (when), and a remark",
    ADD: "a line that the shop's order does not have",
    TABLES: "a word of one system and what it is in the other",
    ABOUT: "when this was written, and of what; not read as a rule",
}


class NoCell(ValueError):
    """A document holds what no sheet can show; the message says what."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A sheet: its first row is the head. `hidden` is what somebody has put out of sight."""

    name: str
    rows: Sequence[Sequence[Any]]
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class About:
    """What a reader has to know of an export, in the order in which it is shown."""

    facts: Mapping[str, str] = field(default_factory=dict[str, str])


def columns_of(section: str) -> tuple[str, ...]:
    """Return what may be said in a section."""
    if section in SECTIONS:
        return tuple(ROW_KEYS)
    if section == ADD:
        return _ADD_COLUMNS
    return ("when", "note") if section == WHOLE else ("to",)


def shown(document: Document) -> dict[Key, dict[str, str]]:
    """Return everything a document says."""
    found: dict[Key, dict[str, str]] = {}
    whole = {"when": cell("when", document.when or None), "note": cell("note", document.note or None)}
    if any(whole.values()):
        found[ALL] = whole
    for key, row in document.rows.items():
        found[key] = {column: cell(column, of_row(row, column)) for column in ROW_KEYS}
    for line in document.added:
        said = {column: cell(column, getattr(line, column)) for column in _ADD_COLUMNS}
        found[ADD, line.name] = said
    for table, words in document.tables.items():
        for word, other in words.items():
            found[f"{TABLES}.{table}", word] = {"to": cell("to", other)}
    return {key: {column: text for column, text in said.items() if text} for key, said in found.items()}


def sheets(document: Document, about: About, *, fields: bool = True) -> list[Grid]:
    """Return a sheet per section, and what the export is about; `fields` shows those that come as they are as well.

    Raises `NoCell` for a document that no sheet can hold.
    """
    said = shown(document)
    grids = [_grid(WHOLE, [ALL], said, (*NAMED, "when", "note"))]
    for name, section in SECTIONS.items():
        own = [key for key in said if key[0] == name]
        known = [(name, each) for each in section.names] if fields else []
        if keys := [*known, *(key for key in own if key not in known)]:
            grids.append(_grid(name, keys, said, HEAD))
    grids.append(_grid(ADD, [key for key in said if key[0] == ADD], said, (*NAMED, *_ADD_COLUMNS)))
    grids.append(_grid(TABLES, [key for key in said if key[0].startswith(f"{TABLES}.")], said, (*NAMED, "to")))
    grids.append(
        Grid(ABOUT, [("section", "field", "note"), *((ABOUT, name, text) for name, text in about.facts.items())])
    )
    return grids


def one_list(grids: Sequence[Grid], name: str) -> Grid:
    """Return all sheets as one, for a form that has no sheets."""
    used = [grid for grid in grids if len(grid.rows) > 1]
    more = [column for column in (*_IN_ADD_ALONE, "to") if any(column in grid.rows[0] for grid in used)]
    head = [*HEAD, *more]
    rows: list[Sequence[Any]] = [head]
    for grid in grids:
        own = grid.rows[0]
        for row in grid.rows[1:]:
            said = dict(zip(own, row, strict=True))
            rows.append([said.get(column, "") for column in head])
    return Grid(name, rows)


def what_it_is(section: str, name: str) -> str:
    """Return what a field means, in words."""
    known = SECTIONS.get(section)
    if known is None:
        return SAYS.get(section.partition(".")[0], "")
    words = known.fields.get(name) or known.extra.get(name)
    return words or "a field that only the other system has"


def _grid(name: str, keys: Sequence[Key], said: Shown, head: Sequence[str]) -> Grid:
    rows: list[Sequence[str]] = [head]
    for section, name_in in keys:
        cells = dict(said.get((section, name_in), {}))
        if section in SECTIONS:
            cells.setdefault("from", AS_IT_COMES)
        known = quoted(name_in)
        if max(len(known), len(section)) > LONGEST:
            message = f"{section} {name_in[:40]}... is too long a name for a cell of a spreadsheet"
            raise NoCell(message)
        cells |= {"section": section, "field": known, "what it is": printable(what_it_is(section, name_in))}
        rows.append([cells.get(column, "") for column in head])
    return Grid(name, rows)
