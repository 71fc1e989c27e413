"""Stock at the shop's locations: set aside, given back, set, counted.

`available` may go negative; `on_hand` counts what is committed to open orders as well.
Source: https://shopify.dev/docs/apps/build/orders-fulfillment/inventory-management-apps/manage-quantities-states
"""

from isthmus.simulators.shopify.catalog import InventoryItem, InventoryLevel, Location
from isthmus.simulators.shopify.orders import Order
from isthmus.simulators.shopify.shop import Shop

TOPIC = "inventory_levels/update"


def stocked(shop: Shop, item: InventoryItem, place: Location, available: int = 0) -> InventoryLevel:
    """Return the level of an item at a place, made now if there is none."""
    level = item.levels.get(place.id)
    if level is not None:
        return level
    gid, _number = shop.new_id("InventoryLevel")
    now = shop.now()
    # The id names the item as well, which is how Shopify writes it.
    level = InventoryLevel(
        id=f"{gid}?inventory_item_id={item.legacy_resource_id}",
        item=item,
        location=place,
        created_at=now,
        updated_at=now,
        available=available,
    )
    item.levels[place.id] = place.levels[item.id] = level
    shop.levels[level.id] = level
    shop.changed("InventoryLevel")
    return level


def reserve(shop: Shop, order: Order) -> Location | None:
    """Commit the order's goods at the first place that has all of them, else at the first place."""
    wanted = _wanted(order)
    if not wanted or not shop.locations:
        return None
    places = list(shop.locations.values())
    place = next((one for one in places if _has_all(one, wanted)), places[0])
    for item, quantity in wanted:
        commit(shop, stocked(shop, item, place), quantity)
    return place


def commit(shop: Shop, level: InventoryLevel, quantity: int) -> None:
    """Move units from available to committed; a negative quantity moves them back."""
    if not quantity:
        return
    level.available -= quantity
    level.committed += quantity
    shop.touch(level, TOPIC)


def set_available(shop: Shop, level: InventoryLevel, available: int) -> None:
    """Make the available quantity what it is said to be."""
    level.available = available
    touch_item(shop, level)


def touch_item(shop: Shop, level: InventoryLevel) -> None:
    """Note a quantity change; the product's `updatedAt` moves with it, as in the real shop."""
    shop.touch(level, TOPIC)
    product = level.item.variant.product
    product.updated_at = level.updated_at
    shop.changed("Product")


def by_sku(shop: Shop) -> dict[str, dict[str, int]]:
    """Return what is available of each SKU at each location, by name."""
    return {
        item.sku: {level.location.name: level.available for level in item.levels.values()}
        for item in shop.items.values()
        if item.sku
    }


def _wanted(order: Order) -> list[tuple[InventoryItem, int]]:
    return [
        (line.variant.inventory_item, line.current_quantity)
        for line in order.line_items
        if line.variant and line.variant.inventory_item.tracked
    ]


def _has_all(place: Location, wanted: list[tuple[InventoryItem, int]]) -> bool:
    for item, quantity in wanted:
        level = item.levels.get(place.id)
        if level is None or level.available < quantity:
            return False
    return True
