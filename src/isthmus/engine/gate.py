"""The one way out to a system: at its pace, the urgent first, and not at all while it is on hold.

Callers stand in line by lane, then in the order they came. What may go out now is taken from an `Allowance`, which
this process keeps itself or shares with others (`Books`). How calls end tells whether the system is there.
"""

import asyncio
import heapq
import itertools
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from isthmus.engine import allowance
from isthmus.engine.adaptive import Adaptive
from isthmus.engine.allowance import Allowance, Asked, Granted, Said, Terms, Wish
from isthmus.engine.breaker import Breaker
from isthmus.engine.hold import Hold, Why, strongest
from isthmus.kit.clock import Clock
from isthmus.kit.http import HttpFailure
from isthmus.ports.errors import AuthExpired, Held, InDoubt, LeaseLost, Throttled, Trouble, Unreachable
from isthmus.ports.pace import Caller, caller

T = TypeVar("T")
#: Waiting longer than this inside a call would hold a worker for nothing: the job is snoozed instead.
PATIENCE_S = 20.0
#: So long before a lease ends nothing is sent for it any more: a call that has left cannot be stopped, and it has to be
#: over, or at least to show, before another worker begins.
SPARE_S = 10.0
#: As often is what we hold of a shared allowance renewed, or given back when it is not used.
BEAT_S = 2.0
#: What is on hold without an end is looked at again after this, should nobody wake it.
LOOK_AGAIN = timedelta(seconds=60)
#: Whoever is sent away comes back no sooner, or it would do nothing else. The end of a hold wakes it anyway.
MOMENT = timedelta(seconds=1)


class Books(Protocol):
    """Where an allowance is kept."""

    shared: bool

    async def change(self, work: Callable[[Allowance, float], T]) -> T:
        """Run `work` on the newest state and the time, and keep what it did. It may run more than once."""
        ...


class OwnBooks:
    """The allowance of a process that has a connection to itself."""

    shared = False

    def __init__(self, terms: Terms, seconds: Callable[[], float]) -> None:
        """Begin now; `seconds` is a clock that never steps back."""
        self._seconds = seconds
        self._state = allowance.opened(terms, seconds())

    def at_once(self, work: Callable[[Allowance, float], T]) -> T:
        """Change it without waiting for anybody."""
        return work(self._state, self._seconds())

    async def change(self, work: Callable[[Allowance, float], T]) -> T:
        """Change it."""
        return self.at_once(work)


@dataclass(order=True, slots=True)
class _Waiting:
    lane: int
    number: int
    wish: Wish = field(compare=False)
    turn: "asyncio.Future[None]" = field(compare=False)


#: Told when a connection counts as down: what happened, and since when calls have failed.
Tripped = Callable[[Trouble, datetime], None]
#: Told of each call that goes out: what it takes, and on whose behalf.
Counted = Callable[[Wish, Caller], None]


class Gate:
    """One connection's way out. Implements `ports.pace.Pace`."""

    def __init__(self, connection: str, terms: Terms, clock: Clock, seconds: Callable[[], float]) -> None:
        """Let calls through at once where nothing speaks against it; `seconds` never steps back."""
        self.connection = connection
        self.terms = terms
        self.breaker = Breaker()
        self.tripped: Tripped | None = None
        self.counted: Counted | None = None
        self.holds: tuple[Hold, ...] = ()
        self.running = 0
        self._clock = clock
        self._seconds = seconds
        self._books: Books = OwnBooks(terms, seconds)
        self._me = "me"
        self._adaptive = Adaptive(terms.limits.concurrency, terms.limits.adaptive)
        self._spent = 0.0  # by calls without an answer
        self._costs: dict[asyncio.Task[Any] | None, float] = {}  # of the calls each task is making
        self._rate = terms.limits.per_second  # as the other side said last
        self._said: Said | None = None  # the other side's words, not in the books yet
        self._closed_until = 0.0  # as it asked for, not in the books yet
        self._queue: list[_Waiting] = []
        self._numbers = itertools.count()
        self._moved = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None
        self._slots, self._slots_until = 0, 0.0  # held of a shared allowance
        self._peak = 0  # the most calls at a time since the last beat: so many slots are worth keeping
        self._refused_until = 0.0  # others hold the slots; asking before would only be told so again

    # --- Calling ------------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def slot(self, cost: float = 1.0, *, operation: str = "") -> AsyncGenerator[None]:
        """Hold one of the calls allowed at a time, once `cost` may be spent; see `ports.pace.Pace.slot`."""
        who = caller()
        self._admit(who)
        wish = Wish(cost, who.lane, operation, who.flow)
        await self._enter(wish)
        task = asyncio.current_task()
        self._costs[task] = cost
        try:
            self._admit(who)  # the wait may have been long
            if self.counted is not None:
                self.counted(wish, who)
            began = self._seconds()
            yield
        except BaseException as ending:
            self._ended(ending, who)
            raise
        else:
            self._well()
            self._adaptive.answered(self._seconds() - began)
        finally:
            self._costs.pop(task, None)
            self._over(cost)

    def learn(self, *, available: float, capacity: float, per_second: float) -> None:
        """Take over what the other side says it has left."""
        self._rate = per_second
        said = Said(available, capacity, per_second, self._time())
        if isinstance(self._books, OwnBooks):
            # The answer is here, so the call it came with is no longer on its way.
            on_its_way = self._spent - self._costs.get(asyncio.current_task(), 0.0)
            self._books.at_once(lambda state, now: allowance.learn(state, self._me, said, on_its_way, now))
        else:
            self._said = said
        self._moved.set()

    def back_off(self, seconds: float) -> None:
        """Let nothing through for so long."""
        self._adaptive.refused()
        if isinstance(self._books, OwnBooks):
            self._books.at_once(lambda state, now: allowance.back_off(state, now + seconds))
            return
        self._closed_until = max(self._closed_until, self._time() + seconds)

    def rates(self) -> Iterator[tuple[str, float, int]]:
        """Yield each limit's name, and what it allows in how many seconds."""
        if self._rate > 0:
            yield allowance.POINTS, self._rate, 1
        for limit in self.terms.limits.also:
            yield limit.name, limit.amount, max(1, round(limit.seconds))

    # --- Being held ---------------------------------------------------------------------------------------------------

    def held(self, who: Caller) -> Hold | None:
        """Return what speaks against a call of `who`. What began before a pause or a window is brought to its end."""
        if who.regardless:
            return None
        return strongest(
            [each for each in self.holds if each.why is Why.DOWN or who.since is None or who.since >= each.since]
        )

    def _admit(self, who: Caller) -> None:
        if hold := self.held(who):
            raise Held(hold.because, connection=self.connection, until=self._again(hold))
        if any(self._clock.now() + timedelta(seconds=SPARE_S) >= lease.until for lease in who.leases):
            message = "another worker may have this record by now"
            raise LeaseLost(message)

    def _again(self, hold: Hold) -> datetime:
        """Return when to ask again: not before a moment has passed, for a look that is due may take minutes."""
        now = self._clock.now()
        return max(hold.until or hold.next_look or now + LOOK_AGAIN, now + MOMENT)

    def _ended(self, ending: BaseException, who: Caller) -> None:
        if isinstance(ending, Unreachable | InDoubt | HttpFailure):
            self._adaptive.refused()
            down = self.breaker.failed(self._clock.now())
        elif isinstance(ending, AuthExpired):
            down = True
        elif isinstance(ending, Trouble) and not isinstance(ending, Throttled | Held | LeaseLost):
            self._well()  # it said no, so it is there
            return
        else:
            return
        if down and self.tripped is not None and not who.regardless:
            trouble = ending if isinstance(ending, Trouble) else Unreachable(str(ending))
            self.tripped(trouble, self.breaker.began or self._clock.now())

    def _well(self) -> None:
        self.breaker.well(self._clock.now())

    # --- Standing in line ---------------------------------------------------------------------------------------------

    async def _enter(self, wish: Wish) -> None:
        if not self._queue and self._through(wish):
            return
        self._patience(wish)
        waiting = _Waiting(wish.lane, next(self._numbers), wish, asyncio.get_running_loop().create_future())
        heapq.heappush(self._queue, waiting)
        self._moved.set()
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve())
        try:
            await waiting.turn
        except asyncio.CancelledError:
            # Its turn may have come, or it was sent away, in the very moment in which it was cancelled.
            if waiting.turn.done() and not waiting.turn.cancelled() and waiting.turn.exception() is None:
                self._over(wish.cost)
            raise

    def _through(self, wish: Wish) -> bool:
        """Go at once where no other process has to be asked."""
        if isinstance(self._books, OwnBooks):
            granted = self._books.at_once(lambda state, now: self._draw(state, [wish], now)).count == 1
        else:
            granted = self._ours()
        if granted:
            self._grant(wish)
        return granted

    def _ours(self) -> bool:
        """Tell whether one more call fits into what we hold of a shared allowance."""
        free = self.running < min(self._slots, self._adaptive.most) and self._time() < self._slots_until
        return free and not self._metered()

    def _metered(self) -> bool:
        """Tell whether each call has to be taken from the books, and not only its slot."""
        return bool(self.terms.limits.per_second > 0 or self.terms.limits.also or self._closed_until)

    def _grant(self, wish: Wish) -> None:
        self.running += 1
        self._peak = max(self._peak, self.running)
        self._spent += wish.cost

    def _over(self, cost: float) -> None:
        self.running -= 1
        self._spent -= cost
        self._moved.set()

    def _patience(self, wish: Wish) -> None:
        if not isinstance(self._books, OwnBooks):
            return  # found out in line: only the books know
        before = sum(each.wish.cost for each in self._queue if each.lane <= wish.lane)
        ahead = Wish(before + wish.cost, wish.lane, wish.operation, wish.flow)
        wait = self._books.at_once(lambda state, now: self._wait(state, ahead, wish, now))
        if wait > PATIENCE_S:
            raise self._later(wait)

    def _wait(self, state: Allowance, ahead: Wish, wish: Wish, now: float) -> float:
        """Return the wait of one call behind others: their cost is no single call's, so it may exceed the bucket."""
        wait = allowance.wait_for(state, self.terms, wish, now)
        points = state.buckets.get(allowance.POINTS)
        return wait if points is None else wait + (ahead.cost - wish.cost) / points.per_second

    def _later(self, wait: float) -> Throttled:
        message = f"the call budget is used up; next free in {wait:.0f} s"
        return Throttled(message, retry_at=self._clock.now() + timedelta(seconds=wait))

    async def _serve(self) -> None:
        """Let the line move as far and as fast as the allowance lets it."""
        while front := self._front():
            self._moved.clear()
            if self._books.shared and not self._metered() and await self._without_asking(front[0]):
                continue
            try:
                granted = await self._ask([each.wish for each in front])
            except Exception as wrong:  # noqa: BLE001 - whatever it was, those who stand in line must hear of it
                for waiting in front:
                    self._leave_line(waiting, wrong)
                continue
            for waiting in front[: granted.count]:
                self._grant(waiting.wish)
                self._leave_line(waiting, None)
            if granted.count < len(front):
                self._refused_until = self._time() + (granted.again_s or 0.0)
                self._give_up(front[granted.count :], granted.again_s)
                await self._pause(granted.again_s)

    async def _without_asking(self, first: _Waiting) -> bool:
        """Let the first one go within what we hold, or wait while asking would be in vain; False: ask the books."""
        if self._ours():
            self._grant(first.wish)
            self._leave_line(first, None)
            return True
        refused_s = self._refused_until - self._time()
        if refused_s <= allowance.TICK_S:
            return False
        await self._pause(refused_s)
        return True

    def _front(self) -> list[_Waiting]:
        self._queue = [each for each in self._queue if not each.turn.done()]
        heapq.heapify(self._queue)
        free = max(1, self.terms.limits.concurrency - self.running)
        return heapq.nsmallest(free, self._queue)

    def _leave_line(self, waiting: _Waiting, wrong: Exception | None) -> None:
        self._queue.remove(waiting)
        heapq.heapify(self._queue)
        if waiting.turn.done():
            if wrong is None:  # gone meanwhile
                self._over(waiting.wish.cost)
        elif wrong is None:
            waiting.turn.set_result(None)
        else:
            waiting.turn.set_exception(wrong)

    def _give_up(self, left: list[_Waiting], again_s: float | None) -> None:
        """Send back those whose turn is too far away, and all of them when the connection is on hold now."""
        if again_s is not None and again_s > PATIENCE_S:
            for waiting in left:
                self._leave_line(waiting, self._later(again_s))
        elif hold := strongest([each for each in self.holds if each.why is Why.DOWN]):
            for waiting in left:
                self._leave_line(waiting, Held(hold.because, connection=self.connection, until=self._again(hold)))

    async def _pause(self, again_s: float | None) -> None:
        """Wait until it makes sense to ask again: a call ended, somebody came, or the time has passed."""
        moved = asyncio.create_task(self._moved.wait())
        passed = None if again_s is None else asyncio.ensure_future(self._clock.sleep(again_s))
        try:
            await asyncio.wait([moved] if passed is None else [moved, passed], return_when=asyncio.FIRST_COMPLETED)
        finally:
            moved.cancel()
            if passed is not None:
                passed.cancel()

    # --- The allowance ------------------------------------------------------------------------------------------------

    def share(self, books: Books, me: str) -> None:
        """Keep the allowance together with other processes from now on; `me` is the name of this one."""
        self._books, self._me = books, me

    async def beat(self) -> None:
        """Renew what we hold of a shared allowance, tell what the other side said, give back what is not used."""
        if self._books.shared and (self.running or self._slots or self._said or self._closed_until):
            await self._ask([])
            self._peak = self.running

    async def leave(self) -> None:
        """Give everything back: this process ends."""
        if self._books.shared:
            await self._books.change(lambda state, _now: allowance.leave(state, self._me))

    async def _ask(self, wishes: list[Wish]) -> Granted:
        said, closed_until = self._said, self._closed_until
        granted = await self._books.change(lambda state, now: self._tell(state, said, closed_until, wishes, now))
        self._slots = granted.slots
        self._slots_until = self._time() + (BEAT_S * 2 if granted.alone else allowance.CROWDED_S)
        if self._said is said:
            self._said = None
        if self._closed_until == closed_until:
            self._closed_until = 0.0
        return granted

    def _tell(
        self, state: Allowance, said: Said | None, closed_until: float, wishes: list[Wish], now: float
    ) -> Granted:
        if said is not None:
            allowance.learn(state, self._me, said, self._spent, now)
        allowance.back_off(state, closed_until)
        return self._draw(state, wishes, now)

    def _draw(self, state: Allowance, wishes: list[Wish], now: float) -> Granted:
        want = max(self._peak, self.running + max(len(wishes), len(self._queue)))
        asked = Asked(self.running, self._spent, wishes, self._adaptive.most, want)
        return allowance.draw(state, self.terms, self._me, asked, now)

    def _time(self) -> float:
        return self._clock.now().timestamp() if self._books.shared else self._seconds()
