"""Records the conformance suite writes to an ERP: the same order and the same customer, whichever it is."""

from datetime import UTC, datetime
from decimal import Decimal

from isthmus.canonical.money import Money
from isthmus.canonical.order import Order, OrderLine, OrderStatus, Tax
from isthmus.canonical.party import Address, AddressRole, Customer
from isthmus.canonical.quantity import pieces
from isthmus.ports.connector import Session
from isthmus.ports.sink import Key, Put

PLACED_AT = datetime(2026, 3, 2, 9, 58, 12, tzinfo=UTC)
#: In every key of a world that nobody else writes to.
BENCH = "bench"
#: An id of no product.
NO_PRODUCT = "987654"


def sale(
    number: int, *, item_ref: str, customer: str, address: str = "", note: str = "", mark: str = BENCH
) -> Put[Order]:
    """Return an order of three of one thing, 20 % tax added; `customer` and `address` are the ERP's own ids."""
    net, tax = Decimal("10.10") * 3, Decimal("6.06")
    line = OrderLine(
        external_id="1",
        sku="SKU",
        title="Thing",
        quantity=pieces(3),
        unit_price=Money(Decimal("10.10"), "EUR"),
        item_ref=item_ref,
        warehouse="WH",
        taxes=(Tax(amount=Money(tax, "EUR"), rate=Decimal("0.2")),),
    )
    record = Order(
        external_id=str(5000 + number),
        number=f"#{1000 + number}",
        status=OrderStatus.RECEIVED,
        placed_at=PLACED_AT,
        currency="EUR",
        lines=(line,),
        total=Money(net + tax, "EUR"),
        customer_ref=customer,
        billing_ref=address,
        shipping_ref=address,
        note=note,
    )
    return Put(record, Key(f"{mark}:{record.external_id}", record.number))


def person(number: int, country: str, *, mark: str = BENCH) -> Put[Customer]:
    """Return a person with two addresses, one of them in a country that may not exist."""
    name = f"Anna Muster {number}"
    home = Address(name=name, lines=("Weg 1",), city="Berlin", postal_code="10115", country=country)
    gate = Address(
        role=AddressRole.SHIPPING, name="Gate", lines=("Tor 2",), city="Wien", postal_code="1010", country="AT"
    )
    record = Customer(
        external_id=f"c{number}", name=name, email=f"anna{number}@example.com", phone="+49 30 1", addresses=(home, gate)
    )
    return Put(record, Key(f"{mark}:c{number}", name))


async def a_customer(session: Session, world: object, number: int) -> Put[Customer]:
    """Return a customer any ERP takes."""
    del session, world
    return person(number, "DE")


async def a_refused_customer(session: Session, world: object, number: int) -> Put[Customer]:
    """Return one from a country no ERP knows."""
    del session, world
    return person(number, "XX")
