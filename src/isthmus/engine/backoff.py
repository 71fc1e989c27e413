"""How long to wait before the next try, and for how long to keep trying.

The waits grow to half an hour and go on for three days: longer than the longest planned outage
(R-RTY-02), so a weekend without the ERP parks nothing.
"""

import random
from datetime import datetime, timedelta

HORIZON = timedelta(days=3)
_FIRST_S = 2.0
_LONGEST_S = 1800.0
#: Spreads retries; a simulation that is to repeat itself seeds it.
CHANCE = random.Random()  # noqa: S311 - it protects nothing


def wait(attempts: int) -> timedelta:
    """Return the wait after the `attempts`-th failure (1 is the first): doubling, up to 30 minutes, +-20 %."""
    seconds = min(_LONGEST_S, _FIRST_S * 2.0 ** min(attempts - 1, 20))
    return timedelta(seconds=seconds * CHANCE.uniform(0.8, 1.2))


def exhausted(first_failed_at: datetime | None, now: datetime) -> bool:
    """Tell whether the horizon has passed since the first failure of this run of failures."""
    return first_failed_at is not None and now - first_failed_at > HORIZON
