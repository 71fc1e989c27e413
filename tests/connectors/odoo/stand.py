"""What the Odoo tests share: a session to the simulator."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import ClientSession, web

from isthmus.connectors.odoo import CONNECTOR
from isthmus.kit.http import Http, Request, Response
from isthmus.ports.connector import Session, Tools
from isthmus.simulators.odoo import SIMULATOR
from isthmus.simulators.odoo.world import OdooWorld
from isthmus.simulators.stage import serve, stage
from tests.connectors.erp import HandClock, OpenPace, a_customer, key


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
