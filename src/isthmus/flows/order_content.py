"""What a pair of orders says, in words both systems share: items by the ERP's id, customers by the ERP's id."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal

from msgspec.structs import replace

from isthmus.canonical.order import LineKind, Order, OrderLine, OrderStatus
from isthmus.engine.context import Context
from isthmus.flows.order_parties import buyer
from isthmus.flows.settings import OrderSettings
from isthmus.mapping.errors import MappingError
from isthmus.policies.agreement import Content
from isthmus.ports.errors import Unmapped
from isthmus.store.records import mirrored
from isthmus.store.statement import listed

#: What sells no item of the assortment: the total speaks of it.
_MONEY_ONLY = frozenset({LineKind.TIP, LineKind.FEE, LineKind.DEPOSIT})


@dataclass(frozen=True, slots=True)
class Known:
    """Which ERP ids stand for the shop's variants and customers of some orders."""

    items: Mapping[str, str] = field(default_factory=dict[str, str])
    customers: Mapping[str, str] = field(default_factory=dict[str, str])


async def known_of(context: Context, settings: OrderSettings, orders: Iterable[Order]) -> Known:
    """Look up what the orders of one page refer to."""
    some = list(orders)
    variants = {line.variant_ref for order in some for line in order.lines if line.variant_ref}
    buyers = {buyer(order).external_id for order in some}
    return Known(
        await _counterparts(context, settings, "variant", variants),
        await _counterparts(context, settings, "customer", buyers),
    )


async def sold_of_list(context: Context, settings: OrderSettings, orders: Sequence[Order]) -> Mapping[str, Order]:
    """Return orders of a list for comparison, by id, with the lines the mapping document makes of them.

    Such a list lacks what a row may look at, so the mirror is asked. What the mirror knows at another total, or what no
    row has an answer for, is compared as the list says it: it differs, and the reason is with the order's own job.
    """
    found = {order.external_id: order for order in orders}
    mapping = settings.mapping()
    if not mapping.changes_lines or not found:
        return found
    rows = await context.store.read("records", connection=settings.source, kind="order", ids=listed(sorted(found)))
    for row in rows:
        known = mirrored(Order, row).record
        listed_as = found[known.external_id]
        if known.total == listed_as.total:
            with suppress(MappingError, Unmapped):
                found[known.external_id] = replace(listed_as, lines=mapping.first(known).lines)
    return found


async def _counterparts(context: Context, settings: OrderSettings, kind: str, ids: set[str]) -> dict[str, str]:
    if not ids:
        return {}
    rows = await context.store.read(
        "counterparts", connection=settings.source, kind=kind, other=settings.destination, ids=listed(sorted(ids))
    )
    return {row["mine_id"]: row["other_id"] for row in rows}


def contents(here: Order, there: Order, known: Known, settings: OrderSettings) -> tuple[Content, Content]:
    """Return what both say. Pure.

    A line of the shop is the ERP's line with the bound item, else the one with the same SKU: a product that was made
    anew under its old SKU is still what was sold.
    """
    sold = goods(there.lines)
    names = {line.item_ref: line.sku or line.item_ref for line in sold}
    by_sku = {line.sku: line.item_ref for line in sold if line.sku}
    mine: dict[str, Decimal] = {}
    # A fee with a SKU of its own is booked on that item; one the ERP booked otherwise is money, as the total tells.
    fees = [line for line in here.lines if line.kind in _MONEY_ONLY and settings.tables.sku(line.sku) in by_sku]
    for line in [*goods(here.lines), *(fee for fee in fees if fee.quantity)]:
        sku = settings.tables.sku(line.sku)
        bound = known.items.get(line.variant_ref, "")
        item = bound if bound in names else by_sku.get(sku, "")
        _add(mine, names.get(item) or sku or bound or line.title, line)
    theirs: dict[str, Decimal] = {}
    for line in sold:
        _add(theirs, names[line.item_ref], line)
    who, whom = customers(here, there, known, settings)
    return (
        Content(here.total, mine, who, canceled=here.status is OrderStatus.CANCELED),
        Content(
            there.total,
            theirs,
            whom,
            canceled=there.status is OrderStatus.CANCELED,
            accepted=there.status is not OrderStatus.RECEIVED,
        ),
    )


def customers(here: Order, there: Order, known: Known, settings: OrderSettings) -> tuple[str, str]:
    """Return the customer's key on both sides. A contact of the merchant's own has none and is known by its binding."""
    if there.customer is None:
        return "", ""
    wanted = settings.customer_key(buyer(here).external_id)
    held = there.customer
    if wanted == held.number or known.customers.get(buyer(here).external_id) == held.external_id:
        return wanted, wanted
    return wanted, held.number or f"contact {held.external_id}"


def goods(lines: Sequence[OrderLine]) -> list[OrderLine]:
    """Return the lines that sell something of the assortment."""
    return [line for line in lines if line.quantity and line.kind not in _MONEY_ONLY]


def _add(sums: dict[str, Decimal], item: str, line: OrderLine) -> None:
    sums[item] = sums.get(item, Decimal(0)) + line.quantity.value
