"""How near is each limit, what would more volume come to, and how many calls does a record take? (R-PAC-05)"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from starlette.requests import Request
from starlette.responses import Response

from isthmus.admin import limits
from isthmus.admin.limits import USUAL, FlowCalls, LimitUse
from isthmus.web.desk import Desk
from isthmus.web.words import jobs_path

#: What can be asked for with one click.
VOLUMES = (Decimal(1), Decimal(2), Decimal(3), Decimal(5), Decimal(10))
#: The drawing: a column for each hour, this high when all that is allowed was used.
FULL = 60
COLUMN, GAP = 12, 3


@dataclass(frozen=True, slots=True)
class Column:
    """One hour of the drawing."""

    x: int
    y: int
    height: int
    over: bool
    words: str


@dataclass(frozen=True, slots=True)
class LimitCard:
    """One limit, in words and as a drawing."""

    connection: str
    limit: str
    tone: str
    verdict: str
    carries: str
    used: str
    columns: Sequence[Column]


@dataclass(frozen=True, slots=True)
class FlowLine:
    """One flow's calls to one connection."""

    connection: str
    flow: str
    path: str
    records: str
    calls: str
    per_record: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A multiple of the volume that can be asked about."""

    word: str
    path: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class LimitsView:
    """Everything the page shows."""

    span: str
    volume: str
    choices: Sequence[Choice]
    cards: Sequence[LimitCard]
    unlimited: Sequence[str]
    lines: Sequence[FlowLine]
    width: int
    full: int


class Limits:
    """Serves `/limits`."""

    def __init__(self, desk: Desk) -> None:
        """Show what the desk's engine knows."""
        self._desk = desk

    async def show(self, request: Request) -> Response:
        """Return the page; `at` in the address is the multiple of the volume."""
        volume = _volume(request.query_params.get("at", ""))
        found = await limits.limits(self._desk.context, volume=volume)
        flows = {flow.name for flow in self._desk.engine.flows}
        view = LimitsView(
            span=f"{found.since:%Y-%m-%d %H:%M} to {found.until:%Y-%m-%d %H:%M} UTC",
            volume=str(volume),
            choices=[_choice(each, volume) for each in VOLUMES],
            cards=[_card(each, volume) for each in found.limits],
            unlimited=found.unlimited,
            lines=[_line(each, flows) for each in found.flows],
            width=24 * (COLUMN + GAP),
            full=FULL,
        )
        return self._desk.page(request, "limits.html", view)


def _choice(each: Decimal, volume: Decimal) -> Choice:
    return Choice("As it was" if each == 1 else f"{each} times", f"/limits?at={each}", each == volume)


def _volume(text: str) -> Decimal:
    try:
        volume = Decimal(text or USUAL)
    except InvalidOperation:
        return USUAL
    return volume if volume.is_finite() and 0 < volume <= 1000 else USUAL  # noqa: PLR2004 - more is a slip of the finger


def _card(each: LimitUse, volume: Decimal) -> LimitCard:
    carried = each.hit_at is None
    at = "Today's volume" if volume == 1 else f"{volume} times the volume"
    verdict = f"{at} is carried." if each.hit_at is None else f"At {at.lower()} it is hit at {each.hit_at:%H:%M}."
    return LimitCard(
        connection=each.connection,
        limit=f"{each.limit}: {limits.in_words(each)}",
        tone="good" if carried else "late",
        verdict=verdict,
        carries="Nothing here grows with the volume." if each.most is None else f"Carries up to {each.most} times.",
        used=_used(each),
        columns=[_column(number, share, each) for number, share in enumerate(each.hours)],
    )


def _used(each: LimitUse) -> str:
    if not each.used:
        return "Nothing of it was used."
    return f"{each.used:,} used; fullest at {each.busiest_at:%H:%M} with {each.busiest:.1%} of what is allowed."


def _column(number: int, share: Decimal, each: LimitUse) -> Column:
    # A column that is used at all is seen.
    height = max(1, int(min(share, Decimal(1)) * FULL)) if share else 0
    hour = (each.first.hour + number) % 24
    words = f"{hour:02}:{each.first:%M}: {share:.1%}"
    return Column(number * (COLUMN + GAP), FULL - height, height, share > 1, words)


def _line(each: FlowCalls, flows: set[str]) -> FlowLine:
    return FlowLine(
        connection=each.connection,
        flow=each.flow or "looks of no flow",
        path=jobs_path(each.flow) if each.flow in flows else "",
        records=f"{each.records:,}",
        calls=f"{each.calls:,}",
        per_record="-" if each.per_record is None else str(each.per_record),
    )
