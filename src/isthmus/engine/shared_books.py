"""An allowance many processes draw from: one row per connection, changed by compare-and-swap.

Nobody ever holds a lock while thinking, so a process that is stopped in the middle holds nobody up.
"""

import asyncio
import random
from collections.abc import Callable
from typing import TypeVar

import msgspec

from isthmus.engine import allowance
from isthmus.engine.allowance import Allowance, Terms
from isthmus.kit.clock import Clock
from isthmus.store.base import Store, one

T = TypeVar("T")
_DECODER = msgspec.json.Decoder(Allowance)
_chance = random.Random()  # noqa: S311 - spreads retries, protects nothing


class SharedBooks:
    """The allowance of one connection, kept in the store. Implements `gate.Books`.

    `clock` must tell the same time in every process: the store's own.
    """

    shared = True

    def __init__(self, store: Store, connection: str, terms: Terms, clock: Clock) -> None:
        """Know nothing yet."""
        self._store = store
        self._connection = connection
        self._terms = terms
        self._clock = clock
        self._known: tuple[int, bytes] | None = None  # version and state as last seen
        self._turn = asyncio.Lock()

    async def change(self, work: Callable[[Allowance, float], T]) -> T:
        """Run `work` on the newest state and keep what it did. Raises `StoreError`."""
        async with self._turn:
            while True:
                version, body = self._known or await self._read()
                now = self._clock.now().timestamp()
                state = _DECODER.decode(body) if body else allowance.opened(self._terms, now)
                result = work(state, now)
                after = msgspec.json.encode(state)
                rows = await self._store.now(
                    "keep_allowance", connection=self._connection, version=version, state=after.decode()
                )
                if rows:
                    self._known = (rows[0]["version"], after)
                    return result
                self._known = None
                await asyncio.sleep(_chance.uniform(0, 0.004))  # somebody was faster

    async def _read(self) -> tuple[int, bytes]:
        row = one(await self._store.read("allowance", connection=self._connection))
        return (0, b"") if row is None else (row["version"], row["state"].encode())
