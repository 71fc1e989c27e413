"""How the conformance suite handles the simulated Vendure."""

from datetime import UTC, datetime
from pathlib import Path

from isthmus.canonical.quantity import pieces
from isthmus.canonical.stock import StockLevel
from isthmus.connectors.vendure import CONNECTOR
from isthmus.ports.connector import Session
from isthmus.ports.sink import Key, Put
from isthmus.simulators.demo_shop import assortment
from isthmus.simulators.vendure import LOGIN, PASSWORD, WEBHOOK_SECRET, VendureWorld
from isthmus.simulators.vendure.assortment import add_location, add_product
from isthmus.simulators.vendure.catalog import Level, StockLocation, Variant
from isthmus.simulators.vendure.orders import Order
from isthmus.simulators.vendure.settings import Settings
from isthmus.testing.clock import HandClock
from isthmus.testing.conformance import Double, Reading, Told, Writing

READ_AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
World = VendureWorld


def build(clock: HandClock, callback: str | None) -> World:
    settings = Settings(poll_s=0.01, retry_s=0.05, webhook_answer_s=2.0)
    return VendureWorld(None, callback, settings, clock.now, clock.seconds)


# --- Orders -----------------------------------------------------------------------------------------------------------


async def place(world: World, count: int) -> None:
    await world.place_orders(count, 1)


def order(world: World, external_id: str) -> Order:
    return world.shop.orders[int(external_id)]


def mark_order(world: World, external_id: str) -> None:
    one = order(world, external_id)
    one.custom_fields["erpRef"] = f"{one.custom_fields.get('erpRef') or 'SO'}-1"
    world.shop.touch(one)
    world.shop.tell_order("order.updated", one)


def cancel_order(world: World, external_id: str) -> None:
    world.cancel(order(world, external_id).code)


def delete_order(world: World, external_id: str) -> None:
    del world.shop.orders[int(external_id)]


def spoil_order(world: World, external_id: str) -> None:
    order(world, external_id).state = "SentToTheMoon"


# --- Goods ------------------------------------------------------------------------------------------------------------


def clear(world: World) -> None:
    world.shop.products.clear()
    world.shop.variants.clear()


def shelve(world: World, count: int) -> None:
    clear(world)
    for item in assortment(count):
        add_product(world.shop, item.title, [item])


def variant(world: World, external_id: str) -> Variant:
    return world.shop.variants[int(external_id)]


def reprice(world: World, external_id: str) -> None:
    one = variant(world, external_id)
    key = next(iter(one.amounts))
    one.amounts[key] += 1
    world.shop.touch(one)


def hide_variant(world: World, external_id: str) -> None:
    one = variant(world, external_id)
    one.enabled = False
    world.shop.touch(one)


def delete_variant(world: World, external_id: str) -> None:
    variant(world, external_id).deleted_at = world.shop.now()


# --- Stock ------------------------------------------------------------------------------------------------------------


def stock_one_place(world: World, count: int) -> None:
    """Levels are paged by variant, so that each has one."""
    shelve(world, count)
    for one in world.shop.variants.values():
        for place_id in list(one.levels)[1:]:
            del one.levels[place_id]


def level_id(variant_id: object, place_id: object) -> str:
    return f"{variant_id}@{place_id}"


def level(world: World, external_id: str) -> Level:
    variant_id, _, place_id = external_id.partition("@")
    return variant(world, variant_id).levels[int(place_id)]


def level_ids(world: World) -> list[str]:
    there = [one for one in world.shop.variants.values() if not one.gone]
    return [level_id(one.id, place_id) for one in there for place_id in one.levels]


def count_again(world: World, external_id: str) -> None:
    # As a sale does: the figure moves and the variant's date of change stays.
    level(world, external_id).stock_on_hand += 1


def drop_level(world: World, external_id: str) -> None:
    variant_id, _, _place_id = external_id.partition("@")
    delete_variant(world, variant_id)


# --- Places -----------------------------------------------------------------------------------------------------------


def open_places(world: World, count: int) -> None:
    clear(world)
    world.shop.locations.clear()
    for number in range(count):
        add_location(world.shop, f"Place {number}")


def place_of(world: World, external_id: str) -> StockLocation:
    return world.shop.locations[int(external_id)]


def rename_place(world: World, external_id: str) -> None:
    one = place_of(world, external_id)
    one.name += " (new)"
    world.shop.touch(one)


def delete_place(world: World, external_id: str) -> None:
    del world.shop.locations[int(external_id)]


# --- Writing ----------------------------------------------------------------------------------------------------------


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


async def a_level(session: Session, world: World, number: int) -> Put[StockLevel]:
    del session
    items, places = list(world.shop.variants), list(world.shop.locations)
    return put_level(str(items[number % len(items)]), str(places[0]), number)


async def an_unknown_level(session: Session, world: World, number: int) -> Put[StockLevel]:
    del session
    return put_level("987654321", str(next(iter(world.shop.locations))), number)


def standing(world: World, put: Put[StockLevel]) -> int:
    assert put.record.available is not None
    try:
        there = level(world, put.record.external_id)
    except KeyError:
        return 0
    return int(there.stock_on_hand - there.stock_allocated == put.record.available.value)


DOUBLE = Double(
    connector=CONNECTOR,
    package="isthmus.connectors.vendure",
    build=build,
    form=lambda url: {
        "url": url,
        "login": LOGIN,
        "password": PASSWORD,
        "webhook_secret": WEBHOOK_SECRET,
    },
    wrong={"password": "wrong-canary-password"},
    renewing={},
    revoke=VendureWorld.revoke,
    golden=Path(__file__).parent / "golden" / "vendure",
    told=Told(happen=lambda world: place(world, 1)),
    reads={
        "order": Reading(
            page=100,
            fill=place,
            ids=lambda world: [str(one) for one in world.shop.orders],
            touch=mark_order,
            archive=cancel_order,
            delete=delete_order,
            spoil=spoil_order,
        ),
        "variant": Reading(
            page=100,
            fill=shelve,
            ids=lambda world: [str(one.id) for one in world.shop.variants.values() if not one.gone],
            touch=reprice,
            archive=hide_variant,
            delete=delete_variant,
        ),
        "stock_level": Reading(
            page=100,
            fill=stock_one_place,
            ids=level_ids,
            touch=count_again,
            delete=drop_level,
        ),
        "warehouse": Reading(
            page=100,
            least=1,
            fill=open_places,
            ids=lambda world: [str(one) for one in world.shop.locations],
            touch=rename_place,
            delete=delete_place,
        ),
    },
    writes={
        "stock_level": Writing(
            sample=a_level,
            refused=an_unknown_level,
            standing=standing,
            operations=("updateProductVariants",),
        )
    },
)
