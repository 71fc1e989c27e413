"""Every question that waits for a person, with what can be done about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response

from isthmus.admin import orders
from isthmus.admin.questions import Question, questions
from isthmus.admin.views import COUNTED, ParkedJob, counted
from isthmus.engine.flow import Flow
from isthmus.web.desk import Desk
from isthmus.web.pages.answer import Ways, ways
from isthmus.web.pages.rows import actions
from isthmus.web.words import Moment, count, heading, jobs_path, moment, order_path


@dataclass(frozen=True, slots=True)
class Record:
    """One record that waits."""

    title: str
    path: str
    subject: str
    since: Moment


@dataclass(frozen=True, slots=True)
class Variant:
    """Records of one question with the same words and the same answers."""

    because: str
    answers: Sequence[str]
    records: Sequence[Record]


@dataclass(frozen=True, slots=True)
class QuestionCard:
    """One cause in one flow."""

    anchor: str
    title: str
    code: str
    flow: str
    records: str
    since: Moment
    variants: Sequence[Variant]
    button: str
    ways: Ways | None
    together: str
    more: str
    more_path: str


@dataclass(frozen=True, slots=True)
class ParkedView:
    """Everything the page shows."""

    headline: str
    cards: Sequence[QuestionCard]


class Questions:
    """Serves `/parked`."""

    def __init__(self, desk: Desk) -> None:
        """Show what the desk's engine knows."""
        self._desk = desk

    async def show(self, request: Request) -> Response:
        """Return the page."""
        desk = self._desk
        found = await questions(desk.context)
        return desk.page(request, "parked.html", parked_view(found, desk.engine.flows, desk.context.now()))


def parked_view(found: Sequence[Question], flows: Sequence[Flow], now: datetime) -> ParkedView:
    """Return what the page shows."""
    stores = {flow.name: source for source, flow in orders.carriers(flows).items()}
    records = sum(each.jobs for each in found)
    verb = "waits" if records == 1 else "wait"
    headline = f"{count(records, 'record')} {verb} for an answer" if found else "Nothing waits for you"
    return ParkedView(headline, [_card(each, stores.get(each.flow, ""), now) for each in found])


def _card(question: Question, store: str, now: datetime) -> QuestionCard:
    # Beyond what is counted nobody knows how many more: the words of "more than that" stay.
    answers = ways(question.code, an_order=bool(store))
    hidden = question.jobs if question.jobs > COUNTED else question.jobs - len(question.shown)
    return QuestionCard(
        anchor=f"{question.flow}-{question.code}",
        title=heading(question.code),
        code=question.code,
        flow=question.flow,
        records=count(question.jobs, "record"),
        since=moment(question.oldest_at, now),
        variants=_variants(question.shown, store, now),
        button=f"Retry all {counted(question.jobs)}" if question.jobs > 1 else "",
        ways=answers,
        together=f"Answer all {counted(question.jobs)} alike"
        if answers and answers.alike and question.jobs > 1
        else "",
        more=f"{count(hidden, 'more record')}" if hidden > 0 else "",
        more_path=jobs_path(question.flow, "parked"),
    )


def _variants(shown: Sequence[ParkedJob], store: str, now: datetime) -> list[Variant]:
    def words(job: ParkedJob) -> tuple[str, Sequence[str]]:
        return job.because, actions(job.answers)

    return [
        Variant(because, answers, [_record(job, store, now) for job in jobs])
        for (because, answers), jobs in groupby(sorted(shown, key=words), key=words)
    ]


def _record(job: ParkedJob, store: str, now: datetime) -> Record:
    path = order_path(store, job.subject) if store else ""
    return Record(job.number or job.subject, path, job.subject, moment(job.since, now))
