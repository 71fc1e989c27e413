"""What the Odoo tests share: a session to the simulator, and builders that name only what a test is about."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from aiohttp import ClientSession, web

from isthmus.canonical.money import Money
from isthmus.canonical.order import LineDiscount, Order, OrderLine, OrderStatus, ShippingLine, Tax
from isthmus.canonical.party import Address, AddressRole, Customer
from isthmus.canonical.quantity import Quantity, pieces
from isthmus.connectors.odoo import CONNECTOR
from isthmus.kit.http import Http, Request, Response
from isthmus.ports.connector import Session, Tools
from isthmus.ports.sink import Key
from isthmus.simulators.odoo import SIMULATOR
from isthmus.simulators.odoo.world import OdooWorld
from isthmus.simulators.stage import serve, stage

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
        self.taken = 0.0
        self.well = 0  # calls that showed the other side to be there
        self.pauses: list[float] = []

    @asynccontextmanager
    async def slot(self, cost: float = 1.0, **_more: str) -> AsyncGenerator[None]:
        self.taken += cost
        yield
        self.well += 1

    def learn(self, *, available: float, capacity: float, per_second: float) -> None:
        pass

    def back_off(self, seconds: float) -> None:
        self.pauses.append(seconds)


class Between(Http):
    """The way to Odoo, on which an answer can become another one; what was asked is done all the same."""

    def __init__(self) -> None:
        super().__init__()
        self._changes: dict[str, list[Callable[[Any], Any]]] = {}

    def next_answer(self, operation: str, change: Callable[[Any], Any]) -> None:
        self._changes.setdefault(operation, []).append(change)

    async def send(self, request: Request) -> Response:
        answer = await super().send(request)
        changes = self._changes.get(request.operation)
        if not changes:
            return answer
        said, change = answer.json(), changes.pop(0)
        if "/json/2/" in request.url:
            said = change(said)
        else:
            said["result"] = change(said.get("result"))
        return Response(answer.status, answer.headers, msgspec.json.Encoder(decimal_format="number").encode(said))


class Stand:
    """A simulated Odoo and a session to it."""

    def __init__(self, url: str, session: Session, world: OdooWorld, clock: HandClock, pace: OpenPace) -> None:
        self.url, self.session, self.world, self.clock, self.pace = url, session, world, clock, pace
        self.orders: Any = session.sinks["order"]
        self.customers: Any = session.sinks["customer"]
        self.dialect: Any = self.orders.translator.dialect
        self.between: Between = self.dialect.client.http

    async def fault(self, **order: Any) -> None:
        async with ClientSession() as http, http.post(f"{self.url}/__sim/fault", json=order) as answer:
            assert answer.status == 200, await answer.text()

    async def state(self) -> dict[str, Any]:
        async with ClientSession() as http, http.get(f"{self.url}/__sim/state") as answer:
            return await answer.json()

    async def call(self, model: str, method: str, **named: Any) -> Any:
        return await self.dialect.client.call(model, method, writes="test", **named)

    async def read(self, model: str, domain: list[Any], *fields: str) -> list[dict[str, Any]]:
        return await self.call(model, "search_read", domain=domain, fields=list(fields), order="id asc")

    async def sku(self, sku: str) -> str:
        (variant,) = await self.session.sources["variant"].by_number(sku)  # type: ignore[attr-defined]
        return variant.external_id

    async def customer(self) -> str:
        return (await self.customers.put(a_customer(), key=key("c1"))).external_id


def form(url: str, **changed: str) -> dict[str, str]:
    defaults = {setting.key: setting.default for setting in CONNECTOR.manifest.settings}
    return defaults | {"url": url, "database": "demo", "login": "demo", "api_key": "demo-key"} | changed


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    runner = await serve(app, 0)
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def connected(url: str, **changed: str) -> AsyncIterator[tuple[Session, HandClock, OpenPace]]:
    clock, pace = HandClock(), OpenPace()
    async with Between() as http:
        yield CONNECTOR.open(form(url, **changed), Tools("erp", http, clock, pace)), clock, pace


@asynccontextmanager
async def standing(version: int, seed: str = "demo", **changed: str) -> AsyncIterator[Stand]:
    world = SIMULATOR.build(f"{seed}@{version}", None)
    assert isinstance(world, OdooWorld)
    async with serving(stage(world)) as url, connected(url, **changed) as (session, clock, pace):
        yield Stand(url, session, world, clock, pace)


def key(unique: str, reference: str = "") -> Key:
    return Key(f"shop:{unique}", reference)


def money(amount: str | Decimal, currency: str = "EUR") -> Money:
    return Money(Decimal(amount), currency)


def tax(amount: str, rate: str = "0.2", currency: str = "EUR", **changed: Any) -> Tax:
    return Tax(amount=money(amount, currency), rate=Decimal(rate), **changed)


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
