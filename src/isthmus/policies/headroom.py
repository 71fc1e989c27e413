"""Which limit would be hit at a multiple of today's volume, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal


@dataclass(frozen=True, slots=True)
class Use:
    """What was used in one span of time: `growing` multiplies with the volume, `steady` does not."""

    growing: int
    steady: int

    def at(self, volume: Decimal) -> Decimal:
        """Return what it would be at so many times the volume."""
        return self.growing * volume + self.steady


@dataclass(frozen=True, slots=True)
class Headroom:
    """How a day would have gone at a multiple of its volume.

    `shares` says how full the stretch of time was that ended with each span (1: exactly used up), `busiest` which of
    them was the fullest.
    `hit` is the first span in which more would have been wanted than is allowed, None when there is none. `most` is
    the greatest multiple without one, rounded down to a tenth; None where nothing grows with the volume.
    """

    shares: Sequence[Decimal]
    busiest: int
    hit: int | None
    most: Decimal | None


def headroom(uses: Sequence[Use], allowed: Decimal, width: int, volume: Decimal) -> Headroom:
    """Judge spans of equal length, the oldest first: at most `allowed` may be used in any `width` of them together.

    `uses` must not be empty, `allowed` and `width` be greater than zero.
    """
    stretches = [_together(uses[max(0, end - width + 1) : end + 1]) for end in range(len(uses))]
    shares = [each.at(Decimal(1)) / allowed for each in stretches]
    busiest = max(range(len(uses)), key=shares.__getitem__)
    hit = next((end for end, each in enumerate(stretches) if each.at(volume) > allowed), None)
    fits = [(allowed - each.steady) / each.growing for each in stretches if each.growing]
    most = max(Decimal(0), min(fits)).quantize(Decimal("0.1"), ROUND_DOWN) if fits else None
    return Headroom(shares, busiest, hit, most)


def _together(uses: Sequence[Use]) -> Use:
    return Use(sum(each.growing for each in uses), sum(each.steady for each in uses))
