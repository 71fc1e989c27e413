"""Named places where a crash test may end the process.

`ISTHMUS_FAILPOINT=orders.created:3` kills the process (as `kill -9` would) when that point is
reached for the third time. Without the variable a point costs one look into an empty dictionary.
"""

import os
import signal
from collections import Counter

#: Every point there is; crash tests walk this list, so a point that is not here does not exist.
POINTS = frozenset(
    {
        "intake.read",
        "intake.stored",
        "poll.page_stored",
        "poll.finished",
        "job.claimed",
        "intent.opened",
        "intent.put",
        "job.finished",
        "stock.pushed",
    }
)
_reached: Counter[str] = Counter()


def _armed() -> dict[str, int]:
    wish = os.environ.get("ISTHMUS_FAILPOINT", "")
    name, _, count = wish.partition(":")
    if name and name not in POINTS:
        message = f"no failpoint {name!r}; there are: {', '.join(sorted(POINTS))}"
        raise ValueError(message)
    return {name: int(count or 1)} if name else {}


_ARMED = _armed()


def failpoint(name: str) -> None:
    """Pass, or die here when a crash test asked for it."""
    if name not in _ARMED:
        return
    _reached[name] += 1
    if _reached[name] >= _ARMED[name]:
        os.kill(os.getpid(), signal.SIGKILL)
