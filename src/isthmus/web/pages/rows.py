"""A job as a row: on lists and beside an order, always with its reason and its way out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from isthmus.admin.orders import ListedJob, Place
from isthmus.web.words import FILTERS, Badge, Moment, job_badge, moment, place_text, with_query

#: What the button says; a job that is due or running needs none.
BUTTONS = {"parked": "Retry", "snoozed": "Try now", "done": "Run again"}


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job of a list."""

    title: str
    path: str
    flow: str
    subject: str
    badge: Badge
    because: str
    answers: Sequence[str]
    since: Moment
    again: Moment | None
    button: str


@dataclass(frozen=True, slots=True)
class Filter:
    """One way to narrow a list."""

    word: str
    path: str
    chosen: bool


def job_row(job: ListedJob, now: datetime, path: str = "") -> JobRow:
    """Return the row of a job; `path` is its own page when it has one."""
    return JobRow(
        title=job.number or job.subject,
        path=path,
        flow=job.flow,
        subject=job.subject,
        badge=job_badge(job.state, job.code),
        because=job.because or waiting_words(job.state),
        answers=actions(job.answers),
        since=moment(job.since, now),
        again=moment(job.run_at, now) if job.state == "snoozed" else None,
        button=BUTTONS.get(job.state, ""),
    )


def waiting_words(state: str) -> str:
    """Return why a job with no reason of its own stands where it stands."""
    return {"ready": "Due now; its turn comes.", "running": "Being worked on."}.get(state, "")


def actions(answers: Sequence[str]) -> list[str]:
    """Return what a person can do elsewhere; Retry is a button."""
    return [answer for answer in answers if answer != "Retry"]


def filters(path: str, chosen: str) -> list[Filter]:
    """Return the filters of a list."""
    return [Filter(word, with_query(path, state=state), state == chosen) for state, word in FILTERS.items()]


def older(path: str, state: str, after: Place | None) -> str:
    """Return the address of the next page, empty on the last one."""
    return with_query(path, state=state, before=place_text(after)) if after else ""
