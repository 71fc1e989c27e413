"""Pausing and resuming, what is on hold, who is at work, and when the queue will be empty."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from isthmus.admin.views import Forecast, HoldView, ProcessView
from isthmus.engine.context import Context
from isthmus.engine.flow import Flow
from isthmus.engine.hold import Hold, Why
from isthmus.engine.holds import CONNECTION, FLOW, Holds, resumed
from isthmus.kit.clock import from_micros, to_micros
from isthmus.kit.names import nearest
from isthmus.store.base import one
from isthmus.store.statement import Row, Statement, say

#: Runs older than this say nothing about the speed now.
RECENT = timedelta(hours=24)


class NotThere(Exception):
    """There is nothing of this name; the message says what there is."""


async def pause(
    context: Context, flows: Sequence[Flow], what: str, *, by: str, because: str, until: datetime | None = None
) -> HoldView:
    """Let nothing new begin for a connection or a flow; what is running is brought to its end. Raises `NotThere`."""
    name, now = named(context, flows, what), context.micros()
    await context.store.write(
        say(
            "put_hold",
            what=name,
            why=str(Why.PAUSED),
            because=because,
            who=by,
            now=now,
            until=None if until is None else to_micros(until),
        ),
        _audit(context, by, ("pause", name), because, until),
    )
    return HoldView(what=what, why=Why.PAUSED, because=because, since=context.now(), until=until)


async def resume(context: Context, flows: Sequence[Flow], what: str, *, by: str, because: str = "") -> bool:
    """End a pause and let everything that waited go on; return whether there was one. Raises `NotThere`."""
    name, now = named(context, flows, what), context.micros()
    waiting = resumed(name.removeprefix(CONNECTION), now) if name.startswith(CONNECTION) else []
    rows = await context.store.write(
        say("drop_hold", what=name, why=str(Why.PAUSED)),
        _audit(context, by, ("resume", name), because),
        *waiting,
    )
    context.stir.set()
    return one(rows[0]) is not None


def named(context: Context, flows: Sequence[Flow], what: str) -> str:
    """Return `connection:erp` for `erp`, `flow:orders` for `orders`. Raises `NotThere`."""
    there = [CONNECTION + each for each in context.connections] + [FLOW + each.name for each in flows]
    fitting = [each for each in there if what in (each, each.partition(":")[2])]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        message = f"{what!r} is a connection and a flow: say {' or '.join(fitting)}"
        raise NotThere(message)
    names = [each.partition(":")[2] for each in there]
    message = f"there is no connection or flow {what!r}{nearest(what, names)}; there are: {', '.join(names)}"
    raise NotThere(message)


def view(what: str, hold: Hold | None) -> HoldView | None:
    """Return a hold as both faces show it."""
    if hold is None:
        return None
    return HoldView(
        what=what,
        why=hold.why,
        because=hold.because,
        since=hold.since,
        until=hold.until,
        next_look=hold.next_look,
    )


async def processes(context: Context) -> list[ProcessView]:
    """Return who is at work."""
    return [
        ProcessView(
            role=row["role"],
            host=row["host"],
            pid=row["pid"],
            version=row["version"],
            flows=msgspec.json.decode(row["flows"], type=list[str]),
            state=row["state"],
            started_at=from_micros(row["started_at"]),
            seen_at=from_micros(row["seen_at"]),
        )
        for row in await context.store.read("processes")
    ]


async def forecasts(
    context: Context, flows: Sequence[Flow], waiting: Mapping[str, int], holds: Holds
) -> dict[str, Forecast]:
    """Return when each flow with something waiting will have done it."""
    if not any(waiting.values()):
        return {}
    now = context.now()
    rows = await context.store.read("recent_runs", since=to_micros(now - RECENT))
    workers = [each for each in await processes(context) if each.role not in ("web", "scheduler")]
    found: dict[str, Forecast] = {}
    for flow in flows:
        if not waiting.get(flow.name):
            continue
        serving = sum(1 for each in workers if not each.flows or flow.name in each.flows) or 1
        speed = per_second([row for row in rows if row["flow"] == flow.name], flow.concurrency * serving)
        found[flow.name] = forecast(now, waiting[flow.name], speed, holds.flow(flow.name, flow.destination))
    return found


def per_second(runs: Sequence[Row], at_a_time: int) -> float:
    """Return the jobs a second that so many runs at a time get done, each as long as the last ones; 0: unknown."""
    jobs_of: dict[int, int] = {}
    took: dict[int, int] = {}
    for row in runs:
        jobs_of[row["started_at"]] = jobs_of.get(row["started_at"], 0) + 1
        took[row["started_at"]] = max(took.get(row["started_at"], 0), row["finished_at"] - row["started_at"])
    seconds = sum(took.values()) / 1_000_000
    return 0.0 if seconds <= 0 else at_a_time * sum(jobs_of.values()) / seconds


def forecast(now: datetime, waiting: int, speed: float, hold: Hold | None) -> Forecast:
    """Return when `waiting` jobs will be done at `speed` a second, from the end of `hold` on."""
    if speed <= 0:
        return Forecast(empty_at=None, because="Not known before some work was done.")
    needed = timedelta(seconds=waiting / speed)
    if hold is None:
        return Forecast(empty_at=now + needed, because=f"{waiting} at {speed:.1f} a second.")
    if hold.until is None:
        seconds = int(needed.total_seconds()) + 1
        return Forecast(empty_at=None, because=f"{seconds} s after it goes on: {waiting} at {speed:.1f} a second.")
    return Forecast(empty_at=hold.until + needed, because=f"{waiting} at {speed:.1f} a second, once it goes on.")


def _audit(context: Context, by: str, done: tuple[str, str], because: str, until: datetime | None = None) -> Statement:
    action, what = done
    after = "" if until is None else f"until {until:%Y-%m-%d %H:%M} UTC"
    return say(
        "add_audit", now=context.micros(), who=by, action=action, target=what, before="", after=after, why=because
    )
