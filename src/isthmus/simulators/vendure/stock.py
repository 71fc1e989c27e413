"""Stock: what lies where, what is promised, and every movement.

Placing an order allocates, making a fulfillment sells, cancelling a fulfillment takes back and allocates anew.
Source: https://docs.vendure.io/guides/core-concepts/stock-control/ (3.5); the ways locations are chosen are those of
`MultiChannelStockLocationStrategy` and `StockMovementService` of @vendure/core 3.5.5.
"""

from collections.abc import Iterable

from isthmus.simulators.vendure.catalog import Channel, Level, Movement, StockLocation, Variant
from isthmus.simulators.vendure.errors import refuse_key
from isthmus.simulators.vendure.lines import Line
from isthmus.simulators.vendure.shop import Shop

UNTRACKED = 2**53 - 1  # JavaScript's greatest safe whole number
Units = Iterable[tuple[Line, int]]


def tracked(variant: Variant, channel: Channel) -> bool:
    """Tell whether stock of a variant is counted."""
    return variant.track_inventory == "TRUE" or (variant.track_inventory == "INHERIT" and channel.track_inventory)


def threshold(variant: Variant, channel: Channel) -> int:
    """Return how much is kept back."""
    inherits = variant.use_global_out_of_stock_threshold
    return channel.out_of_stock_threshold if inherits else variant.out_of_stock_threshold


def seen(variant: Variant, channel: Channel) -> list[Level]:
    """Return the levels at locations of a channel."""
    return [one for one in variant.levels.values() if channel.id in one.stock_location.channels]


def on_hand(variant: Variant, channel: Channel) -> int:
    """Return what lies in the channel's locations."""
    return sum(one.stock_on_hand for one in seen(variant, channel))


def sellable(variant: Variant, channel: Channel) -> int:
    """Return what buyers may still have: on hand, less allocated, less the threshold."""
    if not tracked(variant, channel):
        return UNTRACKED
    allocated = sum(one.stock_allocated for one in seen(variant, channel))
    return on_hand(variant, channel) - allocated - threshold(variant, channel)


def fulfillable(variant: Variant, channel: Channel) -> int:
    """Return what a fulfillment can be made of."""
    return on_hand(variant, channel) if tracked(variant, channel) else UNTRACKED


def level(shop: Shop, variant: Variant, location: StockLocation) -> Level:
    """Return the level of a variant at a location, made when there is none."""
    if location.id not in variant.levels:
        variant.levels[location.id] = Level(**shop.new("StockLevel"), stock_location=location)
    return variant.levels[location.id]


def adjust(shop: Shop, variant: Variant, location_id: int, quantity: int) -> None:
    """Write down what lies at a location; a movement only where it differs. Raises `Refused`."""
    location = shop.locations.get(location_id)
    if location is None:
        refuse_key("stock_level", postgres=shop.settings.postgres)
    found = level(shop, variant, location)
    if found.stock_on_hand == quantity:
        return
    change = quantity - found.stock_on_hand
    found.stock_on_hand = quantity
    shop.touch(found)
    _told(shop, [_moved(shop, "ADJUSTMENT", change, (variant, location), None)])


def allocate(shop: Shop, channel: Channel, units: Units) -> None:
    """Promise units to buyers.

    A second location is asked for the whole quantity again when the first has too little, so that more may be
    allocated than was ordered (`forAllocation` of 3.5.5).
    """
    moved: list[Movement] = []
    for line, quantity in units:
        variant, taken = line.product_variant, 0
        counted = tracked(variant, channel)
        for found in sorted(seen(variant, channel), key=lambda one: one.stock_location.id):
            free = found.stock_on_hand - found.stock_allocated - threshold(variant, channel) if counted else UNTRACKED
            if free > 0:
                part = min(quantity, free)
                moved.append(_moved(shop, "ALLOCATION", part, (variant, found.stock_location), line))
                found.stock_allocated += part if counted else 0
                taken += part
            if taken >= quantity:
                break
    _told(shop, moved)


def sell(shop: Shop, channel: Channel, units: Units) -> None:
    """Take units off the shelves they were promised from. A movement bears the whole quantity at each location."""
    moved: list[Movement] = []
    for line, quantity in units:
        for place, part in _allocated(line, quantity):
            moved.append(_moved(shop, "SALE", -quantity, (line.product_variant, place), line))
            if tracked(line.product_variant, channel):
                found = level(shop, line.product_variant, place)
                found.stock_allocated -= part
                found.stock_on_hand -= part
    _told(shop, moved)


def take_back(shop: Shop, channel: Channel, units: Units) -> None:
    """Put units that were sold back onto the shelves."""
    moved: list[Movement] = []
    for line, quantity in units:
        for place, part in _allocated(line, quantity):
            moved.append(_moved(shop, "CANCELLATION", quantity, (line.product_variant, place), line))
            if tracked(line.product_variant, channel):
                level(shop, line.product_variant, place).stock_on_hand += part
    _told(shop, moved)


def release(shop: Shop, channel: Channel, units: Units) -> None:
    """Promise units to nobody any more."""
    moved: list[Movement] = []
    for line, quantity in units:
        for place, part in _allocated(line, quantity):
            moved.append(_moved(shop, "RELEASE", quantity, (line.product_variant, place), line))
            if tracked(line.product_variant, channel):
                level(shop, line.product_variant, place).stock_allocated -= part
    _told(shop, moved)


def total(line: Line, kind: str) -> int:
    """Return how many units of a line ever moved in a way; sales count below nothing."""
    return sum(one.quantity for one in line.product_variant.movements if one.type == kind and one.order_line is line)


def by_sku(shop: Shop) -> dict[str, dict[str, int]]:
    """Return what is still to be had of each SKU at each location, by its name."""
    return {
        variant.sku: {
            one.stock_location.name: one.stock_on_hand - one.stock_allocated for one in variant.levels.values()
        }
        for variant in shop.variants.values()
        if not variant.gone
    }


def _allocated(line: Line, quantity: int) -> list[tuple[StockLocation, int]]:
    """Return where units of a line are taken from: where the first of them were allocated."""
    found: dict[int, tuple[StockLocation, int]] = {}
    left = quantity
    for one in line.product_variant.movements:
        if left <= 0:
            break
        if one.type == "ALLOCATION" and one.order_line is line:
            part = min(one.quantity, left)
            found[one.location.id] = (one.location, found.get(one.location.id, (one.location, 0))[1] + part)
            left -= part
    return list(found.values())


def _moved(shop: Shop, kind: str, quantity: int, where: tuple[Variant, StockLocation], line: Line | None) -> Movement:
    variant, location = where
    made = Movement(
        **shop.new("StockMovement"),
        type=kind,
        quantity=quantity,
        product_variant=variant,
        location=location,
        order_line=line,
    )
    variant.movements.append(made)
    return made


def _told(shop: Shop, moved: list[Movement]) -> None:
    if moved:
        levels = [(one.product_variant.id, one.location.id) for one in moved]
        told = [{"variantId": str(variant), "stockLocationId": str(place)} for variant, place in levels]
        shop.tell("stock.moved", {"levels": told})
