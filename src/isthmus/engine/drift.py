"""The watch over the shape of answers: every answer of every connection passes it, some of them are looked at.

It works in memory and within a share of the processor; what it knows is written once a minute. It never breaks a call:
what fails inside is logged once, counted, and listed beside what is different. (R-SYS-38)
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from isthmus.engine.learned import Key, Learned, key_of
from isthmus.kit.clock import Clock, SystemClock, to_micros
from isthmus.kit.http import Http, Request, Response
from isthmus.policies.answers import Nothing, asked, content
from isthmus.policies.drift import Difference, Drift
from isthmus.policies.shape import read
from isthmus.store.base import Store, one
from isthmus.store.statement import Statement, say

log = logging.getLogger("isthmus.drift")
#: Operations watched, the questions for other fields of one operation, and differences of one operation that are kept.
MOST_OPERATIONS, MOST_QUESTIONS, MOST_DRIFTS = 1_000, 12, 100
#: Shapes written at once; the others wait for the next minute.
AT_ONCE = 100


class Place(NamedTuple):
    """What has a shape: an operation of a connection, asked for certain fields."""

    connection: str
    operation: str
    question: str


@dataclass(slots=True)
class Budget:
    """Seconds of the processor that may be used: so many each second, saved up to `burst`, and divided fairly.

    An operation that was just looked at waits `rest` times as long as that took.
    """

    per_second: float = 0.02
    burst: float = 1.0
    rest: float = 100.0
    seconds: Callable[[], float] = time.perf_counter
    _left: float = 1.0
    _at: float | None = None
    _until: dict[tuple[str, str], float] = field(default_factory=dict[tuple[str, str], float])

    def free(self, what: tuple[str, str]) -> bool:
        """Tell whether one more answer may be looked at now."""
        now = self.seconds()
        if self._at is not None:
            self._left = min(self.burst, self._left + (now - self._at) * self.per_second)
        self._at = now
        return self._left > 0 and now >= self._until.get(what, 0.0)

    def spent(self, what: tuple[str, str], seconds: float, *, learning: bool) -> None:
        """Take note of what one answer took; who is still learning does not rest."""
        self._left -= seconds
        if not learning and len(self._until) <= MOST_OPERATIONS:
            self._until[what] = self.seconds() + seconds * self.rest


def everything() -> Budget:
    """Return a budget with which every answer is looked at."""
    return Budget(per_second=1e9, rest=0.0)


#: Connection, operation, difference.
_What = tuple[str, str, Difference]


@dataclass(slots=True)
class _Found:
    """How often a difference was seen since it was written last."""

    first_at: int
    last_at: int
    answers: int = 0


@dataclass(slots=True)
class Watch:
    """What this process has learned and found."""

    clock: Clock = field(default_factory=SystemClock)
    budget: Budget = field(default_factory=Budget)
    looked_at: int = 0
    failed: int = 0
    seconds: float = 0.0
    _learned: dict[Place, Learned] = field(default_factory=dict[Place, Learned])
    _questions: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    _found: dict[_What, _Found] = field(default_factory=dict[_What, _Found])
    _known: dict[tuple[str, str], set[Key]] = field(default_factory=dict[tuple[str, str], set[Key]])
    _accepted: dict[tuple[str, str], set[Key]] = field(default_factory=dict[tuple[str, str], set[Key]])
    _wrong: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def over(self, connection: str, http: Http) -> Http:
        """Return a way out for one connection whose answers pass this watch; the pool stays its owner's."""
        return Watched(self, connection, http)

    def heard(self, connection: str, request: Request, response: Response) -> None:
        """Look at an answer, where there is time for it. Raises nothing."""
        what = (connection, request.operation)
        if not self.budget.free(what):
            return
        began, learning = self.budget.seconds(), True
        try:
            learning = self._look(what, request, response)
        except Exception as wrong:  # noqa: BLE001 - whatever it was, the call goes on; it is logged, counted and listed
            self._failed(what, wrong)
        took = self.budget.seconds() - began
        self.seconds += took
        self.budget.spent(what, took, learning=learning)

    def _look(self, what: tuple[str, str], request: Request, response: Response) -> bool:
        said = content(response.status, response.body)
        if said is Nothing:
            return True
        learned = self._place(Place(*what, asked(request.url, request.body)))
        if learned is None:
            return False
        self.looked_at += 1
        now = to_micros(self.clock.now())
        for each in learned.take(read(said), now, self._accepted.get(what, ())):
            self._note(what, each, now)
        return not learned.is_baseline(now)

    def _place(self, place: Place) -> Learned | None:
        found = self._learned.get(place)
        if found is None:
            if len(self._learned) >= MOST_OPERATIONS or self._questions[place[:2]] >= MOST_QUESTIONS:
                return None
            self._questions[place[:2]] += 1
            now = to_micros(self.clock.now())
            found = self._learned[place] = Learned(since=now, seen_at=now)
        return found

    def _note(self, what: tuple[str, str], each: Difference, now: int) -> None:
        known, key = self._known.setdefault(what, set()), key_of(each)
        if key not in known:
            if len(known) >= MOST_DRIFTS:
                return
            known.add(key)
            words = (*what, each.drift, each.path, each.before, each.after)
            (log.warning if each.drift.breaking else log.info)("%s %s: %s at %s: before %s, now %s", *words)
        found = self._found.setdefault((*what, each), _Found(now, now))
        found.last_at, found.answers = now, found.answers + 1

    def _failed(self, what: tuple[str, str], wrong: Exception) -> None:
        self.failed += 1
        if what not in self._wrong:
            self._wrong.add(what)
            log.error("answers of %s %s cannot be watched", *what, exc_info=wrong)
        self._note(what, Difference(Drift.NOT_WATCHED, "$", "", type(wrong).__name__), to_micros(self.clock.now()))

    # --- On disk ------------------------------------------------------------------------------------------------------

    async def load(self, store: Store) -> None:
        """Take over what others have learned, found and accepted. Raises `StoreError`."""
        for row in await store.read("shape_versions"):
            place = Place(row["connection"], row["operation"], row["question"])
            learned = self._place(place)
            if learned is not None and learned.version != row["version"]:
                await self._read(store, place, learned)
        self._accepted.clear()
        for row in await store.read("accepted_drifts"):
            what = (row["connection"], row["operation"])
            self._accepted.setdefault(what, set()).add((row["kind"], row["path"], row["found"]))

    async def keep(self, store: Store) -> None:
        """Write what is new, and read what is new of others. Raises `StoreError`; nothing is lost then."""
        await self.load(store)
        now = to_micros(self.clock.now())
        due = [(place, each) for place, each in self._learned.items() if each.is_due(now)][:AT_ONCE]
        taken, self._found = self._found, {}
        notes = [_row(what, found) for what, found in taken.items()]
        if not due and not notes:
            return
        shapes = [say("keep_shape", **place._asdict(), **each.to_write(now)) for place, each in due]
        try:
            rows = await store.write(*shapes, *notes)
        except BaseException:
            self._take_back([each for _, each in due], taken)
            raise
        for (_, learned), written in zip(due, rows, strict=False):
            if written:
                learned.written(written[0]["version"])
            else:
                learned.not_written()  # another process was first; the next round begins with reading what it wrote

    def _take_back(self, due: Iterable[Learned], taken: Mapping[_What, _Found]) -> None:
        for each in due:
            each.not_written()
        for what, found in taken.items():
            again = self._found.setdefault(what, found)
            if again is not found:
                again.first_at, again.answers = found.first_at, again.answers + found.answers

    async def _read(self, store: Store, place: Place, learned: Learned) -> None:
        row = one(await store.read("shape", **place._asdict()))
        if row is not None:
            learned.read(row)


class Watched(Http):
    """Another's pool, and a watch that is told of each answer."""

    def __init__(self, watch: Watch, connection: str, http: Http) -> None:
        """Send through `http`, which is closed by its owner."""
        super().__init__()
        self._watch = watch
        self._connection = connection
        self._http = http

    def outward(self, way_out: str) -> Http:
        """Return a pool that does not reach this machine or private networks; its answers pass the watch, too."""
        return Watched(self._watch, self._connection, self._http.outward(way_out))

    async def send(self, request: Request) -> Response:
        """Send once and return the answer; see `Http.send`."""
        answer = await self._http.send(request)
        self._watch.heard(self._connection, request, answer)
        return answer


def _row(what: _What, found: _Found) -> Statement:
    connection, operation, each = what
    return say(
        "note_drift",
        connection=connection,
        operation=operation,
        kind=str(each.drift),
        path=each.path,
        was=each.before,
        found=each.after,
        breaking=int(each.drift.breaking),
        first_at=found.first_at,
        last_at=found.last_at,
        answers=found.answers,
    )
