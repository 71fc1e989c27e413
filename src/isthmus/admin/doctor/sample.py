"""The newest order of a shop, taken through every step up to the write: what would be written, and what would stop it.

Nothing is written anywhere: not to the systems, not to our own store. So the customer is not brought, and an order
that is there already is only said to be.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import msgspec

from isthmus.canonical.order import LineKind, Order, OrderLine, OrderStatus
from isthmus.canonical.product import Variant
from isthmus.canonical.stock import Warehouse
from isthmus.engine.context import Context
from isthmus.engine.outcome import Ask
from isthmus.flows.order_places import written
from isthmus.flows.order_routes import OrderRoutes
from isthmus.flows.order_words import asking, reference_of, sold_of
from isthmus.flows.settings import OrderSettings
from isthmus.mapping.order_mapping import OrderMapping
from isthmus.mapping.orders import Resolved, ready
from isthmus.policies.importable import importable
from isthmus.policies.reasons import REASONS
from isthmus.policies.totals import difference
from isthmus.ports.errors import Trouble, Unmapped
from isthmus.ports.listing import Glimpsed, Listing, Span
from isthmus.ports.pace import Caller, calling
from isthmus.ports.sink import Key, Rehearsing
from isthmus.ports.source import Searchable

#: The newest order is looked for so far back, a little further each time: a list is read from its oldest end.
SPANS = tuple(timedelta(hours=hours) for hours in (1, 24, 7 * 24, 60 * 24))
#: Clocks differ, and an order may be dated a little ahead of ours.
AHEAD = timedelta(hours=1)
_WITHOUT_ITEM = frozenset({LineKind.TIP, LineKind.FEE, LineKind.DEPOSIT})


class SampleLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line as it would be written; `item` is the ERP's id, empty where there is none."""

    sku: str
    item: str
    quantity: str
    price: str
    taxes: tuple[str, ...] = ()
    warehouse: str = ""


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """What would keep the order from being written."""

    code: str
    message: str
    fix: str = ""


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One order on paper. `there`: the ERP's number of it, if it holds it already. No buyer, no address."""

    flow: str
    number: str
    reference: str
    total: str
    currency: str
    ordered_on: str
    lines: tuple[SampleLine, ...]
    stops: tuple[Stop, ...] = ()
    there: str = ""
    rehearsed: bool = True


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The steps of one flow."""

    context: Context
    settings: OrderSettings

    async def sample(self) -> Sample | None:
        """Return the newest order on paper, None where the shop has none. Raises what a call raises."""
        with calling(Caller(regardless=True)):
            newest = await self._newest()
            return None if newest is None else await self._on_paper(newest)

    async def _newest(self) -> Order | None:
        shop = self.context.connection(self.settings.source)
        now, listing = self.context.now(), shop.listing("order")
        for back in SPANS:
            found = await _last_of(listing, Span(now - back, now + AHEAD))
            if found:
                return next(iter(await shop.source("order").read([found])), None)
        return None

    async def _on_paper(self, order: Order) -> Sample:
        settings, stops = self.settings, list[Stop]()
        mapping = settings.mapping()
        prepared, key, there, rehearsed = order, Key(f"{settings.source}:{order.external_id}"), "", True
        try:
            key = Key(key.unique, reference_of(settings, mapping, order))
            there = await self._there(key)
            stops += await self._refusals(order, known=bool(there))
            prepared = await self._prepared(order, mapping, stops, there=bool(there))
            rehearsed = await self._rehearse(prepared, key, stops)
        except Unmapped as missing:
            stops.append(Stop(code=missing.code, message=str(missing)))
        except Ask as question:
            asked = question.outcome
            stops.append(Stop(code=asked.code, message=asked.because, fix=next(iter(asked.answers), "")))
        return Sample(
            flow=settings.name,
            number=order.number,
            reference=key.reference,
            total=str(order.total),
            currency=order.currency,
            ordered_on=str(prepared.ordered_on or ""),
            lines=tuple(_shown(line) for line in prepared.lines),
            stops=tuple(stops),
            there=there,
            rehearsed=rehearsed,
        )

    async def _prepared(self, order: Order, mapping: OrderMapping, stops: list[Stop], *, there: bool) -> Order:
        """Return the order as the ERP's sink would be handed it, but for the customer. Raises `Ask`."""
        settings = self.settings
        sold = sold_of(mapping, order)
        items = await self._items(sold, stops)
        with asking():
            usual = mapping.warehouse(order) or settings.warehouse
        resolved = Resolved("", "", "", items, await self._warehouses(sold, usual))
        prepared = ready(sold, resolved, settings.tables, settings.zone)
        with asking():
            return mapping.then(order, prepared, skip=settings.destination if there else "")

    async def _there(self, key: Key) -> str:
        """Return the ERP's number of the order; `find` of a sink may tidy up, a listing only looks."""
        erp = self.context.connection(self.settings.destination)
        if "order" not in erp.session.listings:
            return ""
        found = await erp.listing("order").named([key.unique])
        return next((each.record.number or each.record.external_id for each in found), "")

    async def _refusals(self, order: Order, *, known: bool) -> list[Stop]:
        """Return why the order is not to be written, whatever the ERP would say."""
        way = await OrderRoutes(self.context, self.settings).decided(order)
        if way is not None and way.value is None:
            return [Stop(code=way.because, message=f"{REASONS[way.because]} It says {way.detail}.")]
        if way is not None and way.value != self.settings.name:
            return [Stop(code="other_flow", message=f"{REASONS['other_flow']} It is {way.value}.")]
        decision = importable(order, self.settings.policy, known=known)
        if not decision.value:
            return [Stop(code=decision.because, message=f"{REASONS[decision.because]} {decision.detail}".strip())]
        if order.status is not OrderStatus.CANCELED and (gap := difference(order)):
            return [Stop(code="total_unexplained", message=gap, fix="Correct the order in the shop.")]
        return []

    async def _items(self, order: Order, stops: list[Stop]) -> dict[str, str]:
        """Return the ERP's item of each line, asked of the ERP itself."""
        source = self.context.connection(self.settings.destination).source("variant")
        found: dict[str, str] = {}
        known: dict[str, Sequence[Variant]] = {}
        for line in order.lines:
            if line.kind in _WITHOUT_ITEM:
                continue
            sku = self.settings.tables.sku(line.sku)
            if not sku:
                stops.append(
                    Stop(code="empty_sku", message=f"{line.title!r} has no SKU", fix="Give it one in the shop.")
                )
                continue
            if sku not in known and isinstance(source, Searchable):
                same = await cast("Searchable[Variant]", source).by_number(sku)
                known[sku] = [each for each in same if each.active]
                stops += _of_item(self.settings, line.sku, known[sku])
            if len(known.get(sku, ())) == 1:
                found[line.external_id] = known[sku][0].external_id
        return found

    async def _warehouses(self, order: Order, usual: str) -> dict[str, str]:
        settings, places = self.settings, {line.warehouse for line in order.lines if line.warehouse}
        if not places:
            return {"": usual}
        shop = self.context.connection(settings.source).source("warehouse")
        erp = self.context.connection(settings.destination).source("warehouse")
        names: dict[str, str] = {each.external_id: each.name for each in await shop.read(sorted(places))}
        codes = {each.name.casefold(): each.code async for page in erp.changes(None) for each in _places(page.records)}
        found = {
            place: written(settings, place, names.get(place, "")) or codes.get(names.get(place, "").casefold(), usual)
            for place in places
        }
        return {"": usual, **found}

    async def _rehearse(self, prepared: Order, key: Key, stops: list[Stop]) -> bool:
        """Let the ERP's connector translate it; return whether it can."""
        sink = self.context.connection(self.settings.destination).sink("order")
        if not isinstance(sink, Rehearsing):
            return False
        if any(stop.code in ("unknown_sku", "repeated_sku", "empty_sku") for stop in stops):
            return True  # it would only repeat what has been said
        try:
            await cast("Rehearsing[Order]", sink).rehearse(prepared, key=key)
        except Trouble as trouble:
            stops.append(Stop(code=trouble.code, message=str(trouble)))
        return True


async def _last_of(listing: Listing[Any], span: Span) -> str:
    last = ""
    if isinstance(listing, Glimpsed):
        async for some in listing.glimpses(span):
            last = some[-1].external_id if some else last
        return last
    async for page in listing.listed(span):
        last = page.entries[-1].record.external_id if page.entries else last
    return last


def _places(records: Sequence[Any]) -> list[Warehouse]:
    return [each for each in records if isinstance(each, Warehouse) and each.active]


def _of_item(settings: OrderSettings, sku: str, found: Sequence[Variant]) -> list[Stop]:
    if not found:
        fix = f'Create it in the ERP, or map it: [flows.{settings.name}.tables.sku] "{sku}" = "<SKU in the ERP>"'
        return [Stop(code="unknown_sku", message=f"The ERP has no item with SKU {sku}.", fix=fix)]
    if len(found) > 1:
        message = f"The ERP has {len(found)} items with SKU {sku}; nobody can tell which one to ship."
        return [Stop(code="repeated_sku", message=message, fix="Make the SKU unique in the ERP.")]
    return []


def _shown(line: OrderLine) -> SampleLine:
    return SampleLine(
        sku=line.sku,
        item=line.item_ref,
        quantity=f"{line.quantity.value:f}",
        price=str(line.unit_price),
        taxes=tuple(tax.name for tax in line.taxes),
        warehouse=line.warehouse,
    )
