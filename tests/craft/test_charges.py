"""What an order charges beside goods: all of it, once, with the taxes that were really charged."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.canonical.money import Money
from isthmus.canonical.order import LineKind, Order, OrderLine, OrderStatus, ShippingLine, Tax
from isthmus.canonical.quantity import pieces
from isthmus.craft.charges import (
    Extra,
    Role,
    charged,
    discount_name,
    extras,
    pickup,
    role_of,
    shipping_discounts,
    shipping_name,
)

amounts = st.decimals(min_value=0, max_value=1000, places=2)


def euro(amount: str | Decimal | int) -> Money:
    return Money(Decimal(amount), "EUR")


def a_line(kind: LineKind, price: Decimal) -> OrderLine:
    return OrderLine(external_id="1", sku="A", title="A", kind=kind, quantity=pieces(1), unit_price=euro(price))


def an_order(
    *lines: OrderLine, tip: Money | None = None, fees: Money | None = None, taxes: tuple[Tax, ...] = ()
) -> Order:
    return Order(
        external_id="1",
        number="#1",
        status=OrderStatus.RECEIVED,
        placed_at=datetime(2026, 3, 2, tzinfo=UTC),
        currency="EUR",
        lines=lines,
        total=euro(0),
        tip=tip,
        fees=fees,
        extra_taxes=taxes,
    )


@given(amounts, amounts, st.lists(amounts, max_size=3), st.lists(amounts, max_size=3))
def test_tip_and_fees_are_booked_once_wherever_they_stand(
    tip: Decimal, fees: Decimal, tips_listed: list[Decimal], fees_listed: list[Decimal]
) -> None:
    lines = [*(a_line(LineKind.TIP, one) for one in tips_listed), *(a_line(LineKind.FEE, one) for one in fees_listed)]
    order = an_order(*lines, tip=euro(tip), fees=euro(fees))
    for role, stated, listed in ((Role.TIP, tip, tips_listed), (Role.FEE, fees, fees_listed)):
        beyond = [extra.amount for extra in extras(order) if extra.role is role]
        assert sum(beyond) + sum(listed) == max(stated, sum(listed))
        assert all(one > 0 for one in beyond)


def test_duties_are_the_fee_where_one_is_stated_and_lines_where_none_is() -> None:
    customs, free = Tax(amount=euro(3), name="Customs"), Tax(amount=euro(0), name="Nothing")
    assert [*extras(an_order(taxes=(customs, free, Tax(amount=euro(1)))))] == [
        Extra(Role.FEE, "Customs", Decimal(3)),
        Extra(Role.FEE, "Duty", Decimal(1)),
    ]
    assert [*extras(an_order(fees=euro(20), taxes=(customs,)))] == [
        Extra(Role.FEE, "Fee", Decimal(20), (customs,), taxable=True)
    ]


@pytest.mark.parametrize(
    ("tax", "booked"),
    [
        (Tax(amount=euro("2.00"), rate=Decimal("0.2")), True),
        (Tax(amount=euro("2.00")), True),
        (Tax(amount=euro(0), rate=Decimal("0.2")), False),  # an exempt buyer
        (Tax(amount=euro(0), rate=Decimal("0.0004")), True),  # too small a rate to show in the amount
        (Tax(amount=euro(0), rate=Decimal(0)), False),
        (Tax(amount=euro(0), rate=Decimal(0), code="12"), True),
    ],
    ids=["charged", "without-a-rate", "exempt", "less-than-a-cent", "nothing", "zero-with-a-code"],
)
def test_a_tax_is_booked_where_the_buyer_paid_it_or_the_books_ask_for_it(tax: Tax, *, booked: bool) -> None:
    assert charged([tax], Decimal("10.00"), "EUR") == ((tax,) if booked else ())


def test_lines_are_called_what_they_are() -> None:
    kinds = (LineKind.GOODS, LineKind.TIP, LineKind.FEE)
    assert [role_of(a_line(kind, Decimal(1))) for kind in kinds] == [Role.GOODS, Role.TIP, Role.FEE]
    post = ShippingLine(price=euro(5), title="Parcel", carrier="Post", method_code="Post", pickup_point="Shop 7")
    assert (shipping_name(post), pickup(post), shipping_discounts(post)) == (
        "Parcel / Post",
        "Pick-up point: Shop 7",
        (),
    )
    bare = ShippingLine(price=euro(5), discount=euro(1))
    assert (shipping_name(bare), pickup(bare)) == ("Shipping", "")
    assert discount_name(shipping_discounts(bare), "Shipping") == "Discount: Shipping"
