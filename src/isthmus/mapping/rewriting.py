"""Changes written into a document's own text: comments, order and every row that did not change stay as they are.

Whatever was written is read again and compared with what was meant: a text that says anything else is never kept.
"""

import re
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any, cast

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, InlineTable

from isthmus.mapping.cells import READERS, same
from isthmus.mapping.document import ROW_KEYS, Document, read_document
from isthmus.mapping.sheet import ADD, TABLES, WHOLE, Key, Shown, shown
from isthmus.mapping.sheet_reading import Change

_NOT_LITERAL = re.compile("['\x00-\x08\x0a-\x1f\x7f]")
_NESTED = ("custom", "company")
_Table = MutableMapping[str, Any]


class CannotRewrite(ValueError):
    """A document is written in a way in which the changes cannot be put without disturbing other rows."""


def rewritten(document: Document, text: str, changes: Sequence[Change]) -> str:
    """Return `text`, the document's, with changes in it. Raises `CannotRewrite`, and `CannotRead` for what is wrong.

    `text` may have the line ends of its file; the rest of it is what `document` was read from.
    """
    if not changes:
        return text
    try:
        tree = tomlkit.parse(text)
        for change in changes:
            _write(cast("_Table", tree), change)
        made = tomlkit.dumps(tree)
    except (TOMLKitError, KeyError, TypeError, ValueError, AttributeError) as wrong:
        message = f"{_which(changes)} cannot be written into {document.name} by itself: change it there by hand"
        raise CannotRewrite(message) from wrong
    made = made if text else made.lstrip("\n")
    if "\r\n" in text:
        made = re.sub("\r?\n", "\r\n", made)
    _compare(document, read_document(made, document.name), changes)
    return made


def _which(changes: Sequence[Change]) -> str:
    return ", ".join(".".join(change.key) for change in changes[:3]) + (" and others" if len(changes) > 3 else "")  # noqa: PLR2004 - as many as are named


def _compare(old: Document, new: Document, changes: Sequence[Change]) -> None:
    meant = _meant(shown(old), changes)
    made = {key: said for key, said in shown(new).items() if said}
    agree = meant.keys() == made.keys() and all(
        said.keys() == made[key].keys() and all(same(text, made[key][column]) for column, text in said.items())
        for key, said in meant.items()
    )
    touched = {change.key for change in changes}
    untouched = all(row == new.rows.get(key) for key, row in old.rows.items() if key not in touched)
    if not (agree and untouched):
        message = f"{_which(changes)} cannot be put into {old.name} without disturbing it: change it there by hand"
        raise CannotRewrite(message)


def _meant(old: Shown, changes: Sequence[Change]) -> dict[Key, dict[str, str]]:
    """Return what a document says once it is changed."""
    meant = {key: dict(said) for key, said in old.items()}
    for change in changes:
        if change.kind == "removed":
            meant.pop(change.key, None)
            continue
        said = {**meant.get(change.key, {}), **change.cells}
        if change.key[0] == ADD:
            said = {**said, "kind": said.get("kind") or "fee"}
        meant[change.key] = {column: text for column, text in said.items() if text}
    return {key: said for key, said in meant.items() if said}


def _write(tree: _Table, change: Change) -> None:
    section, name = change.key
    if section == WHOLE:
        columns = [*change.before] if change.kind == "removed" else [*change.cells]
        for column in columns:
            _put(tree, column, change.cells.get(column, ""))
    elif section == ADD:
        _write_added(tree, name, change)
    elif section.startswith(f"{TABLES}."):
        _write_word(tree, section.partition(".")[2], name, change)
    else:
        _write_row(tree, section, name, change)


def _write_row(tree: _Table, section: str, name: str, change: Change) -> None:
    if section not in tree:
        tree[section] = _new_table(tree)
    place, key = _place(tree[section], name)
    if change.kind == "removed":
        del place[key]
        return
    there = place.get(key)
    said = {column: text for column, text in change.cells.items() if text}
    if isinstance(there, InlineTable):
        inner: Any = there.value
        items: dict[str, str] = {column: inner.item(column).as_string() for column in inner}
        items |= {column: _item(column, text).as_string() for column, text in said.items()}
        place[key] = _inline({each: items[each] for each in items if change.cells.get(each, "kept")})
        return
    if isinstance(there, MutableMapping):
        row = cast("_Table", there)
        for column, text in change.cells.items():
            _put(row, column, text)
        return
    if isinstance(there, str) and "from" not in change.cells:
        said["from"] = str(there)
    if said.keys() <= {"from"}:
        place[key] = _string(said.get("from", ""))
        return
    place[key] = _inline({each: _item(each, said[each]).as_string() for each in ROW_KEYS if each in said})


def _place(section: _Table, name: str) -> tuple[_Table, str]:
    """Return the table and the key a row stands under: `"custom.x"`, or `custom.x`, which TOML nests."""
    head, _, rest = name.partition(".")
    if name not in section and head in _NESTED and isinstance(section.get(head), MutableMapping):
        inner = cast("_Table", section[head])
        if rest in inner:
            return inner, rest
    return section, name


def _write_added(tree: _Table, name: str, change: Change) -> None:
    if ADD not in tree:
        tree[ADD] = tomlkit.aot()
    lines = cast("MutableSequence[_Table]", tree[ADD])
    if change.kind == "added":
        line = _new_table(tree) if isinstance(tree[ADD], AoT) else tomlkit.inline_table()
        line["name"] = name
        for column, text in change.cells.items():
            _put(cast("_Table", line), column, text)
        lines.append(cast("_Table", line))
        return
    index = next(index for index, line in enumerate(lines) if line["name"] == name)
    if change.kind == "removed":
        del lines[index]
        return
    for column, text in change.cells.items():
        _put(lines[index], column, text)


def _write_word(tree: _Table, table: str, word: str, change: Change) -> None:
    if TABLES not in tree:
        tree[TABLES] = tomlkit.table(is_super_table=True)
    tables = cast("_Table", tree[TABLES])
    if table not in tables:
        tables[table] = _new_table(tree)
    words = cast("_Table", tables[table])
    if change.kind == "removed":
        del words[word]
    else:
        words[word] = _string(cast("str", READERS["to"](change.cells["to"])))


def _put(table: _Table, column: str, text: str) -> None:
    """Write what a cell says; an empty one says nothing."""
    if not text:
        table.pop(column, None)
        return
    table[column] = _item(column, text)


def _item(column: str, text: str) -> Any:
    value: str | int | bool = READERS[column](text)
    return _string(value) if isinstance(value, str) else cast("object", tomlkit.item(value))


def _inline(said: Mapping[str, str]) -> InlineTable:
    """Return a row of values as they stand in TOML, with blanks inside its braces, as the documentation writes it."""
    pairs = ", ".join(f"{column} = {value}" for column, value in said.items())
    value: Callable[[str], Any] = tomlkit.value  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType] - its type names no element
    return cast("InlineTable", value(f"{{ {pairs} }}"))


def _new_table(tree: _Table) -> Any:
    """Return a table with an empty line above it."""
    table = tomlkit.table()
    if tree:
        table.trivia.indent = "\n"
    return table


def _string(text: str) -> Any:
    """Return a TOML text as somebody would type it: in single quotes where it holds double ones."""
    return tomlkit.string(text, literal=('"' in text or "\\" in text) and not _NOT_LITERAL.search(text))
