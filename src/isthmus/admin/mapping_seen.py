"""The orders a mapping is looked at with: those the mirror has of the last days, and one by its number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from isthmus.canonical.order import Order
from isthmus.engine.context import Context
from isthmus.flows.order_places import OrderPlaces
from isthmus.flows.order_preview import Around
from isthmus.flows.settings import OrderSettings
from isthmus.kit.clock import to_micros
from isthmus.store.records import mirrored
from isthmus.store.statement import listed

PAGE_ROWS = 500
#: A sample of a busy day; more would make people wait and say the same.
MOST = 5_000
_LAST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Seen:
    """Orders of the mirror, newest first; `more` where there are others that were not looked at."""

    orders: Sequence[Order]
    more: bool = False


async def seen(context: Context, settings: OrderSettings, days: int) -> Seen:
    """Return the orders a flow had to do with in the last days, as the mirror has them now."""
    since = to_micros(context.now() - timedelta(days=days))
    found: list[Order] = []
    before = _LAST
    while len(found) < MOST:
        rows = await context.store.read("jobs_listed", flow=settings.name, before_id=before, wish=PAGE_ROWS)
        subjects = [row["subject"] for row in rows if row["marked_at"] >= since]
        if not subjects:
            return Seen(found)
        found += await _orders(context, settings, subjects)
        before = rows[-1]["id"]
    return Seen(found[:MOST], more=True)


async def _orders(context: Context, settings: OrderSettings, subjects: Sequence[str]) -> list[Order]:
    rows = await context.store.read("records", connection=settings.source, kind="order", ids=listed(subjects))
    known = {row["external_id"]: row for row in rows if row["deleted_at"] is None}
    return [mirrored(Order, known[each]).record for each in subjects if each in known]


async def named(context: Context, settings: OrderSettings, term: str) -> list[Order]:
    """Return the flow's orders whose number or id is `term`, with or without its #."""
    alternative = term.removeprefix("#") if term.startswith("#") else f"#{term}"
    rows = await context.store.read("find_records", kind="order", term=term, alternative=alternative)
    ids = [row["external_id"] for row in rows if row["connection"] == settings.source]
    return await _orders(context, settings, ids) if ids else []


async def around(context: Context, settings: OrderSettings, orders: Sequence[Order]) -> Around:
    """Return what the flow would know beside its document: nobody is asked, the mirror answers."""
    places = OrderPlaces(context, settings)
    names = sorted({line.warehouse for order in orders for line in order.lines if line.warehouse})
    return Around(
        settings.tables,
        settings.zone,
        settings.reference,
        settings.warehouse,
        {place: await places.code(place) for place in names},
    )
