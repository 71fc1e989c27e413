"""Remembers writes by their key, so that saying it twice does it once.

Source: https://shopify.dev/docs/api/usage/idempotent-requests
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

#: how long a key is remembered; Shopify does not say, a day is the common reading
KEPT_S = 24 * 3600.0

CONCURRENT = (
    "IDEMPOTENCY_CONCURRENT_REQUEST",
    "This request is currently in progress, please try again.",
)
MISMATCH = (
    "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
    "The same idempotency key cannot be used with different operation parameters.",
)
FAILED = (
    "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
    "A previous request with this idempotency key failed. Retry with a new idempotency key.",
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A write that was tried."""

    parameters: str
    result: Any
    failed: bool
    done_at: float
    expires_at: float


class Attempts:
    """The memory; one per shop."""

    def __init__(self, takes_s: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        """A write counts as running for `takes_s` after it began."""
        self._takes_s = takes_s
        self._clock = clock
        self._known: dict[tuple[str, str], Attempt] = {}

    def earlier(self, mutation: str, key: str, parameters: Mapping[str, Any]) -> Attempt | tuple[str, str] | None:
        """Return the attempt to repeat the answer of, a (code, message) refusal, or nothing for a new key."""
        known = self._known.get((mutation, key))
        if known is None or known.expires_at < self._clock():
            return None
        if known.parameters != _text(parameters):
            return MISMATCH
        if known.done_at > self._clock():
            return CONCURRENT
        return FAILED if known.failed else known

    def keep(self, mutation: str, key: str, parameters: Mapping[str, Any], result: Any, *, failed: bool) -> None:
        """Remember what came of a write."""
        now = self._clock()
        done_at = now + self._takes_s
        self._known[mutation, key] = Attempt(_text(parameters), result, failed, done_at, now + KEPT_S)


def _text(parameters: Mapping[str, Any]) -> str:
    return json.dumps(parameters, sort_keys=True, default=str)
