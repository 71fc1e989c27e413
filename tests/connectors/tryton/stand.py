"""What the Tryton tests share: sessions."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from isthmus.connectors.tryton import CONNECTOR
from isthmus.kit.http import Http, Request, Response
from isthmus.ports.connector import Session, Tools
from isthmus.simulators.stage import serve, stage
from isthmus.simulators.tryton import SIMULATOR, TrytonWorld
from tests.connectors.erp import HandClock, OpenPace

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
