"""Records for tests: name what the test is about, the rest is usual."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from isthmus.canonical.money import Money
from isthmus.canonical.order import Order, OrderLine, OrderStatus, PaymentStatus, Tax
from isthmus.canonical.party import Address, AddressRole, Customer
from isthmus.canonical.product import Variant
from isthmus.canonical.quantity import Quantity, pieces
from isthmus.canonical.stock import StockLevel, Warehouse

PLACED_AT = datetime(2026, 3, 2, 9, 58, 12, tzinfo=UTC)
CURRENCY = "EUR"
Amount = Decimal | int | str


def money(amount: Amount, currency: str = CURRENCY) -> Money:
    """Return an amount; text and whole numbers are exact."""
    return Money(Decimal(amount), currency)


def a_line(
    sku: str = "MUG-0010", quantity: Amount | Quantity = 1, price: Amount | Money = "12.50", **said: Any
) -> OrderLine:
    """Return an order line of `quantity` pieces at `price` each."""
    usual: dict[str, Any] = {
        "external_id": f"line-{sku}",
        "sku": sku,
        "title": f"Item {sku}",
        "quantity": quantity if isinstance(quantity, Quantity) else pieces(quantity),
        "unit_price": price if isinstance(price, Money) else money(price),
    }
    return OrderLine(**usual | said)


def a_tax(amount: Amount, rate: Amount = "0.2", currency: str = CURRENCY, **said: Any) -> Tax:
    """Return a tax as charged; `rate` is a fraction."""
    usual: dict[str, Any] = {"amount": money(amount, currency), "rate": Decimal(rate)}
    return Tax(**usual | said)


def an_order(number: str = "1001", *lines: OrderLine, **said: Any) -> Order:
    """Return a paid order with one line; `total` adds up unless it is given."""
    sold: tuple[OrderLine, ...] = tuple(said.pop("lines", lines)) or (a_line(),)
    currency = str(said.get("currency", sold[0].unit_price.currency))
    gross = said.get("prices_include_tax", False)
    due = Money.total((line.net_of_discount if gross else line.net_of_discount + line.tax for line in sold), currency)
    due = Money.total((charge.charged for charge in said.get("shipping_lines", ())), currency) + due
    usual: dict[str, Any] = {
        "external_id": f"order-{number}",
        "number": number,
        "status": OrderStatus.RECEIVED,
        "payment_status": PaymentStatus.PAID,
        "placed_at": PLACED_AT,
        "changed_at": PLACED_AT,
        "currency": currency,
        "lines": sold,
        "total": due.rounded(),
    }
    return Order(**usual | said)


def an_address(**said: Any) -> Address:
    """Return a billing address in Berlin."""
    usual: dict[str, Any] = {
        "role": AddressRole.BILLING,
        "name": "Anna Muster",
        "lines": ("Weg 1",),
        "city": "Berlin",
        "postal_code": "10115",
        "country": "DE",
    }
    return Address(**usual | said)


def a_customer(name: str = "Anna Muster", **said: Any) -> Customer:
    """Return a customer with one billing address; e-mail and id follow the name."""
    handle = ".".join(name.casefold().split())
    usual: dict[str, Any] = {
        "external_id": f"customer-{handle}",
        "name": name,
        "email": f"{handle}@example.com",
        "phone": "+49 30 901820",
        "addresses": (an_address(name=name),),
    }
    return Customer(**usual | said)


def stock(
    on_hand: Amount | None = 10,
    *,
    sku: str = "MUG-0010",
    warehouse: str = "WH",
    allocated: Amount = 0,
    reserved: Amount = 0,
    available: Amount | None = None,
    **said: Any,
) -> StockLevel:
    """Return how many pieces of a SKU lie in a warehouse; None is what nobody told."""
    usual: dict[str, Any] = {
        "external_id": f"{sku}@{warehouse}",
        "number": sku,
        "sku": sku,
        "warehouse": warehouse,
        "on_hand": None if on_hand is None else pieces(on_hand),
        "allocated": pieces(allocated),
        "reserved": pieces(reserved),
        "available": None if available is None else pieces(available),
    }
    return StockLevel(**usual | said)


def a_variant(sku: str = "MUG-0010", **said: Any) -> Variant:
    """Return a sellable thing."""
    usual: dict[str, Any] = {
        "external_id": f"variant-{sku}",
        "number": sku,
        "sku": sku,
        "title": f"Item {sku}",
        "stock_ref": f"stock-{sku}",
    }
    return Variant(**usual | said)


def a_warehouse(code: str = "WH", **said: Any) -> Warehouse:
    """Return a place goods are kept."""
    usual: dict[str, Any] = {"external_id": f"place-{code}", "number": code, "code": code, "name": f"Place {code}"}
    return Warehouse(**usual | said)
