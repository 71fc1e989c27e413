"""What an order charges, in the shape Odoo computes in: nothing lost, nothing added."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.canonical.money import Money, smallest_unit
from isthmus.canonical.order import Level, LineDiscount, LineKind, Order, OrderLine
from isthmus.connectors.odoo import charges
from isthmus.craft.charges import Role, expected_tax
from tests.connectors.erp import a_line, an_order, money, shipping, tax


def listed(order: Order) -> list[tuple[str, Decimal, Decimal, Decimal]]:
    return [(c.role.value, c.quantity, c.price, c.percent) for c in charges.from_order(order)]


def test_a_discount_that_a_percentage_states_exactly_is_a_percentage() -> None:
    order = an_order(a_line("25.00", 2, off="5.00"), total="45.00")
    assert listed(order) == [("goods", Decimal(2), Decimal("25.00"), Decimal("10.00"))]


def test_a_discount_no_percentage_states_is_a_line_with_the_same_taxes() -> None:
    order = an_order(a_line("999.99", 7, off="6.01", taxed="1398.78"), total="8392.70")
    goods, discount = charges.from_order(order)
    assert (goods.percent, discount.role, discount.price) == (0, Role.DISCOUNT, Decimal("-6.01"))
    assert discount.taxes == goods.taxes
    assert discount.name == "Discount: SAVE"


def test_an_item_edited_away_is_not_sold() -> None:
    assert listed(an_order(a_line("5.00", 0), a_line("3.00"), total="3.00")) == [("goods", 1, Decimal("3.00"), 0)]


def test_shipping_keeps_its_discount_and_names_how_it_goes() -> None:
    line = shipping("8.00", title="Express", carrier="DHL", discount=money("2.00"), pickup_point="Kiosk 4")
    (charge,) = charges.from_order(an_order(total="6.00", shipping_lines=(line,)))
    assert (charge.role, charge.price, charge.percent) == (Role.SHIPPING, 8, 25)
    assert charge.name == "Express / DHL\nPick-up point: Kiosk 4"


@pytest.mark.parametrize(
    ("kind", "field", "role"), [(LineKind.TIP, "tip", "tip"), (LineKind.FEE, "fees", "fee")], ids=["tip", "fee"]
)
def test_a_header_amount_is_booked_once_whether_or_not_it_stands_on_lines(
    kind: LineKind, field: str, role: str
) -> None:
    on_lines = an_order(a_line("2.00", kind=kind), total="2.00", **{field: money("2.00")})
    in_header = an_order(total="2.00", **{field: money("2.00")})
    assert [row[0] for row in listed(on_lines)] == [role]
    assert listed(in_header) == [(role, Decimal(1), Decimal("2.00"), 0)]


def test_a_duty_without_a_fee_is_a_line_of_its_own() -> None:
    order = an_order(total="4.00", extra_taxes=(tax("4.00", name="Import duty", level=Level.FEE),))
    (charge,) = charges.from_order(order)
    assert (charge.role, charge.name, charge.price, charge.taxes) == (Role.FEE, "Import duty", 4, ())


def test_an_exempt_buyer_is_not_charged_a_rate_listed_with_zero() -> None:
    (charge,) = charges.from_order(an_order(a_line("10.00", taxed="0.00"), total="10.00"))
    assert charge.taxes == ()


def test_a_zero_rate_with_a_code_is_kept() -> None:
    line = a_line("10.00", taxes=(tax("0.00", rate="0", code="3"),))
    (charge,) = charges.from_order(an_order(line, total="10.00"))
    assert [one.code for one in charge.taxes] == ["3"]


def test_a_free_item_keeps_its_tax() -> None:
    (charge,) = charges.from_order(an_order(a_line("10.00", off="10.00", taxed="0.00"), total="0.00"))
    assert (charge.percent, len(charge.taxes)) == (100, 1)


CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])
RATES = st.sampled_from(["0", "0.055", "0.07", "0.19", "0.2"])


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """Orders as a store states them: each line's tax is rounded to what can be paid."""
    currency, included = draw(CURRENCIES), draw(st.booleans())
    unit = smallest_unit(currency)
    lines: list[OrderLine] = []
    total = Decimal(0)
    for number in range(draw(st.integers(1, 5))):
        price, count = draw(st.integers(1, 10**6)) * unit, draw(st.integers(1, 50))
        off = draw(st.integers(0, int(price * count / unit))) * unit
        net, rate = price * count - off, Decimal(draw(RATES))
        part = rate / (1 + rate) if included else rate
        charged = (net * part).quantize(unit, ROUND_HALF_UP)
        total += net + (0 if included else charged)
        line = a_line(str(price), count, currency=currency, external_id=str(number))
        fields = {name: getattr(line, name) for name in line.__struct_fields__}
        fields["taxes"] = (tax(str(charged), str(rate), currency),)
        fields["discounts"] = (LineDiscount(amount=Money(off, currency)),) if off else ()
        lines.append(OrderLine(**fields))
    return an_order(*lines, total=str(total), currency=currency, prices_include_tax=included)


@given(order=orders())
def test_the_charges_add_up_to_the_total_to_the_cent(order: Order) -> None:
    booked = charges.from_order(order)
    net = sum((charge.amount(order.currency) for charge in booked), start=Decimal(0))
    taxes = Decimal(0) if order.prices_include_tax else expected_tax(booked)
    assert Money(net + taxes, order.currency) == order.total


@given(order=orders())
def test_no_charge_is_finer_than_odoo_keeps_it(order: Order) -> None:
    for charge in charges.from_order(order):
        assert charge.percent.normalize().as_tuple().exponent >= -2 or charge.percent == 0  # type: ignore[operator]
        assert 0 <= charge.percent <= 100


def test_a_bundle_of_many_keeps_fine_unit_prices() -> None:
    (charge,) = charges.from_order(an_order(a_line("0.3333", 300), total="99.99"))
    assert charge.amount("EUR") == Decimal("99.99")
