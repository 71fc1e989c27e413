"""Tryton's own list of parties that bear our key: what a reconciliation of customers compares.

Our key is the code of a party we made, and an identifier of one that was there before (`customers.py`).
Source: party/party.py (8.2).
"""

from collections.abc import AsyncIterator, Awaitable, Sequence
from dataclasses import dataclass
from typing import Any

from isthmus.canonical.party import Customer
from isthmus.connectors.tryton import wire
from isthmus.connectors.tryton.customers import MODEL, literal
from isthmus.connectors.tryton.dialect import PAGE, Dialect
from isthmus.connectors.tryton.values import stamp
from isthmus.craft.by_id import listed
from isthmus.ports.listing import Keyed, ListPage, Span
from isthmus.ports.source import Cursor, Unreadable


@dataclass(frozen=True, slots=True)
class ContactListing:
    """Parties by the day they were made, deactivated ones included."""

    dialect: Dialect

    async def listed(
        self, span: Span, *, ours: str = "", after: Cursor | None = None
    ) -> AsyncIterator[ListPage[Customer]]:
        """Yield pages of parties made in the span whose key begins with `ours`."""
        marked = f"{literal(ours)}%"
        terms: list[Any] = [
            ["create_date", ">=", stamp(span.first)],
            ["create_date", "<", stamp(span.end)],
            ["OR", [["code", "like", marked]], [["identifiers.code", "like", marked]]],
        ]

        def read(seen: int) -> Awaitable[list[wire.Referenced]]:
            return self._rows([["id", ">", seen], *terms], PAGE)

        async def told(rows: Sequence[wire.Referenced]) -> tuple[Sequence[Keyed[Customer]], Sequence[Unreadable]]:
            return [_keyed(row, _mark(row, ours)) for row in rows], ()

        async for page in listed(read, told, after, page=PAGE):
            yield page

    async def named(self, keys: Sequence[str]) -> Sequence[Keyed[Customer]]:
        """Return every party that bears one of these keys."""
        found: list[Keyed[Customer]] = []
        for start in range(0, len(keys), PAGE):
            some = list(keys[start : start + PAGE])
            rows = await self._rows(["OR", [["code", "in", some]], [["identifiers.code", "in", some]]])
            found += [_keyed(row, mark) for row in rows for mark in sorted({*_marks(row)} & {*some})]
        return found

    async def _rows(self, terms: list[Any], limit: int | None = None) -> list[wire.Referenced]:
        return await self.dialect.search(MODEL, wire.Referenced, terms, limit=limit)


def _keyed(row: wire.Referenced, mark: str) -> Keyed[Customer]:
    return Keyed(mark, Customer(external_id=str(row.replaced_by or row.id), number=row.code))


def _mark(row: wire.Referenced, ours: str) -> str:
    return next((mark for mark in _marks(row) if mark.startswith(ours)), row.code)


def _marks(row: wire.Referenced) -> tuple[str, ...]:
    return row.code, *(one.code for one in row.identifiers_ if not one.type)
