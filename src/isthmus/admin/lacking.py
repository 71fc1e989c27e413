"""Questions that a row in a code table answers: which words are asked for, and what goes on once they have a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from isthmus.engine.context import Context
from isthmus.engine.lacking import lack_of
from isthmus.kit.clock import from_micros, to_micros
from isthmus.store.statement import Row, Step, say

#: Causes of which some are answered so.
CODES = ("unmapped", "unknown_sku")
#: Every process looks once a second whether a table has changed: what goes on before that could meet the old rows.
SETTLES = timedelta(seconds=2)
ALL = 1_000_000
LOT = 200
#: So many rows have a line of the audit trail each; a longer paste has one for all.
LINES = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """A word that parked jobs of one flow wait for."""

    flow: str
    table: str
    word: str
    jobs: int
    newest_at: datetime


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that was written: None stands for no row."""

    word: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Landing:
    """Where rows were written, by whom and why."""

    table: str
    where: str
    by: str
    action: str = "tables"
    why: str = ""


async def asked(context: Context, flows: Sequence[str]) -> list[Asked]:
    """Return every word that is waited for, what holds back most first."""
    found: dict[tuple[str, str, str], list[int]] = {}
    for flow in flows:
        for row in await _parked(context, flow):
            if (lack := lack_of(row["waits_for"])) is not None:
                for word in lack.words:
                    found.setdefault((flow, lack.table, word), []).append(row["since"])
    return sorted(
        (Asked(*key, len(times), from_micros(max(times))) for key, times in found.items()),
        key=lambda each: (-each.jobs, each.flow, each.table, each.word),
    )


async def waiting(context: Context, flow: str, table: str, words: Sequence[str]) -> list[Row]:
    """Return the jobs of a flow that wait for one of these words."""
    wanted = set(words)
    return [
        row
        for row in await _parked(context, flow)
        if (lack := lack_of(row["waits_for"])) and lack.table == table and wanted.intersection(lack.words)
    ]


async def landed(context: Context, place: Landing, changes: Sequence[RowChange], waking: Sequence[Row]) -> int:
    """Write down who changed which rows, and let the jobs go on that waited for them; return how many there were.

    They go on once every process has seen the new rows.
    """
    now, soon = context.micros(), to_micros(context.now() + SETTLES)
    await context.store.write(*_told(now, place, changes))
    woken = 0
    for start in range(0, len(waking), LOT):
        rows = await context.store.write(
            *(
                say("retry_jobs", flow=row["flow"], code=row["code"], subject=row["subject"], number="", now=soon)
                for row in waking[start : start + LOT]
            )
        )
        woken += sum(len(each) for each in rows)
    context.stir.set()
    return woken


def _told(now: int, place: Landing, changes: Sequence[RowChange]) -> list[Step]:
    if len(changes) > LINES:
        after = f"{len(changes)} rows"
        return [_audit(now, place, place.table, "", after)]
    return [
        _audit(now, place, f"{place.table}: {each.word}", each.before or "", "" if each.after is None else each.after)
        for each in changes
    ]


def _audit(now: int, place: Landing, target: str, before: str, after: str) -> Step:
    why = f"{place.why} ({place.where})".strip()
    return say(
        "add_audit", now=now, who=place.by, action=place.action, target=target, before=before, after=after, why=why
    )


async def _parked(context: Context, flow: str) -> list[Row]:
    found: list[Row] = []
    for code in CODES:
        found += await context.store.read("parked_with_code", flow=flow, code=code, wish=ALL)
    return found
