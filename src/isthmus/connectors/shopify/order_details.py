"""The parts of an order that are read apart, because few orders have them and each costs a call.

Long lists go on where the order's own answer ends; places of several fulfillment orders, returned
units, fees, duties and holds are asked for only when the order shows that it has them.

Source: https://shopify.dev/docs/api/admin-graphql/2026-07/objects/FulfillmentOrder, .../Refund
"""

from collections import Counter, defaultdict

from msgspec.structs import replace

from isthmus.connectors.shopify import operations as ask
from isthmus.connectors.shopify import wire
from isthmus.connectors.shopify import wire_orders as orders
from isthmus.connectors.shopify.client import Client
from isthmus.connectors.shopify.ids import legacy
from isthmus.connectors.shopify.order_lines import Details

#: A refund that does not cancel units before shipping takes them back, restocked or not.
_CANCELS = "CANCEL"
#: Fulfillment orders that ship nothing any more; what replaced them is listed beside them.
_VOID = frozenset({"CANCELLED", "INCOMPLETE"})
_END = wire.PageInfo(has_next_page=False)
_NOT_READ = wire.PageInfo(has_next_page=True)


async def complete(client: Client, order: orders.Order) -> orders.Order:
    """Return the order with every line, delivery charge, fulfillment order and metafield in it."""
    lines = await client.rest(ask.ORDER_LINES, order.id, order.line_items, wire.RestAnswer[orders.Line])
    shipping = await client.rest(ask.ORDER_SHIPPING, order.id, order.shipping_lines, wire.RestAnswer[orders.Shipping])
    places = await client.rest(
        ask.ORDER_PLACES, order.id, order.fulfillment_orders, wire.RestAnswer[orders.FulfillmentPlace]
    )
    fields = await client.rest(ask.ORDER_METAFIELDS, order.id, order.metafields, wire.RestAnswer[wire.Metafield])
    return replace(
        order,
        line_items=wire.Connection(nodes=lines, page_info=_END),
        shipping_lines=wire.Connection(nodes=shipping, page_info=_END),
        fulfillment_orders=wire.Connection(nodes=places, page_info=_END),
        metafields=wire.Connection(nodes=fields, page_info=_END),
    )


async def read_details(client: Client, order: orders.Order) -> Details:
    """Read what a complete order points to."""
    edited = any(line.current_quantity != line.quantity for line in order.line_items.nodes)
    duties = order.current_total_duties_set
    fees = order.current_total_additional_fees_set
    return Details(
        places=await _places(client, order),
        returned=await _returned(client, order.id) if edited else {},
        # Duties that prices include are in the lines already.
        duties=await _duties(client, order.id) if amounts(duties) and not order.duties_included else (),
        fees=await _fees(client, order.id) if amounts(fees) else (),
        holds=await _holds(client, order.id) if order.display_fulfillment_status == "ON_HOLD" else (),
    )


def amounts(bag: wire.Bag | None) -> bool:
    """Tell whether a sum is there and not zero."""
    return bag is not None and bool(bag.shop_money.amount)


async def _places(client: Client, order: orders.Order) -> dict[str, str]:
    """Return the location each line ships from; a line split over several is put where most of it is."""
    known = order.fulfillment_orders.nodes
    live = [place for place in known if place.status not in _VOID] or list(known)
    located = {
        place.id: legacy(place.assigned_location.location.id) for place in live if place.assigned_location.location
    }
    if len(set(located.values())) <= 1:
        # Routing runs a moment after the sale: no fulfillment order yet means no place yet.
        only = next(iter(located.values()), "")
        return {line.id: only for line in order.line_items.nodes} if only else {}
    units: dict[str, Counter[str]] = defaultdict(Counter)
    for place, location in located.items():
        unread = wire.Connection[orders.PlaceLine](nodes=(), page_info=_NOT_READ)
        for entry in await client.rest(ask.PLACE_LINES, place, unread, wire.RestAnswer[orders.PlaceLine]):
            units[entry.line_item.id][location] += entry.total_quantity
    return {line: found.most_common(1)[0][0] for line, found in units.items()}


async def _returned(client: Client, order: str) -> dict[str, int]:
    """Return the units of each line taken back after shipping; removed ones beyond that were canceled."""
    answer = await client.query(ask.ORDER_REFUNDS, {"id": order}, orders.RefundsAnswer)
    units: Counter[str] = Counter()
    for refund in answer.content.order.refunds if answer.content.order else ():
        for entry in await client.rest(
            ask.REFUND_LINES, refund.id, refund.refund_line_items, wire.RestAnswer[orders.RefundLine]
        ):
            if entry.restock_type != _CANCELS:
                units[entry.line_item.id] += entry.quantity
    return dict(units)


async def _duties(client: Client, order: str) -> tuple[orders.Fee, ...]:
    unread = wire.Connection[orders.DutyLine](nodes=(), page_info=_NOT_READ)
    lines = await client.rest(ask.LINE_DUTIES, order, unread, wire.RestAnswer[orders.DutyLine])
    return tuple(duty for line in lines for duty in line.duties)


async def _fees(client: Client, order: str) -> tuple[orders.Fee, ...]:
    answer = await client.query(ask.ORDER_FEES, {"id": order}, orders.FeesAnswer)
    return answer.content.order.additional_fees if answer.content.order else ()


async def _holds(client: Client, order: str) -> tuple[orders.Hold, ...]:
    answer = await client.query(ask.ORDER_HOLDS, {"id": order}, orders.HoldsAnswer)
    places = answer.content.order.fulfillment_orders.nodes if answer.content.order else ()
    return tuple(hold for place in places for hold in place.fulfillment_holds)
