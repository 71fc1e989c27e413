"""The arithmetic of a cursor alone: whatever the clocks do, every row that commits falls into a later round.

A row is stamped when its transaction begins, shows up to a minute later, and both the clock that stamps and the one
that answers may each be up to five minutes wrong, another five at any moment. Rounds are a minute apart or hours. Which
rows a round reads is decided by its filter alone.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.connectors.odoo import rounds
from isthmus.connectors.shopify.cursors import Position, position
from isthmus.connectors.woocommerce import rounds as woocommerce
from isthmus.craft.rounds import Mark

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from isthmus.ports.source import Cursor

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
WRONG_S = 300
LATE_S = 60

clock = st.one_of(st.sampled_from([-WRONG_S, 0, WRONG_S]), st.integers(-WRONG_S, WRONG_S))


@dataclass(frozen=True, slots=True)
class Row:
    """A row, and when it shows by the true time."""

    stamp: datetime
    shows_at: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """What happens until a round, and what its clock says; `resumed` is one that breaks off at its first page."""

    pause_s: int
    answering: int
    rows: tuple[tuple[int, int, int], ...]  # begun so long before the round, late by, stamped by a clock so wrong
    resumed: bool


turns = st.lists(
    st.builds(
        Turn,
        pause_s=st.one_of(st.just(60), st.sampled_from([1, 59, 61, 300, 599, 601, 720, 4000])),
        answering=clock,
        rows=st.lists(st.tuples(st.integers(0, 300), st.integers(0, LATE_S), clock), max_size=4).map(tuple),
        resumed=st.booleans(),
    ),
    min_size=2,
    max_size=40,
)


def unread(happened: list[Turn], filters: "Filters") -> list[Row]:
    """Play the rounds, and then some quiet ones, and return the rows none of them has read."""
    now, hidden, open_ = START, list[Row](), list[Row]()
    quiet = [Turn(60, 0, (), resumed=False)] * 30
    for turn in [*happened, *quiet]:
        now += timedelta(seconds=turn.pause_s)
        for begun_s, late_s, wrong_s in turn.rows:
            # Nothing begins before the time at which the last round was over.
            begun = now - timedelta(seconds=min(begun_s, turn.pause_s))
            stamp = (begun + timedelta(seconds=wrong_s)).replace(microsecond=0)
            hidden.append(Row(stamp, begun + timedelta(seconds=late_s)))
        open_ += [row for row in hidden if row.shows_at <= now]
        hidden = [row for row in hidden if row.shows_at > now]
        since = filters.round(now + timedelta(seconds=turn.answering), resumed=turn.resumed)
        open_ = [row for row in open_ if since is not None and row.stamp < since]
    return [*open_, *hidden]


class Filters(Protocol):
    """Where each round begins, by the cursor of the one before."""

    def round(self, answered: datetime, *, resumed: bool) -> datetime | None:
        """Return what this round reads from; None: everything."""
        ...


class ShopifyFilters:
    """The Shopify connector's."""

    def __init__(self) -> None:
        self.cursor: Cursor | None = None

    def round(self, answered: datetime, *, resumed: bool) -> datetime | None:
        at = position(self.cursor)
        since = at.since
        at = at.began(answered)
        if resumed:  # somebody else goes on with the first page's cursor, which is text
            at = position(at.cursor())
        self.cursor = at.done()
        return since


class OdooFilters:
    """The Odoo connector's: the lower end of a round is text with whole seconds."""

    def __init__(self) -> None:
        self.mark = Mark()

    def round(self, answered: datetime, *, resumed: bool) -> datetime | None:
        del resumed  # the beginning is in every page's cursor
        since = self.mark.since
        self.mark = Mark(since=rounds.stamp(answered - rounds.OVERLAP))
        return None if since is None else datetime.fromisoformat(since).replace(tzinfo=UTC)


class WooCommerceFilters:
    """The WooCommerce connector's: what is asked for begins after the lower end, and both have whole seconds."""

    def __init__(self) -> None:
        self.cursor: Cursor | None = None

    def round(self, answered: datetime, *, resumed: bool) -> datetime | None:
        at = woocommerce.position(self.cursor)
        since = at.since
        at = woocommerce.Round(since=since, mark=answered - woocommerce.OVERLAP, seen=100, last=7)
        if resumed:  # somebody else goes on with the first page's cursor, which is text
            at = woocommerce.position(at.cursor())
        self.cursor = woocommerce.Round(since=at.mark).cursor()
        return None if since is None else since.replace(microsecond=0) + timedelta(seconds=1)


@settings(max_examples=150)
@given(turns)
def test_every_row_falls_into_a_round_of_a_shop_that_pages_by_number(happened: list[Turn]) -> None:
    assert unread(happened, WooCommerceFilters()) == []


@settings(max_examples=150)
@given(turns)
def test_every_row_falls_into_a_round_of_the_shop(happened: list[Turn]) -> None:
    assert unread(happened, ShopifyFilters()) == []


@settings(max_examples=150)
@given(turns)
def test_every_row_falls_into_a_round_of_the_erp(happened: list[Turn]) -> None:
    assert unread(happened, OdooFilters()) == []


def test_a_cursor_of_ours_is_read_by_the_release_before() -> None:
    cursor = Position(since=START).began(START + timedelta(minutes=1)).done()
    later = position(cursor).began(START + timedelta(minutes=2)).done()

    for written in (cursor, later):
        assert "reached" not in written
        assert position(written).after is None


def test_a_round_reaches_back_every_ten_minutes_only() -> None:
    cursor, spans = Position(since=START).began(START + timedelta(minutes=1)).done(), list[int]()
    for minute in range(2, 62):
        at = position(cursor)
        answered = START + timedelta(minutes=minute)
        assert at.since is not None
        spans.append(round((answered - at.since).total_seconds() / 60))
        cursor = at.began(answered).done()

    assert sum(span > 6 for span in spans) <= 7
    assert max(spans) <= 24
