"""The first page: is all well, and if not, what to do. (R-SCR-01)"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from isthmus.admin import queries
from isthmus.admin.questions import Question, questions
from isthmus.admin.views import ConnectionStatus, FlowStatus, Status, counted
from isthmus.engine.holds import FLOW
from isthmus.web.desk import Desk
from isthmus.web.pages.connections import ConnectionCard, connection_card
from isthmus.web.pages.hold import Switch
from isthmus.web.words import (
    FLOW_BADGES,
    Badge,
    Moment,
    count,
    heading,
    hold_words,
    jobs_path,
    maybe,
    moment,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A count and the list behind it."""

    label: str
    number: str
    path: str
    tone: str


@dataclass(frozen=True, slots=True)
class FlowCard:
    """One flow: where from, where to, how it is, why."""

    name: str
    source: str
    destination: str
    badge: Badge
    because: str
    figures: Sequence[Figure]
    oldest: Moment | None
    last_done: Moment | None
    empty: Moment | None
    empty_because: str
    switch: Switch


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person is asked, and for how many records."""

    title: str
    flow: str
    records: str
    example: str
    path: str
    to_do: Sequence[str]
    since: Moment


@dataclass(frozen=True, slots=True)
class HomeView:
    """Everything the first page shows."""

    tone: str
    headline: str
    because: Sequence[str]
    at: Moment
    waiting: Sequence[Figure]
    flows: Sequence[FlowCard]
    asked: Sequence[Asked]
    connections: Sequence[ConnectionCard]
    proof: Figure | None
    drift: Figure | None


class Home:
    """Serves `/`."""

    def __init__(self, desk: Desk) -> None:
        """Show what the desk's engine knows."""
        self._desk = desk

    async def show(self, request: Request) -> Response:
        """Return the page."""
        desk = self._desk
        found = await queries.status(desk.context, desk.engine.flows, desk.project, desk.engine.holds)
        asked = await questions(desk.context, shown=1)
        return desk.page(request, "home.html", home_view(found, asked))


def home_view(found: Status, asked: Sequence[Question]) -> HomeView:
    """Return what the first page shows."""
    tone, headline, because = with_proof(verdict(found, asked), found.proof_open)
    return HomeView(
        tone=tone,
        headline=headline,
        because=because,
        at=moment(found.at, found.at),
        waiting=_waiting(found),
        flows=[_flow(flow, found.connections, found.at) for flow in found.flows],
        asked=[_asked(each, found.at) for each in asked],
        proof=Figure("rows of the proof are open", counted(found.proof_open), "/proof", "late")
        if found.proof_open
        else None,
        drift=Figure("of their answers are not as they were", f"{found.drift_open:,}", "/drift", "late")
        if found.drift_open
        else None,
        connections=[
            connection_card(each, [s for s in found.streams if s.connection == each.name], found.at)
            for each in found.connections
        ],
    )


def verdict(found: Status, asked: Sequence[Question]) -> tuple[str, str, list[str]]:
    """Return tone, headline and reasons: the worst that is true decides, everything true is said."""
    stopped = [flow for flow in found.flows if flow.state == "stopped"]
    troubled = [each for each in found.connections if each.state == "trouble"]
    late = [flow for flow in found.flows if flow.state == "late"]
    records = sum(each.jobs for each in asked)
    reasons = [f"{each.name}: {each.because}" for each in troubled]
    reasons += [f"{flow.flow}: {flow.because}" for flow in late]
    if records:
        rest = "" if stopped or troubled or late else "; everything else does"
        reasons.append(f"{count(records, 'record')} cannot go on without an answer from you{rest}.")
    if stopped or troubled:
        names = ", ".join(each.name for each in troubled) or ", ".join(flow.flow for flow in stopped)
        return "bad", f"{names} needs attention", reasons
    if late:
        return "late", f"{', '.join(flow.flow for flow in late)} {'is' if len(late) == 1 else 'are'} late", reasons
    if records:
        return "late", f"{count(len(asked), 'question')} for you", reasons
    if not found.flows:
        return "late", "No flow is set up yet", ["Add a [flows.*] section to isthmus.toml, then restart."]
    if any(each.finished_at is None for each in found.streams):
        return "good", "Reading the systems for the first time", ["Figures fill up as records arrive."]
    held = [hold_words(each.hold, found.at) for each in found.flows if each.hold]
    if held:
        return "good", "All is well, and some of it waits on purpose", list(dict.fromkeys(held))
    return "good", "All is well", ["Nothing is late and nothing waits for you."]


def with_proof(said: tuple[str, str, list[str]], rows: int) -> tuple[str, str, list[str]]:
    """Return a verdict with what reconciliation found added to it."""
    tone, headline, because = said
    if not rows:
        return said
    words = f"{count(rows, 'row')} of the proof {'is' if rows == 1 else 'are'} open: both systems do not agree there."
    if tone == "good":
        return "late", "Both systems do not agree everywhere", [words]
    return tone, headline, [*because, words]


def _waiting(found: Status) -> list[Figure]:
    figures: list[Figure] = []
    if found.inbox:
        figures.append(Figure("deliveries being taken in", counted(found.inbox), "", "wait"))
    if found.in_doubt:
        figures.append(Figure("writes whose outcome is being looked up", counted(found.in_doubt), "", "late"))
    return figures


def _why(flow: FlowStatus, connections: Sequence[ConnectionStatus], now: datetime) -> str:
    """Return why a flow is not fresh; what its systems say stands at the top of the page and beside them."""
    if flow.hold is not None and flow.hold.why != "down":
        return hold_words(flow.hold, now)
    ends = (flow.source, flow.destination)
    silent = [each.name for each in connections if each.state == "trouble" and each.name in ends]
    return f"Goes on by itself as soon as {' and '.join(silent)} can be used again." if silent else flow.because


def _flow(flow: FlowStatus, connections: Sequence[ConnectionStatus], now: datetime) -> FlowCard:
    counts = (
        ("waiting", flow.waiting, "waiting", "wait"),
        ("later", flow.snoozed, "snoozed", "wait"),
        ("questions", flow.parked, "parked", "late"),
        ("done today", flow.done_today, "done", "calm"),
    )
    return FlowCard(
        name=flow.flow,
        source=flow.source,
        destination=flow.destination,
        badge=FLOW_BADGES[flow.state],
        because=_why(flow, connections, now),
        figures=[
            Figure(label, counted(number), jobs_path(flow.flow, state), tone if number else "calm")
            for label, number, state, tone in counts
        ],
        oldest=maybe(flow.oldest_waiting_at, now),
        last_done=maybe(flow.last_done_at, now),
        empty=maybe(flow.forecast.empty_at, now) if flow.forecast else None,
        empty_because=flow.forecast.because if flow.forecast else "",
        switch=Switch(FLOW + flow.flow, flow.flow, f"flow-{flow.flow}", flow.paused),
    )


def _asked(question: Question, now: datetime) -> Asked:
    first = question.shown[0] if question.shown else None
    return Asked(
        title=heading(question.code),
        flow=question.flow,
        records=count(question.jobs, "record"),
        example=first.because if first else "",
        path=f"/parked#{question.flow}-{question.code}",
        to_do=[answer for answer in first.answers if answer != "Retry"] if first else [],
        since=moment(question.oldest_at, now),
    )
