"""When a connection counts as down: too many failures in a row, or too large a part of the last calls. Pure."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

#: So many in a row are no accident, whatever came before.
IN_A_ROW = 6
#: Or this part of the last calls, once there were enough of them within a minute.
PART, CALLS, SPAN = 0.6, 20, timedelta(seconds=60)
#: Pauses between two canaries: soon at first, for most outages are restarts.
PAUSES_S = (5, 5, 10, 15, 30, 60)
#: Nobody can hurry a person with new credentials.
AUTH_PAUSE_S = 60


@dataclass(slots=True)
class Breaker:
    """Counts the calls of this process to one system."""

    _row: int = 0
    _began: datetime | None = None  # of the failures in a row
    _last: deque[tuple[datetime, bool]] = field(default_factory=lambda: deque[tuple[datetime, bool]](maxlen=CALLS))

    @property
    def began(self) -> datetime | None:
        """Return when the failures in a row began."""
        return self._began

    def well(self, now: datetime) -> None:
        """Count an answer, whatever it said: the system is there."""
        self._row, self._began = 0, None
        self._last.append((now, True))

    def failed(self, now: datetime) -> bool:
        """Count a failure and tell whether the connection counts as down now."""
        self._row += 1
        self._began = self._began or now
        self._last.append((now, False))
        recent = [well for at, well in self._last if now - at <= SPAN]
        many = len(recent) == CALLS and recent.count(False) >= PART * CALLS
        return self._row >= IN_A_ROW or many

    def reset(self) -> None:
        """Forget everything: it was opened, and closed again."""
        self._row, self._began = 0, None
        self._last.clear()


def pause_s(failures: int, code: str) -> int:
    """Return the seconds to the next canary after so many that failed."""
    if code == "auth_expired":
        return AUTH_PAUSE_S
    return PAUSES_S[min(failures, len(PAUSES_S) - 1)]
