"""What a person, a test or bad luck does to the shop from the inside, and what its truth says then."""

from decimal import Decimal
from typing import Any

import pytest

from isthmus.simulators.demo_shop import PLACES, SKUS, assortment
from isthmus.simulators.vendure import SIMULATOR, VendureWorld
from isthmus.simulators.vendure.arithmetic import prorated, rounded
from isthmus.simulators.vendure.seeds import OUT_OF_STEP, SHOP_ONLY_SKU
from isthmus.simulators.vendure.settings import DECLARED, CustomField, Settings
from tests.simulators.vendure.conftest import FAST, Caller, Opener


def shown(shop: Caller, code: str) -> dict[str, Any]:
    [row] = [one for one in shop.world.truth()["orders"] if one["reference"] == code]
    return row


def left(shop: Caller, sku: str) -> int:
    return sum(shop.world.truth()["stock"][sku].values())


# --- Seeds ------------------------------------------------------------------------------------------------------------


async def test_the_demonstration_is_the_same_each_time() -> None:
    one, two = (SIMULATOR.build("demo", None).truth() for _ in range(2))
    assert one == two
    assert len(one["orders"]) == 500
    assert len(one["specials"]) == 9


async def test_the_same_seed_places_the_same_orders(open_shop: Opener) -> None:
    seen: list[Any] = []
    for _ in range(2):
        shop = await open_shop()
        assert (await shop.sim("orders", count=30, seed=4))["placed"] == 30
        seen.append(shop.world.truth()["orders"])
    assert seen[0] == seen[1]


def test_some_stock_disagrees_with_the_erp_at_the_start() -> None:
    world = VendureWorld("demo", None, FAST)
    sold: dict[str, int] = {}
    for order in world.shop.orders.values():
        for line in order.lines if order.order_placed_at else ():
            sold[line.product_variant.sku] = sold.get(line.product_variant.sku, 0) + line.quantity
    stock = world.truth()["stock"]
    there = {sku: sum(one.values()) + sold.get(sku, 0) for sku, one in stock.items()}
    expected = {item.sku: sum(item.stock.values()) for item in assortment(SKUS)}
    assert len([sku for sku in expected if there[sku] != expected[sku]]) == OUT_OF_STEP
    assert there[SHOP_ONLY_SKU] == 100
    assert set(stock[SHOP_ONLY_SKU]) == {name for _code, name in PLACES}


async def test_special_orders_are_what_they_are_called(busy_shop: Caller) -> None:
    names = busy_shop.world.seeded.specials.names()
    yen = shown(busy_shop, names["yen"])
    assert yen["currency"] == "JPY"
    # Two decimals are kept of yen, too.
    assert Decimal(yen["total"]) % 1 == 0
    assert SHOP_ONLY_SKU in [line["sku"] for line in shown(busy_shop, names["unknown_sku"])["lines"]]
    assert shown(busy_shop, names["cancelled"])["status"] == "cancelled"
    assert (shown(busy_shop, names["draft"])["test"], shown(busy_shop, names["yen"])["test"]) == (True, False)
    assert shown(busy_shop, names["edited"])["lines"][0]["quantity"] == 1


async def test_orders_meet_every_field(busy_shop: Caller) -> None:
    orders = list(busy_shop.world.shop.orders.values())
    assert {one.state for one in orders} >= {"PaymentSettled", "PaymentAuthorized", "Cancelled", "Draft"}
    assert {bool(one.billing_address) for one in orders} == {True, False}
    assert {one.customer.user is None for one in orders if one.customer} == {True, False}
    assert any(one.coupon_codes and one.promotions for one in orders)
    assert any(charge.price < 0 for one in orders for charge in one.surcharges)
    guests = [one.customer.id for one in orders if one.customer and one.customer.user is None]
    assert len(guests) > len(set(guests))


@pytest.mark.parametrize("seed", ["nothing", "skus:many"])
def test_a_seed_nobody_knows_is_refused(seed: str) -> None:
    with pytest.raises(ValueError, match=r"unknown seed|invalid literal"):
        VendureWorld(seed, None, FAST)


def test_many_skus_can_be_asked_for() -> None:
    truth = VendureWorld("skus:300", None, FAST).truth()
    assert (len(truth["stock"]), truth["orders"]) == (300, [])


# --- People -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [2, -1])
async def test_an_edit_moves_lines_money_and_stock(shop: Caller, more: int) -> None:
    code = next(one for one in await shop.world.place_orders(30, 1) if shown(shop, one)["lines"][0]["quantity"] > 1)
    before = shown(shop, code)
    sku, quantity = before["lines"][0]["sku"], before["lines"][0]["quantity"]
    free = left(shop, sku)
    assert await shop.sim("edit", reference=code, sku=sku, quantity=quantity + more) == {"done": True}
    after, order = shown(shop, code), shop.bought(code)
    assert after["lines"][0]["quantity"] == quantity + more
    assert (Decimal(after["total"]) > Decimal(before["total"])) == (more > 0)
    assert left(shop, sku) == free - more
    assert order.state == before["vendure_state"]
    assert (
        order.covered() - sum(one.total for each in order.payments for one in each.refunds if one.state == "Pending")
        == order.total_with_tax
        or order.state == "PaymentAuthorized"
    )


async def test_an_order_is_shipped_delivered_taken_back_and_paid_back(shop: Caller) -> None:
    code = next(one for one in await shop.world.place_orders(20, 2) if shop.bought(one).state == "PaymentSettled")
    order, row = shop.bought(code), shown(shop, code)
    sku = row["lines"][0]["sku"]
    assert await shop.sim("ship", reference=code) == {"done": True}
    assert await shop.sim("deliver", reference=code) == {"done": True}
    assert (order.state, shown(shop, code)["status"]) == ("Delivered", "closed")
    assert order.fulfillments[0].tracking_code
    free = left(shop, sku)
    assert await shop.sim("return", reference=code, sku=sku) == {"done": True}
    assert left(shop, sku) == free + 1
    assert await shop.sim("refund", reference=code, amount="1.00") == {"done": True}
    assert await shop.sim("refund", reference=code, sku=sku) == {"done": True}
    assert [one.state for one in order.payments[0].refunds] == ["Settled", "Settled"]
    assert Decimal(shown(shop, code)["refunded"]) > 1
    assert "error" in await shop.sim("cancel", reference="nothing")


async def test_part_of_an_order_is_shipped(shop: Caller) -> None:
    code = next(
        one
        for one in await shop.world.place_orders(30, 5)
        if shop.bought(one).state == "PaymentSettled" and shop.bought(one).total_quantity > 1
    )
    assert await shop.sim("ship", reference=code, sku=shown(shop, code)["lines"][0]["sku"], quantity=1) == {
        "done": True
    }
    assert shop.bought(code).state == "PartiallyShipped"
    assert await shop.sim("status", reference=code, status="Modifying") == {"done": True}
    assert shop.bought(code).state == "Modifying"


async def test_the_merchant_adds_renames_reprices_counts_and_removes(shop: Caller) -> None:
    assert await shop.sim("product", sku="NEW", title="New", price="9.90") == {"done": True}
    assert await shop.sim("rename", sku="NEW", name="NEWER") == {"done": True}
    assert await shop.sim("price", sku="NEWER", price="8.50") == {"done": True}
    assert await shop.sim("stock", sku="NEWER", place="East warehouse", quantity=4) == {"done": True}
    assert await shop.sim("stock", sku="NEWER", quantity=3) == {"done": True}
    assert shop.world.truth()["stock"]["NEWER"] == {"Main warehouse": 3, "East warehouse": 4}
    rows = await shop.one('{productVariants(options:{filter:{sku:{eq:"NEWER"}}}){items{priceWithTax stockOnHand}}}')
    assert rows["items"] == [{"priceWithTax": 850, "stockOnHand": 7}]
    assert await shop.sim("remove", sku="NEWER") == {"done": True}
    assert "NEWER" not in shop.world.truth()["stock"]


@pytest.mark.parametrize(
    ("control", "wish"),
    [
        ("edit", {"reference": "nothing", "sku": "X", "quantity": 1}),
        ("edit", {"reference": "nothing"}),
        ("cancel", {"reference": "nothing"}),
        ("ship", {"reference": "nothing"}),
        ("deliver", {"reference": "nothing"}),
        ("refund", {"reference": "nothing", "amount": "1"}),
        ("stock", {"sku": "X", "quantity": 1}),
        ("stock", {"sku": "MUG-0020", "place": "Moon", "quantity": 1}),
        ("rename", {"sku": "X", "name": "Y"}),
        ("price", {"sku": "X", "price": "1"}),
        ("remove", {"sku": "X"}),
        ("webhook", {"reference": "nothing", "topic": "order.placed"}),
        ("settings", {"colour": "red"}),
        ("damage", {"kind": "flood"}),
        ("damage", {"kind": "miscount", "sku": "X", "by": 1}),
        ("damage", {"kind": "lose_order", "reference": "nothing"}),
    ],
)
async def test_a_control_that_cannot_be_followed_says_so(shop: Caller, control: str, wish: dict[str, Any]) -> None:
    answer = await shop.post(wish, f"/__sim/{control}")
    assert answer.status == 400
    assert answer.body["error"]


async def test_what_an_order_does_not_allow_is_told(shop: Caller) -> None:
    [code] = await shop.world.place_orders(1, 1)
    sku = shown(shop, code)["lines"][0]["sku"]
    for control, wish in (
        ("edit", {"sku": "X", "quantity": 1}),
        ("status", {"status": "Moon"}),
        ("status", {"status": "Delivered"}),
        ("refund", {"amount": "99999"}),
        ("ship", {"sku": sku, "quantity": 99999}),
        ("webhook", {"topic": "order.eaten"}),
    ):
        assert "error" in await shop.sim(control, reference=code, **wish), control
    assert await shop.sim("cancel", reference=code) == {"done": True}
    assert "error" in await shop.sim("cancel", reference=code)
    assert "error" in await shop.sim("edit", reference=code, sku=sku, quantity=1)


async def test_damage_leaves_no_trace(shop: Caller) -> None:
    kept, lost = await shop.world.place_orders(2, 1)
    before, changed_at = shown(shop, kept), shop.bought(kept).updated_at
    assert await shop.sim("damage", kind="alter_order", reference=kept, by=2) == {"done": True}
    assert shop.bought(kept).updated_at == changed_at
    assert shown(shop, kept)["lines"][0]["quantity"] == before["lines"][0]["quantity"] + 2
    assert await shop.sim("damage", kind="lose_order", reference=lost) == {"done": True}
    assert shop.world.shop.order(lost) is None
    free = left(shop, "MUG-0020")
    assert await shop.sim("damage", kind="miscount", sku="MUG-0020", by=-5) == {"done": True}
    assert left(shop, "MUG-0020") == free - 5
    assert await shop.sim("damage", kind="quiet_order", minutes=90, seed=3) == {"done": True}
    rows = await shop.one("{orders(options:{sort:{orderPlacedAt:ASC}}){items{id}}}")
    assert int(rows["items"][0]["id"]) > int(rows["items"][1]["id"])


async def test_a_reset_opens_the_same_shop_anew(shop: Caller) -> None:
    await shop.world.place_orders(3, 1)
    assert (await shop.sim("reset"))["reset"] is True
    assert shop.world.truth()["orders"] == []
    assert await shop.refused("{orders{totalItems}}") == (200, "FORBIDDEN")


async def test_faults_find_operations_by_their_root_field(shop: Caller) -> None:
    await shop.sim("fault", kind="status_503", count=1, match="=orders")
    assert (await shop.send("query Any{page:orders{totalItems}}")).status == 503
    await shop.sim("fault", kind="throttle", count=1)
    told = await shop.send("{me{id}}")
    assert (told.status, told.headers["Retry-After"]) == (429, "1")
    meter = shop.world.meter()
    assert (meter["throttled"], meter["sessions"]) == (1, 1)


# --- Settings and sums ------------------------------------------------------------------------------------------------


def test_settings_come_from_the_environment() -> None:
    prefix = "ISTHMUS_SIM_VENDURE_"
    made = Settings.from_environment(
        {f"{prefix}TOKEN_METHOD": "cookie", f"{prefix}SESSION_S": "20", f"{prefix}WHOLE_SECONDS": "yes"}
    )
    assert (made.token_method, made.session_s, made.whole_seconds) == ("cookie", 20.0, True)
    assert Settings.from_environment({f"{prefix}RETRIES": "3"}).retries == 3
    with pytest.raises(ValueError, match="must be yes or no"):
        Settings.from_environment({f"{prefix}POSTGRES": "perhaps"})
    made = Settings.from_environment({f"{prefix}CUSTOM_FIELDS": "Order.giftNote:text, OrderLine.engraving"})
    assert made.custom_fields[-2:] == (CustomField("Order", "giftNote", "text"), CustomField("OrderLine", "engraving"))
    assert made.custom_fields[:-2] == DECLARED
    for wrong in ("giftNote", "Order.gift note", "Order.gift:picture", "Cart.gift"):
        with pytest.raises(ValueError, match="not of the form"):
            Settings.from_environment({f"{prefix}CUSTOM_FIELDS": wrong})


def test_halves_are_rounded_up_and_shares_add_up() -> None:
    assert [rounded(one) for one in (0.5, 1.5, -0.5, 2.4)] == [1, 2, 0, 2]
    assert prorated([1, 1, 1], -100) == [-33, -33, -34]
    assert prorated([0, 0], 5) == [3, 2]
    assert prorated([3, 1], 100) == [75, 25]
