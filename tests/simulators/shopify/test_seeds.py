"""What the shop is filled with: sums that hold, and exactly the oddities that are announced."""

from decimal import Decimal
from typing import Any

import pytest

from isthmus.simulators.demo_shop import assortment
from isthmus.simulators.shopify import ShopifyWorld
from isthmus.simulators.shopify.bodies import body_of
from isthmus.simulators.shopify.money import Bag, split
from isthmus.simulators.shopify.orders import Order

NONE = Decimal(0)


@pytest.fixture(scope="module")
def world() -> ShopifyWorld:
    return ShopifyWorld("demo")


def side(bag: Bag, *, buyer: bool) -> Decimal:
    money = bag.presentment_money if buyer else bag.shop_money
    smallest = Decimal(1) if money.currency_code == "JPY" else Decimal("0.01")
    assert money.amount == money.amount.quantize(smallest)
    return money.amount


def add_up(order: Order, *, buyer: bool) -> Decimal:
    """Work the total out from the parts a buyer would see, in one currency."""
    subtotal = tax = tip = NONE
    for line in order.line_items:
        whole = side(line.original_unit_price_set, buyer=buyer) * line.quantity
        off = sum((side(one.allocated_amount_set, buyer=buyer) for one in line.discount_allocations), NONE)
        if line.is_tip:
            tip += whole
            continue
        subtotal += whole - off
        tax += sum((side(one.price_set, buyer=buyer) for one in line.tax_lines), NONE)
    shipping = sum((side(line.discounted_price_set, buyer=buyer) for line in order.shipping_lines), NONE)
    tax += sum((side(one.price_set, buyer=buyer) for line in order.shipping_lines for one in line.tax_lines), NONE)
    assert subtotal == side(order.ordered.subtotal, buyer=buyer)
    assert shipping == side(order.ordered.shipping, buyer=buyer)
    assert tax == side(order.ordered.tax, buyer=buyer)
    assert tax == sum((side(one.price_set, buyer=buyer) for one in order.ordered.tax_lines), NONE)
    return subtotal + shipping + tip + (NONE if order.taxes_included else tax)


def test_all_500_orders_add_up_to_the_cent_in_both_currencies_but_one(world: ShopifyWorld) -> None:
    differences = {
        (order.name, side(order.ordered.total, buyer=buyer) - add_up(order, buyer=buyer))
        for order in world.shop.orders.values()
        for buyer in (False, True)
    }
    assert {(name, off) for name, off in differences if off} == {(world.seeded.specials.wrong_total, Decimal("3.00"))}
    assert len(world.shop.orders) == 500


def test_each_tax_is_what_its_rate_says(world: ShopifyWorld) -> None:
    for order in world.shop.orders.values():
        for line in order.line_items:
            for tax in line.tax_lines:
                net = line.net.shop_money
                share = tax.rate / (1 + tax.rate) if order.taxes_included else tax.rate
                smallest = Decimal(1) if net.currency_code == "JPY" else Decimal("0.01")
                assert abs(tax.price_set.shop_money.amount - net.amount * share) <= smallest / 2


def test_discount_parts_sum_to_the_discount(world: ShopifyWorld) -> None:
    seen = set()
    for order in world.shop.orders.values():
        for application in order.discount_applications:
            parts = [
                one.allocated_amount_set.presentment_money.amount
                for line in [*order.line_items, *order.shipping_lines]
                for one in line.discount_allocations
                if one.discount_application is application
            ]
            assert parts
            if application.for_whole_order and hasattr(application.value, "amount"):
                assert sum(parts) == application.value.amount
            seen.add((application.kind, application.target_type, application.allocation_method))
    assert len(seen) == 5


def test_the_largest_remainders_get_the_odd_cents() -> None:
    assert split(Decimal("1.00"), [Decimal(1)] * 3, "EUR") == [Decimal("0.34"), Decimal("0.33"), Decimal("0.33")]
    assert split(Decimal(100), [Decimal(1), Decimal(2)], "JPY") == [Decimal(33), Decimal(67)]
    assert split(Decimal(0), [], "EUR") == []


def test_the_mix_meets_every_kind_of_order(world: ShopifyWorld) -> None:
    orders = list(world.shop.orders.values())
    guests = [one for one in orders if one.customer is None]
    companies = [one for one in orders if one.po_number]
    buyers = [one.customer.id for one in orders if one.customer and not one.po_number]
    assert len(guests) > 100
    assert len(companies) > 30
    assert all(one.purchasing_entity.company.external_id for one in companies)
    assert all(one.custom_attributes[0].key == "VAT number" for one in companies)
    assert len(set(buyers)) < len(buyers)
    assert {one.taxes_included for one in orders} == {True, False}
    assert {one.display_financial_status for one in orders} == {"PAID", "PENDING", "AUTHORIZED", "REFUNDED"}
    gateways = {name for one in orders for name in one.payment_gateway_names}
    assert gateways == {"shopify_payments", "paypal", "gift_card", "Bank Deposit"}
    assert any(one.shipping_address is None for one in orders)
    assert any(one.ordered.tip for one in orders)
    assert any(one.note for one in orders)
    assert any(one.payment_terms for one in orders)
    assert any(line.discount_allocations for one in orders for line in one.shipping_lines)
    assert any(not line.tax_lines for one in orders for line in one.shipping_lines)


def test_the_special_orders_are_what_they_are_said_to_be(world: ShopifyWorld) -> None:
    special = {kind: world.shop.order(name) for kind, name in world.seeded.specials.names().items()}
    assert len({order.name for order in special.values()}) == 10
    assert special["yen_shop"].currency_code == "JPY"
    assert (special["yen_buyer"].currency_code, special["yen_buyer"].presentment_currency_code) == ("EUR", "JPY")
    known = {item.sku for item in assortment()}
    unknown = [
        o.name for o in world.shop.orders.values() for line in o.line_items if line.sku and line.sku not in known
    ]
    assert unknown == [special["unknown_sku"].name]
    assert special["cancelled"].cancelled_at
    assert special["cancelled"].standing.total.shop_money.amount == 0
    edited = special["edited"]
    assert (edited.line_items[0].quantity, edited.line_items[0].current_quantity) == (3, 1)
    assert edited.standing.total.shop_money.amount < edited.ordered.total.shop_money.amount
    assert [order.name for order in world.shop.orders.values() if order.test] == [special["test"].name]


def test_stock_is_the_erps_less_what_was_sold_but_for_twenty_skus(world: ShopifyWorld) -> None:
    sold: dict[tuple[str, str], int] = {}
    for order in world.shop.orders.values():
        for line in order.line_items:
            if line.variant and order.fulfillment_orders:
                key = (line.sku, order.fulfillment_orders[0].assigned_location.name)
                sold[key] = sold.get(key, 0) + line.current_quantity
    truth = world.truth()["stock"]
    names = {"WH": "Main warehouse", "EAST": "East warehouse"}
    off = {
        item.sku
        for item in assortment()
        for code, quantity in item.stock.items()
        if truth[item.sku][names[code]] != quantity - sold.get((item.sku, names[code]), 0)
    }
    assert len(off) == 20


async def test_placed_orders_are_importable_and_repeatable() -> None:
    one, other = ShopifyWorld("demo"), ShopifyWorld("demo")
    names = await one.place_orders(300, seed=7)
    assert await other.place_orders(300, seed=7) == names
    assert one.truth()["orders"] == other.truth()["orders"]
    known = {item.sku for item in assortment()}
    for name in names:
        order = one.shop.order(name)
        assert not order.test
        assert {line.sku for line in order.line_items if line.sku} <= known
        assert add_up(order, buyer=False) == order.ordered.total.shop_money.amount
        assert body_of("orders/create", order)["name"] == name


async def test_an_empty_seed_has_goods_and_no_orders() -> None:
    world = ShopifyWorld()
    assert world.truth()["orders"] == []
    assert len(world.truth()["stock"]) == 200
    assert len(ShopifyWorld("skus:1000").truth()["stock"]) == 1000
    with pytest.raises(ValueError, match="unknown seed"):
        ShopifyWorld("nonsense")


def test_truth_shows_each_order_in_the_agreed_shape(world: ShopifyWorld) -> None:
    truth: dict[str, Any] = world.truth()
    first = truth["orders"][0]
    assert {"reference", "id", "status", "test", "lines", "total", "currency"} <= set(first)
    assert {"sku", "quantity", "unit_price"} <= set(first["lines"][0])
    assert set(truth["webhooks"]) >= {"sent", "failed"}
    assert world.meter()["throttled"] == 0


async def test_reset_is_the_start_again() -> None:
    world = ShopifyWorld("demo")
    before = world.truth()["orders"]
    await world.place_orders(3, seed=1)
    await world.reset()
    assert [order["reference"] for order in world.truth()["orders"]] == [order["reference"] for order in before]
    await world.stop()
