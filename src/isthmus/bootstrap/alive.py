"""Which processes of a project are at work, asked from beside them."""

from collections.abc import Sequence

from isthmus.engine.presence import LOST_S
from isthmus.kit.clock import SystemClock, to_micros
from isthmus.store.base import Store
from isthmus.store.level import level_of
from isthmus.store.statement import Row

#: The change of the schema that made the table they write themselves into.
SINCE = "0004_pre_workers"


async def alive(store: Store) -> Sequence[Row]:
    """Return the processes seen lately; none where the schema is older than they."""
    if SINCE not in (await level_of(store)).applied:
        return []
    before = to_micros(SystemClock().now()) - LOST_S * 1_000_000
    return [row for row in await store.read("processes") if row["seen_at"] > before]


def named(row: Row) -> str:
    """Return a process in words, such as `worker 4711 on erp-1 (0.1.0)`."""
    return f"{row['role']} {row['pid']} on {row['host']} ({row['version']})"
