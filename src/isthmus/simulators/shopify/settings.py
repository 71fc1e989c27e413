"""What can be turned on a simulated shop, by argument or by environment.

`ISTHMUS_SIM_SHOPIFY_RESTORE` points a second, `_BUCKET` points held, `_TOKEN_S` life of an issued token,
`_WRITE_S` how long a write runs before its answer, `_WEBHOOK_GAPS` seconds between tries, joined by commas.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from isthmus.simulators.shopify.bucket import RESTORE_PER_S
from isthmus.simulators.shopify.webhooks import ANSWER_S, GAPS_S

_PREFIX = "ISTHMUS_SIM_SHOPIFY_"
#: The Plus plan's rate: the demonstration's shop is on it, so that 500 orders are a matter of seconds.
PLUS_PER_S = 1000.0
DAY_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits and times of one shop."""

    restore_per_s: float = RESTORE_PER_S
    bucket_size: float | None = None  # 20 seconds' worth, unless said otherwise
    token_s: float = DAY_S
    write_s: float = 0.0
    webhook_gaps_s: tuple[float, ...] = GAPS_S
    webhook_answer_s: float = ANSWER_S
    #: time over which the webhooks of the seeded orders are spread
    announce_s: float = 20.0

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] = os.environ, *, usual_restore_per_s: float = RESTORE_PER_S
    ) -> "Settings":
        """Return the usual settings with what the environment changes."""

        def number(name: str, usual: float) -> float:
            return float(environment.get(_PREFIX + name) or usual)

        gaps = environment.get(f"{_PREFIX}WEBHOOK_GAPS")
        size = environment.get(f"{_PREFIX}BUCKET")
        return cls(
            restore_per_s=number("RESTORE", usual_restore_per_s),
            bucket_size=float(size) if size else None,
            token_s=number("TOKEN_S", DAY_S),
            write_s=number("WRITE_S", 0.0),
            webhook_gaps_s=tuple(float(gap) for gap in gaps.split(",")) if gaps else GAPS_S,
            announce_s=number("ANNOUNCE_S", 20.0),
        )
