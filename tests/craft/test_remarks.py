"""What is said of an order beyond its figures."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from isthmus.canonical.money import Money
from isthmus.canonical.order import Order, OrderStatus, Payment, PaymentStatus
from isthmus.craft.remarks import remarks


def an_order(**said: Any) -> Order:
    total, at = Money(Decimal(5), "EUR"), datetime(2026, 3, 2, 10, tzinfo=UTC)
    basis: dict[str, Any] = {"number": "#1", "status": OrderStatus.RECEIVED, "placed_at": at, "currency": "EUR"}
    return Order(external_id="1", lines=(), total=total, **basis | said)


def test_what_has_no_field_of_its_own_is_said() -> None:
    paid = Payment(
        transaction_id="t1",
        amount=Money(Decimal(5), "EUR"),
        status=PaymentStatus.PAID,
        method="card",
        gateway="card",  # the same word twice is said once
        authorization_reference="t1",
    )
    order = an_order(
        note="a\nb", tags=("vip",), email="anna@example.com", payments=(paid,), store="Berlin", channel="Berlin"
    )
    assert remarks(order) == [
        "a\nb",
        "Payment: card, 5.00 EUR, paid, t1",
        "Store: Berlin",
        "Tags: vip",
        "Contact: anna@example.com",
    ]


def test_where_there_is_nothing_to_say_nothing_is_said() -> None:
    assert remarks(an_order()) == []
