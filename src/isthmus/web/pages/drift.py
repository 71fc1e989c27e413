"""What is different about the answers of other systems, and the button that takes it for right. (R-SYS-38)"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from isthmus.admin import drift
from isthmus.admin.drift import DriftReport, DriftView, NoSuchDrift, ShapeView
from isthmus.web.desk import Desk, back
from isthmus.web.forms import clicked
from isthmus.web.words import Badge, Moment, count, moment

BREAKING, TO_KNOW = Badge("may break a job", "late"), Badge("to know", "calm")
LONGEST_ID = 18


@dataclass(frozen=True, slots=True)
class Line:
    """One difference."""

    id: int
    connection: str
    operation: str
    path: str
    badge: Badge
    kind: str
    meaning: str
    before: str
    after: str
    answers: str
    first: Moment
    last: Moment


@dataclass(frozen=True, slots=True)
class Known:
    """What was learned of one operation."""

    connection: str
    operation: str
    fingerprint: str
    answers: str
    since: Moment
    last: Moment


@dataclass(frozen=True, slots=True)
class DriftPage:
    """Everything the page shows."""

    headline: str
    lines: Sequence[Line]
    known: Sequence[Known]


class Drift:
    """Serves `/drift` and takes `POST /drift/accept`."""

    def __init__(self, desk: Desk) -> None:
        """Show what the desk's engine knows."""
        self._desk = desk

    async def show(self, request: Request) -> Response:
        """Return the page."""
        found = await drift.drift(self._desk.context)
        return self._desk.page(request, "drift.html", _page(found, self._desk.context.now()))

    async def accept(self, request: Request) -> Response:
        """Take one difference (`id`), or all (`id` is `all`), for right; then go back."""
        form = await clicked(request, self._desk.tokens)
        which = form.get("id", "")
        known = which.isascii() and which.isdigit() and len(which) <= LONGEST_ID
        if not known and which != "all":
            raise HTTPException(400, "Nothing was accepted: the form did not say what.")
        try:
            number = await drift.accept(self._desk.context, [int(which)] if known else [], by="web")
        except NoSuchDrift as wrong:
            raise HTTPException(404, f"Nothing was accepted: {wrong}.") from wrong
        return back(request, "/drift", f"drift:{number}")


def _page(found: DriftReport, now: datetime) -> DriftPage:
    if found.breaking:
        headline = f"{count(found.breaking, 'difference')} may break a job"
    else:
        headline = "Answers are as they were" if found.shapes else "No answer was looked at yet"
    return DriftPage(
        headline, [_line(each, now) for each in found.drifts], [_known(each, now) for each in found.shapes]
    )


def _line(each: DriftView, now: datetime) -> Line:
    return Line(
        id=each.id,
        connection=each.connection,
        operation=each.operation,
        path=each.path,
        badge=BREAKING if each.breaking else TO_KNOW,
        kind=each.kind.replace("_", " "),
        meaning=each.meaning,
        before=each.before or "nothing",
        after=each.after or "nothing",
        answers=count(each.answers, "answer"),
        first=moment(each.first_at, now),
        last=moment(each.last_at, now),
    )


def _known(each: ShapeView, now: datetime) -> Known:
    return Known(
        connection=each.connection,
        operation=each.operation,
        fingerprint=each.fingerprint,
        answers=f"{each.answers:,}",
        since=moment(each.since, now),
        last=moment(each.seen_at, now),
    )
