"""Odoo's own list of contacts that bear our key: what a reconciliation of customers compares.

Our key stands in `ref`, on the contact itself or, where that one keeps a reference of the merchant's own, on an address
of it (`customers.py`); either way it names the person the address belongs to.
Source: base/models/res_partner.py (17.0, 19.0).
"""

from collections.abc import AsyncIterator, Awaitable, Sequence
from dataclasses import dataclass
from typing import Any

from isthmus.canonical.party import Customer
from isthmus.connectors.odoo import wire
from isthmus.connectors.odoo.client import stamp
from isthmus.connectors.odoo.customers import MODEL, literal
from isthmus.connectors.odoo.dialect import PAGE, Dialect
from isthmus.craft.by_id import listed
from isthmus.ports.listing import Keyed, ListPage, Span
from isthmus.ports.source import Cursor, Unreadable


@dataclass(frozen=True, slots=True)
class ContactListing:
    """Contacts by the day they were made, archived ones included."""

    dialect: Dialect

    async def listed(
        self, span: Span, *, ours: str = "", after: Cursor | None = None
    ) -> AsyncIterator[ListPage[Customer]]:
        """Yield pages of contacts made in the span whose key begins with `ours`."""
        terms: list[Any] = [
            ["create_date", ">=", stamp(span.first)],
            ["create_date", "<", stamp(span.end)],
            ["ref", "=like", f"{literal(ours)}%"],
        ]

        def read(seen: int) -> Awaitable[list[wire.Referenced]]:
            return self._rows([["id", ">", seen], *terms], limit=PAGE)

        async def told(rows: Sequence[wire.Referenced]) -> tuple[Sequence[Keyed[Customer]], Sequence[Unreadable]]:
            return [_keyed(row) for row in rows], ()

        async for page in listed(read, told, after, page=PAGE):
            yield page

    async def named(self, keys: Sequence[str]) -> Sequence[Keyed[Customer]]:
        """Return every contact that bears one of these keys."""
        found: list[Keyed[Customer]] = []
        for start in range(0, len(keys), PAGE):
            found += [_keyed(row) for row in await self._rows([["ref", "in", list(keys[start : start + PAGE])]])]
        return found

    async def _rows(self, terms: list[Any], limit: int = 0) -> list[wire.Referenced]:
        return await self.dialect.search(MODEL, wire.Referenced, terms, limit=limit)


def _keyed(row: wire.Referenced) -> Keyed[Customer]:
    person = row.parent_id[0] if row.parent_id else row.id
    # Two addresses of one person may both bear the key; it is the person who must be one.
    return Keyed(row.ref, Customer(external_id=str(person), number=row.ref))
