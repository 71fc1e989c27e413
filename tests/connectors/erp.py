"""What the tests of ERP connectors share: a clock and a pace, and builders that name only what a test is about."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from isthmus.canonical.money import Money
from isthmus.canonical.order import LineDiscount, Order, OrderLine, OrderStatus, ShippingLine, Tax
from isthmus.canonical.party import Address, AddressRole, Customer
from isthmus.canonical.quantity import Quantity, pieces
from isthmus.ports.sink import Key

NOW = datetime(2026, 3, 2, 9, 58, 12, tzinfo=UTC)


class HandClock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class OpenPace:
    """Lets everything through and remembers what it was told."""

    def __init__(self) -> None:
        self.well = 0  # calls that showed the other side to be there
        self.pauses: list[float] = []

    @asynccontextmanager
    async def slot(self, cost: float = 1.0, **_more: str) -> AsyncGenerator[None]:
        del cost
        yield
        self.well += 1

    def learn(self, *, available: float, capacity: float, per_second: float) -> None:
        pass

    def back_off(self, seconds: float) -> None:
        self.pauses.append(seconds)


def key(unique: str, reference: str = "") -> Key:
    return Key(f"shop:{unique}", reference)


def money(amount: str | Decimal, currency: str = "EUR") -> Money:
    return Money(Decimal(amount), currency)


def tax(amount: str, rate: str | None = "0.2", currency: str = "EUR", **changed: Any) -> Tax:
    return Tax(amount=money(amount, currency), rate=Decimal(rate) if rate is not None else None, **changed)


def a_line(
    price: str,
    quantity: int | str | Quantity = 1,
    *,
    taxed: str | None = None,
    rate: str = "0.2",
    off: str | None = None,
    currency: str = "EUR",
    **changed: Any,
) -> OrderLine:
    said: dict[str, Any] = {
        "external_id": "1",
        "sku": "MUG-0010",
        "title": "Mug",
        "quantity": quantity if isinstance(quantity, Quantity) else pieces(quantity),
        "unit_price": money(price, currency),
        "taxes": (tax(taxed, rate, currency),) if taxed is not None else (),
        "discounts": (LineDiscount(amount=money(off, currency), code="SAVE"),) if off else (),
    }
    return OrderLine(**said | changed)


def an_order(*lines: OrderLine, total: str, currency: str = "EUR", **changed: Any) -> Order:
    said: dict[str, Any] = {
        "external_id": "5501",
        "number": "#1001",
        "status": OrderStatus.RECEIVED,
        "placed_at": NOW,
        "currency": currency,
        "lines": lines,
        "total": money(total, currency),
        "customer_ref": "7",
    }
    return Order(**said | changed)


def shipping(price: str, currency: str = "EUR", **changed: Any) -> ShippingLine:
    return ShippingLine(price=money(price, currency), **changed)


def an_address(**changed: Any) -> Address:
    said: dict[str, Any] = {
        "name": "Anna Muster",
        "lines": ("Weg 1", "Hof"),
        "city": "Berlin",
        "postal_code": "10115",
        "country": "DE",
    }
    return Address(**said | changed)


def a_customer(**changed: Any) -> Customer:
    there = an_address(role=AddressRole.SHIPPING, name="Lager", lines=("Tor 2",), city="Wien", country="AT")
    said: dict[str, Any] = {
        "external_id": "c1",
        "name": "Anna Muster",
        "email": "anna@example.com",
        "phone": "+49 30 1",
        "addresses": (an_address(), there),
    }
    return Customer(**said | changed)


def of_unit(value: str, unit: str) -> Quantity:
    return Quantity(Decimal(value), unit)
