"""Every way an exchange can fail ends in the right class of error: who acts next depends on it."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from isthmus.kit.http import Request, Response
from isthmus.ports.connector import Session
from isthmus.ports.errors import (
    AuthExpired,
    Defect,
    InDoubt,
    NeedsOperator,
    Rejected,
    Throttled,
    Transient,
    Trouble,
    Unreachable,
    WireDrift,
)
from isthmus.testing.conformance.bench import Bench, read_all
from isthmus.testing.conformance.rule import Broken, Tier, expect, readable, rule, writable
from isthmus.testing.line import HASTE_S

Deed = Callable[[], Awaitable[Any]]
Kinds = type[Trouble] | tuple[type[Trouble], ...]
#: Faults of the double that lose or spoil an answer, and what a reading makes of them.
LOST: dict[str, Kinds] = {
    "status_500": Unreachable,
    "status_503": Unreachable,
    "html": Unreachable,
    "truncate": Unreachable,
    "reset": Unreachable,
    "hang": Unreachable,
    "wrong_type": WireDrift,
}
#: Bare statuses, as proxies and load balancers give them: neither JSON nor the system's own words.
STATUSES: dict[int, Kinds] = {
    301: NeedsOperator,
    302: NeedsOperator,
    307: NeedsOperator,
    400: (Defect, Rejected),
    401: NeedsOperator,
    403: NeedsOperator,
    404: NeedsOperator,
    405: (Defect, NeedsOperator),
    408: Unreachable,
    429: Throttled,
    500: Unreachable,
    502: Unreachable,
    503: Unreachable,
    504: Unreachable,
    520: Unreachable,
}
#: Statuses after which nobody knows whether a write was done.
_UNKNOWN = 500
#: Faults whose answer comes too late.
LATE = frozenset({"hang", "slow_commit"})
LATE_S = HASTE_S * 2
#: No hint asks for a longer pause than this.
_LONGEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of an attempt."""

    trouble: Trouble | None

    def check(self, wanted: Kinds, after: str) -> Trouble:
        """Return the trouble. Raises `Broken` unless it is one of the wanted kinds."""
        classes = wanted if isinstance(wanted, tuple) else (wanted,)
        names = " or ".join(each.__name__ for each in classes)
        if self.trouble is None:
            message = f"after {after}: {names} expected, nothing raised"
            raise Broken(message)
        if not isinstance(self.trouble, wanted):
            message = f"after {after}: {names} expected, {type(self.trouble).__name__} raised: {self.trouble}"
            raise Broken(message) from self.trouble
        return self.trouble


async def attempt(deed: Deed) -> Seen:
    """Do it and return what it raised. What is no `Trouble` is a broken contract."""
    try:
        await deed()
    except Trouble as trouble:
        return Seen(trouble)
    except Exception as bug:
        message = f"{type(bug).__name__} escaped, which is no Trouble: {bug}"
        raise Broken(message) from bug
    return Seen(None)


@dataclass(frozen=True, slots=True)
class Bare:
    """Answers as a proxy does: a status and a page. Only requests that mean `operation`, where it is given."""

    status: int
    operation: str = ""

    def __call__(self, request: Request) -> Response | None:
        """Return the answer, or None to let the request pass."""
        if not means(request, self.operation):
            return None
        headers = {"Content-Type": "text/html"}
        if 300 <= self.status < 400:  # noqa: PLR2004 - HTTP's own numbers
            headers["Location"] = "https://elsewhere.example/"
        return Response(self.status, headers, b"<html><body>no</body></html>")


def means(request: Request, operation: str) -> bool:
    """Tell whether a request is about an operation of the other side, by its name or by its body."""
    return operation in request.operation or operation.encode() in (request.body or b"")


@asynccontextmanager
async def showing(bench: Bench, fault: str, *, match: str = "", count: int | None = None) -> AsyncGenerator[None]:
    """Let the double show a fault while the block runs; an answer that comes too late is not waited for."""
    if fault in LATE:
        bench.line.hasty, bench.line.hurried = partial(means, operation=match), count
    await bench.fault(fault, match=match, count=count, seconds=LATE_S)
    try:
        yield
    finally:
        await bench.calm(fault, match)
        bench.line.hasty = None


@rule(Tier.BRONZE)
@readable
async def read_failures_sorted(bench: Bench, kind: str) -> None:
    """A reading that fails says whether to try again, to ask a person, or to look at the code."""
    reading = bench.double.reads[kind]
    async with bench.another(kind, max(1, reading.least)) as fresh:
        for warm in (False, True):
            for fault, wanted in LOST.items():
                session = await _opened(fresh, kind, warm=warm)
                async with showing(fresh, fault):
                    seen = await attempt(partial(read_all, session, kind))
                seen.check(wanted, fault)
            for status, wanted in STATUSES.items():
                session = await _opened(fresh, kind, warm=warm)
                fresh.line.invent = Bare(status)
                seen = await attempt(partial(read_all, session, kind))
                fresh.line.invent = None
                seen.check(wanted, f"HTTP {status}")


@rule(Tier.BRONZE)
@readable
async def reading_recovers(bench: Bench, kind: str) -> None:
    """The session that met a failure reads on once it is over, without being opened anew."""
    reading = bench.double.reads[kind]
    async with bench.another(kind, max(1, reading.least)) as fresh:
        session = fresh.open()
        for fault in ("status_503", "reset", "wrong_type", "html"):
            await fresh.fault(fault, count=1)
            await attempt(partial(read_all, session, kind))
            await fresh.calm(fault)
            seen = await attempt(partial(read_all, session, kind))
            expect(seen.trouble is None, f"after {fault} had passed: {seen.trouble}")


@rule(Tier.BRONZE)
@writable
async def write_failures_sorted(bench: Bench, kind: str) -> None:
    """A write whose answer is lost is in doubt (or safe to repeat); a write that was refused is not."""
    async with bench.another() as fresh:
        for number, fault in enumerate((*LOST, "commit_then_drop", "slow_commit"), start=1):
            await _lost_write(fresh, kind, number, fault)
        for number, status in enumerate(STATUSES, start=100):
            await _refused_write(fresh, kind, number, status)
        await _unsent_write(fresh, kind)


async def _lost_write(bench: Bench, kind: str, number: int, fault: str) -> None:
    writing = bench.double.writes[kind]
    session = bench.open()
    put = await writing.sample(session, bench.world, number)
    first = writing.operations[0]
    sink = session.sinks[kind]
    async with showing(bench, fault, match=first):
        seen = await attempt(partial(sink.put, put.record, key=put.key))
    # A write that may be sent again as it is leaves no doubt behind.
    wanted = (InDoubt, Transient) if sink.upserts else InDoubt
    trouble = seen.check(wanted, f"{fault} at {first}")
    if isinstance(trouble, InDoubt) and not sink.upserts:
        expect(trouble.key == put.key.unique, f"after {fault}: the doubt is about {trouble.key!r}, not our key")


async def _refused_write(bench: Bench, kind: str, number: int, status: int) -> None:
    writing = bench.double.writes[kind]
    session = bench.open()
    put = await writing.sample(session, bench.world, number)
    first = writing.operations[0]
    sink = session.sinks[kind]
    bench.line.invent = Bare(status, first)
    seen = await attempt(partial(sink.put, put.record, key=put.key))
    bench.line.invent = None
    wanted: Kinds = STATUSES[status] if status < _UNKNOWN else InDoubt
    seen.check((InDoubt, Transient) if sink.upserts and status >= _UNKNOWN else wanted, f"HTTP {status} at {first}")


async def _unsent_write(bench: Bench, kind: str) -> None:
    session = bench.open()
    put = await bench.double.writes[kind].sample(session, bench.world, 999)
    sink = bench.open(bench.nowhere).sinks[kind]
    (await attempt(partial(sink.put, put.record, key=put.key))).check(Unreachable, "a connection nobody took")


@rule(Tier.BRONZE)
async def throttling_sorted(bench: Bench) -> None:
    """Being told to slow down is Throttled with a time to come back, with and without a hint, for reads and writes."""
    for fault in ("throttle", "throttle_no_hint"):
        for name, deed in (await deeds(bench)).items():
            await bench.fault(fault)
            seen = await attempt(deed)
            await bench.calm(fault)
            trouble = seen.check(Throttled, f"{fault} ({name})")
            assert isinstance(trouble, Throttled)
            wait = trouble.retry_at - bench.clock.now()
            expect(timedelta(0) <= wait <= _LONGEST, f"{fault} ({name}): come back in {wait}")


@rule(Tier.BRONZE)
async def expiry_sorted(bench: Bench) -> None:
    """Credentials that stop being valid are AuthExpired or renewed, never a doubt or a retry for ever."""
    for name, deed in (await deeds(bench)).items():
        await bench.fault("expire_auth", count=1)
        seen = await attempt(deed)
        await bench.calm("expire_auth")
        if seen.trouble is not None:
            seen.check(AuthExpired, f"expire_auth ({name})")


async def deeds(bench: Bench) -> dict[str, Deed]:
    """Return one reading and one write of each kind, each on a session that has signed in."""
    found: dict[str, Deed] = {}
    for kind in bench.double.reads:
        session = await _opened(bench, kind, warm=True)
        found[f"read {kind}"] = partial(read_all, session, kind)
    for number, (kind, writing) in enumerate(bench.double.writes.items(), start=1):
        session = bench.open()
        put = await writing.sample(session, bench.world, number)
        sink = session.sinks[kind]
        found[f"write {kind}"] = partial(sink.put, put.record, key=put.key)
    return found


async def _opened(bench: Bench, kind: str, *, warm: bool) -> Session:
    session = bench.open()
    if warm:
        await read_all(session, kind)
    return session
