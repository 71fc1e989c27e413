"""Do both systems agree? Day by day and flow by flow: counts and sums of both lists, and what is open. (R-RCN-03)"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from isthmus.admin import proof, proof_export
from isthmus.admin.proof import ProofRun
from isthmus.web.desk import Desk
from isthmus.web.guard import HEADERS
from isthmus.web.words import Moment, count, jobs_path, maybe, with_query

#: Days on the page; older ones are a date in the address away.
SHOWN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Sum:
    """What both sides come to in one currency or place."""

    unit: str
    here: str
    there: str
    same: bool


@dataclass(frozen=True, slots=True)
class ProofLine:
    """One flow on one day."""

    day: str
    flow: str
    source: str
    destination: str
    here: str
    there: str
    matched: str
    matched_path: str
    explained: str
    explained_path: str
    open: str
    open_path: str
    well: bool
    sums: Sequence[Sum]
    reasons: Sequence[str]
    finished: Moment | None


@dataclass(frozen=True, slots=True)
class ProofView:
    """Everything the page shows."""

    headline: str
    tone: str
    because: str
    lines: Sequence[ProofLine]
    under_way: Sequence[str]
    first: str
    last: str
    csv: str
    json: str
    older: str
    newest: str
    today: str


class Proof:
    """Serves `/proof` and its exports."""

    def __init__(self, desk: Desk) -> None:
        """Show what the desk's engine knows."""
        self._desk = desk

    async def show(self, request: Request) -> Response:
        """Return the page."""
        context, sweep = self._desk.context, self._desk.engine.sweep
        first, last = self._days(request)
        runs = await proof.newest_runs(context, sweep, first, last)
        waiting = await proof.under_way(context, sweep)
        view = self._view(runs, waiting, first, last, await proof.first_day(context))
        return self._desk.page(request, "proof.html", view)

    async def csv(self, request: Request) -> Response:
        """Return the results of some days for a spreadsheet."""
        return await self._export(request, "csv")

    async def json(self, request: Request) -> Response:
        """Return the results of some days for a program."""
        return await self._export(request, "json")

    async def _export(self, request: Request, form: str) -> Response:
        first, last = self._days(request)
        name = f"isthmus-proof-{first}-{last}.{form}"
        headers = {**HEADERS, "Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
        kind = "text/csv; charset=utf-8" if form == "csv" else "application/json"
        lines = proof_export.lines(self._desk.context, first, last, form)
        return StreamingResponse(lines, media_type=kind, headers=headers)

    def _days(self, request: Request) -> tuple[date, date]:
        today = self._desk.context.now().date() + timedelta(days=1)  # it may be tomorrow where the company is
        last = _date(request.query_params.get("to", ""), today)
        usual = max(last, date.min + SHOWN) - SHOWN  # no day comes before the first one there is
        return _date(request.query_params.get("from", ""), usual), last

    def _view(
        self, runs: Sequence[ProofRun], waiting: Sequence[ProofRun], first: date, last: date, beginning: str
    ) -> ProofView:
        tone, headline, because = verdict(runs)
        told = {"from": first.isoformat(), "to": last.isoformat()}
        now = self._desk.context.now()
        return ProofView(
            headline=headline,
            tone=tone,
            because=because,
            lines=[self._line(run) for run in runs],
            under_way=[f"{run.flow} {run.day}: {_stand(run)}" for run in waiting],
            first=told["from"],
            last=told["to"],
            csv=with_query("/proof.csv", **told),
            json=with_query("/proof.json", **told),
            older=with_query("/proof", to=(first - timedelta(days=1)).isoformat())
            if beginning and beginning < first.isoformat()
            else "",
            newest="/proof" if last < now.date() else "",
            today=now.date().isoformat(),
        )

    def _line(self, run: ProofRun) -> ProofLine:
        tally = run.tally
        units = sorted({*tally.here.sums, *tally.there.sums})
        path = f"/proof/{run.run}"
        return ProofLine(
            day=run.day,
            flow=run.flow,
            source=run.source,
            destination=run.destination,
            here=f"{tally.here.count:,}",
            there=f"{tally.there.count:,}",
            matched=f"{tally.matched:,}",
            matched_path=jobs_path(run.flow, "done"),
            explained=f"{tally.explained:,}",
            explained_path=with_query(path, show="explained"),
            open=f"{tally.open:,}",
            open_path=path,
            well=not tally.open,
            sums=[_sum(unit, tally.here.sums.get(unit, "0"), tally.there.sums.get(unit, "0")) for unit in units],
            reasons=[f"{number:,} {finding}" for finding, number in sorted(tally.findings.items())],
            finished=maybe(run.finished_at, self._desk.context.now()),
        )


def verdict(runs: Sequence[ProofRun]) -> tuple[str, str, str]:
    """Return tone, headline and what to do about it."""
    if not runs:
        because = "Days are compared every night. “Compare now” does it at once; so does `isthmus prove`."
        return "good", "Nothing was compared in these days", because
    rows = sum(run.tally.open for run in runs)
    if not rows:
        return "good", "Both systems agree", "Nothing is open: every record is on both sides, or it is said why not."
    verb = "is" if rows == 1 else "are"
    because = "Open a count to see each row with its reason and what can be done. What may be put right by itself is."
    return "late", f"{count(rows, 'row')} {verb} open", because


def _sum(unit: str, here: str, there: str) -> Sum:
    return Sum(unit, here, there, same=here == there)


def _stand(run: ProofRun) -> str:
    if run.because:
        return f"waits: {run.because}"
    return "comparing" if run.state == "comparing" else f"{run.listed:,} records listed"


def _date(text: str, usual: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return usual
