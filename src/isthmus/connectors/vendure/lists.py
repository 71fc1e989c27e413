"""Reading lists that change while they are read.

Vendure pages by number. A list that rows only join is read from its beginning: a row that joins at a place already read
moves others to a later page, where they are seen twice. A list that rows only leave is read from its end for the same
reason; new rows stand behind it and are the next round's. Both must be sorted by what never changes.

Source: https://docs.vendure.io/guides/developer-guide/the-api-layer/ (3.5: `skip`, `take`; at most 1000,
`adminListQueryLimit`)
"""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from isthmus.canonical.record import Record
from isthmus.connectors.vendure.client import Client
from isthmus.connectors.vendure.failures import read_row
from isthmus.connectors.vendure.operations import Operation
from isthmus.connectors.vendure.wire import Listed, Named, Rows, Wire
from isthmus.ports.errors import ContractBroken, Unmapped, WireDrift
from isthmus.ports.source import Cursor, Unreadable

R = TypeVar("R", bound=Record)
W = TypeVar("W", bound=Wire)
Options = Mapping[str, Any]
#: Rows of a page. An order of five lines has 3 kB; 100 of them took 1.8 s (measured, 3.5.5 on SQLite, two busy cores).
PAGE = 100
#: Ids of one question: far below the 100 kB a request may have.
BY_ID = 100
#: The order in which rows never change places, and new ones come last.
AS_MADE = {"createdAt": "ASC", "id": "ASC"}
#: Ids are whole numbers of a database's `integer`, or UUIDs; anything else makes some databases fail.
_NUMBER, _UUID = re.compile(r"[0-9]{1,10}"), re.compile(r"[0-9a-fA-F-]{32,36}")
_MOST = 2**31 - 1


class Rest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where the reading of a whole list stands: so many rows, from its beginning, are left."""

    left: int | None = None

    def cursor(self) -> Cursor:
        """Return the place as text."""
        return Cursor(msgspec.json.encode(self).decode())


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows, when they were read by the shop's clock, and how many are left."""

    rows: Sequence[msgspec.Raw]
    server_time: datetime
    left: int


@dataclass(slots=True)
class Sorted(Generic[R]):
    """The rows of a page by what became of them."""

    records: list[R] = field(default_factory=list[R])
    bad: list[Unreadable] = field(default_factory=list[Unreadable])


async def from_the_end(
    client: Client, operation: Operation, options: Options, left: int | None = None
) -> AsyncIterator[Batch]:
    """Yield the rows of a list that rows leave while it is read, or the first `left` of them."""
    if left is None:
        found, at = await page(client, operation, options, 0, PAGE)
        if found.total_items <= PAGE:
            yield Batch(found.items, at, 0)
            return
        # The page at hand is read again when its turn comes: what leaves it meanwhile moves others onto it.
        left = found.total_items
    while left > 0:
        low = max(0, left - PAGE)
        found, at = await page(client, operation, options, low, left - low)
        yield Batch(found.items, at, low)
        left = low


async def by_ids(client: Client, operation: Operation, ids: Sequence[str], options: Options) -> list[msgspec.Raw]:
    """Return the rows with these ids, those that exist; an id no shop has is not asked for."""
    known = list(dict.fromkeys(one for one in ids if is_id(one)))
    rows: list[msgspec.Raw] = []
    wanted: Options = options.get("filter", {})
    for start in range(0, len(known), BY_ID):
        some = {"filter": {**wanted, "id": {"in": known[start : start + BY_ID]}}}
        found, _at = await page(client, operation, {**options, **some}, 0, BY_ID)
        rows += found.items
    return rows


async def page(client: Client, operation: Operation, options: Options, skip: int, take: int) -> tuple[Rows, datetime]:
    """Return one page and when it was read."""
    answer = await client.query(operation, {"options": {**options, "skip": skip, "take": take}}, Listed)
    return answer.content.page, answer.server_time


def sort_rows(rows: Sequence[msgspec.Raw], into: type[W], translate: Callable[[W], Sequence[R]]) -> Sorted[R]:
    """Translate rows one by one. Raises `WireDrift` for one that does not even say which it is."""
    found: Sorted[R] = Sorted()
    for raw in rows:
        try:
            found.records += translate(read_row(raw, into))
        except (WireDrift, Unmapped) as trouble:
            try:
                named = msgspec.json.decode(raw, type=Named)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                raise trouble from None
            found.bad.append(Unreadable(named.id, named.code or named.sku, trouble))
    return found


def is_id(text: str) -> bool:
    """Tell whether a text can be an id of a shop."""
    return bool((_NUMBER.fullmatch(text) and int(text) <= _MOST) or _UUID.fullmatch(text))


def rest(cursor: Cursor | None) -> Rest:
    """Return where to go on with a whole list. Raises `ContractBroken` for a cursor that is not ours."""
    try:
        found = msgspec.json.decode(cursor, type=Rest) if cursor else Rest()
    except (ValueError, RecursionError) as wrong:
        message = f"not a cursor of this connector: {cursor!r}"
        raise ContractBroken(message) from wrong
    if found.left is not None and found.left < 0:
        message = f"not a cursor of this connector: {cursor!r}"
        raise ContractBroken(message)
    return found
