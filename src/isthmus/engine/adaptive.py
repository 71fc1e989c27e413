"""How many calls at a time a system bears that publishes no limit. Pure.

One more after a round of answers that were no slower than usual, a third less after a refusal or a failure, one less
when answers take several times as long as the best ones did: the queue is on the other side then.
"""

from dataclasses import dataclass

#: Where to begin, unless fewer are allowed.
START = 4
#: Slower than this many times the usual, and by so much, is no accident.
SLOW_TIMES, SLOW_BY_S = 4.0, 0.25
_OLD, _NEW = 0.8, 0.2


@dataclass(slots=True)
class Adaptive:
    """The number of calls at a time, between 1 and `ceiling`. Not adaptive: always `ceiling`."""

    ceiling: int
    moves: bool
    most: int = 0
    _streak: int = 0
    _usual_s: float = 0.0
    _recent_s: float = 0.0
    _calm: int = 0  # answers to wait for before another step down: those on their way tell of the old pace

    def __post_init__(self) -> None:
        """Begin low."""
        self.most = min(self.ceiling, START) if self.moves else self.ceiling

    def answered(self, took_s: float) -> None:
        """Take in an answer."""
        if not self.moves:
            return
        self._recent_s = took_s if self._recent_s == 0 else _OLD * self._recent_s + _NEW * took_s
        # The usual time may rise only slowly, or an overloaded server would count as usual.
        self._usual_s = took_s if self._usual_s == 0 else min(took_s, self._usual_s * 1.01)
        self._calm = max(0, self._calm - 1)
        self._streak += 1
        if self._recent_s > SLOW_TIMES * self._usual_s and self._recent_s > self._usual_s + SLOW_BY_S:
            self._down(self.most - 1)
        elif self._streak >= self.most:
            self._streak = 0
            self.most = min(self.ceiling, self.most + 1)

    def refused(self) -> None:
        """Take in that the other side had too much to do, or did not answer."""
        if self.moves:
            self._down(self.most * 2 // 3)

    def _down(self, to: int) -> None:
        self._streak = 0
        if self._calm == 0:
            self._calm = self.most
            self.most = max(1, to)
