"""Random documents and random edits of their sheets."""

import string
from collections.abc import Sequence
from typing import Any

import tomlkit
from hypothesis import strategies as st

from isthmus.mapping.document import Document, read_document
from isthmus.mapping.sheet import Grid
from isthmus.mapping.targets import SECTIONS

#: What spreadsheets trip over is drawn more often than chance would.
AWKWARD = st.sampled_from(
    ["=1+1", "+49", "-5", "@x", "\tx", "'x'", "'=x", "''", "007", "12", "12.0", "1e5", "true", "FALSE", "", " ", " x ",
     '"', '"x"', "a\nb", "a\r\nb", "a;b,c", "_x0041_", "as it comes", "\u201cx\u201d", "x\u00a0y", "\x01", "x005F_",
     "2026-01-02", "ä€😀", "<b>&", "|", "`"]
)  # fmt: skip
#: Surrogates are no text.
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TEXTS = AWKWARD | ANY
WORDS = st.text(string.ascii_lowercase, min_size=1, max_size=6)
ROWS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("from", "when", "table", "check", "owner", "type", "example", "note"), TEXTS),
        "default": TEXTS | st.integers() | st.booleans(),
        "required": st.booleans(),
        "length": st.integers(1, 500),
        "cut": st.just(value=False),
    },
)
ADDED = st.fixed_dictionaries(
    {}, optional={**dict.fromkeys(("when", "sku", "title", "price", "quantity", "note"), TEXTS), "kind": st.just("tip")}
)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Draw a document as its text would be read."""
    tree: dict[str, Any] = {}
    for part in ("when", "note"):
        if draw(st.booleans()):
            tree[part] = draw(TEXTS)
    for name, section in SECTIONS.items():
        own = "custom" in section.record.__struct_fields__
        known = st.sampled_from(section.names)
        fields = known | WORDS.map("custom.{}".format) if own else known
        if found := draw(st.dictionaries(fields, ROWS | TEXTS, max_size=4)):
            tree[name] = found
    if added := draw(st.dictionaries(WORDS, ADDED, max_size=2)):
        tree["add"] = [{"name": name, **line} for name, line in added.items()]
    if tables := draw(st.dictionaries(WORDS, st.dictionaries(TEXTS, TEXTS, max_size=4), max_size=2)):
        tree["tables"] = tables
    return read_document(tomlkit.dumps(tree), "mappings/orders.toml")


def with_cell(grids: Sequence[Grid], key: tuple[str, str], **cells: Any) -> list[Grid]:
    """Return sheets in which somebody has typed into the row of `key`; `from_` is the column from."""
    found: list[Grid] = []
    for grid in grids:
        rows = [[*row, *[None] * (len(grid.rows[0]) - len(row))] for row in grid.rows]
        for row in rows[1:]:
            if tuple(row[:2]) == key:
                for column, value in cells.items():
                    row[rows[0].index(column.strip("_"))] = value
        found.append(Grid(grid.name, rows, grid.hidden))
    return found
