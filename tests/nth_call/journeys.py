"""What happens in a shop or an ERP and has to arrive on the other side: the rows of the table.

Each journey says what happens, how Isthmus hears of it, and what both systems hold once it has arrived.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from isthmus.canonical.product import Variant
from isthmus.kit.fresh import fresh_id
from isthmus.testing.truth import same
from tests.nth_call.rig import PLACES, Rig


@dataclass(frozen=True, slots=True)
class Journey:
    """One row group: `before` prepares without failures, `happens` is what is then spoiled."""

    name: str
    words: str
    before: Callable[[Rig, int], Awaitable[str]]
    happens: Callable[[Rig, str], Awaitable[None]]
    judge: Callable[[Rig, str], Awaitable[list[str]]]
    #: With new sessions, so that signing in and looking things up fail too.
    fresh: bool = True


# --- Orders -----------------------------------------------------------------------------------------------------------


async def bought(rig: Rig, number: int) -> str:
    """Let somebody buy, unheard so far."""
    (reference,) = await rig.shop.place_orders(1, number)
    return reference


async def imported(rig: Rig, number: int) -> str:
    """Let somebody buy, and the order arrive."""
    reference = await bought(rig, number)
    await tell(rig, reference, "orders/create")
    await rig.go_on()
    return reference


async def tell(rig: Rig, reference: str, topic: str) -> None:
    """Let the shop tell of an order."""
    order = rig.shop.shop.order(reference)
    assert order is not None
    body = f'{{"id": {order.id.rpartition("/")[2]}}}'.encode()
    await rig.harness.deliver("shop", fresh_id(), topic, body)
    await rig.harness.drain(poll=False)


async def told_of(rig: Rig, reference: str) -> None:
    await tell(rig, reference, "orders/create")


async def polled(rig: Rig, _reference: str) -> None:
    await rig.harness.drain(poll=True)


async def edited(rig: Rig, reference: str) -> None:
    order = rig.shop.shop.order(reference)
    assert order is not None
    line = order.line_items[0]
    rig.shop.edit(reference, str(line.sku), line.current_quantity + 1)
    await tell(rig, reference, "orders/updated")


async def canceled(rig: Rig, reference: str) -> None:
    rig.shop.cancel(reference)
    await tell(rig, reference, "orders/cancelled")


async def order_arrived(rig: Rig, reference: str) -> list[str]:
    """Compare what the two systems hold of an order, and of its buyer."""
    (ordered,) = [each for each in rig.shop.truth()["orders"] if each["reference"] == reference]
    booked = [each for each in rig.erp.truth()["orders"] if each["reference"] == reference]
    if not booked:
        return ["lost"]
    live = [each for each in booked if each["status"] != "cancel"]
    if len(live) > 1 or len(booked) > 1:
        return [f"doubled: {len(booked)} times in the ERP"]
    wrong = [] if same(ordered, booked[0]) else [f"wrong: {booked[0]} for {ordered}"]
    if ordered["status"] != "cancelled" and booked[0]["status"] != "sale":
        wrong.append(f"left as {booked[0]['status']}")
    return [*wrong, *doubled_people(rig)]


def doubled_people(rig: Rig) -> list[str]:
    """Return the customers and addresses that the ERP holds more than once."""
    seen: dict[tuple[object, ...], int] = {}
    for row in rig.erp.env().table("res.partner").rows.values():
        # The same address of the same contact twice is one too many; so is the same reference.
        about = (row["parent_id"], row["type"], row["name"], row["street"], row["zip"], row["city"], row["country_id"])
        if row["parent_id"]:
            seen[about] = seen.get(about, 0) + 1
        elif row["ref"]:
            seen[("ref", row["ref"])] = seen.get(("ref", row["ref"]), 0) + 1
    return [f"doubled: {key}" for key, count in seen.items() if count > 1]


# --- Stock and products -----------------------------------------------------------------------------------------------


async def lowered(rig: Rig, number: int) -> str:
    """Find fewer of a SKU in the ERP than before."""
    return count(rig, number, -3)


async def raised(rig: Rig, number: int) -> str:
    """Find more of a SKU in the ERP than before."""
    return count(rig, number, 4)


def count(rig: Rig, number: int, more: int) -> str:
    stock = rig.erp.truth()["stock"]
    skus = sorted(sku for sku in stock if sku in rig.shop.truth()["stock"])
    sku = skus[number % len(skus)]
    there = int(rig.erp.truth()["stock"][sku]["WH"])
    quants = [row for row in rig.erp.env().table("stock.quant").rows.values() if sku_of(rig, row["product_id"]) == sku]
    held = sum((row["reserved_quantity"] for row in quants if row["location_id"] == place(rig)), start=Decimal(0))
    rig.erp.set_stock(sku, "WH", max(Decimal(0), there + held + more))
    return sku


def sku_of(rig: Rig, product_id: int) -> str:
    return str(rig.erp.env().table("product.product").rows[product_id]["default_code"] or "")


def place(rig: Rig) -> int:
    (found,) = [row for row in rig.erp.env().table("stock.warehouse").rows.values() if row["code"] == "WH"]
    return int(found["lot_stock_id"])


async def stock_read(rig: Rig, _sku: str) -> None:
    await rig.look(("erp", "stock_level"), ("shop", "stock_level"), ("shop", "order"))


async def stock_arrived(rig: Rig, sku: str) -> list[str]:
    offered, free = rig.stock(sku)
    wrong = {name: (offered.get(name), free[name]) for name in PLACES.values() if offered.get(name) != free[name]}
    return [f"wrong: {place} offers {was}, {should} are free" for place, (was, should) in wrong.items()]


async def new_product(rig: Rig, number: int) -> str:
    """Offer something new on both sides."""
    sku = f"NEW-{number:05d}"
    rig.shop.create_product(sku, f"New {number}", "9.90")
    with rig.erp.service.database.store.transaction():
        rig.erp.env()["product.product"].make([{"name": f"New {number}", "default_code": sku, "list_price": 9}])
    return sku


async def products_read(rig: Rig, _sku: str) -> None:
    await rig.look(("shop", "variant"), ("erp", "variant"))


async def product_matched(rig: Rig, sku: str) -> list[str]:
    context = rig.harness.engine.context
    (mine,) = await context.by_number(Variant, "shop", [sku]) or [None]
    if mine is None:
        return ["lost: the product was not read"]
    entity = await context.store.read(
        "entity_of", connection="shop", kind="variant", external_id=mine.record.external_id
    )
    held = await context.store.read("bindings_of", entity=entity[0]["entity"]) if entity else []
    there = [row for row in held if row["connection"] == "erp"]
    return [] if len(there) == 1 else [f"lost: {len(there)} counterparts"]


JOURNEYS: Mapping[str, Journey] = {
    each.name: each
    for each in (
        Journey("new", "A new order, told by webhook; its customer comes first", bought, told_of, order_arrived),
        Journey(
            "polled",
            "A new order nobody told of, found by polling every stream",
            bought,
            polled,
            order_arrived,
            fresh=False,
        ),
        Journey(
            "edited", "An order that is in the ERP is edited in the shop", imported, edited, order_arrived, fresh=False
        ),
        Journey(
            "canceled",
            "An order that is in the ERP is canceled in the shop",
            imported,
            canceled,
            order_arrived,
            fresh=False,
        ),
        Journey("lowered", "The ERP has less stock of a SKU", lowered, stock_read, stock_arrived),
        Journey("raised", "The ERP has more stock of a SKU", raised, stock_read, stock_arrived, fresh=False),
        Journey(
            "matched", "A new product on both sides is matched by SKU", new_product, products_read, product_matched
        ),
    )
}
NAMES: Sequence[str] = tuple(JOURNEYS)
