"""What the Tryton tests share: sessions, and builders that name only what a test is about."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from isthmus.canonical.money import Money
from isthmus.canonical.order import LineDiscount, Order, OrderLine, OrderStatus, ShippingLine, Tax
from isthmus.canonical.party import Address, AddressRole, Customer
from isthmus.canonical.quantity import Quantity, pieces
from isthmus.connectors.tryton import CONNECTOR
from isthmus.kit.http import Http, Request, Response
from isthmus.ports.connector import Session, Tools
from isthmus.ports.sink import Key
from isthmus.simulators.stage import serve, stage
from isthmus.simulators.tryton import SIMULATOR, TrytonWorld

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


#: What becomes of a request on its way: another answer in place of the real one, or an exception.
Deed = Callable[[Request], Response | None]


class Between(Http):
    """The way to Tryton. A deed happens to the next requests that mean an operation, before or after they arrive."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Request] = []
        self._before: dict[str, list[Deed]] = {}
        self._after: dict[str, list[Deed]] = {}

    def instead(self, operation: str, deed: Deed) -> None:
        """Let this happen in place of the next request: it does not arrive."""
        self._before.setdefault(operation, []).append(deed)

    def afterwards(self, operation: str, deed: Deed) -> None:
        """Let this happen to the answer of the next request: what was asked is done."""
        self._after.setdefault(operation, []).append(deed)

    async def send(self, request: Request) -> Response:
        self.sent.append(request)
        if (made := _happens(self._before, request)) is not None:
            return made
        answer = await super().send(request)
        return _happens(self._after, request) or answer

    @property
    def operations(self) -> list[str]:
        """Return what was called, in order."""
        return [each.operation for each in self.sent]


def _happens(deeds: dict[str, list[Deed]], request: Request) -> Response | None:
    waiting = deeds.get(request.operation)
    return waiting.pop(0)(request) if waiting else None


class Stand:
    """A session to some Tryton; `world` is its inside where it is a simulated one."""

    world: TrytonWorld

    def __init__(self, session: Session, clock: HandClock, pace: OpenPace) -> None:
        self.session, self.clock, self.pace = session, clock, pace
        self.orders: Any = session.sinks["order"]
        self.customers: Any = session.sinks["customer"]
        self.dialect: Any = self.orders.translator.dialect
        self.client: Any = self.dialect.client
        self.between: Between = self.client.http

    async def call(self, model: str, method: str, *params: Any, **context: Any) -> Any:
        return await self.client.call(model, method, *params, writes="test", context=context)

    async def read(self, model: str, domain: list[Any], *names: str, **context: Any) -> list[dict[str, Any]]:
        return await self.call(model, "search_read", domain, 0, None, [["id", "ASC"]], list(names), **context)

    async def sku(self, sku: str) -> str:
        (variant,) = await self.session.sources["variant"].by_number(sku)  # type: ignore[attr-defined]
        return variant.external_id


def form(url: str, **changed: str) -> dict[str, str]:
    defaults = {setting.key: setting.default for setting in CONNECTOR.manifest.settings}
    return defaults | {"url": url, "database": "demo", "login": "demo", "password": "demo-password"} | changed


@asynccontextmanager
async def connected(url: str, **changed: str) -> AsyncIterator[Stand]:
    clock, pace = HandClock(), OpenPace()
    async with Between() as http:
        yield Stand(CONNECTOR.open(form(url, **changed), Tools("erp", http, clock, pace)), clock, pace)


@asynccontextmanager
async def standing(seed: str = "demo", **changed: str) -> AsyncIterator[Stand]:
    world = SIMULATOR.build(seed, None)
    assert isinstance(world, TrytonWorld)
    runner = await serve(stage(world), 0)
    try:
        async with connected(f"http://127.0.0.1:{runner.addresses[0][1]}", **changed) as stand:
            stand.world = world
            yield stand
    finally:
        await runner.cleanup()


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
