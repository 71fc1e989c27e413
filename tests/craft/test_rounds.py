"""Rounds: complete, resumable behind every page, and the next one begins before this one did."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.craft.rounds import Batch, Mark, changed, parse
from isthmus.ports.errors import ContractBroken
from isthmus.ports.source import Cursor

BEGAN = "2026-03-02T09:48:00+00:00"
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
feeds = st.lists(st.lists(st.integers(1, 500), unique=True, max_size=12).map(sorted), min_size=1, max_size=3)


class Row:
    """One record of a made-up system."""

    def __init__(self, number: int) -> None:
        self.id = number


class Server:
    """Shows rows by id and remembers since when it was asked."""

    def __init__(self, page: int) -> None:
        self.page = page
        self.since: set[str | None] = set()

    async def read(self, feed: list[int], since: str | None, after: int) -> list[Row]:
        self.since.add(since)
        return [Row(one) for one in feed if one > after][: self.page]

    async def round(self, known: list[list[int]], mark: Mark, began: str = BEGAN) -> list[Batch[Row]]:
        read = changed(known, mark, self.read, began=began, page=self.page, now=lambda: NOW)
        return [batch async for batch in read]


def shown(batches: list[Batch[Row]]) -> list[tuple[int, int]]:
    return [(batch.feed, row.id) for batch in batches for row in batch.rows]


@given(feeds, st.integers(1, 5))
async def test_a_round_goes_on_behind_any_page(known: list[list[int]], page: int) -> None:
    server = Server(page)
    whole = await server.round(known, Mark(since="2026-03-01T00:00:00"))
    assert shown(whole) == [(feed, row) for feed, rows in enumerate(known) for row in rows]
    assert [batch.last for batch in whole] == [False] * (len(whole) - 1) + [True]

    for number, batch in enumerate(whole[:-1]):
        rest = await server.round(known, parse(batch.cursor), began="later")
        assert shown(rest) == shown(whole[number + 1 :])
        assert rest[-1].cursor == whole[-1].cursor  # it began when it began, not when it went on
    assert server.since == {"2026-03-01T00:00:00"}


async def test_the_next_round_reads_what_changed_since_this_one_began() -> None:
    server = Server(2)
    (*_, last) = await server.round([[1, 2, 3]], parse(None))
    assert server.since == {None}
    assert parse(last.cursor) == Mark(since=BEGAN)

    await server.round([[]], parse(last.cursor), began="later")
    assert server.since == {None, BEGAN}


async def test_a_page_is_as_old_as_the_moment_before_it_was_asked_for() -> None:
    minute = 0

    async def slow(feed: list[int], since: str | None, after: int) -> list[Row]:
        nonlocal minute
        minute += 1
        return await Server(1).read(feed, since, after)

    read = changed([[1, 2], [3]], Mark(), slow, began=BEGAN, page=1, now=lambda: NOW.replace(minute=minute))
    async for batch in read:
        assert batch.read_at.minute == minute - 1
        minute += 10  # whatever is done with a page takes its time


@pytest.mark.parametrize("cursor", ["{", "", '{"since": "yesterday"}', '{"since": 3}', "[" * 5000])
def test_a_cursor_that_is_not_ours_is_refused(cursor: str) -> None:
    with pytest.raises(ContractBroken):
        parse(Cursor(cursor))


def test_what_is_a_time_is_the_connectors_to_say() -> None:
    cursor = Mark(since="17").cursor()
    assert parse(cursor, time=lambda text: datetime.fromtimestamp(int(text), UTC)) == Mark(since="17")
    with pytest.raises(ContractBroken):
        parse(cursor)
