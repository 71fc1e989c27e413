"""Items of Vendure, read as canonical variants.

Source: https://docs.vendure.io/reference/graphql-api/admin/
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from isthmus.canonical.money import Money
from isthmus.canonical.product import Variant
from isthmus.connectors.vendure import wire
from isthmus.connectors.vendure.client import Answer, Client
from isthmus.connectors.vendure.cursors import Position, position
from isthmus.connectors.vendure.failures import drift
from isthmus.ports.errors import WireDrift
from isthmus.ports.source import Cursor, Page, Unreadable

#: To cite: the most rows on a page, and the most ids in one question.
PAGE = 100


@dataclass(slots=True)
class Sorted:
    """The rows of a page by what became of them."""

    records: list[Variant] = field(default_factory=list[Variant])
    gone: list[str] = field(default_factory=list[str])
    bad: list[Unreadable] = field(default_factory=list[Unreadable])


@dataclass(frozen=True, slots=True)
class Variants:
    """Every item, those no longer sold included."""

    client: Client

    async def changes(self, since: Cursor | None) -> AsyncIterator[Page[Variant]]:
        """Yield pages of items changed since a cursor, oldest change first; None: all of them."""
        at = position(since)
        while True:
            read_at = self.client.clock.now()
            answer = await self._page(at.asked)
            at = at.began(answer.server_time)
            found = sort_rows(answer.content.variants, read_at)
            token = answer.content.next
            if not token:
                yield Page(found.records, at.done(), found.gone, found.bad, last=True)
                return
            at = at.onward(token)
            yield Page(found.records, at.cursor(), found.gone, found.bad)

    async def read(self, ids: Sequence[str]) -> Sequence[Variant]:
        """Return the items of `ids` that exist."""
        known = [one for one in ids if one.isascii() and one.isdecimal()]
        records: list[Variant] = []
        for start in range(0, len(known), PAGE):
            records += await self._all({"ids": ",".join(known[start : start + PAGE])})
        return records

    async def by_number(self, number: str) -> Sequence[Variant]:
        """Return every item with exactly this SKU."""
        return await self._all({"sku": number}) if number else []

    async def _all(self, asked: Mapping[str, str]) -> list[Variant]:
        """Return whatever matches; deleted items do not. Raises `WireDrift` for a row that cannot be understood."""
        records: list[Variant] = []
        at = Position()
        while True:
            read_at = self.client.clock.now()
            page = (await self._page({**asked, **at.asked})).content
            rows = [read_row(raw) for raw in page.variants]
            records += [to_variant(row, read_at) for row in rows if row.deleted_at is None]
            if not page.next:
                return records
            at = at.onward(page.next)

    async def _page(self, asked: Mapping[str, str]) -> Answer[wire.Variants]:
        return await self.client.get("variants.list", "variants", wire.Variants, {"limit": str(PAGE), **asked})


def sort_rows(rows: Sequence[msgspec.Raw], read_at: datetime) -> Sorted:
    """Translate rows one by one. Raises `WireDrift` for one that does not even say which it is."""
    found = Sorted()
    for raw in rows:
        try:
            row = read_row(raw)
            if row.deleted_at is not None:
                found.gone.append(str(row.id))
            else:
                found.records.append(to_variant(row, read_at))
        except WireDrift as trouble:
            try:
                named = msgspec.json.decode(raw, type=wire.Named)
            except msgspec.ValidationError:
                raise trouble from None
            found.bad.append(Unreadable(str(named.id), named.sku, trouble))
    return found


def read_row(raw: msgspec.Raw) -> wire.Variant:
    """Read one row. Raises `WireDrift`."""
    try:
        return msgspec.json.decode(raw, type=wire.Variant)
    except msgspec.ValidationError as wrong:
        raise drift(wrong) from wrong


def to_variant(row: wire.Variant, read_at: datetime) -> Variant:
    """Translate one item; an empty SKU stays empty. Raises `WireDrift` for a price or a time that is none."""
    try:
        price, changed_at = Money(row.price, row.currency), row.updated_at.astimezone(UTC)
    except (ValueError, OverflowError) as wrong:
        message = f"an item of Vendure has a price or a time that is none: {wrong}"
        raise WireDrift(message, path="price") from wrong
    return Variant(
        external_id=str(row.id),
        number=row.sku,
        revision=changed_at.isoformat(),
        changed_at=changed_at,
        read_at=read_at,
        sku=row.sku,
        gtin=row.barcode or "",
        title=row.name,
        active=row.active,
        price=price,
    )
