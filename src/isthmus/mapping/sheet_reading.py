"""Sheets that somebody has edited, read against the document they were made of: what changed, cell by cell."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from isthmus.kit.names import nearest
from isthmus.mapping.cells import AS_IT_COMES, READERS, NotThis, cell, plain, same, unquoted
from isthmus.mapping.document import Document
from isthmus.mapping.sheet import ABOUT, ADD, ALL, HEAD, TABLES, WHOLE, Grid, Key, Shown, columns_of, shown, what_it_is
from isthmus.mapping.targets import CUSTOM, SECTIONS

_WORD = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_COLUMNS = tuple(dict.fromkeys([*HEAD, *columns_of(ADD), "to"]))
#: Columns that say which line it is.
_NAMING = ("section", "field", "what it is")
_LETTERS = 26


@dataclass(frozen=True, slots=True)
class Broken:
    """A cell that holds no value of its own, such as a formula; `says` is why it cannot be read."""

    says: str


@dataclass(frozen=True, slots=True)
class WrongCell:
    """A cell that cannot be taken over, and why."""

    place: str
    says: str

    def __str__(self) -> str:
        """Return e.g. `order!D7: ...`."""
        return f"{self.place}: {self.says}"


@dataclass(frozen=True, slots=True)
class Change:
    """What the sheets say otherwise about one line: `cells` are the new texts by column, `before` the old ones."""

    kind: Literal["added", "changed", "removed"]
    key: Key
    cells: Mapping[str, str] = field(default_factory=dict[str, str])
    before: Mapping[str, str] = field(default_factory=dict[str, str])
    place: str = ""


@dataclass(slots=True)
class Edited:
    """Everything that sheets say. `places` is where each cell stands; `remarks` what was not read, and why."""

    changes: list[Change] = field(default_factory=list[Change])
    wrong: list[WrongCell] = field(default_factory=list[WrongCell])
    remarks: list[str] = field(default_factory=list[str])
    places: dict[tuple[str, str, str], str] = field(default_factory=dict[tuple[str, str, str], str])
    texts: dict[tuple[str, str, str], str] = field(default_factory=dict[tuple[str, str, str], str])
    about: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class _Line:
    """A row of a grid with its place."""

    grid: str
    number: int
    cells: Mapping[str, Any]
    letters: Mapping[str, str]

    def place(self, column: str = "field") -> str:
        letter = self.letters.get(column) or self.letters.get("field") or "A"
        return place_of(self.grid, letter, self.number)


def place_of(grid: str, letter: str, number: int) -> str:
    """Return a cell's place as spreadsheets write it; a CSV file has no sheet to name."""
    return f"{grid}!{letter}{number}" if grid else f"{letter}{number}"


def letter_of(index: int) -> str:
    """Return the letters of a column, from 0."""
    text, rest = "", index + 1
    while rest:
        rest, digit = divmod(rest - 1, _LETTERS)
        text = chr(ord("A") + digit) + text
    return text


def edited(document: Document, grids: Sequence[Grid]) -> Edited:
    """Return what edited sheets change in a document. What cannot be read is in `wrong`; it changes nothing.

    A section that has no line in any sheet stays as it is; of one that has, a line that is missing is removed.
    """
    found, old = Edited(), shown(document)
    sections: set[str] = set()
    first: dict[Key, _Line] = {}
    for grid in grids:
        if grid.hidden:
            found.remarks.append(f"the sheet {grid.name} is hidden and was not read")
            continue
        lines = list(_lines(grid, found))
        if _headed(grid) and grid.name in (*SECTIONS, ADD, TABLES):
            sections.add(grid.name)
        for line in lines:
            key = _key(line, found)
            if key is None:
                continue
            if key in first:
                says = f"{'.'.join(key)} stands in {first[key].place()} already"
                found.wrong.append(WrongCell(line.place(), says))
                continue
            first[key] = line
            sections.add(key[0].partition(".")[0])
            if change := _compared(key, line, old, found):
                found.changes.append(change)
    found.changes += [
        Change("removed", key, before=said)
        for key, said in old.items()
        if key not in first and key[0].partition(".")[0] in sections and (said or key[0] == ADD)
    ]
    return found


def _headed(grid: Grid) -> bool:
    return bool(grid.rows) and "field" in [plain(each).casefold() for each in grid.rows[0]]


def _lines(grid: Grid, found: Edited) -> Iterator[_Line]:
    if not _headed(grid):
        if any(plain(each) for row in grid.rows for each in row) and grid.name != "flow":
            name = f"the sheet {grid.name}" if grid.name else "the file"
            found.remarks.append(f"{name} was not read: its first row has no column named field")
        return
    head = [plain(each).casefold() for each in grid.rows[0]]
    letters = _head(grid, head, found)
    for number, row in enumerate(grid.rows[1:], 2):
        cells: dict[str, Any] = dict.fromkeys(letters)  # a row ends with its last value, and the rest is empty
        for index, value in enumerate(row):
            column = head[index] if index < len(head) else ""
            if column in letters:
                cells[column] = value
            elif not column and not isinstance(value, Broken) and plain(value):
                place = place_of(grid.name, letter_of(index), number)
                found.wrong.append(WrongCell(place, "stands in a column without a name in row 1"))
        if any(isinstance(value, Broken) or plain(value) for value in cells.values()):
            yield _Line(grid.name, number, cells, letters)


def _head(grid: Grid, head: Sequence[str], found: Edited) -> dict[str, str]:
    letters: dict[str, str] = {}
    for index, column in enumerate(head):
        if not column:
            continue
        place = place_of(grid.name, letter_of(index), 1)
        if column in letters:
            found.wrong.append(WrongCell(place, f"there is a column {column!r} already, in {letters[column]}1"))
        elif column not in _COLUMNS:
            found.wrong.append(
                WrongCell(place, f"there is no column {column!r}{nearest(column, _COLUMNS)}; there are: "
                          f"{', '.join(_COLUMNS)}")
            )  # fmt: skip
            continue
        letters.setdefault(column, letter_of(index))
    return letters


def _key(line: _Line, found: Edited) -> Key | None:
    """Return which line of a document this is; None for one that is none, or is wrong."""
    for column in _NAMING:
        if isinstance(bad := line.cells.get(column), Broken):
            found.wrong.append(WrongCell(line.place(column), bad.says))
            return None
    section = plain(line.cells.get("section")) or line.grid
    if section == ABOUT:
        found.about[plain(line.cells.get("field"))] = plain(line.cells.get("note"))
        return None
    written = plain(line.cells.get("field"))
    name = ""
    try:
        if not written:
            message = "is empty: a row says which field it is about"
            raise NotThis(message)  # noqa: TRY301 - one way for everything that is wrong with a row's name
        name = unquoted(written)
        _check_key(section, name)
    except _WrongSection as wrong:
        found.wrong.append(WrongCell(line.place("section"), str(wrong)))
    except NotThis as wrong:
        if section in SECTIONS and name and not _says(line):  # one that an older Isthmus offered, or a newer one will
            found.remarks.append(f"{line.place()} was not read: {wrong}")
        else:
            found.wrong.append(WrongCell(line.place(), str(wrong)))
    else:
        return section, name
    return None


def _says(line: _Line) -> bool:
    """Tell whether a row says anything of its field."""
    cells = [value for column, value in line.cells.items() if column not in _NAMING]
    return any(isinstance(each, Broken) or plain(each).casefold() not in ("", AS_IT_COMES) for each in cells)


class _WrongSection(NotThis):
    """The section is none."""


def _check_key(section: str, name: str) -> None:
    """Raise `NotThis` for a line that no document has."""
    kind = section.partition(".")[0]
    if section in SECTIONS:
        known = SECTIONS[section]
        if known.shape(name) is None or name == CUSTOM:
            more = nearest(name, known.names) or "; fields of the other system's own are custom.<name>"
            message = f"{section} has no field {name!r}{more}"
            raise NotThis(message)
    elif section == ADD:
        if not _WORD.fullmatch(name):
            message = f"{name!r} must be one word in small letters: an added line is known by it"
            raise NotThis(message)
    elif section == WHOLE:
        if (section, name) != ALL:
            message = f"{name!r}: the section {WHOLE} has one row, {ALL[1]!r}"
            raise NotThis(message)
    elif kind != TABLES or section in (TABLES, f"{TABLES}."):
        there = (*SECTIONS, ADD, WHOLE, f"{TABLES}.<name>")
        message = f"there is no section {section!r}{nearest(section, there)}; there are: {', '.join(there)}"
        raise _WrongSection(message)


def _compared(key: Key, line: _Line, old: Shown, found: Edited) -> Change | None:
    section, before = key[0], old.get(key, {})
    cells = {
        column: text
        for column in line.cells
        if column not in _NAMING and (text := _new((*key, column), line, before.get(column, ""), found)) is not None
    }
    found.places[(*key, "")] = line.place()
    _remark(key, line, found)
    now = {**before, **cells}
    if section == ADD:
        kind: Literal["added", "changed"] = "changed" if key in old else "added"
        return Change(kind, key, cells, before, line.place()) if cells or kind == "added" else None
    if not cells:
        return None
    if not any(now.values()):
        return Change("removed", key, before=before, place=line.place())
    return Change("changed" if before else "added", key, cells, before, line.place())


def _new(where: tuple[str, str, str], line: _Line, before: str, found: Edited) -> str | None:
    """Return what a cell says if that is new; what is wrong with it is noted at the cell. (R-MAP-10)"""
    section, _name, column = where
    place, allowed, value = line.place(column), columns_of(section), line.cells[column]
    found.places[where] = place
    if isinstance(value, Broken):
        found.wrong.append(WrongCell(place, value.says))
        return None
    text = plain(value)
    if column == "from" and text.casefold() == AS_IT_COMES and not same(text, before):
        text = ""
    found.texts[where] = text
    if column not in allowed:
        if text:
            says = f"a row of the section {section} says nothing under {column}; it takes {', '.join(allowed)}"
            found.wrong.append(WrongCell(place, says))
        return None
    if section == ADD and column == "kind":
        text = text or "fee"
    if same(text, before):
        return None
    try:
        text = _read(section, column, text)
    except NotThis as wrong:
        found.wrong.append(WrongCell(place, str(wrong)))
        return None
    return None if same(text, before) else text


def _read(section: str, column: str, text: str) -> str:
    """Return a new text in the form in which we would have written it. Raises `NotThis`."""
    value = READERS[column](text)
    if section == ADD and column == "kind" and value not in ("fee", "goods", "tip"):
        message = f"is {text!r}: fee, goods or tip"
        raise NotThis(message)
    return cell(column, value) if text else ""


def _remark(key: Key, line: _Line, found: Edited) -> None:
    written = plain(line.cells.get("what it is"))
    if written and not same(written, what_it_is(*key)):
        found.remarks.append(f"{line.place('what it is')} is not read: these words are Isthmus's own; use note")
