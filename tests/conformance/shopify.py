"""How the conformance suite handles the simulated Shopify shop."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from isthmus.canonical.quantity import pieces
from isthmus.canonical.stock import StockLevel
from isthmus.connectors.shopify import CONNECTOR
from isthmus.connectors.shopify.ids import gid, legacy, level_id, level_parts
from isthmus.ports.connector import Session
from isthmus.ports.sink import Key, Put
from isthmus.simulators.demo_shop import assortment
from isthmus.simulators.shopify import ShopifyWorld, merchant, stock
from isthmus.simulators.shopify.assortment import add_product
from isthmus.simulators.shopify.catalog import InventoryLevel, Location, Product, Variant
from isthmus.simulators.shopify.money import Bag, MoneyV2
from isthmus.simulators.shopify.orders import Order
from isthmus.simulators.shopify.parties import LocationAddress
from isthmus.simulators.shopify.settings import Settings
from isthmus.testing.clock import HandClock
from isthmus.testing.conformance import Double, Reading, Told, Writing

#: Most rules are not about the meter, so it is out of their way.
ROOMY = Settings(restore_per_s=1e6, bucket_size=1e9, webhook_gaps_s=(0.05,) * 8, webhook_answer_s=2.0)
READ_AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
World = ShopifyWorld


def build(clock: HandClock, callback: str | None) -> World:
    return made(clock, callback, ROOMY)


def metered(clock: HandClock, callback: str | None) -> World:
    return made(clock, callback, replace(ROOMY, restore_per_s=100.0, bucket_size=None))


def made(clock: HandClock, callback: str | None, settings: Settings) -> World:
    return ShopifyWorld(None, callback, settings, lambda: clock.now().replace(microsecond=0), clock.seconds)


# --- Orders -----------------------------------------------------------------------------------------------------------


async def place(world: World, count: int) -> None:
    await world.place_orders(count, 1)


def order(world: World, external_id: str) -> Order:
    return world.shop.orders[gid("Order", external_id)]


def note_order(world: World, external_id: str) -> None:
    one = order(world, external_id)
    one.note = f"{one.note or ''} ring twice"
    world.shop.touch(one, "orders/updated")


def price_order(world: World, external_id: str, amount: str) -> None:
    money = MoneyV2(Decimal(amount), world.shop.currency_code)
    order(world, external_id).line_items[0].original_unit_price_set = Bag(money, money)


def cancel_order(world: World, external_id: str) -> None:
    world.cancel(order(world, external_id).name)


def delete_order(world: World, external_id: str) -> None:
    del world.shop.orders[gid("Order", external_id)]
    world.shop.changed("Order")


# --- Goods ------------------------------------------------------------------------------------------------------------


def clear(world: World) -> None:
    for product in list(world.shop.products.values()):
        merchant.remove_product(world.shop, product)


def shelve(world: World, count: int) -> None:
    clear(world)
    for item in assortment(count):
        add_product(world.shop, item.title, [item])


def variant(world: World, external_id: str) -> Variant:
    return world.shop.variants[gid("ProductVariant", external_id)]


def reprice(world: World, external_id: str) -> None:
    price_variant(world, external_id, str(variant(world, external_id).price + 1))


def price_variant(world: World, external_id: str, amount: str) -> None:
    one = variant(world, external_id)
    one.price = Decimal(amount)
    touch_goods(world, one, one.product)


def archive_product(world: World, external_id: str) -> None:
    one = variant(world, external_id)
    one.product.status = "ARCHIVED"
    touch_goods(world, one, one.product)


def touch_goods(world: World, one: Variant, product: Product) -> None:
    world.shop.touch(one)
    world.shop.touch(product, "products/update")


def delete_product(world: World, external_id: str) -> None:
    merchant.remove_product(world.shop, variant(world, external_id).product)


# --- Stock ------------------------------------------------------------------------------------------------------------


def stock_one_place(world: World, count: int) -> None:
    shelve(world, count)
    kept = next(iter(world.shop.locations))
    for level in list(world.shop.levels.values()):
        if level.location.id != kept:
            drop(world, level)


def drop(world: World, level: InventoryLevel) -> None:
    del world.shop.levels[level.id], level.location.levels[level.item.id], level.item.levels[level.location.id]
    world.shop.changed("InventoryLevel")


def level_ids(world: World) -> list[str]:
    return [level_id(legacy(one.item.id), legacy(one.location.id)) for one in world.shop.levels.values()]


def level(world: World, external_id: str) -> InventoryLevel:
    item, place_id = level_parts(external_id)
    return world.shop.items[gid("InventoryItem", item)].levels[gid("Location", place_id)]


def count_again(world: World, external_id: str) -> None:
    one = level(world, external_id)
    stock.set_available(world.shop, one, one.available + 1)


# --- Places -----------------------------------------------------------------------------------------------------------


def open_places(world: World, count: int) -> None:
    clear(world)
    world.shop.locations.clear()
    for number in range(count):
        name, number_id = world.shop.new_id("Location")
        address = LocationAddress(f"{number} Road", "Berlin", "10115", "Germany", "DE")
        now = world.shop.now()
        world.shop.locations[name] = Location(name, number_id, f"Place {number}", address, now, now)
    world.shop.changed("Location")


def place_of(world: World, external_id: str) -> Location:
    return world.shop.locations[gid("Location", external_id)]


def rename_place(world: World, external_id: str) -> None:
    one = place_of(world, external_id)
    one.name += " (new)"
    world.shop.touch(one)


def close_place(world: World, external_id: str) -> None:
    one = place_of(world, external_id)
    one.is_active = False
    world.shop.touch(one)


def delete_place(world: World, external_id: str) -> None:
    del world.shop.locations[gid("Location", external_id)]
    world.shop.changed("Location")


# --- Writing ----------------------------------------------------------------------------------------------------------


async def a_level(session: Session, world: World, number: int) -> Put[StockLevel]:
    del session
    items = list(world.shop.items.values())
    item, place_id = items[number % len(items)], next(iter(world.shop.locations))
    return put_level(legacy(item.id), legacy(place_id), number)


async def an_unknown_level(session: Session, world: World, number: int) -> Put[StockLevel]:
    del session
    return put_level("987654321", legacy(next(iter(world.shop.locations))), number)


def put_level(item: str, place_id: str, number: int) -> Put[StockLevel]:
    record = StockLevel(
        external_id=level_id(item, place_id),
        sku=f"SKU-{number}",
        warehouse=place_id,
        item_ref=item,
        available=pieces(1000 + number),
        read_at=READ_AT,
    )
    return Put(record, Key(f"bench:{item}@{place_id}:{number}", f"SKU-{number}"))


def standing(world: World, put: Put[StockLevel]) -> int:
    try:
        there = level(world, put.record.external_id)
    except KeyError:
        return 0
    assert put.record.available is not None
    return int(there.available == put.record.available.value)


DOUBLE = Double(
    connector=CONNECTOR,
    package="isthmus.connectors.shopify",
    build=build,
    metered=metered,
    form=lambda url: {"url": url, "access_token": "demo-token", "client_secret": "demo-secret"},
    wrong={"access_token": "shpat-wrong-canary"},
    renewing={"access_token": "", "client_id": "demo-client", "client_secret": "demo-secret"},
    revoke=ShopifyWorld.uninstall,
    next_version={"api_version": "2026-10"},
    golden=Path(__file__).parent / "golden" / "shopify",
    told=Told(happen=lambda world: place(world, 1)),
    reads={
        "order": Reading(
            page=25,
            fill=place,
            ids=lambda world: [legacy(one) for one in world.shop.orders],
            touch=note_order,
            price=price_order,
            archive=cancel_order,
            delete=delete_order,
            spoil=lambda world, one: price_order(world, one, "NaN"),
        ),
        "variant": Reading(
            page=250,
            fill=shelve,
            ids=lambda world: [legacy(one) for one in world.shop.variants],
            touch=reprice,
            price=price_variant,
            archive=archive_product,
            delete=delete_product,
        ),
        "stock_level": Reading(
            page=250,
            fill=stock_one_place,
            ids=level_ids,
            touch=count_again,
            delete=lambda world, external_id: drop(world, level(world, external_id)),
        ),
        "warehouse": Reading(
            page=50,
            fill=open_places,
            ids=lambda world: [legacy(one) for one in world.shop.locations],
            touch=rename_place,
            archive=close_place,
            delete=delete_place,
        ),
    },
    writes={
        "stock_level": Writing(
            sample=a_level, refused=an_unknown_level, standing=standing, operations=("inventorySetQuantities",)
        )
    },
)
