"""What every part of the engine and every flow works with."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from isthmus.canonical.kinds import KINDS
from isthmus.canonical.record import Record
from isthmus.engine.connections import Connection, Connections
from isthmus.kit.clock import Clock, to_micros
from isthmus.ports.errors import Misconfigured
from isthmus.store.base import Store, one
from isthmus.store.records import Mirrored, Standing, mirrored, standing
from isthmus.store.statement import listed

R = TypeVar("R", bound=Record)


@dataclass(slots=True)
class Context:
    """The store, the clock and the connections of one running project."""

    store: Store
    clock: Clock
    connections: Connections
    #: Set whenever new work may be due, so that nobody waits for the next look.
    stir: asyncio.Event = field(default_factory=asyncio.Event)
    #: Streams that were read to their end once, which stays so.
    covered: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def now(self) -> datetime:
        """Return the time, aware and in UTC."""
        return self.clock.now()

    def micros(self) -> int:
        """Return the time as the store keeps it."""
        return to_micros(self.clock.now())

    def connection(self, name: str) -> Connection:
        """Return a connection by name. Raises `Misconfigured`."""
        found = self.connections.get(name)
        if found is None:
            message = f"there is no connection named {name!r}"
            raise Misconfigured(message)
        return found

    async def mirrored(self, kind: type[R], connection: str, external_id: str) -> Mirrored[R] | None:
        """Return one record of the mirror."""
        name = _KIND_NAMES[kind]
        row = one(await self.store.read("record", connection=connection, kind=name, external_id=external_id))
        return None if row is None else mirrored(kind, row)

    async def by_number(self, kind: type[R], connection: str, numbers: Sequence[str]) -> list[Mirrored[R]]:
        """Return the living records of the mirror with one of these numbers."""
        rows = await self.store.read(
            "records_by_number", connection=connection, kind=_KIND_NAMES[kind], numbers=listed(numbers)
        )
        return [mirrored(kind, row) for row in rows]

    async def standing(
        self, kind: type[R], connection: str, external_id: str, *, other: str, key: str
    ) -> Standing[R] | None:
        """Return one record of the mirror and how it stands with connection `other`, where it has the key `key`."""
        rows = await self.store.read(
            "standing", connection=connection, kind=_KIND_NAMES[kind], external_id=external_id, other=other, key=key
        )
        return standing(kind, rows[0]) if rows else None


_KIND_NAMES: dict[type[Record], str] = {cls: name for name, cls in KINDS.items()}
