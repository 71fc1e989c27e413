"""What one connection may still be asked: buckets, and calls at a time, divided among all who ask. Pure.

Everybody who calls a system works on the same `Allowance`, one change after another; times are seconds of a clock
they share. A bucket with `burst` and `per_second` lets at most burst + per_second x t through in any span t, so it
keeps a limit of so many in so many seconds whether the other side counts by the clock or by a sliding window.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from isthmus.ports.connector import PaceLimits
from isthmus.ports.pace import Lane

#: Whoever says nothing for so long has no share any more; what he had begun is over by then, or its answer is lost.
SHARE_S = 10.0
#: Where several want more than there is, each asks that often whether the parts are still the same.
CROWDED_S = 0.2
#: Part of a bucket that lanes below orders leave untouched, so that an order never waits for a bulk write's refill.
RESERVE = 0.1
#: Clocks tick in microseconds: what is missing less than two of them is there.
TICK_S = 2e-6
#: The dimension the other side's own words are about.
POINTS = "points"


class Bucket(msgspec.Struct):
    """One dimension: what may be spent now, and how it refills. `at` is when `level` was right."""

    level: float
    burst: float
    per_second: float
    at: float

    def refill(self, now: float) -> None:
        """Bring the level up to now; a clock that steps back refills nothing."""
        self.level = min(self.burst, self.level + max(0.0, now - self.at) * self.per_second)
        self.at = max(self.at, now)

    def wait_for(self, cost: float, lane: Lane) -> float:
        """Return in how many seconds `cost` could be spent from that lane."""
        cost = min(cost, self.burst)
        reserve = 0.0 if lane is Lane.ORDERS else min(self.burst * RESERVE, self.burst - cost)
        wait = (cost + reserve - self.level) / self.per_second
        return 0.0 if wait <= TICK_S else wait


class Share(msgspec.Struct):
    """What one process holds of the calls at a time, what it would like, and what it has spent on unanswered ones."""

    slots: int
    want: int
    spent: float
    until: float


class Allowance(msgspec.Struct):
    """The state all callers of a connection share."""

    buckets: dict[str, Bucket] = {}
    shares: dict[str, Share] = {}
    closed_until: float = 0.0
    learned_at: float = 0.0


class Wish(msgspec.Struct, frozen=True):
    """One call somebody wants to make."""

    cost: float
    lane: Lane
    operation: str = ""
    flow: str = ""


class Asked(msgspec.Struct, frozen=True):
    """What a process asks for at once: it runs so many calls, and would like these, the most urgent first."""

    running: int
    spent: float  # on calls without an answer yet
    wishes: Sequence[Wish]
    most: int  # calls at a time this process would make at most
    want: int = 0  # and as many as it has use for, beyond those it asks for now


class Granted(msgspec.Struct, frozen=True):
    """How many of the wishes are granted, the slots now held, and when to ask again (None: when a call ends).

    `alone`: nobody else has use for slots, so they may be kept for a while.
    """

    count: int
    slots: int
    again_s: float | None
    alone: bool = True


class Said(msgspec.Struct, frozen=True):
    """The other side's own words about its budget, and when it spoke."""

    available: float
    burst: float
    per_second: float
    at: float


class Terms(msgspec.Struct, frozen=True):
    """What bounds a connection: its limits, and the part of them single flows may use."""

    limits: PaceLimits
    flow_shares: Mapping[str, float] = {}


def opened(terms: Terms, now: float) -> Allowance:
    """Return a fresh state: nothing is saved up yet, for what others spent just before is not known."""
    limits = terms.limits
    found: dict[str, Bucket] = {}
    if limits.per_second > 0:
        found[POINTS] = _fresh(limits.burst, limits.per_second, now)
        for flow, share in terms.flow_shares.items():
            found[f"flow:{flow}"] = _fresh(limits.burst * share, limits.per_second * share, now)
    for limit in limits.also:
        burst = max(1.0, limit.amount * limit.at_once)
        found[limit.name] = _fresh(burst, (limit.amount - burst) / limit.seconds, now)
    return Allowance(buckets=found)


def _fresh(burst: float, per_second: float, now: float) -> Bucket:
    return Bucket(min(burst, max(per_second, 1.0)), burst, per_second, now)


def draw(state: Allowance, terms: Terms, me: str, asked: Asked, now: float) -> Granted:
    """Take what may be taken now, and renew the share of `me`."""
    others = _others(state, me, now)
    want = min(asked.most, max(asked.want, asked.running + len(asked.wishes)))
    slots = max(asked.running, _slots(terms.limits.concurrency, me, want, others))
    free = max(0, slots - asked.running)
    for bucket in state.buckets.values():
        bucket.refill(now)
    spent, count, again_s = asked.spent, 0, None
    for wish in asked.wishes[:free]:
        again_s = wait_for(state, terms, wish, now)
        if again_s > 0:
            break
        for bucket, cost in _drawn(state, terms, wish):
            bucket.level -= min(cost, bucket.burst)
        spent += wish.cost
        count, again_s = count + 1, None
    if again_s is None and count < len(asked.wishes) and free < min(asked.most, len(asked.wishes)) and others:
        again_s = CROWDED_S  # somebody else has the slots: they come free one by one, and nobody tells
    state.shares[me] = Share(slots, want, spent, now + SHARE_S)
    return Granted(count, slots, again_s, alone=not any(share.want for share in others.values()))


def wait_for(state: Allowance, terms: Terms, wish: Wish, now: float) -> float:
    """Return in how many seconds a call could go out, were nobody before it."""
    waits = [bucket.wait_for(cost, wish.lane) for bucket, cost in _drawn(state, terms, wish)]
    return max(0.0, state.closed_until - now, *waits)


def learn(state: Allowance, me: str, said: Said, spent: float, now: float) -> None:
    """Take over what the other side says it has left, less what is still on its way there from anybody.

    `spent` is what the calls of `me` without an answer cost. Words older than the newest known are no news.
    """
    if me in state.shares:
        state.shares[me].spent = spent
    if said.at < state.learned_at:
        return
    state.learned_at = said.at
    _others(state, me, now)
    on_its_way = sum(share.spent for share in state.shares.values())
    factor = said.per_second / state.buckets[POINTS].per_second if POINTS in state.buckets else 1.0
    for name, bucket in state.buckets.items():
        if name.startswith("flow:"):
            bucket.burst, bucket.per_second = bucket.burst * factor, bucket.per_second * factor
    state.buckets[POINTS] = Bucket(said.available - on_its_way, said.burst, said.per_second, said.at)
    state.buckets[POINTS].refill(now)


def back_off(state: Allowance, until: float) -> None:
    """Let nobody through before `until`."""
    state.closed_until = max(state.closed_until, until)


def leave(state: Allowance, me: str) -> None:
    """Give back the share of a process that ends."""
    state.shares.pop(me, None)


def costs(terms: Terms, wish: Wish) -> Iterator[tuple[str, float]]:
    """Yield the name of each dimension a call counts in, and how much of it the call takes."""
    yield POINTS, wish.cost
    for each in terms.limits.also:
        if not each.only or wish.operation in each.only:
            yield each.name, 1.0 if each.counts == "calls" else wish.cost


def _drawn(state: Allowance, terms: Terms, wish: Wish) -> list[tuple[Bucket, float]]:
    """Return the buckets a call draws from, and how much from each."""
    wanted = (*costs(terms, wish), (f"flow:{wish.flow}", wish.cost))
    return [(state.buckets[name], cost) for name, cost in wanted if name in state.buckets]


def _others(state: Allowance, me: str, now: float) -> Mapping[str, Share]:
    """Return everybody else's shares; those of the dead are dropped."""
    state.shares = {name: share for name, share in state.shares.items() if name == me or share.until > now}
    return {name: share for name, share in state.shares.items() if name != me}


def _slots(limit: int, me: str, want: int, others: Mapping[str, Share]) -> int:
    """Return how many calls at a time `me` may make: a fair part, and never more than the others leave."""
    wants = {name: share.want for name, share in others.items()} | {me: want}
    return max(0, min(_fair(limit, wants)[me], limit - sum(share.slots for share in others.values())))


def _fair(limit: int, wants: Mapping[str, int]) -> dict[str, int]:
    """Divide `limit`: whoever wants less than an equal part gets what he wants, the rest is divided equally."""
    left, found = limit, dict[str, int]()
    for place, name in enumerate(sorted(wants, key=lambda each: (wants[each], each))):
        equal, more = divmod(left, len(wants) - place)
        found[name] = min(wants[name], equal + (1 if more else 0))
        left -= found[name]
    return found
