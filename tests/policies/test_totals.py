"""The parts of an order make its total, or the order says by how much they do not."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.canonical.money import Money, smallest_unit
from isthmus.canonical.order import LineDiscount, Order, OrderLine, ShippingLine
from isthmus.canonical.quantity import pieces
from isthmus.policies.totals import difference, sums
from isthmus.testing.builders import a_line, a_tax, an_order, money


def amount(draw: st.DrawFn, currency: str, least: int = 0, most: int = 10**6) -> Money:
    return Money(draw(st.integers(least, most)) * smallest_unit(currency), currency)


@st.composite
def lines(draw: st.DrawFn, currency: str, number: int) -> OrderLine:
    # Unit prices are often quoted finer than anybody can pay: 3 x 0.333.
    price = Money(Decimal(draw(st.integers(0, 10**7))).scaleb(-4), currency)
    line = OrderLine(
        external_id=str(number),
        sku=f"SKU-{number}",
        title="x",
        quantity=pieces(Decimal(draw(st.integers(0, 5000))).scaleb(-1)),
        unit_price=price,
        taxes=tuple(
            a_tax(amount(draw, currency, most=10**4).amount, currency=currency) for _ in range(draw(st.integers(0, 2)))
        ),
    )
    worth = int(line.net_of_discount.rounded().amount / smallest_unit(currency))
    off = amount(draw, currency, most=max(0, worth - 1))
    return msgspec.structs.replace(line, discounts=(LineDiscount(amount=off),) if off else ())


@st.composite
def orders(draw: st.DrawFn) -> Order:
    currency = draw(st.sampled_from(["EUR", "JPY", "KWD"]))
    gross = draw(st.booleans())
    sold = tuple(draw(lines(currency, number)) for number in range(draw(st.integers(1, 5))))
    charges = tuple(
        ShippingLine(
            price=amount(draw, currency), taxes=(a_tax(amount(draw, currency, most=99).amount, currency=currency),)
        )
        for _ in range(draw(st.integers(0, 2)))
    )
    duties = tuple(a_tax(amount(draw, currency).amount, currency=currency) for _ in range(draw(st.integers(0, 1))))
    parts = [line.net_of_discount.rounded() for line in sold] + [charge.charged for charge in charges]
    if not gross:
        parts += [line.tax for line in sold] + [charge.tax for charge in charges] + [duty.amount for duty in duties]
    total = Money.total(parts, currency)
    return an_order(
        "1", *sold, currency=currency, prices_include_tax=gross, shipping_lines=charges, extra_taxes=duties, total=total
    )


@given(orders())
def test_an_order_whose_parts_add_up_is_accepted(order: Order) -> None:
    assert difference(order) == ""
    assert sums(order).total == order.total


@given(orders(), st.integers(-(10**4), 10**4).filter(bool))
def test_any_cent_off_is_refused_and_named(order: Order, units: int) -> None:
    gap = Money(units * smallest_unit(order.currency), order.currency)
    told = difference(msgspec.structs.replace(order, total=order.total + gap))
    assert f"{gap} is unexplained" in told
    assert str(order.total) in told
    assert str(order.total + gap) in told


@pytest.mark.parametrize(
    ("stated", "where"),
    [
        pytest.param({"subtotal": money("24.00")}, "lines add up to 25.00 EUR, the shop states 24.00 EUR", id="lines"),
        pytest.param(
            {"shipping": money("6.00")}, "delivery add up to 5.00 EUR, the shop states 6.00 EUR", id="delivery"
        ),
        pytest.param({"tax": money("4.00")}, "tax add up to 5.00 EUR, the shop states 4.00 EUR", id="tax"),
    ],
)
def test_the_part_that_differs_from_what_the_shop_states_is_named(stated: dict[str, Any], where: str) -> None:
    line = a_line(quantity=2, price="12.50", taxes=(a_tax("5.00"),))
    order = an_order("1", line, shipping_lines=(ShippingLine(price=money("5.00")),), total=money("34.99"))
    told = difference(msgspec.structs.replace(order, **stated))
    assert told == (f"The parts add up to 35.00 EUR, the order says 34.99 EUR: -0.01 EUR is unexplained ({where}).")


def test_a_third_of_a_cent_in_each_line_is_charged_once_per_line() -> None:
    three = [a_line(str(number), quantity=1, price="0.333") for number in range(3)]
    assert difference(an_order("1", *three, total=money("0.99"))) == ""
    assert difference(an_order("1", a_line(quantity=3, price="0.333"), total=money("1.00"))) == ""
