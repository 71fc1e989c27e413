"""What an order charges, in net unit prices."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.canonical.order import LineKind, Order
from isthmus.connectors.tryton import charges
from isthmus.connectors.tryton.charges import Charge
from isthmus.craft.charges import Role, expected_tax
from tests.connectors.erp import a_line, an_order, money, shipping, tax


def of(order: Order) -> list[tuple[Role, Decimal, Decimal]]:
    return [(charge.role, charge.quantity, charge.price) for charge in charges.from_order(order)]


def test_goods_shipping_tip_and_fee_are_lines_of_their_own() -> None:
    order = an_order(
        a_line("12.50", 2, taxed="5.00"),
        a_line("3.00", kind=LineKind.TIP),
        a_line("1.00", 0),
        total="40.00",
        shipping_lines=(shipping("5.00", title="Parcel", carrier="Post", pickup_point="Shop 7", discount=money("1")),),
        tip=money("5.00"),
        fees=money("2.00"),
        extra_taxes=(tax("0.40"),),
    )
    assert of(order) == [
        (Role.GOODS, Decimal(2), Decimal("12.5")),
        (Role.TIP, Decimal(1), Decimal(3)),
        (Role.SHIPPING, Decimal(1), Decimal(5)),
        (Role.DISCOUNT, Decimal(1), Decimal(-1)),
        (Role.TIP, Decimal(1), Decimal(2)),
        (Role.FEE, Decimal(1), Decimal(2)),
    ]
    named = charges.from_order(order)
    assert (named[2].name, named[2].note) == ("Parcel / Post", "Pick-up point: Shop 7")
    assert expected_tax(named) == Decimal("5.40")


def test_a_duty_without_a_fee_is_a_line() -> None:
    order = an_order(total="3.00", extra_taxes=(tax("3.00", None, name="Customs"), tax("0.00")))
    assert [(one.role, one.name, one.price) for one in charges.from_order(order)] == [(Role.FEE, "Customs", Decimal(3))]


def test_a_discount_is_named_and_taxed_as_what_it_is_about() -> None:
    sold, off = charges.from_order(an_order(a_line("10.00", 3, taxed="5.50", off="2.50"), total="33.00"))
    assert (off.role, off.name, off.price, off.taxes) == (Role.DISCOUNT, "Discount: SAVE", Decimal("-2.5"), sold.taxes)


def test_a_rate_with_no_amount_on_a_price_is_not_booked() -> None:
    (exempt,) = charges.from_order(an_order(a_line("10.00", taxed="0.00"), total="10.00"))
    assert exempt.taxes == ()
    line = a_line("10.00", taxes=(tax("0.00", "0", code="12"),))
    (coded,) = charges.from_order(an_order(line, total="10.00"))
    assert [one.code for one in coded.taxes] == ["12"]


def test_a_tax_without_a_rate_is_taken_out_by_its_amount() -> None:
    line = a_line("12.00", 2, taxes=(tax("4.00", None, code="5"),))
    (sold,) = charges.from_order(an_order(line, total="24.00", prices_include_tax=True))
    assert sold.price == Decimal(10)


@pytest.mark.parametrize(("price", "net"), [("19.99", "16.6583"), ("12.00", "10"), ("0.00", "0")])
def test_prices_with_tax_are_written_without_it(price: str, net: str) -> None:
    order = an_order(a_line(price, 1, taxed="1.00"), total=price, prices_include_tax=True)
    assert of(order)[0][2] == Decimal(net)


@given(
    price=st.decimals(min_value=0, max_value=10_000, places=2),
    quantity=st.integers(1, 50),
    off=st.decimals(min_value=0, max_value=5, places=2),
    rate=st.sampled_from(["0.2", "0.1", "0.055", "0.07", "0.21"]),
    included=st.booleans(),
)
def test_lines_add_up_to_what_was_charged(
    price: Decimal, quantity: int, off: Decimal, rate: str, *, included: bool
) -> None:
    gross = price * quantity - off
    share = Decimal(rate) / (1 + Decimal(rate)) if included else Decimal(rate)
    charged = (gross * share).quantize(Decimal("0.01"))
    line = a_line(str(price), quantity, taxed=str(charged), rate=rate, off=str(off) if off else None)
    order = an_order(line, total=str(gross if included else gross + charged), prices_include_tax=included)
    lines = charges.from_order(order)
    net = sum((_amount(one) for one in lines), start=Decimal(0))
    # Four decimals of a unit price, rounded half a unit at most for each piece, and a cent for each rounded sum.
    slack = Decimal("0.00005") * (quantity + 1) + Decimal("0.02")
    booked = any(one.taxes for one in lines)
    wanted = gross - charged if included and booked else gross
    assert abs(net - wanted) <= slack


def _amount(charge: Charge) -> Decimal:
    return charge.quantity * charge.price


@pytest.mark.parametrize("name", ["shipping", "discount", "rounding", "tip", "fee"])
def test_every_role_but_goods_has_a_service(name: str) -> None:
    roles: dict[str, Any] = {role.value: role for role in Role}
    assert name in roles


def test_the_rounding_line_is_untaxed() -> None:
    assert charges.rounding(Decimal("-0.01")) == Charge(role=Role.ROUNDING, name="Rounding", price=Decimal("-0.01"))


def test_no_amount_is_written_with_zeros_at_its_end() -> None:
    duty = tax("4.000000", None, name="Import duty")
    for order in (
        an_order(total="11.50", tip=money("1.500000"), fees=money("2.000000")),
        an_order(total="4.00", extra_taxes=(duty,)),
    ):
        assert [str(one.price) for one in charges.from_order(order)] in (["1.5", "2"], ["4"])
    assert str(charges.rounding(Decimal("-0.020000")).price) == "-0.02"
