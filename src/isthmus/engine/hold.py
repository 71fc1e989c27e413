"""Why nothing is asked of a connection, or nothing done for a flow, and until when. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEK = 7


class Why(StrEnum):
    """What put something on hold, the strongest first."""

    PAUSED = "paused"  # by a person
    WINDOW = "window"  # planned maintenance
    DOWN = "down"  # found out by calling


@dataclass(frozen=True, slots=True)
class Hold:
    """One reason to wait. `until` is None for as long as nobody ends it; `next_look` is the next canary's."""

    why: Why
    because: str
    since: datetime
    until: datetime | None = None
    code: str = ""
    next_look: datetime | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """Planned maintenance: weekly on `days`, but not on `except_on`, from `begins` to `ends` by the clock of `zone`.

    One that ends earlier than it begins ends on the next day. With `first` and `last` it takes place once.
    """

    because: str = ""
    days: Sequence[str] = DAYS
    begins: time = time()
    ends: time = time()
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    first: datetime | None = None
    last: datetime | None = None
    except_on: Sequence[date] = ()

    def at(self, now: datetime) -> Hold | None:
        """Return the hold this window is at `now`, if it is one."""
        for begin, end in self._near(now):
            if begin <= now < end:
                return Hold(Why.WINDOW, self.because or "planned maintenance", begin, end)
        return None

    def following(self, now: datetime) -> datetime | None:
        """Return when it begins next, after `now`."""
        return min((begin for begin, _end in self._near(now) if begin > now), default=None)

    def _near(self, now: datetime) -> list[tuple[datetime, datetime]]:
        if self.first is not None and self.last is not None:
            return [(self.first, self.last)]
        today = now.astimezone(self.zone).date()
        return [
            self._on(today + timedelta(days=offset)) for offset in range(-1, _WEEK + 1) if self._meant(today, offset)
        ]

    def _meant(self, today: date, offset: int) -> bool:
        day = today + timedelta(days=offset)
        return DAYS[day.weekday()] in self.days and day not in self.except_on

    def _on(self, day: date) -> tuple[datetime, datetime]:
        begin = datetime.combine(day, self.begins, self.zone)
        end = datetime.combine(day if self.ends > self.begins else day + timedelta(days=1), self.ends, self.zone)
        return begin, end


def strongest(holds: Sequence[Hold]) -> Hold | None:
    """Return the hold to tell of: a person's word first, then plans, then what was found out; of equals the longest."""
    order = list(Why)

    def rank(hold: Hold) -> tuple[int, bool, float]:
        return order.index(hold.why), hold.until is not None, -hold.until.timestamp() if hold.until else 0.0

    return min(holds, key=rank, default=None)
