"""Reconciliation: ask for it, watch it, read what it found, answer its questions."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import msgspec

from isthmus.admin.holds import NotThere
from isthmus.engine.context import Context
from isthmus.engine.proof import Proof
from isthmus.engine.sweep import Sweep
from isthmus.engine.tally import Tally, tally_of
from isthmus.flows.proof_reasons import sight_of
from isthmus.kit.clock import from_micros, to_micros
from isthmus.kit.fresh import fresh_id
from isthmus.kit.names import nearest
from isthmus.store.base import one
from isthmus.store.statement import Row, Statement, listed, say

#: Rows read at a time.
PAGE = 500
#: How long the one who waits for a run looks away.
LOOK_S = 0.5
#: Who works off reconciliations, and how lately they must have been heard of.
SERVING = ("up", "scheduler")
SEEN = timedelta(seconds=30)


class ProofRun(msgspec.Struct, frozen=True, kw_only=True):
    """One flow's reconciliation of one day. `state`: listing, comparing or done."""

    run: int
    flow: str
    source: str
    destination: str
    day: str
    state: str
    asked_at: datetime
    finished_at: datetime | None
    listed: int
    tally: Tally
    because: str


class ProofRow(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was found, as it was written; `digest` covers it and every row before it."""

    id: int
    run: int
    flow: str
    day: str
    verdict: str
    finding: str
    code: str
    because: str
    subject: str
    number: str
    fields: Sequence[str]
    evidence: dict[str, Sequence[str]]
    at: datetime
    previous: str
    digest: str


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """What a reconciliation of some days has found."""

    first: str
    last: str
    runs: Sequence[ProofRun]
    rows: Sequence[ProofRow]  # open ones

    @property
    def open(self) -> int:
        """Return how many rows nobody has explained."""
        return sum(each.tally.open for each in self.runs)


def chosen(sweep: Sweep, flow: str) -> list[Proof]:
    """Return the proofs of a flow, or all of them. Raises `NotThere`."""
    if flow and flow not in sweep.proofs:
        there = ", ".join(sweep.proofs) or "none"
        message = f"no flow {flow!r} can be reconciled{nearest(flow, sweep.proofs)}; there are: {there}"
        raise NotThere(message)
    return [sweep.proofs[flow]] if flow else list(sweep.proofs.values())


@dataclass(frozen=True, slots=True)
class Wish:
    """Runs somebody asked for, by the names they were asked under."""

    asked: Sequence[str]


async def ask(sweep: Sweep, now: datetime, *, flow: str, first: date, last: date, by: str) -> Wish:
    """Ask for the reconciliation of days. What is compared as it is now is asked for once, under today's date."""
    names: list[str] = []
    wish = fresh_id()
    for proof in chosen(sweep, flow):
        today = now.astimezone(proof.zone).date()
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)] if proof.daily else [today]
        for day in days:
            name = f"{wish}:{proof.flow}:{day}"
            await sweep.ask(proof.flow, day, asked=name, who=by)
            names.append(name)
    return Wish(names)


async def finish(
    context: Context,
    sweep: Sweep,
    wish: Wish,
    *,
    told: Callable[[Sequence[ProofRun]], None] = lambda _runs: None,
) -> list[ProofRun]:
    """See the runs of a wish to their end and return them. What fails is left as it is.

    Where a program of this project is running, it does the work, within its own budget of calls; otherwise we do.

    A run that waits for a system (`because` says why) ends the waiting: it goes on with the next scheduler, or when
    it is asked for again.
    """
    while True:
        worked = not await _served(context) and await sweep.step()
        runs = await runs_of(context, sweep, wish)
        told(runs)
        if all(each.state == "done" for each in runs) or any(each.because for each in runs):
            return runs
        if not worked:
            await asyncio.sleep(LOOK_S)


async def _served(context: Context) -> bool:
    """Tell whether a process that works off reconciliations is there."""
    since = to_micros(context.now() - SEEN)
    return any(row["role"] in SERVING and row["seen_at"] > since for row in await context.store.read("processes"))


async def runs_of(context: Context, sweep: Sweep, wish: Wish) -> list[ProofRun]:
    """Return the runs of a wish."""
    return [_run(sweep, row) for row in await context.store.read("proofs_asked", asked=listed(wish.asked))]


async def newest_runs(context: Context, sweep: Sweep, first: date, last: date) -> list[ProofRun]:
    """Return the newest finished run of each flow and day: counts, and no rows, of which there may be a million."""
    rows = await context.store.read("newest_proofs", first=first.isoformat(), last=last.isoformat())
    return [_run(sweep, row) for row in rows]


async def rows_of(context: Context, run: int, verdict: str) -> AsyncIterator[ProofRow]:
    """Yield the rows of a run with one verdict (`open`, `explained`), in the order they were found."""
    after = 0
    while True:
        rows = await context.store.read("proof_rows", run=run, verdict=verdict, after=after, wish=PAGE)
        for row in rows:
            yield row_view(row)
        if len(rows) < PAGE:
            return
        after = rows[-1]["id"]


async def some_rows(context: Context, run: int, verdict: str, *, after: int, wish: int) -> list[ProofRow]:
    """Return up to `wish` rows of a run with one verdict, those behind row `after`."""
    rows = await context.store.read("proof_rows", run=run, verdict=verdict, after=after, wish=wish)
    return [row_view(row) for row in rows]


async def under_way(context: Context, sweep: Sweep) -> list[ProofRun]:
    """Return the runs that are not finished."""
    return [_run(sweep, row) for row in await context.store.read("unfinished_proofs")]


async def first_day(context: Context) -> str:
    """Return the first day there is a result of, empty when there is none."""
    row = one(await context.store.read("first_proof"))
    return row["day"] or "" if row else ""


async def one_run(context: Context, sweep: Sweep, run: int) -> ProofRun | None:
    """Return one run by its number."""
    row = one(await context.store.read("proof_run", id=run))
    return None if row is None else _run(sweep, row)


async def one_row(context: Context, row: int) -> ProofRow | None:
    """Return one row by its number."""
    found = one(await context.store.read("proof_row", id=row))
    return None if found is None else row_view(found)


async def accept(context: Context, row: int, *, by: str, because: str) -> ProofRow:
    """Say that what a row shows is right as it is; the next run explains it so, until it looks different.

    Raises `NotThere`.
    """
    found = await one_row(context, row)
    if found is None or found.verdict != "open":
        message = f"there is no open row {row}"
        raise NotThere(message)
    now = context.micros()
    await context.store.write(
        say(
            "accept_proof",
            flow=found.flow,
            subject=found.subject,
            sight=sight_of(found.finding, found.evidence),
            who=by,
            because=because,
            now=now,
        ),
        _audit(now, by, "accept", found, because),
    )
    return found


async def again(context: Context, sweep: Sweep, row: int, *, by: str) -> ProofRow:
    """Have the record of a row brought to the other side once more. Raises `NotThere`, and what reading it raises."""
    found = await one_row(context, row)
    if found is None or found.flow not in sweep.proofs:
        message = f"there is no row {row} of a flow of this project"
        raise NotThere(message)
    steps = await sweep.proofs[found.flow].again(found.subject)
    await context.store.write(*steps, _audit(context.micros(), by, "write again", found, ""))
    context.stir.set()
    return found


def _audit(now: int, by: str, action: str, row: ProofRow, because: str) -> Statement:
    return say(
        "add_audit",
        now=now,
        who=by,
        action=action,
        target=f"{row.flow} {row.number}",
        before=row.because,
        after="",
        why=because,
    )


def row_view(row: Row) -> ProofRow:
    """Return a row as both faces show it."""
    return ProofRow(
        id=row["id"],
        run=row["run"],
        flow=row["flow"],
        day=row["day"],
        verdict=row["verdict"],
        finding=row["finding"],
        code=row["code"],
        because=row["because"],
        subject=row["subject"],
        number=row["number"],
        fields=msgspec.json.decode(row["fields"], type=list[str]),
        evidence=msgspec.json.decode(row["evidence"], type=dict[str, Sequence[str]]),
        at=from_micros(row["at"]),
        previous=row["previous"],
        digest=row["digest"],
    )


def _run(sweep: Sweep, row: Row) -> ProofRun:
    proof = sweep.proofs.get(row["flow"])
    return ProofRun(
        run=row["id"],
        flow=row["flow"],
        source=proof.source if proof else "",
        destination=proof.destination if proof else "",
        day=row["day"],
        state=row["state"],
        asked_at=from_micros(row["asked_at"]),
        finished_at=None if row["finished_at"] is None else from_micros(row["finished_at"]),
        listed=row["listed"],
        tally=tally_of(row["summary"]),
        because=row["because"],
    )
