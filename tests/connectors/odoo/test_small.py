"""The small parts: notes, cursors of time, receipts and rows."""

from decimal import Decimal

import pytest

from isthmus.canonical.order import OrderStatus
from isthmus.connectors.odoo import lookups, notes, order_status, units, wire
from isthmus.connectors.odoo.client import stamp, utc
from isthmus.connectors.odoo.customers import to_customer
from isthmus.ports.errors import ContractBroken, Unmapped, WireDrift
from tests.connectors.erp import NOW, a_customer, a_line, an_order, key
from tests.connectors.odoo.stand import Stand


def test_a_note_is_escaped_where_it_is_html_and_plain_where_it_is_not() -> None:
    order = an_order(total="0.00", note="a<b\nc", tags=("vip",), email="anna@example.com")
    assert notes.from_order(order, html=True) == ("<p>a&lt;b<br/>c</p><p>Tags: vip</p><p>Contact: anna@example.com</p>")
    assert notes.from_order(order, html=False) == "a<b\nc\nTags: vip\nContact: anna@example.com"
    assert notes.from_order(an_order(total="0.00"), html=True) == ""


def test_times_are_utc_without_saying_so() -> None:
    assert utc(stamp(NOW)) == NOW
    with pytest.raises(WireDrift):
        utc("2026-03-02T09:58:12Z")


@pytest.mark.parametrize(
    ("state", "delivered", "invoiced", "status"),
    [
        ("draft", "", "no", OrderStatus.RECEIVED),
        ("sale", "pending", "to invoice", OrderStatus.ACCEPTED),
        ("sale", "partial", "invoiced", OrderStatus.PARTLY_SHIPPED),
        ("sale", "full", "to invoice", OrderStatus.SHIPPED),
        ("sale", "full", "invoiced", OrderStatus.INVOICED),
        ("done", "", "invoiced", OrderStatus.INVOICED),
        ("cancel", "full", "invoiced", OrderStatus.CANCELED),
    ],
)
def test_a_status_is_the_furthest_step(state: str, delivered: str, invoiced: str, status: OrderStatus) -> None:
    row = wire.SaleOrder(id=1, state=state, delivery_status=delivered, invoice_status=invoiced)
    assert order_status.to_status(row) is status


def test_a_state_an_app_invented_is_asked_about() -> None:
    with pytest.raises(Unmapped):
        order_status.to_status(wire.SaleOrder(id=1, state="waiting_for_boss"))


@pytest.mark.parametrize("answer", ["text", None, [7], [{"name": "no id"}], [{"id": 1, "amount": "x"}]])
def test_rows_of_another_shape_are_drift(answer: object) -> None:
    with pytest.raises(WireDrift):
        wire.rows(wire.Tax, answer, {})


def test_false_is_nothing_except_where_it_is_an_answer() -> None:
    (row,) = wire.rows(wire.Tax, [{"id": 1, "name": False, "price_include": False, "amount": 20, "new": {}}], {})
    assert (row.name, row.price_include, row.amount) == ("", False, Decimal(20))


def tax_row(number: int, amount: str, *, included: bool = False, kind: str = "percent") -> wire.Tax:
    return wire.Tax(id=number, amount=Decimal(amount), amount_type=kind, price_include=included)


TAXES = [tax_row(1, "20.0"), tax_row(2, "20.0"), tax_row(3, "20", included=True), tax_row(4, "20", kind="fixed")]


@pytest.mark.parametrize(
    ("code", "rate", "included", "preferred", "chosen"),
    [
        ("", "0.2", False, (), 1),
        ("", "0.200", False, (2,), 2),
        ("", "0.2", False, (3, 9), 1),
        ("", "0.2", True, (), 3),
        ("", "0.21", False, (), None),
        ("4", None, False, (), 4),
        ("9", "0.2", False, (), None),
        ("", None, False, (), None),
    ],
)
def test_a_tax_is_chosen_by_code_then_rate_then_preference(
    code: str,
    rate: str | None,
    *,
    included: bool,
    preferred: tuple[int, ...],
    chosen: int | None,
) -> None:
    wanted = Decimal(rate) if rate else None
    assert lookups.choose_tax(TAXES, code, wanted, included=included, preferred=preferred) == chosen


def test_units_convert_within_their_family_only() -> None:
    assert units.convertible("C62", "DZN")
    assert not units.convertible("C62", "KGM")
    assert not units.convertible("Bottle", "C62")


def test_a_contact_becomes_a_customer_as_far_as_matching_needs_it() -> None:
    row = wire.Partner(id=7, name="ACME", is_company=True, vat="DE1", mobile="0170", street="Weg 1", city="Berlin")
    seen = to_customer(row)
    assert (seen.company.tax_id if seen.company else "", seen.phone) == ("DE1", "0170")
    assert [address.lines for address in seen.addresses] == [("Weg 1",)]


async def test_ids_that_are_none_of_odoos_are_our_mistake(erp: Stand) -> None:
    with pytest.raises(ContractBroken):
        await erp.orders.put(an_order(a_line("1.00", item_ref="gid://x"), total="1.00"), key=key("1"))
    with pytest.raises(ContractBroken):
        await erp.customers.put(a_customer(), key=key("1"), existing=type(await _receipt(erp))(external_id="x"))


async def _receipt(erp: Stand) -> object:
    return await erp.customers.put(a_customer(), key=key("2"))


async def test_languages_are_taken_when_installed(erp: Stand) -> None:
    known = erp.customers.lookups
    assert [await known.language(code) for code in ("en", "en-US", "en_GB", "fr")] == ["en_US", "en_US", "en_US", ""]
    receipt = await erp.customers.put(a_customer(language="en"), key=key("3"))
    assert [row["lang"] for row in await erp.read("res.partner", [["id", "=", int(receipt.external_id)]], "lang")] == [
        "en_US"
    ]
