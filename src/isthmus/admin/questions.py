"""The questions that wait for a person, those with the same cause together."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from isthmus.admin.views import COUNTED, ParkedJob
from isthmus.engine.context import Context
from isthmus.engine.lacking import lack_of
from isthmus.kit.clock import from_micros
from isthmus.store.statement import Row

#: Records shown of one cause; the rest is a list of its own.
SHOWN = 25


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Parked jobs of one flow with one code, the oldest first; `jobs` counts those not shown too, up to `COUNTED`."""

    flow: str
    code: str
    jobs: int
    oldest_at: datetime
    shown: Sequence[ParkedJob]


async def questions(context: Context, shown: int = SHOWN) -> list[Question]:
    """Return what is asked, the question that holds back most first."""
    return [
        Question(
            flow=row["flow"],
            code=row["code"],
            jobs=row["jobs"],
            oldest_at=from_micros(row["oldest"]),
            shown=await _jobs(context, row["flow"], row["code"], shown),
        )
        for row in await context.store.read("parked_codes", most=COUNTED + 1)
    ]


async def _jobs(context: Context, flow: str, code: str, wish: int) -> list[ParkedJob]:
    rows = await context.store.read("parked_with_code", flow=flow, code=code, wish=wish)
    return [parked_job(row) for row in rows]


def parked_job(row: Row) -> ParkedJob:
    """Return a parked job as people are shown it."""
    lack = lack_of(row["waits_for"])
    return ParkedJob(
        flow=row["flow"],
        subject=row["subject"],
        number=row["number"],
        code=row["code"],
        because=row["because"],
        since=from_micros(row["since"]),
        answers=msgspec.json.decode(row["answers"], type=list[str]),
        table=lack.table if lack else "",
        words=lack.words if lack else (),
    )
