"""Faults a simulator can be told to show, and when they strike.

Kinds before the effect: the request changes nothing. Kinds after it: the change is kept and the
answer is lost, late or damaged, which is what makes duplicates in careless integrations.
"""

import random
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, cast

BEFORE_EFFECT = frozenset(
    {
        "status_500",
        "status_503",
        "hang",
        "reset",
        "throttle",
        "throttle_no_hint",
        "html",
        "wrong_type",
        "expire_auth",
    }
)
AFTER_EFFECT = frozenset({"commit_then_drop", "slow_commit", "truncate"})
WEBHOOK = frozenset({"duplicate_webhook", "drop_webhook", "delay_webhook", "reorder_webhook"})
#: The look-up behind the request lags: what was made within the last `seconds` is not shown yet.
LOOK = frozenset({"lagging_look"})
KINDS = BEFORE_EFFECT | AFTER_EFFECT | LOOK | WEBHOOK
#: How far the look-ups of the request being answered lag behind, in seconds.
LAG: ContextVar[float] = ContextVar("lag", default=0.0)


@dataclass(slots=True)
class Fault:
    """One standing order: strike `count` times, or at `rate`, on operations containing `match`; `=name` is that one."""

    kind: str
    count: int | None = None
    rate: float | None = None
    match: str = ""
    seconds: float = 5.0  # how long `hang`, `slow_commit`, `delay_webhook` take, `lagging_look` lags
    hits: int = 0


class BadFault(ValueError):
    """The fault order cannot be understood; the message says why."""


class Faults:
    """The standing orders of one simulator, drawn from a seeded chance so runs repeat."""

    def __init__(self, seed: int = 0) -> None:
        """Start without faults."""
        self._seed = seed
        self._chance = random.Random(seed)  # noqa: S311 - repeatable chance, not secrecy
        self._orders: list[Fault] = []
        self._ended: dict[str, int] = {}

    def set(self, order: Any) -> Fault:
        """Take an order such as `{"kind": "reset", "count": 3, "match": "sale.order.create"}`.

        `rate` 0 ends every fault of that kind and match. With a `seed` the chance begins anew. Raises `BadFault`.
        """
        fault = _parse(order)
        if "seed" in order:
            self._chance = random.Random(_seed(order["seed"]))  # noqa: S311 - repeatable chance, not secrecy
        for old in [o for o in self._orders if (o.kind, o.match) == (fault.kind, fault.match)]:
            self._retire(old)
        if fault.rate != 0 and fault.count != 0:
            self._orders.append(fault)
        return fault

    def draw(self, operation: str, kinds: frozenset[str] = BEFORE_EFFECT | AFTER_EFFECT | LOOK) -> Fault | None:
        """Return the fault that strikes this operation now, if any, and count it."""
        for fault in self._orders:
            if fault.kind not in kinds or not _fits(fault.match, operation):
                continue
            if fault.rate is not None and self._chance.random() >= fault.rate:
                continue
            fault.hits += 1
            if fault.count is not None:
                fault.count -= 1
                if fault.count == 0:
                    self._retire(fault)
            return fault
        return None

    def clear(self) -> None:
        """End every fault, forget the counts and start the chance anew."""
        self._orders.clear()
        self._ended.clear()
        self._chance = random.Random(self._seed)  # noqa: S311 - repeatable chance, not secrecy

    def struck(self) -> dict[str, int]:
        """Return how often each kind struck since the last reset."""
        totals = dict(self._ended)
        for fault in self._orders:
            if fault.hits:
                totals[fault.kind] = totals.get(fault.kind, 0) + fault.hits
        return totals

    def _retire(self, fault: Fault) -> None:
        self._orders.remove(fault)
        if fault.hits:
            self._ended[fault.kind] = self._ended.get(fault.kind, 0) + fault.hits


def _fits(match: str, operation: str) -> bool:
    return operation == match[1:] if match.startswith("=") else match in operation


def _parse(wish: Any) -> Fault:
    order = cast("dict[str, Any]", wish) if isinstance(wish, dict) else {}
    if order.get("kind") not in KINDS:
        message = f"'kind' must be one of: {', '.join(sorted(KINDS))}"
        raise BadFault(message)
    count, rate = order.get("count"), order.get("rate")
    if (count is None) == (rate is None):
        message = "give either 'count' (strikes) or 'rate' (0 to 1)"
        raise BadFault(message)
    if count is not None and (not isinstance(count, int) or count < 0):
        message = "'count' must be a whole number, 0 or more"
        raise BadFault(message)
    if rate is not None and (not isinstance(rate, int | float) or not 0 <= rate <= 1):
        message = "'rate' must be between 0 and 1"
        raise BadFault(message)
    return Fault(
        kind=order["kind"],
        count=count,
        rate=rate,
        match=str(order.get("match") or ""),
        seconds=float(order.get("seconds", 5.0)),
    )


def _seed(wish: Any) -> int:
    if not isinstance(wish, int):
        message = "'seed' must be a whole number"
        raise BadFault(message)
    return wish
