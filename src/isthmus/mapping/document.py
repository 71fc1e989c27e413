"""A mapping document as it is written: `mappings/<flow>.toml`, read and checked for its form."""

import re
import tomllib
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
import re2  # pyright: ignore[reportMissingTypeStubs]

from isthmus.kit.names import nearest
from isthmus.mapping.errors import CannotRead, Where
from isthmus.mapping.targets import CUSTOM, SECTIONS

#: What a row may say beside its source, in the order in which it is shown. Kept for spreadsheets as well.
ROW_KEYS: Mapping[str, str] = {
    "from": "source: an expression such as shipping_to.region; left out: what would stand there anyway",
    "when": "expression: only where it is true the row does anything",
    "table": "code table the value is looked up in; a word without a row is asked about",
    "default": "what stands there when the value is empty",
    "check": "expression over value: false asks a person",
    "required": "true: an empty value asks a person",
    "length": "the most characters; longer asks a person",
    "cut": "true: what is longer than length is cut instead",
    "owner": "whose field it is: the source's connection (written each time), or the destination's (only at first)",
    "type": "what it is, for readers: text, number, day, code",
    "example": "a value for readers",
    "note": "why, for readers",
}
#: What a flow of stock may say of each figure, all in the item's unit.
STOCK_KEYS: Mapping[str, str] = {
    "safety": "expression: how many are kept back, instead of the flow's safety_stock (value)",
    "ceiling": "expression: never offer more than this; empty: no such limit",
}
_TOP = ("note", "when", "tables", "add", "stock", *SECTIONS)
ADD_KEYS: Mapping[str, str] = {
    "name": "a word of your own that never changes: the line is known by it",
    "when": "expression: only where it is true the line is added",
    "sku": "expression: the ERP's SKU; empty books it on the ERP's product for fees",
    "title": "expression: its text",
    "price": "expression: amount per piece (default 0)",
    "quantity": "expression: how many (default 1)",
    "kind": "fee (default), goods or tip",
    "note": "why, for readers",
}
_WORD = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
#: Where a section or a row begins, in a line without the spaces around it.
_HEAD = re.compile(r"\[\[?([^\]\[]+)\]")
_PART = r"""(?:"[^"]+"|'[^']+'|[A-Za-z0-9_-]+)"""
_KEY = re.compile(rf"({_PART}(?:\s*\.\s*{_PART})*)\s*=")
#: A document people read; code tables of any length are files of their own.
LARGEST, MOST_ROWS, MOST_ADDED, LONGEST_NAME = 1_000_000, 2_000, 100, 120
#: Keys of many parts, for which TOML's own reader takes ever longer; no row has more than three.
_MANY_PARTS = cast("Any", re2).compile(
    r"""(?m)(?:^|[\[{,])[ \t]*(?:(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){20}"""
)


class Row(msgspec.Struct, frozen=True, kw_only=True, rename={"source": "from"}, forbid_unknown_fields=True):
    """One row: what fills one field."""

    source: str = ""
    when: str = ""
    table: str = ""
    default: str | int | bool | None = None
    check: str = ""
    required: bool = False
    length: int = 0
    cut: bool = False
    owner: str = ""
    type: str = ""
    example: str = ""
    note: str = ""


class Added(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line that the shop's order does not have."""

    name: str
    when: str = ""
    sku: str = ""
    title: str = ""
    price: str = ""
    quantity: str = ""
    kind: str = "fee"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """One flow's mapping, in the order of its file; `lines` are line numbers by section and field."""

    name: str = ""
    text: str = ""
    note: str = ""
    when: str = ""
    rows: Mapping[tuple[str, str], Row] = field(default_factory=dict[tuple[str, str], Row])
    added: Sequence[Added] = ()
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    lines: Mapping[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    #: Of a flow of stock: an expression by key of `STOCK_KEYS`.
    stock: Mapping[str, str] = field(default_factory=dict[str, str])

    def where(self, section: str, field_name: str = "", part: str = "") -> Where:
        """Return the place of a row, for whoever has to change it."""
        row = f"{section}.{field_name}" if section and field_name else section or field_name
        return Where(self.name, f"{row} {part}".strip(), self.lines.get((section, field_name), 0))


def read_document(text: str, name: str = "", wrong: list[CannotRead] | None = None) -> Document:
    """Read a document. Raises `CannotRead` that names line and row.

    With `wrong`, what concerns one row or section is put there instead and left out of the document.
    """
    if len(text) > LARGEST:
        message = "larger than 1 MB: put long code tables into files of their own"
        raise Where(name).unreadable(message)
    _check_text(text, name)
    try:
        tree = tomllib.loads(text)
    except (ValueError, RecursionError) as bad:
        raise Where(name).unreadable(f"not TOML: {bad}" if isinstance(bad, ValueError) else "not TOML") from None
    empty = Document(name, text, lines=_lines(text))
    for key in tree:
        if key not in _TOP:
            with _kept(wrong):
                said = key[:LONGEST_NAME]
                message = f"there is no section {said!r}{nearest(said, _TOP)}"
                raise empty.where(said).unreadable(message)
    note = when = ""
    added: tuple[Added, ...] = ()
    tables: dict[str, dict[str, str]] = {}
    with _kept(wrong):
        note = _text(tree.get("note", ""), empty.where("", "note"))
    with _kept(wrong):
        when = _text(tree.get("when", ""), empty.where("", "when"))
    rows = _rows(tree, empty, wrong)
    if len(rows) > MOST_ROWS:
        message = f"more than {MOST_ROWS:,} rows"
        raise Where(name).unreadable(message)
    with _kept(wrong):
        added = _added(tree.get("add", []), empty)
    with _kept(wrong):
        tables = _tables(tree.get("tables", {}), empty)
    stock: dict[str, str] = {}
    with _kept(wrong):
        stock = _stock(tree.get("stock", {}), empty)
    return Document(name, text, note, when, rows, added, tables, empty.lines, stock)


def _check_text(text: str, name: str) -> None:
    """Refuse what TOML's own reader would take for ever for, and half characters. Raises `CannotRead`."""
    try:
        text.encode()
    except UnicodeEncodeError:
        message = "not a text in UTF-8"
        raise Where(name).unreadable(message) from None
    if (many := _MANY_PARTS.search(text)) is not None:
        message = "a key of more than 20 parts"
        raise Where(name, line=text.count("\n", 0, many.end()) + 1).unreadable(message)


def _rows(tree: Mapping[str, Any], empty: Document, wrong: list[CannotRead] | None) -> dict[tuple[str, str], Row]:
    rows: dict[tuple[str, str], Row] = {}
    for section in SECTIONS:
        with _kept(wrong):
            for field_name, value in _section(tree.get(section, {}), section, empty):
                with _kept(wrong):
                    if (section, field_name) in rows:
                        message = "stands in this section twice: one of them would do nothing"
                        raise empty.where(section, field_name).unreadable(message)
                    rows[section, field_name] = _row(value, section, field_name, empty)
    return rows


@contextmanager
def _kept(wrong: list[CannotRead] | None) -> Generator[None]:
    """Keep an error with the others, where somebody wants them all."""
    try:
        yield
    except CannotRead as bad:
        if wrong is None:
            raise
        wrong.append(bad)


def _section(body: Any, section: str, document: Document) -> Iterator[tuple[str, Any]]:
    if not isinstance(body, dict):
        message = f'[{section}] holds rows such as note = "..."'
        raise document.where(section).unreadable(message)
    return _flat(cast("dict[str, Any]", body), SECTIONS[section].fields)


def _flat(body: Mapping[str, Any], fields: Collection[str], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield rows by field: `custom.x = ...` and `"custom.x" = ...` are the same, and TOML nests the first."""
    for key, value in body.items():
        name = f"{before}{key}"
        if isinstance(value, dict) and key in ("custom", "company") and key not in fields and not before:
            yield from _flat(cast("dict[str, Any]", value), fields, f"{name}.")
        else:
            yield name, value


def _row(value: Any, section: str, name: str, document: Document) -> Row:
    where = document.where(section, name[:LONGEST_NAME])
    known = SECTIONS[section]
    if len(name) > LONGEST_NAME or any(not each.isprintable() for each in name):
        message = f"the name of a field has up to {LONGEST_NAME} characters that can be seen"
        raise where.unreadable(message)
    if known.shape(name) is None or name == CUSTOM:
        hint = nearest(name, known.names) or (
            "; fields of the other system's own are custom.<name>" if "." not in name else ""
        )
        message = f"{name} cannot be filled{hint}"
        raise where.unreadable(message)
    if isinstance(value, str):
        return Row(source=value)
    if not isinstance(value, dict):
        message = 'a row is an expression in quotes, or { from = "...", ... }'
        raise where.unreadable(message)
    for key in cast("dict[str, Any]", value):
        if key not in ROW_KEYS:
            said = key[:LONGEST_NAME]
            message = f"a row says nothing under {said!r}{nearest(said, ROW_KEYS)}"
            raise where.unreadable(message)
    try:
        row = msgspec.convert(value, Row)
    except msgspec.ValidationError as wrong:
        raise where.unreadable(_said(wrong)) from None
    if row.length < 0 or (row.cut and not row.length):
        message = "length is a number of characters; cut goes with it"
        raise where.unreadable(message)
    return row


def _added(body: Any, document: Document) -> tuple[Added, ...]:
    where = document.where("add")
    try:
        added = tuple(msgspec.convert(body, list[Added]))
    except msgspec.ValidationError as wrong:
        message = f"[[add]]: {_said(wrong)}; it takes {', '.join(ADD_KEYS)}"
        raise where.unreadable(message) from None
    if len(added) > MOST_ADDED:
        message = f"more than {MOST_ADDED} lines to add"
        raise where.unreadable(message)
    names = [each.name for each in added]
    for each in added:
        if not _WORD.fullmatch(each.name) or names.count(each.name) > 1:
            message = f"[[add]] name = {each.name!r} must be one word in small letters, and the only one"
            raise where.unreadable(message)
        if each.kind not in ("fee", "goods", "tip"):
            message = f"[[add]] kind = {each.kind!r}: fee, goods or tip"
            raise where.unreadable(message)
    return added


def _stock(body: Any, document: Document) -> dict[str, str]:
    if not isinstance(body, dict):
        message = '[stock] holds rows such as ceiling = "20"'
        raise document.where("stock").unreadable(message)
    found: dict[str, str] = {}
    for key, value in cast("dict[str, Any]", body).items():
        where = document.where("stock", key[:LONGEST_NAME])
        if key not in STOCK_KEYS:
            message = f"{key[:LONGEST_NAME]!r} cannot be said of stock{nearest(key, STOCK_KEYS)}"
            raise where.unreadable(message)
        found[key] = _text(value, where)
    return found


def _tables(body: Any, document: Document) -> dict[str, dict[str, str]]:
    try:
        written = msgspec.convert(body, dict[str, dict[str, str | int]])
    except msgspec.ValidationError:
        message = '[tables.<name>] holds rows "word" = "other word"'
        raise document.where("tables").unreadable(message) from None
    return {name: {key: str(value) for key, value in rows.items()} for name, rows in written.items()}


def _text(value: Any, where: Where) -> str:
    if not isinstance(value, str):
        message = "must be a text in quotes"
        raise where.unreadable(message)
    return value


def _said(wrong: msgspec.ValidationError) -> str:
    return str(wrong).replace("Object contains unknown field", "unknown key").replace("`", "'")


def _lines(text: str) -> dict[tuple[str, str], int]:
    """Return the line of each section and key; TOML's own reader does not say."""
    found: dict[tuple[str, str], int] = {}
    section = ""
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if head := _HEAD.match(line):
            section = head.group(1).strip("\"' \t")
            found.setdefault((section.partition(".")[0], section.partition(".")[2].strip("\"'")), number)
            found.setdefault((section.partition(".")[0], ""), number)
        elif key := _KEY.match(line):
            name = ".".join(part.strip("\"'") for part in re.findall(_PART, key.group(1)))
            outer, _, inner = section.partition(".")
            found.setdefault((outer, f"{inner}.{name}" if inner else name), number)
            row, _, said = name.rpartition(".")
            if said in ROW_KEYS and not inner:  # `note.from = ...` is a row of the field `note`
                found.setdefault((outer, row), number)
    return found
