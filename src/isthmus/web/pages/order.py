"""One order: where it stands, what each system holds, and everything that happened. (R-SCR-03)"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from isthmus.admin import orders
from isthmus.admin.orders import OrderFacts
from isthmus.admin.trace import trace
from isthmus.admin.views import Holding, Trace, TracedJob
from isthmus.web.desk import Desk
from isthmus.web.pages.answer import Ways, ways
from isthmus.web.pages.rows import BUTTONS, actions
from isthmus.web.pages.timeline import StepView, as_text, timeline
from isthmus.web.words import Badge, Moment, count, job_badge, jobs_path, maybe, moment, order_path, with_query

#: How often the page looks again: while work is on its way, and once it has come to rest.
SOON_S, SETTLED_S = 3, 15


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing an order is recognized by."""

    label: str
    words: str
    at: Moment | None = None


@dataclass(frozen=True, slots=True)
class HoldingView:
    """What one system has of this order."""

    connection: str
    number: str
    external_id: str
    state: str
    synced: Moment | None


@dataclass(frozen=True, slots=True)
class JobView:
    """Where the order stands in its flow, and the way out."""

    flow: str
    flow_path: str
    subject: str
    badge: Badge
    because: str
    code: str
    answers: Sequence[str]
    since: Moment
    again: Moment | None
    attempts: str
    button: str
    ways: Ways | None


@dataclass(frozen=True, slots=True)
class OrderView:
    """Everything the page shows."""

    number: str
    store: str
    external_id: str
    badge: Badge
    summary: str
    facts: Sequence[Fact]
    jobs: Sequence[JobView]
    holdings: Sequence[HoldingView]
    steps: Sequence[StepView]
    here: str
    refresh_s: int
    text_path: str
    bodies_path: str


class OneOrder:
    """Serves `/orders/{connection}/{external_id}`; with `?as=text` as text."""

    def __init__(self, desk: Desk) -> None:
        """Show what the desk's engine knows."""
        self._desk = desk

    async def show(self, request: Request) -> Response:
        """Return the page of one order."""
        connection, external_id = request.path_params["connection"], request.path_params["external_id"]
        context = self._desk.context
        found = [
            each
            for each in await trace(context, self._desk.engine.flows, external_id)
            if (each.connection, each.subject) == (connection, external_id)
        ]
        if not found:
            message = f"No order {external_id} of {connection} has been seen. Is it newer than the last look there?"
            raise HTTPException(404, message)
        if request.query_params.get("as") == "text":
            return PlainTextResponse(as_text(found[0]), headers={"Cache-Control": "no-store"})
        known = await orders.facts(context, connection, external_id)
        every = request.query_params.get("bodies") == "all"
        return self._desk.page(request, "order.html", order_view(found[0], known, context.now(), every_body=every))


def order_view(found: Trace, known: OrderFacts | None, now: datetime, *, every_body: bool = False) -> OrderView:
    """Return what the page shows."""
    path = order_path(found.connection, found.subject)
    steps, hidden = timeline(found.steps, now, every_body=every_body)
    first = found.jobs[0] if found.jobs else None
    return OrderView(
        number=found.number or found.subject,
        store=found.connection,
        external_id=found.subject,
        badge=job_badge(first.state, first.code) if first else Badge("no flow", "calm"),
        summary=found.summary,
        facts=_facts(known, now) if known else [],
        jobs=[_job(job, now) for job in found.jobs],
        holdings=[_holding(each, now) for each in found.holdings],
        steps=steps,
        here=with_query(path, bodies="all" if every_body else ""),
        refresh_s=SOON_S if first and first.state not in ("done", "parked") else SETTLED_S,
        text_path=with_query(path, **{"as": "text"}),
        bodies_path=with_query(path, bodies="all") if hidden else "",
    )


def _facts(known: OrderFacts, now: datetime) -> list[Fact]:
    facts = [
        Fact("Placed", "", moment(known.placed_at, now)),
        Fact("Total", str(known.total)),
        Fact("Payment", known.payment.replace("_", " ")),
        Fact("Status there", "deleted" if known.deleted else known.status.replace("_", " ")),
        Fact("Lines", count(known.lines, "line")),
    ]
    return [*facts, Fact("Last read", "", moment(known.read_at, now))]


def _job(job: TracedJob, now: datetime) -> JobView:
    return JobView(
        flow=job.flow,
        flow_path=jobs_path(job.flow),
        subject=job.subject,
        badge=job_badge(job.state, job.code),
        because=job.because,
        code=job.code,
        answers=actions(job.answers),
        since=moment(job.since, now),
        again=moment(job.run_at, now) if job.state == "snoozed" else None,
        attempts=count(job.attempts, "failed try", "failed tries") if job.attempts else "",
        button=BUTTONS.get(job.state, ""),
        ways=ways(job.code, an_order=True) if job.state in ("parked", "done") else None,
    )


def _holding(holding: Holding, now: datetime) -> HoldingView:
    return HoldingView(
        connection=holding.connection,
        number=holding.number or holding.external_id,
        external_id=holding.external_id,
        state=holding.state,
        synced=maybe(holding.synced_at, now),
    )
