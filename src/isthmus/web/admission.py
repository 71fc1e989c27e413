"""Admission: whether one more delivery may be taken on, decided before its body is read.

A refusal is a last resort. Some shops repeat a refused delivery for hours, some never, and all of them switch their
webhooks off after a handful of refusals in a row; so every limit here lies far above an ordinary peak, and what is
refused is told to come back. docs/explanation/intake.md has the reasons in full.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from isthmus.web.rates import Rates
from isthmus.web.refusals import Refusal, busy

log = logging.getLogger("isthmus.web")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is taken on. The figures in brackets are what the defaults are meant to let pass."""

    #: Deliveries that wait for their commit (a disk that stands still for a second, at 600 deliveries a second).
    storing: int = 600
    #: Deliveries that arrived and were not looked at yet (a loop that is held up for 0.4 s, at the same rate). This is
    #: what keeps the answers quick when the processor is the narrow place: beyond it, queueing only makes all late.
    arrived: int = 256
    #: Bytes of bodies in memory, complete or still arriving (30 of the largest, or all of the above with 75 KB each).
    held_bytes: int = 64 * 1024 * 1024
    #: Deliveries on disk that nobody has read yet (ten days of a shop that sends 100,000 a day, with its API down).
    backlog: int = 1_000_000
    #: Bytes left on the database's disk (the engine needs some to finish what was taken on).
    free_bytes: int = 256 * 1024 * 1024
    #: A commit that takes longer than this means that the store stands still.
    stall_s: float = 5.0
    #: A sender is told to come back when its delivery is not stored by then; few listen longer.
    answer_s: float = 15.0
    #: While the store fails, one delivery is let through this often, to see whether it works again.
    probe_s: float = 1.0
    #: And when nobody has tried for so long, nothing is said to be wrong any more: who asks the health check before
    #: sending anything would otherwise never send again.
    forget_s: float = 30.0
    #: Verified deliveries of one connection (a minute of bulk changes far above what a shop sends for long).
    sender_per_s: float = 1_000
    sender_burst: float = 60_000
    #: Refused deliveries of one address (a shop whose secret was changed goes on for a while, too).
    stranger_per_s: float = 5
    stranger_burst: float = 100
    #: Addresses remembered for that.
    strangers: int = 10_000
    #: Connections (more than a shop or a proxy opens; what each may hold before its request is refused is small).
    connections: int = 2_048
    #: A request has this long from its first byte to its last, and a new connection for its first request.
    arrival_s: float = 15.0
    #: Longer than proxies keep a connection (60 s is common): whoever may send next should be the one who closes it.
    idle_s: float = 75.0
    #: A connection that was refused for want of room is not read for about so long: answering those who ignore when to
    #: come back would cost what there is for the others.
    pause_s: float = 1.5
    #: When all connections are taken, one that has been waiting for longer than this makes room for a new one.
    spare_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether deliveries are taken on, and if not, since when and why: for health checks and status pages."""

    taking: bool
    code: str = ""
    because: str = ""
    since: datetime | None = None


#: Why intake is closed until something changes, in words for whoever runs Isthmus; the first that holds is told.
CLOSED = {
    "stopping": "Isthmus is being stopped; deliveries are refused until it runs again.",
    "store_fails": "Deliveries cannot be stored: the database refuses or does not answer. The log says more.",
    "store_stalls": "The database takes very long to store; deliveries are refused until it has caught up.",
    "disk_full": "The database's disk is almost full: free some space, deliveries are taken again by themselves.",
    "backlog": "Too many deliveries wait to be read: see which connection is in trouble.",
}
LATER = {code: busy(code, "cannot store deliveries right now", retry_after_s=(30, 35, 40, 45, 50)) for code in CLOSED}
BUSY = busy("busy", "too many deliveries at once")


@dataclass(slots=True)
class Admission:
    """Counts what is under way and knows why nothing more may come in."""

    now: Callable[[], datetime]
    limits: Limits = field(default_factory=Limits)
    monotonic: Callable[[], float] = time.monotonic
    arrived: int = 0
    storing: int = 0
    held_bytes: int = 0
    _closed: dict[str, datetime] = field(default_factory=dict[str, datetime])
    _senders: Rates = field(init=False)
    _strangers: Rates = field(init=False)
    _friends: dict[str, None] = field(default_factory=dict[str, None])
    _writes: dict[int, float] = field(default_factory=dict[int, float])
    _probed_at: float = 0.0
    _failed_at: float = 0.0

    def __post_init__(self) -> None:
        """Start with nothing under way."""
        self._senders = Rates(self.limits.sender_per_s, self.limits.sender_burst, names=self.limits.strangers)
        self._strangers = Rates(self.limits.stranger_per_s, self.limits.stranger_burst, names=self.limits.strangers)

    # --- May one more come in? ----------------------------------------------------------------------------------------

    def refusal(self) -> Refusal | None:
        """Return why no delivery of anybody may come in now, None when one may."""
        if self._closed or self._writes:
            code = self._closed_now()
            if code:
                return LATER[code].next()
        return self.full()

    def full(self) -> Refusal | None:
        """Return a refusal when as much is under way as may be; for one that was let in and has arrived since."""
        limits = self.limits
        if self.arrived >= limits.arrived or self.storing >= limits.storing or self.held_bytes >= limits.held_bytes:
            return BUSY.next()
        return None

    def too_often(self, connection: str, address: str) -> Refusal | None:
        """Return why this sender may not send now, None when it may."""
        seconds = self.monotonic()
        if wait_s := self._senders.wait_s(connection, seconds):
            return _slower("too_many", "this connection sends more than can be taken", wait_s)
        # Behind a proxy strangers and shops come from one address; where a shop was heard, everybody is.
        if address not in self._friends and (wait_s := self._strangers.wait_s(address, seconds)):
            return _slower("too_many_refused", "too many refused deliveries came from this address", wait_s)
        return None

    def verified(self, connection: str, address: str) -> None:
        """Count a delivery whose sender is proven."""
        self._senders.spend(connection, self.monotonic())
        if address not in self._friends:
            self._friends[address] = None
            if len(self._friends) > self.limits.strangers:
                del self._friends[next(iter(self._friends))]

    def unproven(self, address: str) -> None:
        """Count a delivery that was refused for what it is."""
        self._strangers.spend(address, self.monotonic())

    # --- What the store says ------------------------------------------------------------------------------------------

    def write_began(self, number: int) -> None:
        """Note that some deliveries are on their way to the disk."""
        self._writes[number] = self.monotonic()

    def write_ended(self, number: int, *, failed: bool) -> None:
        """Note how that ended."""
        self._writes.pop(number, None)
        if failed:
            self._failed_at = self.monotonic()
            self.close("store_fails")
        elif "store_fails" in self._closed:
            self.reopen("store_fails")

    def close(self, code: str) -> None:
        """Take nothing more on, for one of the reasons in `CLOSED`; saying it again changes nothing."""
        if code not in self._closed:
            self._closed[code] = self.now()
            log.log(logging.INFO if code == "stopping" else logging.WARNING, "%s", CLOSED[code])

    def reopen(self, code: str) -> None:
        """Take back a reason."""
        if self._closed.pop(code, None) is not None and not self._closed:
            log.warning("deliveries are taken again (%s is over)", code)

    def standing(self) -> Standing:
        """Return how intake stands. A full house that empties within a second is no reason to worry and not told."""
        self._stalls()
        if self.monotonic() - self._failed_at > self.limits.forget_s:
            self.reopen("store_fails")
        for code, because in CLOSED.items():
            if code in self._closed:
                return Standing(taking=False, code=code, because=because, since=self._closed[code])
        return Standing(taking=True)

    def _closed_now(self) -> str:
        self._stalls()
        for code in CLOSED:
            if code in self._closed and not (code == "store_fails" and self._may_probe()):
                return code
        return ""

    def _may_probe(self) -> bool:
        """One at a time, and only when no earlier write is still out: else a store that hangs would collect them."""
        seconds = self.monotonic()
        if self._writes or self.arrived or seconds - self._probed_at < self.limits.probe_s:
            return False
        self._probed_at = seconds
        return True

    def _stalls(self) -> None:
        oldest = next(iter(self._writes.values()), None)
        if oldest is not None and self.monotonic() - oldest > self.limits.stall_s:
            self.close("store_stalls")
        else:
            self.reopen("store_stalls")


def _slower(code: str, message: str, wait_s: float) -> Refusal:
    return Refusal(429, code, message, max(1, int(wait_s) + 1))
