"""How the conformance suite handles the simulated WooCommerce shop."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from isthmus.canonical.quantity import pieces
from isthmus.canonical.stock import StockLevel
from isthmus.connectors.woocommerce import CONNECTOR
from isthmus.connectors.woocommerce.ids import level_id, level_ref, parts, variant_id
from isthmus.connectors.woocommerce.sites import PLACE
from isthmus.ports.connector import Session
from isthmus.ports.sink import Key, Put
from isthmus.simulators.demo_shop import assortment
from isthmus.simulators.woocommerce import CONSUMER_KEY, CONSUMER_SECRET, WooCommerceWorld, merchant
from isthmus.simulators.woocommerce.assortment import add_product
from isthmus.simulators.woocommerce.catalog import Product
from isthmus.simulators.woocommerce.orders import Order
from isthmus.simulators.woocommerce.settings import Settings
from isthmus.testing.clock import HandClock
from isthmus.testing.conformance import Double, Reading, Told, Writing

READ_AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
World = WooCommerceWorld


def build(clock: HandClock, callback: str | None) -> World:
    settings = Settings(cron_s=0.01, webhook_answer_s=2.0)

    def now() -> datetime:
        return clock.now().replace(microsecond=0)

    return WooCommerceWorld(None, callback, settings, now, lambda: clock.now().timestamp())


# --- Orders -----------------------------------------------------------------------------------------------------------


async def place(world: World, count: int) -> None:
    await world.place_orders(count, 1)


def order(world: World, external_id: str) -> Order:
    return world.shop.orders[int(external_id)]


def note_order(world: World, external_id: str) -> None:
    one = order(world, external_id)
    one.customer_note += " ring twice"
    world.shop.touch(one, "order.updated")


def price_order(world: World, external_id: str, amount: str) -> None:
    line = order(world, external_id).goods[0]
    line.quantity, line.subtotal, line.total = 1, Decimal(amount), Decimal(amount)


def cancel_order(world: World, external_id: str) -> None:
    world.cancel(order(world, external_id).number)


def delete_order(world: World, external_id: str) -> None:
    del world.shop.orders[int(external_id)]
    world.shop.changed("order")


def spoil_order(world: World, external_id: str) -> None:
    order(world, external_id).status = "sent-to-the-moon"


# --- Goods ------------------------------------------------------------------------------------------------------------


def clear(world: World) -> None:
    for product in [one for one in world.shop.products.values() if not one.is_variation]:
        merchant.remove_product(world.shop, product)


def shelve(world: World, count: int) -> None:
    clear(world)
    for item in assortment(count):
        add_product(world.shop, item.title, [item])


def ref(product: Product) -> str:
    return variant_id(product.id, product.parent.id if product.parent else 0)


def sold(world: World) -> list[Product]:
    return [one for one in world.shop.products.values() if one.kind != "variable"]


def product(world: World, external_id: str) -> Product:
    above, below = parts(external_id) or (0, 0)
    return world.shop.products[below or above]


def reprice(world: World, external_id: str) -> None:
    price_product(world, external_id, str(Decimal(product(world, external_id).regular_price) + 1))


def price_product(world: World, external_id: str, amount: str) -> None:
    one = product(world, external_id)
    one.regular_price = amount
    world.shop.touch(one, "product.updated")


def hide_product(world: World, external_id: str) -> None:
    one = product(world, external_id)
    one.status = "draft"
    world.shop.touch(one, "product.updated")


def delete_product(world: World, external_id: str) -> None:
    merchant.remove_product(world.shop, product(world, external_id))


# --- Stock ------------------------------------------------------------------------------------------------------------


def kept(world: World, external_id: str) -> Product:
    return product(world, level_ref(external_id))


def count_again(world: World, external_id: str) -> None:
    one = kept(world, external_id)
    # As a sale does: the figure moves and the change stamp stays.
    one.stock_quantity = (one.stock_quantity or 0) + 1


# --- The place --------------------------------------------------------------------------------------------------------


def move_store(world: World, external_id: str) -> None:
    del external_id
    world.change_settings(city=f"{world.settings.city} East")


# --- Writing ----------------------------------------------------------------------------------------------------------


def put_level(item: str, number: int) -> Put[StockLevel]:
    record = StockLevel(
        external_id=level_id(item),
        sku=f"SKU-{number}",
        warehouse=PLACE,
        item_ref=item,
        available=pieces(1000 + number),
        read_at=READ_AT,
    )
    return Put(record, Key(f"bench:{item}:{number}", f"SKU-{number}"))


async def a_level(session: Session, world: World, number: int) -> Put[StockLevel]:
    del session
    simple = [one for one in sold(world) if not one.is_variation]
    below = [one for one in sold(world) if one.is_variation]
    # The first ones are written below their product, which is another call.
    return put_level(ref(below[number % len(below)] if LATE < number < FAR else simple[number % len(simple)]), number)


#: Samples with these numbers are variations: those that `lost_answers_found` writes by the second operation.
LATE, FAR = 9, 19


async def an_unknown_level(session: Session, world: World, number: int) -> Put[StockLevel]:
    del session, world
    return put_level("987654321", number)


def standing(world: World, put: Put[StockLevel]) -> int:
    try:
        there = kept(world, put.record.external_id)
    except KeyError:
        return 0
    assert put.record.available is not None
    return int(there.stock_quantity == put.record.available.value)


DOUBLE = Double(
    connector=CONNECTOR,
    package="isthmus.connectors.woocommerce",
    build=build,
    form=lambda url: {
        "url": url,
        "consumer_key": CONSUMER_KEY,
        "consumer_secret": CONSUMER_SECRET,
        "webhook_secret": "demo-secret",
    },
    wrong={"consumer_key": "ck_wrong_canary"},
    revoke=WooCommerceWorld.revoke,
    golden=Path(__file__).parent / "golden" / "woocommerce",
    told=Told(happen=lambda world: place(world, 1)),
    reads={
        "order": Reading(
            page=100,
            fill=place,
            ids=lambda world: [str(one) for one in world.shop.orders],
            touch=note_order,
            price=price_order,
            archive=cancel_order,
            delete=delete_order,
            spoil=spoil_order,
        ),
        "variant": Reading(
            page=100,
            fill=shelve,
            ids=lambda world: [ref(one) for one in sold(world)],
            touch=reprice,
            price=price_product,
            archive=hide_product,
            delete=delete_product,
        ),
        "stock_level": Reading(
            page=100,
            fill=shelve,
            ids=lambda world: [level_id(ref(one)) for one in sold(world) if one.manage_stock],
            touch=count_again,
            delete=lambda world, external_id: merchant.remove_product(world.shop, kept(world, external_id)),
        ),
        "warehouse": Reading(
            page=1,
            least=1,
            fill=lambda _world, _count: None,
            ids=lambda _world: [PLACE],
            touch=move_store,
        ),
    },
    writes={
        "stock_level": Writing(
            sample=a_level,
            refused=an_unknown_level,
            standing=standing,
            operations=("products.batch", "variations.batch"),
        )
    },
)
