"""The chain the results of reconciliation stand in: each row's digest covers the row and the digest before it.

So a row cannot be changed, taken out or slipped in without every later digest being wrong. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import msgspec

#: What a row says, in the order it is digested; the digest itself is not among it.
SAID = (
    "id",
    "run",
    "flow",
    "day",
    "verdict",
    "finding",
    "code",
    "because",
    "subject",
    "number",
    "fields",
    "evidence",
    "at",
)
#: What stands before the first row.
START = ""


@dataclass(frozen=True, slots=True)
class Break:
    """The first row that is not what was written."""

    row: int
    because: str


def link(previous: str, row: Mapping[str, Any]) -> str:
    """Return the digest of a row that follows the one with digest `previous`."""
    said = msgspec.json.encode([previous, *(row[name] for name in SAID)])
    return blake2b(said, digest_size=16).hexdigest()


def verify(rows: Iterable[Mapping[str, Any]], before: str = START, first: int = 1) -> tuple[str, int, Break | None]:
    """Return the digest of the last good row, how many rows are good, and where the chain breaks, if it does.

    `rows` come in the order of their ids; the first is expected to be number `first`, after a row with digest `before`.
    """
    good = 0
    for row in rows:
        if row["id"] != first + good:
            return before, good, Break(first + good, f"Row {first + good} is not there.")
        if link(before, row) != row["digest"]:
            return before, good, Break(row["id"], f"Row {row['id']} is not what was written, or one before it is gone.")
        before = row["digest"]
        good += 1
    return before, good, None
