"""Every question that waits for a person, with what can be done about it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from time import monotonic

from starlette.requests import Request
from starlette.responses import Response

from isthmus.admin import orders
from isthmus.admin.answers import NoAnswer
from isthmus.admin.questions import Question, questions
from isthmus.admin.views import COUNTED, ParkedJob, counted
from isthmus.bootstrap.answering import RowAnswers
from isthmus.bootstrap.checks import ConfigError
from isthmus.bootstrap.word_list import Word
from isthmus.engine.flow import Flow
from isthmus.mapping.suggestions import Suggestion
from isthmus.web.desk import Desk
from isthmus.web.pages.answer import Ways, ways
from isthmus.web.pages.rows import actions
from isthmus.web.words import Moment, count, heading, jobs_path, moment, order_path

#: Suggestions by flow, table and word.
Perhaps = Mapping[tuple[str, str, str], Sequence[Suggestion]]
Kept = dict[str, tuple[float, Sequence[Word]]]
#: So long a suggestion is shown before it is looked up again; from the newest orders, so that no page waits for many.
KEEP_S, DAYS, MOST = 30.0, 30, 200


@dataclass(frozen=True, slots=True)
class Record:
    """One record that waits."""

    title: str
    path: str
    subject: str
    since: Moment


@dataclass(frozen=True, slots=True)
class Blank:
    """A word that somebody may say the counterpart of, for all records that wait for it; `perhaps` are suggestions."""

    table: str
    word: str
    subject: str
    anchor: str
    perhaps: Sequence[Suggestion]


@dataclass(frozen=True, slots=True)
class Variant:
    """Records of one question with the same words and the same answers."""

    because: str
    answers: Sequence[str]
    records: Sequence[Record]
    blanks: Sequence[Blank] = ()


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
        self._kept: Kept = {}

    async def show(self, request: Request) -> Response:
        """Return the page."""
        desk = self._desk
        found = await questions(desk.context)
        perhaps = None if desk.rows is None else await self._perhaps(desk.rows, found)
        return desk.page(request, "parked.html", parked_view(found, desk.engine.flows, desk.context.now(), perhaps))

    async def _perhaps(self, rows: RowAnswers, found: Sequence[Question]) -> Perhaps:
        """Return what the words may be that are asked for; kept for a while, since pages look often."""
        perhaps: dict[tuple[str, str, str], Sequence[Suggestion]] = {}
        for flow in sorted({each.flow for each in found if any(job.words for job in each.shown)}):
            at, words = self._kept.get(flow, (-KEEP_S, ()))
            if monotonic() - at >= KEEP_S:
                try:
                    words = await rows.wanted(flow, days=DAYS, most=MOST)
                except (NoAnswer, ConfigError):  # a mapping that cannot be read is said by whoever writes a row
                    words = ()
                self._kept[flow] = (monotonic(), words)
            perhaps |= {(word.flow, word.table, word.word): word.suggestions for word in words}
        return perhaps


def parked_view(
    found: Sequence[Question], flows: Sequence[Flow], now: datetime, perhaps: Perhaps | None = None
) -> ParkedView:
    """Return what the page shows; with `perhaps`, also the forms that say what a word is."""
    stores = {flow.name: source for source, flow in orders.carriers(flows).items()}
    records = sum(each.jobs for each in found)
    verb = "waits" if records == 1 else "wait"
    headline = f"{count(records, 'record')} {verb} for an answer" if found else "Nothing waits for you"
    return ParkedView(headline, [_card(each, stores.get(each.flow, ""), now, perhaps) for each in found])


def _card(question: Question, store: str, now: datetime, perhaps: Perhaps | None) -> QuestionCard:
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
        variants=_variants(question.shown, store, now, perhaps),
        button=f"Retry all {counted(question.jobs)}" if question.jobs > 1 else "",
        ways=answers,
        together=f"Answer all {counted(question.jobs)} alike"
        if answers and answers.alike and question.jobs > 1
        else "",
        more=f"{count(hidden, 'more record')}" if hidden > 0 else "",
        more_path=jobs_path(question.flow, "parked"),
    )


def _variants(shown: Sequence[ParkedJob], store: str, now: datetime, perhaps: Perhaps | None) -> list[Variant]:
    def words(job: ParkedJob) -> tuple[str, Sequence[str]]:
        return job.because, actions(job.answers)

    variants: list[Variant] = []
    asked: set[tuple[str, str]] = set()
    for (because, answers), some in groupby(sorted(shown, key=words), key=words):
        jobs = list(some)
        blanks = [] if perhaps is None else [each for job in jobs for each in _blanks(job, perhaps, asked)]
        variants.append(Variant(because, answers, [_record(job, store, now) for job in jobs], blanks))
    return variants


def _blanks(job: ParkedJob, perhaps: Perhaps, asked: set[tuple[str, str]]) -> Iterator[Blank]:
    """Yield what a record waits for and no record above it does: one answer is for all."""
    for word in job.words:
        if (job.table, word) not in asked:
            asked.add((job.table, word))
            anchor = f"word-{job.flow}-{job.code}-{len(asked)}"
            yield Blank(job.table, word, job.subject, anchor, perhaps.get((job.flow, job.table, word), ()))


def _record(job: ParkedJob, store: str, now: datetime) -> Record:
    path = order_path(store, job.subject) if store else ""
    return Record(job.number or job.subject, path, job.subject, moment(job.since, now))
