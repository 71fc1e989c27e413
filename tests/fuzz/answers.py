"""What the systems really answer, recorded once from their simulators, to be changed in every way."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from isthmus.bootstrap.connectors import connector
from isthmus.kit.clock import SystemClock
from isthmus.kit.http import Http, Request, Response
from isthmus.ports.connector import Session, Tools
from isthmus.ports.sink import Key
from isthmus.simulators.stage import serve, stage
from isthmus.simulators.woocommerce import CONSUMER_KEY, CONSUMER_SECRET, WooCommerceWorld
from isthmus.store.records import record_values
from isthmus.testing.line import Line
from tests.crash.stand import Stand
from tests.fuzz import mutate

SETTINGS: Mapping[str, Mapping[str, str]] = {
    "shopify": {"access_token": "demo-token", "client_secret": "demo-secret"},
    "woocommerce": {"consumer_key": CONSUMER_KEY, "consumer_secret": CONSUMER_SECRET, "webhook_secret": "demo"},
    "odoo": {"database": "demo", "login": "demo", "api_key": "demo-key"},
}
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
#: Pages of one stream that are read: enough for one after a page border.
PAGES = 3


class Free:
    """A pace that never waits."""

    @asynccontextmanager
    async def slot(self, cost: float = 1.0, **_more: Any) -> AsyncIterator[None]:  # noqa: ARG002 - any cost is fine
        yield

    def learn(self, **said: float) -> None:
        """Take any figure, but a figure."""
        assert all(isinstance(each, float | int) for each in said.values())

    def back_off(self, seconds: float) -> None:
        """Take any length, but a length."""
        assert seconds >= 0


@dataclass(frozen=True, slots=True)
class Recording:
    """One system's answers by operation, in their order."""

    slug: str
    answers: Mapping[str, Sequence[Response]]


class Changed(Http):
    """Answers from a recording, with one answer or a few of them changed."""

    def __init__(self, recording: Recording, random: Random) -> None:
        """Change by `random`."""
        super().__init__()
        self._recording = recording
        self._random = random
        self._asked: dict[str, int] = {}
        self._after = random.choice((0, 0, 0, 1, 2, 5))
        self._often = random.choice((0.05, 0.3, 1.0))
        self._calls = 0

    async def _send(self, request: Request) -> Response:
        await asyncio.sleep(0)
        self._calls += 1
        assert self._calls < 300, "it goes on asking and never comes to an end"
        known = self._recording.answers.get(request.operation) or [Response(404, {}, b"{}")]
        place = self._asked.get(request.operation, 0)
        self._asked[request.operation] = place + 1
        genuine = known[min(place, len(known) - 1)]
        if self._calls <= self._after or self._random.random() > self._often:
            return genuine
        status = genuine.status
        headers = dict(genuine.headers)
        if self._random.random() < 0.15:
            status = self._random.choice((200, 204, 301, 400, 401, 403, 404, 413, 418, 422, 429, 500, 502, 503, 599))
        for name in ("Date", "Retry-After", "X-Shopify-API-Version", "X-WP-Total"):
            if self._random.random() < 0.1:
                headers[name] = mutate.header(self._random, headers.get(name, ""))
        return Response(status, headers, mutate.body(self._random, genuine.body))


def session(slug: str, url: str, http: Http) -> Session:
    """Open a connector as a project does."""
    made = connector(slug)
    said = {"url": url, **SETTINGS[slug]}
    settings = {each.key: said.get(each.key, each.default) for each in made.manifest.settings}
    return made.open(settings, Tools(slug, http, SystemClock(), Free()))


@dataclass
class Use:
    """What Isthmus asks of a connector, as one walk."""

    asked: list[str] = field(default_factory=list[str])

    async def all_of(self, session: Session) -> None:
        """Ask everything there is to ask."""
        for what in await self.steps(session):
            await self.one(session, what)

    async def steps(self, session: Session) -> list[str]:
        """Return what can be asked of a session."""
        found = ["probe", *(f"read {kind}" for kind in session.sources), *(f"find {kind}" for kind in session.sinks)]
        return [*found, "ensure"] if session.subscriptions is not None else found

    async def one(self, session: Session, what: str) -> None:
        """Ask one thing; what was read is written down as the mirror does it."""
        verb, _, kind = what.partition(" ")
        if verb == "probe":
            await session.probe.probe()
        elif verb == "ensure" and session.subscriptions is not None:
            await session.subscriptions.ensure("https://isthmus.example.com/hooks/shop")
        elif verb == "find":
            await session.sinks[kind].find(Key("shop:5501", "#1001"))
        elif verb == "read":
            pages = 0
            async for page in session.sources[kind].changes(None):
                for record in page.records:
                    record_values("x", kind, record, NOW)
                pages += 1
                if page.last or pages == PAGES:
                    break
            for record in await session.sources[kind].read(["1", "2"]):
                record_values("x", kind, record, NOW)


async def record(stand: Stand) -> dict[str, Recording]:
    """Ask every simulator everything once, and keep what they answered."""
    stand.call("shop", "orders", {"count": 6, "seed": 7})
    found = {
        slug: await _recorded(slug, port) for slug, port in (("shopify", stand.ports.shop), ("odoo", stand.ports.erp))
    }
    world = WooCommerceWorld()
    await world.place_orders(6, 7)
    runner = await serve(stage(world), 0)
    try:
        found["woocommerce"] = await _recorded("woocommerce", runner.addresses[0][1])
    finally:
        await runner.cleanup()
    return found


async def _recorded(slug: str, port: int) -> Recording:
    async with Line() as line:
        opened = session(slug, f"http://127.0.0.1:{port}", line)
        await Use().all_of(opened)
        await opened.close()
        answers: dict[str, list[Response]] = {}
        for call in line.calls:
            if call.response is not None:
                kept = Response(call.response.status, dict(call.response.headers), call.response.body)
                answers.setdefault(call.request.operation, []).append(kept)
        return Recording(slug, answers)
