"""What the store knows by itself, without a call to any system and without changing anything: for books and exports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from isthmus.kit.clock import from_micros, to_micros
from isthmus.ports.probe import Report
from isthmus.store.base import Store
from isthmus.store.level import level_of
from isthmus.store.statement import Row, listed

#: Volume is counted over so many days, and up to so many records of each flow.
DAYS = 7
MOST = 100_000


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions of one flow with one code."""

    flow: str
    code: str
    jobs: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What a connection said of itself when it was asked last."""

    version: str = ""
    api_version: str = ""
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is in the store; `because` says why nothing is known, and is empty otherwise."""

    because: str = ""
    schema: str = ""
    done: Mapping[str, int] = field(default_factory=dict[str, int])
    seen: Mapping[str, Seen] = field(default_factory=dict[str, Seen])
    asked: Sequence[Asked] = ()

    def volume(self, flow: str) -> str:
        """Return how much a flow brought, in words."""
        if self.because:
            return f"not known: {self.because}"
        records = self.done.get(flow, 0)
        return f"{records:,}{' or more' if records >= MOST else ''} records brought in the last {DAYS} days"


async def known(store: Store, flows: Sequence[str], now: datetime) -> Known:
    """Return what the store knows of these flows. Raises `StoreError`."""
    level = await level_of(store)
    if not level.applied or level.waits("pre"):
        return Known("the database is not at the schema of this Isthmus yet; `isthmus up` brings it there")
    since = to_micros(now - timedelta(days=DAYS))
    done = await store.read("flow_done", flows=listed(flows), since=since, most=MOST) if flows else []
    return Known(
        schema=level.newest("pre") or level.applied[-1],
        done={row["flow"]: row["jobs"] for row in done},
        seen={row["name"]: _seen(row) for row in await store.read("connections")},
        asked=[Asked(row["flow"], row["code"], row["jobs"]) for row in await store.read("parked_codes", most=MOST)],
    )


def _seen(row: Row) -> Seen:
    report = msgspec.json.decode(row["report"], type=Report) if row["report"] else None
    if report is None:
        return Seen()
    asked_at = from_micros(row["probed_at"]) if row["probed_at"] else None
    return Seen(report.version, report.api_version, asked_at)
