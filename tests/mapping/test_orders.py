"""An order is made ready with the destination's ids, words and calendar, and loses nothing on the way."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.canonical.order import Order, Payment, PaymentStatus, ShippingLine
from isthmus.mapping.orders import Resolved, ready
from isthmus.mapping.tables import Tables
from isthmus.testing.builders import a_line, a_tax, an_order, money

RESOLVED = Resolved("77", "78", "79", {"line-A": "501", "line-B": "502"}, {"": "WH", "5": "EAST"})
ROWS = {
    "tax": {"VAT 20": "4"},
    "payment": {"paypal": "PP"},
    "payment_terms": {"NET30": "30"},
    "shipping": {"express": "DHL"},
    "sku": {"OLD": "NEW"},
}


def made(order: Order, zone: str = "UTC") -> Order:
    return ready(order, RESOLVED, Tables(ROWS), ZoneInfo(zone))


@pytest.mark.parametrize(
    ("placed_at", "zone", "day"),
    [
        pytest.param("2026-03-02T23:30:00Z", "Europe/Tallinn", date(2026, 3, 3), id="late-evening-is-tomorrow-east"),
        pytest.param(
            "2026-03-02T01:30:00Z", "America/New_York", date(2026, 3, 1), id="early-morning-is-yesterday-west"
        ),
        # Clocks go forward at 01:00 UTC on 29 March 2026 in Europe: midnight there is 23:00 UTC before, 22:00 after.
        pytest.param("2026-03-28T22:59:59Z", "Europe/Berlin", date(2026, 3, 28), id="last-second-in-winter-time"),
        pytest.param("2026-03-28T23:00:00Z", "Europe/Berlin", date(2026, 3, 29), id="first-second-of-the-short-day"),
        pytest.param("2026-03-29T21:59:59Z", "Europe/Berlin", date(2026, 3, 29), id="last-second-of-the-short-day"),
        pytest.param("2026-03-29T22:00:00Z", "Europe/Berlin", date(2026, 3, 30), id="first-second-in-summer-time"),
        # Clocks go back at 01:00 UTC on 25 October 2026: that day has 25 hours.
        pytest.param("2026-10-24T22:00:00Z", "Europe/Berlin", date(2026, 10, 25), id="first-second-of-the-long-day"),
        pytest.param("2026-10-25T22:59:59Z", "Europe/Berlin", date(2026, 10, 25), id="last-second-of-the-long-day"),
        pytest.param("2026-10-25T23:00:00Z", "Europe/Berlin", date(2026, 10, 26), id="first-second-after-it"),
        pytest.param("2026-03-02T10:00:00Z", "Pacific/Kiritimati", date(2026, 3, 3), id="fourteen-hours-ahead"),
    ],
)
def test_the_order_date_is_the_date_in_the_companys_zone(placed_at: str, zone: str, day: date) -> None:
    assert made(an_order(placed_at=datetime.fromisoformat(placed_at)), zone).ordered_on == day


@given(st.integers(1_600_000_000, 2_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC)))
def test_the_order_date_is_never_more_than_a_day_off(moment: datetime) -> None:
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin"):
        ordered_on = made(an_order(placed_at=moment), zone).ordered_on
        assert ordered_on is not None
        assert abs((ordered_on - moment.date()).days) <= 1


def test_ids_and_words_of_the_destination_are_filled_in() -> None:
    order = made(
        an_order(
            "1001",
            a_line("A", warehouse="5", taxes=(a_tax(1, name="VAT 20", code="theirs"),)),
            a_line("B", taxes=(a_tax(1, name="Other", code="theirs"),)),
            a_line("C", warehouse="elsewhere"),
            payment_terms="NET30",
            shipping_lines=(ShippingLine(price=money(5), method_code="express", carrier="x"),),
            payments=(Payment(transaction_id="1", amount=money(5), status=PaymentStatus.PAID, gateway="paypal"),),
        )
    )
    assert (order.customer_ref, order.billing_ref, order.shipping_ref) == ("77", "78", "79")
    assert [(line.item_ref, line.warehouse) for line in order.lines] == [("501", "EAST"), ("502", "WH"), ("", "")]
    assert [tax.code for line in order.lines for tax in line.taxes] == ["4", ""]
    assert (order.payment_terms, order.shipping_lines[0].carrier) == ("30", "DHL")
    assert order.payments[0].erp_payment_code == "PP"


def test_what_has_no_counterpart_in_the_tables_keeps_what_the_shop_said() -> None:
    order = made(an_order("1", shipping_lines=(ShippingLine(price=money(5), method_code="odd", carrier="UPS"),)))
    assert order.shipping_lines[0].carrier == "UPS"


def test_nothing_the_buyer_was_charged_changes() -> None:
    before = an_order("1001", a_line("A", quantity=2, taxes=(a_tax("1.00"),)), note="ring twice", tags=("gift",))
    after = made(before)
    changed = {name for name in before.__struct_fields__ if getattr(after, name) != getattr(before, name)}
    assert changed == {"customer_ref", "billing_ref", "shipping_ref", "ordered_on", "lines"}
    back = msgspec.structs.replace(after.lines[0], item_ref="", warehouse="")
    assert back == before.lines[0]
