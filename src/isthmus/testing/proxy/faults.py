"""What the proxy may do to a request, and which requests it does it to."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

KINDS: Mapping[str, str] = {
    "latency": "wait `seconds`, more or less by up to `jitter`, before it is passed on",
    "reset": "reset the connection; the other side never sees it",
    "hang": "say nothing for `seconds`, then reset; the other side never sees it",
    "slow": "let the answer come in pieces, over `seconds`",
    "bandwidth": "let the answer through at `bytes_per_s`",
    "truncate": "let half of the answer through, then close",
    "drop": "pass it on, take the whole answer, then reset: the other side has done it and nobody hears of it",
    "abandon": "pass it on and reset after `seconds`, whether or not the other side is done",
}
_NUMBERS = {"rate": float, "count": int, "nth": int, "seconds": float, "jitter": float, "bytes_per_s": int}


class BadFault(ValueError):
    """The fault cannot be understood; the message says why."""


@dataclass(slots=True)
class Fault:
    """One standing order.

    It strikes requests whose name contains `match` (all of them when empty): each with probability `rate`, at most
    `count` times, or only the `nth` one (1 is the first).
    """

    kind: str
    match: str = ""
    rate: float = 1.0
    count: int | None = None
    nth: int | None = None
    seconds: float = 1.0
    jitter: float = 0.0
    bytes_per_s: int = 10_000
    seen: int = 0
    hits: int = 0

    def __post_init__(self) -> None:
        """Raise `BadFault` for what makes no sense."""
        if self.kind not in KINDS:
            message = f"there is no fault {self.kind!r}; there are: {', '.join(KINDS)}"
            raise BadFault(message)
        if not 0 <= self.rate <= 1:
            message = f"rate must be between 0 and 1, not {self.rate}"
            raise BadFault(message)
        below = min(self.seconds, self.jitter, self.bytes_per_s - 1, self.count or 0, self.nth or 0)
        if below < 0 or 0 in (self.count, self.nth):
            message = "seconds and jitter must not be negative; count, nth and bytes_per_s must be 1 or more"
            raise BadFault(message)

    def strikes(self, name: str, chance: random.Random) -> bool:
        """Tell whether this request is to be spoilt, and count it."""
        if self.match not in name:
            return False
        self.seen += 1
        if (self.nth is not None and self.seen != self.nth) or (self.count is not None and self.hits >= self.count):
            return False
        if self.rate < 1 and chance.random() >= self.rate:
            return False
        self.hits += 1
        return True


@dataclass(slots=True)
class Faults:
    """The standing orders of one proxy, drawn from a seeded chance so that runs repeat."""

    seed: int = 0
    orders: list[Fault] = field(default_factory=list[Fault])
    _past: Counter[str] = field(default_factory=Counter[str])
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        """Draw from the seed."""
        self._chance = random.Random(self.seed)  # noqa: S311 - repeatable chance, not secrecy

    def draw(self, name: str) -> Sequence[Fault]:
        """Return the faults that strike a request now; several may, such as latency and a reset."""
        return [each for each in self.orders if each.strikes(name, self._chance)]

    def wait_s(self, fault: Fault) -> float:
        """Return how long `latency` takes this time."""
        return max(0.0, fault.seconds + self._chance.uniform(-fault.jitter, fault.jitter))

    def clear(self) -> None:
        """End all of them; what they did stays counted."""
        self._past = self.struck()
        self.orders.clear()

    def struck(self) -> Counter[str]:
        """Return how often each kind struck."""
        return sum((Counter({each.kind: each.hits}) for each in self.orders), start=Counter(self._past))


def parse(text: str) -> Fault:
    """Read `kind` or `kind:key=value,...`, such as `drop:match=sale.order.create,nth=2`. Raises `BadFault`."""
    kind, _, rest = text.partition(":")
    said: dict[str, Any] = {}
    for pair in filter(None, rest.split(",")):
        key, mark, value = pair.partition("=")
        key = key.strip()
        if not mark or (key != "match" and key not in _NUMBERS):
            message = f"{pair!r} is not one of: match=..., {', '.join(f'{name}=...' for name in _NUMBERS)}"
            raise BadFault(message)
        try:
            said[key] = value if key == "match" else _NUMBERS[key](value)
        except ValueError:
            message = f"{key} must be a number, not {value!r}"
            raise BadFault(message) from None
    return Fault(kind.strip(), **said)
