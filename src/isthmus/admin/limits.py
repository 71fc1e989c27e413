"""How near each limit is: calls per record, and when a multiple of the last day's volume would hit one. (R-PAC-05)"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from isthmus.engine.context import Context
from isthmus.engine.usage import CALLS, RECORDS, SPAN
from isthmus.kit.clock import from_micros, to_micros
from isthmus.policies.headroom import Use, headroom
from isthmus.store.statement import Row

DAY = timedelta(hours=24)
#: What a person asks first: would it carry three times as much?
USUAL = Decimal(3)
_SPANS = DAY // SPAN
_AN_HOUR = _SPANS // 24
_SPAN_S = SPAN // timedelta(seconds=1)
_SHOWN = Decimal("0.001")
_UNITS = {1: "a second", 60: "a minute", 3600: "an hour", 86400: "a day"}


class FlowCalls(msgspec.Struct, frozen=True, kw_only=True):
    """What one flow asked one connection in the last day; `per_record` is None while no record was brought."""

    connection: str
    flow: str  # empty: looks that belong to no flow
    records: int
    calls: int
    per_record: Decimal | None


class LimitUse(msgspec.Struct, frozen=True, kw_only=True):
    """One limit of one connection, and the last day measured against it.

    `hours`: how full it was at the fullest moment of each hour from `first` on, 1 being all that is allowed. `hit_at`:
    when the limit would have been hit at the volume that was asked about. `most`: how many times the volume it carries;
    None while nothing grows with it.
    """

    connection: str
    limit: str
    allowed: Decimal
    seconds: int
    used: int
    first: datetime
    busiest_at: datetime
    busiest: Decimal
    hit_at: datetime | None
    most: Decimal | None
    hours: Sequence[Decimal]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Everything there is to say; `unlimited` names the connections that publish no limit by time."""

    since: datetime
    until: datetime
    volume: Decimal
    limits: Sequence[LimitUse]
    flows: Sequence[FlowCalls]
    unlimited: Sequence[str]


def in_words(each: LimitUse) -> str:
    """Return what a limit allows, as people say it: `100 a second`."""
    return f"{each.allowed.normalize():,f} {_UNITS.get(each.seconds, f'in {each.seconds} s')}"


async def limits(context: Context, *, volume: Decimal = USUAL) -> Limits:
    """Return the last 24 hours up to the span that is running, measured against every limit."""
    now = context.micros()
    until = from_micros(now - now % (SPAN // timedelta(microseconds=1)))
    since = until - DAY
    rows = await context.store.read("uses", since=to_micros(since), until=to_micros(until))
    known = await context.store.read("limits")
    found = [_limit(row, rows, since, volume) for row in known if row["connection"] in context.connections]
    limited = {each.connection for each in found}
    return Limits(
        since=since,
        until=until,
        volume=volume,
        limits=found,
        flows=_flows(rows),
        unlimited=[name for name in context.connections if name not in limited],
    )


def _limit(known: Row, rows: Sequence[Row], since: datetime, volume: Decimal) -> LimitUse:
    uses = _spans([row for row in rows if _same(row, known)], since)
    # A limit by the second is looked at over a whole span: shorter peaks are what the bucket is for.
    width = max(1, -(-known["seconds"] // _SPAN_S))
    allowed = Decimal(known["thousandths"]) / 1000
    a_second = allowed / known["seconds"]
    judged = headroom(uses, a_second * width * _SPAN_S, width, volume)
    return LimitUse(
        connection=known["connection"],
        limit=known["counted"],
        allowed=allowed,
        seconds=known["seconds"],
        first=since,
        used=sum(each.growing + each.steady for each in uses),
        busiest_at=since + judged.busiest * SPAN,
        busiest=judged.shares[judged.busiest].quantize(_SHOWN),
        hit_at=None if judged.hit is None else since + judged.hit * SPAN,
        most=judged.most,
        hours=[max(judged.shares[at : at + _AN_HOUR]).quantize(_SHOWN) for at in range(0, _SPANS, _AN_HOUR)],
    )


def _same(row: Row, known: Row) -> bool:
    return (row["connection"], row["counted"]) == (known["connection"], known["counted"])


def _spans(rows: Iterable[Row], since: datetime) -> list[Use]:
    first, length = to_micros(since), SPAN // timedelta(microseconds=1)
    growing, steady = [0] * _SPANS, [0] * _SPANS
    for row in rows:
        number = (row["span_at"] - first) // length
        growing[number] += row["growing"]
        steady[number] += row["steady"]
    return [Use(*pair) for pair in zip(growing, steady, strict=True)]


def _flows(rows: Iterable[Row]) -> list[FlowCalls]:
    calls: Mapping[tuple[str, str], int] = defaultdict(int)
    records: Mapping[str, int] = defaultdict(int)
    for row in rows:
        amount = row["growing"] + row["steady"]
        if row["counted"] == CALLS:
            calls[row["connection"], row["flow"]] += amount
        elif row["counted"] == RECORDS:
            records[row["flow"]] += amount
    return [
        FlowCalls(
            connection=connection,
            flow=flow,
            records=records.get(flow, 0),
            calls=number,
            per_record=(Decimal(number) / records[flow]).quantize(Decimal("0.01")) if records.get(flow) else None,
        )
        for (connection, flow), number in sorted(calls.items())
    ]
