"""The stage a simulator stands on: its own API, the transport faults and the `/__sim` controls.

aiohttp's server is used because a handler can reach the socket: a reset or a truncated answer has
to happen there, not in an exception handler that still answers politely.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol, cast

from aiohttp import web

from isthmus.simulators.faults import LAG, BadFault, Fault, Faults

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
MAX_BODY_BYTES = 128 * 1024 * 1024


class World(Protocol):
    """What a simulated system offers to its stage."""

    faults: Faults

    def routes(self) -> list[web.RouteDef]:
        """Return the system's own API at its own paths."""
        ...

    async def operation(self, request: web.Request) -> str:
        """Name the operation of a request, for `match` and for counting calls."""
        ...

    def throttled(self, *, hint: bool) -> web.StreamResponse:
        """Return this system's own answer to a caller that is too fast."""
        ...

    def expire_auth(self) -> None:
        """Make the credentials now in use invalid, as far as this system ever does that."""
        ...

    async def place_orders(self, count: int, seed: int) -> list[str]:
        """Create `count` random valid orders and return their references."""
        ...

    def truth(self) -> dict[str, Any]:
        """Return `orders` and `stock` as this system knows them."""
        ...

    def meter(self) -> dict[str, Any]:
        """Return what was refused (`throttled`) and whatever else this system counts; asking costs next to nothing."""
        ...

    async def reset(self) -> None:
        """Go back to the state right after the start."""
        ...

    async def start(self) -> None:
        """Begin background work such as sending webhooks."""
        ...

    async def stop(self) -> None:
        """End background work."""
        ...


@dataclass(frozen=True, slots=True)
class Simulator:
    """How to make one: `build(seed, callback)` returns its world. Found by entry point.

    `form` is what a connection to it is filled in with, its public credentials included; `place` the name of its only
    location, where it has no more.
    """

    slug: str
    title: str
    build: Callable[[str | None, str | None], World]
    form: Mapping[str, str] = field(default_factory=dict[str, str])
    place: str = ""


Stage = web.Application
CALLS: web.AppKey[Counter[str]] = web.AppKey("calls", Counter)


@dataclass(slots=True)
class AtOnce:
    """How many requests are being answered, and the most there ever were."""

    now: int = 0
    most: int = 0

    def __enter__(self) -> None:
        """Count one in."""
        self.now += 1
        self.most = max(self.most, self.now)

    def __exit__(self, *_ending: object) -> None:
        """Count it out."""
        self.now -= 1


def stage(world: World, *, latency_ms: float = 0.0) -> Stage:
    """Return the application that serves `world`, faults and controls included."""
    calls: Counter[str] = Counter()
    at_once = AtOnce()

    @web.middleware
    async def perform(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/__sim"):
            return await handler(request)
        with at_once:
            operation = await world.operation(request)
            calls[operation] += 1
            if latency_ms:
                await asyncio.sleep(latency_ms / 1000)
            fault = world.faults.draw(operation)
            if fault is None:
                return await handler(request)
            return await strike(world, fault, request, handler)

    app = web.Application(middlewares=[perform], client_max_size=MAX_BODY_BYTES)
    app[CALLS] = calls
    app.add_routes([*world.routes(), *controls(world, calls, at_once)])
    app.on_startup.append(lambda _app: world.start())
    app.on_cleanup.append(lambda _app: world.stop())
    return app


async def strike(world: World, fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer one request the way `fault` says."""
    match fault.kind:
        case "status_500" | "status_503":
            status = HTTPStatus(int(fault.kind.removeprefix("status_")))
            return web.Response(status=status, text=status.phrase)
        case "html":
            return web.Response(text="<html><body>Down for maintenance</body></html>", content_type="text/html")
        case "wrong_type":
            return web.json_response("unexpected")
        case "throttle" | "throttle_no_hint":
            return world.throttled(hint=fault.kind == "throttle")
        case "expire_auth":
            world.expire_auth()
            return await handler(request)
        case "hang":
            await asyncio.sleep(fault.seconds)
            return hang_up(request)
        case "reset":
            return hang_up(request)
        case "slow_commit":
            # The caller may be gone by then; aiohttp lets the handler finish all the same, once it has the body.
            await request.read()
            await asyncio.sleep(fault.seconds)
            return await handler(request)
        case "lagging_look":
            lag = LAG.set(fault.seconds)
            try:
                return await handler(request)
            finally:
                LAG.reset(lag)
        case "commit_then_drop":
            await handler(request)
            return hang_up(request)
        case _:  # truncate
            return await truncated(request, await handler(request))


def hang_up(request: web.Request) -> web.StreamResponse:
    """Cut the connection without a word."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def truncated(request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
    """Send the headers and half the body, then cut the connection."""
    body = answer.body if isinstance(answer, web.Response) and isinstance(answer.body, bytes) else b"{}"
    part = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type})
    part.content_length = len(body)
    await part.prepare(request)
    await part.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return part


def controls(world: World, calls: Counter[str], at_once: AtOnce) -> list[web.RouteDef]:
    """Return the `/__sim` routes, the same for every simulator."""

    def counted() -> dict[str, Any]:
        return {**world.meter(), "calls": dict(calls), "most_at_once": at_once.most, "faults": world.faults.struck()}

    async def state(_request: web.Request) -> web.Response:
        return answer({**world.truth(), **counted()})

    async def meter(_request: web.Request) -> web.Response:
        return answer(counted())

    async def orders(request: web.Request) -> web.Response:
        wish = await body_of(request)
        references = await world.place_orders(int(wish.get("count", 1)), int(wish.get("seed", 0)))
        return answer({"placed": len(references), "references": references})

    async def fault(request: web.Request) -> web.Response:
        try:
            order = world.faults.set(await body_of(request))
        except BadFault as wrong:
            return answer({"error": str(wrong)}, status=400)
        return answer({"kind": order.kind, "count": order.count, "rate": order.rate, "match": order.match})

    async def reset(_request: web.Request) -> web.Response:
        await world.reset()
        world.faults.clear()
        calls.clear()
        return answer({"reset": True})

    return [
        web.get("/__sim/state", state),
        web.get("/__sim/meter", meter),
        web.post("/__sim/orders", orders),
        web.post("/__sim/fault", fault),
        web.post("/__sim/reset", reset),
    ]


async def body_of(request: web.Request) -> dict[str, Any]:
    """Return the JSON object in the body, empty when there is none. Answers 400 otherwise."""
    raw = await request.read()
    if not raw.strip():
        return {}
    try:
        wish = json.loads(raw)
    except ValueError:
        wish = None
    if not isinstance(wish, dict):
        raise web.HTTPBadRequest(text="the body must be a JSON object")
    return cast("dict[str, Any]", wish)


def answer(content: Any, status: int = 200) -> web.Response:
    """Return JSON; amounts are text so that they stay exact."""
    return web.Response(text=json.dumps(content, default=str), status=status, content_type="application/json")


async def serve(app: web.Application, port: int, host: str = "127.0.0.1") -> web.AppRunner:
    """Start serving and return the runner; `await runner.cleanup()` ends it."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, host, port, reuse_address=True).start()
    return runner
