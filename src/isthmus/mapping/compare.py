"""Two documents side by side: which rows were added, changed and taken out. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from isthmus.mapping.document import Document


class RowChange(msgspec.Struct, frozen=True, kw_only=True):
    """One row, condition, added line or table row that differs. `what`: added, changed or removed."""

    what: str
    row: str
    before: str
    after: str


def compared(old: Document, new: Document) -> list[RowChange]:
    """Return what differs, in the order of the sections. Remarks for readers count as well."""
    before, after = dict(_parts(old)), dict(_parts(new))
    return [
        RowChange(
            what=_what(before.get(name), after.get(name)),
            row=name,
            before=before.get(name, ""),
            after=after.get(name, ""),
        )
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    ]


def _what(before: str | None, after: str | None) -> str:
    return "added" if before is None else "removed" if after is None else "changed"


def _parts(document: Document) -> Iterator[tuple[str, str]]:
    for name in ("note", "when"):
        if text := getattr(document, name):
            yield name, text
    for (section, field), row in document.rows.items():
        yield f"{section}.{field}", _said(msgspec.to_builtins(row))
    for line in document.added:
        yield (
            f"add.{line.name}",
            _said({key: value for key, value in msgspec.to_builtins(line).items() if key != "name"}),
        )
    for table, rows in document.tables.items():
        for word, other in rows.items():
            yield f'tables.{table}."{word}"', other


def _said(row: Mapping[str, Any]) -> str:
    """Return a row as it might be written: an expression alone, or what it says beside it."""
    said = {key: value for key, value in row.items() if value or (key == "default" and value is not None)}
    if set(said) == {"from"}:
        return str(said["from"])
    return ", ".join(f"{key} = {value}" for key, value in said.items())
