"""Never faster than the other side allows, and quiet when it asks for quiet."""

import asyncio
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import partial

from isthmus.kit.http import Request, Response
from isthmus.ports.errors import Throttled
from isthmus.testing.conformance.bench import Bench, read_all
from isthmus.testing.conformance.failing import Deed, Seen, attempt, deeds
from isthmus.testing.conformance.rule import Tier, expect, rule
from isthmus.testing.pace import OpenPace

#: Readings at the same time, and after one another, while the pace is watched.
READERS, ROUNDS = 8, 5
HINT_S = 7


@rule(Tier.SILVER)
async def pace_kept(bench: Bench) -> None:
    """Every call holds a slot, never more at a time than allowed, and the double never has to say no."""
    async with bench.another(metered=True) as fresh:
        outside: list[str] = []
        pace = fresh.budget()

        def watch(request: Request) -> None:
            if pace.held == 0:
                outside.append(request.operation)

        fresh.line.departing = watch
        began = fresh.clock.seconds()
        await _read_much(fresh, pace)
        expect(not outside, f"called without holding a slot: {', '.join(sorted(set(outside)))}")
        limits, most = fresh.manifest.pace, fresh.line.most_at_once
        expect(most <= limits.concurrency, f"{most} calls at a time, {limits.concurrency} are allowed")
        if not pace.learned and limits.per_second:
            allowed = limits.burst + limits.per_second * (fresh.clock.seconds() - began)
            expect(sum(pace.taken) <= allowed + 1e-6, f"{sum(pace.taken)} points spent of {allowed}")
        refused = (await fresh.state()).get("throttled")
        expect(not refused, f"the double had to refuse {refused} calls")


async def _read_much(bench: Bench, pace: OpenPace) -> None:
    session = bench.open(pace=pace)
    await session.probe.probe()

    async def reader() -> None:
        for _ in range(ROUNDS):
            for kind in session.sources:
                seen = await attempt(partial(read_all, session, kind))
                expect(seen.trouble is None or isinstance(seen.trouble, Throttled), f"{kind}: {seen.trouble}")

    await asyncio.gather(*(reader() for _ in range(READERS)))


@rule(Tier.SILVER)
async def retry_after_obeyed(bench: Bench) -> None:
    """`Retry-After`, in seconds or as a date, is when the next call leaves: nothing goes out before."""
    for dated in (False, True):
        for name in await deeds(bench):
            await _obeys(bench, name, dated=dated)


async def _obeys(bench: Bench, name: str, *, dated: bool) -> None:
    pace = bench.budget()
    bench.pace, usual = pace, bench.pace
    deed = (await deeds(bench))[name]
    bench.pace = usual
    due = bench.clock.now() + timedelta(seconds=HINT_S)
    hint = format_datetime(due.replace(microsecond=0), usegmt=True) if dated else str(HINT_S)
    bench.line.invent = lambda _request: Response(429, {"Retry-After": hint}, b"Too Many Requests")
    seen = await attempt(deed)
    bench.line.invent = None
    _check_time(seen, bench, due, f"{name}, Retry-After: {hint}")
    left = await _departures(bench, deed)
    expect(left and left[0] >= HINT_S - 1, f"{name}: the next call left {left[:1]} s after Retry-After: {hint}")


def _check_time(seen: Seen, bench: Bench, due: datetime, after: str) -> None:
    trouble = seen.check(Throttled, after)
    assert isinstance(trouble, Throttled)
    wait = (trouble.retry_at - bench.clock.now()).total_seconds()
    expect(abs(wait - HINT_S) <= 1, f"after {after}: come back in {wait} s, not {HINT_S}; due {due}")


async def _departures(bench: Bench, deed: Deed) -> list[float]:
    """Do it again and return when each request left, in seconds of the bench's clock from now."""
    began = bench.clock.seconds()
    left: list[float] = []
    bench.line.departing = lambda _request: left.append(bench.clock.seconds() - began)
    await attempt(deed)
    bench.line.departing = None
    return left
