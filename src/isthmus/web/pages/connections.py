"""A connected system as the first page shows it: does it answer, as whom, what is read from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from isthmus.admin.views import ConnectionStatus, StreamStatus
from isthmus.engine.hold import Why
from isthmus.engine.holds import CONNECTION
from isthmus.web.pages.hold import Switch
from isthmus.web.words import CONNECTION_BADGES, HOLD_BADGES, Badge, Moment, count, hold_words, maybe, span


@dataclass(frozen=True, slots=True)
class Reading:
    """One stream of a connection."""

    kind: str
    every: str
    finished: Moment | None
    upcoming: Moment | None
    records: str
    because: str


@dataclass(frozen=True, slots=True)
class ConnectionCard:
    """One system: does it answer, as whom."""

    name: str
    connector: str
    account: str
    version: str
    badge: Badge
    because: str
    since: Moment | None
    last_delivery: Moment | None
    next_window: Moment | None
    readings: Sequence[Reading]
    switch: Switch


def connection_card(found: ConnectionStatus, streams: Sequence[StreamStatus], now: datetime) -> ConnectionCard:
    """Return the card of a connection and of what is read from it."""
    return ConnectionCard(
        name=found.name,
        connector=found.connector,
        account=found.account,
        version=" · ".join(part for part in (found.version, found.api_version) if part),
        badge=_badge(found),
        because=hold_words(found.hold, now) if found.hold else found.because,
        since=maybe(found.since, now),
        last_delivery=maybe(found.last_delivery_at, now),
        next_window=maybe(found.next_window_at, now),
        readings=[_reading(each, now) for each in streams],
        switch=Switch(
            what=CONNECTION + found.name,
            name=found.name,
            anchor=f"connection-{found.name}",
            paused=found.hold is not None and found.hold.why == Why.PAUSED,
        ),
    )


def _badge(found: ConnectionStatus) -> Badge:
    if found.hold is not None:
        return HOLD_BADGES[found.hold.why]
    return CONNECTION_BADGES.get(found.state, Badge(found.state, "calm"))


def _reading(stream: StreamStatus, now: datetime) -> Reading:
    return Reading(
        kind=stream.kind.replace("_", " "),
        every=span(timedelta(seconds=stream.every_s)),
        finished=maybe(stream.finished_at, now),
        upcoming=maybe(stream.next_at, now) if stream.next_at and stream.next_at > now else None,
        records=count(stream.read, "record"),
        because=stream.because,
    )
