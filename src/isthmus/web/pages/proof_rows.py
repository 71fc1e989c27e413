"""The rows of one reconciliation: what was found, why, and what can be done; and the buttons that do it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from isthmus.admin import orders, proof
from isthmus.admin.holds import NotThere
from isthmus.admin.proof import ProofRow, ProofRun
from isthmus.ports.errors import Trouble
from isthmus.web.desk import Desk, back
from isthmus.web.forms import clicked
from isthmus.web.pages.rows import Filter
from isthmus.web.words import Badge, Moment, count, heading, jobs_path, moment, order_path, with_query

PAGE_ROWS = 50
FINDING_BADGES = {
    "missing": Badge("missing", "bad"),
    "doubled": Badge("doubled", "bad"),
    "different": Badge("different", "late"),
    "orphaned": Badge("orphaned", "late"),
    "unreadable": Badge("unreadable", "late"),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One field as both sides have it."""

    field: str
    here: str
    there: str


@dataclass(frozen=True, slots=True)
class FoundRow:
    """One row of the list."""

    id: int
    title: str
    path: str
    badge: Badge
    because: str
    evidence: Sequence[Evidence]
    at: Moment
    can_retry: bool
    can_accept: bool
    digest: str


@dataclass(frozen=True, slots=True)
class RowsView:
    """Everything the page shows."""

    title: str
    flow: str
    source: str
    destination: str
    help: str
    filters: Sequence[Filter]
    rows: Sequence[FoundRow]
    counted: Sequence[str]
    older: str
    newest: str
    here: str


class ProofRows:
    """Serves `/proof/{run}` and takes the clicks of the proof's pages."""

    def __init__(self, desk: Desk) -> None:
        """Show what the desk's engine knows."""
        self._desk = desk

    async def show(self, request: Request) -> Response:
        """Return a page of rows."""
        context, sweep = self._desk.context, self._desk.engine.sweep
        run = await proof.one_run(context, sweep, request.path_params["run"])
        if run is None:
            raise HTTPException(404, "There is no such reconciliation.")
        verdict = "explained" if request.query_params.get("show") == "explained" else "open"
        after = _number(request.query_params.get("after", ""))
        rows = await proof.some_rows(context, run.run, verdict, after=after, wish=PAGE_ROWS + 1)
        return self._desk.page(request, "proof_rows.html", self._view(run, verdict, after, rows))

    async def compare(self, request: Request) -> Response:
        """Ask for a reconciliation of today and yesterday."""
        form = await clicked(request, self._desk.tokens)
        now, sweep = self._desk.context.now(), self._desk.engine.sweep
        last = max(now.astimezone(each.zone).date() for each in sweep.proofs.values()) if sweep.proofs else now.date()
        wish = await proof.ask(sweep, now, flow="", first=last - timedelta(days=1), last=last, by="web")
        return back(request, form.get("back", "/proof"), f"compared:{len(wish.asked)}")

    async def again(self, request: Request) -> Response:
        """Bring the record of a row to the other side once more."""
        form = await clicked(request, self._desk.tokens)
        try:
            await proof.again(self._desk.context, self._desk.engine.sweep, _number(form.get("row", "")), by="web")
        except NotThere as wrong:
            raise HTTPException(404, str(wrong)) from wrong
        except Trouble as trouble:
            raise HTTPException(503, f"The record could not be read: {trouble}. Try again in a while.") from trouble
        return back(request, form.get("back", "/proof"), "retried:1")

    async def accept(self, request: Request) -> Response:
        """Say that what a row shows is right as it is."""
        form = await clicked(request, self._desk.tokens)
        because = form.get("because", "").strip()
        if not because:
            raise HTTPException(400, "Say in a few words why it is right as it is: others will read it.")
        try:
            await proof.accept(self._desk.context, _number(form.get("row", "")), by="web", because=because[:500])
        except NotThere as wrong:
            raise HTTPException(404, str(wrong)) from wrong
        return back(request, form.get("back", "/proof"), "accepted:1")

    def _view(self, run: ProofRun, verdict: str, after: int, rows: Sequence[ProofRow]) -> RowsView:
        path = f"/proof/{run.run}"
        shown = rows[:PAGE_ROWS]
        chosen = {} if verdict == "open" else {"show": verdict}
        more = {"after": str(shown[-1].id)} if len(rows) > PAGE_ROWS else {}
        told = {"after": str(after)} if after else {}
        reasons = sorted(run.tally.reasons.items()) if verdict == "explained" else sorted(run.tally.findings.items())
        return RowsView(
            title=f"{heading(run.flow)}, {run.day}",
            flow=run.flow,
            source=run.source,
            destination=run.destination,
            help="Nobody has explained these yet."
            if verdict == "open"
            else "These are rightly so, for the reason given.",
            filters=[
                Filter(f"Open {run.tally.open:,}", path, verdict == "open"),
                Filter(
                    f"Explained {run.tally.explained:,}", with_query(path, show="explained"), verdict == "explained"
                ),
            ],
            rows=[self._row(run, each) for each in shown],
            counted=[f"{count(number, 'record')}: {heading(code)}" for code, number in reasons],
            older=with_query(path, **chosen, **more) if more else "",
            newest=with_query(path, **chosen) if after else "",
            here=with_query(path, **chosen, **told),
        )

    def _row(self, run: ProofRun, row: ProofRow) -> FoundRow:
        carries = orders.carriers(self._desk.engine.flows).get(run.source)
        to_order = carries is not None and carries.name == row.flow
        is_open = row.verdict == "open"
        return FoundRow(
            id=row.id,
            title=row.number or row.subject,
            path=order_path(run.source, row.subject) if to_order else jobs_path(row.flow),
            badge=FINDING_BADGES.get(row.finding, Badge(row.finding, "calm")),
            because=row.because,
            evidence=[Evidence(name, *_two(values)) for name, values in row.evidence.items()],
            at=moment(row.at, self._desk.context.now()),
            can_retry=is_open and row.finding in ("missing", "different", "unreadable"),
            can_accept=is_open and row.finding != "unreadable",
            digest=row.digest,
        )


def _two(values: Sequence[str]) -> tuple[str, str]:
    padded = [*values, "", ""]
    return padded[0], padded[1]


def _number(text: str) -> int:
    largest = 18  # digits: what both databases keep in 64 bits
    return int(text) if text.isascii() and text.isdigit() and len(text) <= largest else 0
