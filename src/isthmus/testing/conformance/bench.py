"""A running double and sessions to it: what every check gets."""

import asyncio
import inspect
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from isthmus.canonical.record import Record
from isthmus.engine.allowance import Terms
from isthmus.engine.gate import Gate
from isthmus.kit.http import Http, Request
from isthmus.ports.connector import Manifest, Session, Tools
from isthmus.ports.pace import Pace
from isthmus.ports.receiver import Delivery
from isthmus.ports.source import Cursor, Page
from isthmus.simulators.stage import World, serve, stage
from isthmus.testing.clock import HandClock
from isthmus.testing.conformance.double import Double
from isthmus.testing.line import Line
from isthmus.testing.pace import OpenPace

#: No reading of the suite takes more pages; one that does goes in circles.
MOST_PAGES = 2_000
#: Nothing listens there: the discard port of this machine.
NOBODY = "http://127.0.0.1:9"
#: A delivery that has not come by then does not come.
DELIVERY_S = 10.0


@dataclass(slots=True)
class Bench:
    """One double, running on this machine, and the tapped line to it."""

    double: Double
    world: World
    url: str
    clock: HandClock
    line: Line
    pace: OpenPace = field(default_factory=OpenPace)
    deliveries: "asyncio.Queue[Delivery]" = field(default_factory=asyncio.Queue[Delivery])

    @property
    def manifest(self) -> Manifest:
        """Return the connector's manifest."""
        return self.double.connector.manifest

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return the secret values of the form: the canaries."""
        form = self.double.form(self.url)
        keys = [one.key for one in self.manifest.settings if one.secret]
        return tuple(form[key] for key in keys if form.get(key))

    @property
    def nowhere(self) -> dict[str, str]:
        """Return the change of the form that leads to an address where nobody listens."""
        return {name: NOBODY for name, value in self.double.form(self.url).items() if value == self.url}

    def open(self, changed: Mapping[str, str] | None = None, *, pace: Pace | None = None) -> Session:
        """Open a session, with some fields of the form changed."""
        form = {one.key: one.default for one in self.manifest.settings} | dict(self.double.form(self.url))
        form |= changed or {}
        tools = Tools("bench", self.line, self.clock, pace or self.pace)
        return self.double.connector.open(form, tools)

    def budget(self) -> OpenPace:
        """Return the real pace of this connector under this bench's clock, watched."""
        return OpenPace(Gate("bench", Terms(self.manifest.pace), self.clock, self.clock.seconds))

    async def fault(self, kind: str, *, count: int | None = None, match: str = "", seconds: float = 5.0) -> None:
        """Let the double show a fault: `count` times, or every time until `calm`."""
        order: dict[str, Any] = {"kind": kind, "match": match, "seconds": seconds}
        order |= {"rate": 1.0} if count is None else {"count": count}
        await self._control("POST", "fault", order)

    async def calm(self, kind: str, match: str = "") -> None:
        """End a fault."""
        await self._control("POST", "fault", {"kind": kind, "match": match, "rate": 0})

    async def state(self) -> dict[str, Any]:
        """Return the double's own truth."""
        return await self._control("GET", "state", None)

    async def act(self, deed: Callable[..., Awaitable[None] | None], *about: Any) -> None:
        """Do something inside the double."""
        done = deed(self.world, *about)
        if inspect.isawaitable(done):
            await done

    async def _control(self, method: str, name: str, body: Any) -> dict[str, Any]:
        async with Http() as http:
            raw = json.dumps(body).encode() if body is not None else None
            answer = await http.send(Request(method, f"{self.url}/__sim/{name}", f"sim.{name}", body=raw))
        if answer.status != 200:  # noqa: PLR2004 - HTTP's own number
            message = f"/__sim/{name}: HTTP {answer.status} {answer.body[:200]!r}"
            raise RuntimeError(message)
        return answer.json()

    @asynccontextmanager
    async def another(
        self, kind: str = "", count: int = 0, *, listen: bool = False, metered: bool = False
    ) -> AsyncGenerator["Bench"]:
        """Run a second double, holding `count` of a kind; `metered` as strictly as the real system."""
        async with running(self.double, listen=listen, metered=metered) as bench:
            if kind:
                await bench.act(self.double.reads[kind].fill, count)
            yield bench

    async def delivery(self) -> Delivery:
        """Return the next delivery the double sends. Raises `TimeoutError`."""
        return await asyncio.wait_for(self.deliveries.get(), DELIVERY_S)


async def read_all(session: Session, kind: str, since: Cursor | None = None) -> list[Page[Any]]:
    """Return every page of a reading."""
    pages: list[Page[Any]] = []
    async for page in session.sources[kind].changes(since):
        pages.append(page)
        if page.last or len(pages) > MOST_PAGES:
            break
    return pages


def records_of(pages: Sequence[Page[Any]]) -> list[Record]:
    """Return what is on the pages, in order."""
    return [record for page in pages for record in page.records]


def ids_of(pages: Sequence[Page[Any]]) -> list[str]:
    """Return the ids of what is on the pages, those reported gone too."""
    return [record.external_id for record in records_of(pages)] + [one for page in pages for one in page.gone]


@asynccontextmanager
async def running(double: Double, *, listen: bool = False, metered: bool = False) -> AsyncGenerator[Bench]:
    """Run a double on a free port of this machine; with `listen`, its deliveries arrive at the bench."""
    clock = HandClock(datetime.now(UTC).replace(microsecond=0), flowing=True)
    inbox: asyncio.Queue[Delivery] = asyncio.Queue()
    post = await _post_box(inbox) if listen else None
    build = double.metered if metered and double.metered else double.build
    world = build(clock, None if post is None else f"{_address(post)}/hooks/bench")
    runner = await serve(stage(world), 0)
    try:
        async with Line() as line:
            yield Bench(double, world, _address(runner), clock, line, deliveries=inbox)
    finally:
        await runner.cleanup()
        if post is not None:
            await post.cleanup()


async def _post_box(inbox: "asyncio.Queue[Delivery]") -> web.AppRunner:
    async def take(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        inbox.put_nowait(Delivery(headers, await request.read(), dict(request.query)))
        return web.Response(status=202)

    app = web.Application()
    app.add_routes([web.post("/{path:.*}", take)])
    return await serve(app, 0)


def _address(runner: web.AppRunner) -> str:
    return f"http://127.0.0.1:{runner.addresses[0][1]}"
