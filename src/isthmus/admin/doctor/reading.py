"""Reading a system's records for a look, for a limited time and without keeping them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from isthmus.admin.doctor.diagnosis import Told
from isthmus.canonical.record import Record
from isthmus.engine.connections import Connection
from isthmus.kit.clock import Clock

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Read(Generic[R]):
    """What was read of a kind; `whole` unless the time was over before the end."""

    records: tuple[R, ...]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads whole streams, each for at most `limit`; `told` hears how far it is."""

    clock: Clock
    told: Told
    limit: timedelta

    async def all_of(self, kind: type[R], name: str, connection: Connection) -> Read[R]:
        """Return what a system holds now, the last reading of each record, deleted ones left out.

        Raises `Misconfigured` where it gives no such records, and whatever a call may raise.
        """
        until = self.clock.now() + self.limit
        found: dict[str, R] = {}
        what = f"{name.replace('_', ' ')}s of {connection.name}"
        self.told(what, 0)
        async for page in connection.source(name).changes(None):
            found.update({one.external_id: one for one in page.records if isinstance(one, kind)})
            self.told(what, len(found))
            if page.last:
                break
            if self.clock.now() >= until:
                return Read(_living(found), whole=False)
        return Read(_living(found))


def _living(found: dict[str, R]) -> tuple[R, ...]:
    return tuple(one for one in found.values() if one.deleted_at is None)
