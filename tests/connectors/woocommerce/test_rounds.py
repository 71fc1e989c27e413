"""Pages by number, read whole whatever leaves and joins the list meanwhile."""

from collections.abc import Sequence
from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.connectors.woocommerce import rounds
from isthmus.connectors.woocommerce.client import Client
from isthmus.connectors.woocommerce.rounds import Feed, Round, changed, every, position
from isthmus.connectors.woocommerce.signing import Signer
from isthmus.connectors.woocommerce.sites import Site
from isthmus.connectors.woocommerce.wire import Row
from isthmus.kit.http import Response
from isthmus.ports.errors import ContractBroken, WireDrift
from isthmus.ports.source import Cursor
from isthmus.testing.clock import HandClock
from isthmus.testing.pace import OpenPace
from tests.connectors.woocommerce.harness import NOW, URL, Asked, Desk, Handler, answer

FEED = Feed("/wc/v3/orders", Row, "orders.list", [("status", "any")])


def client(handler: Handler) -> tuple[Client, Desk]:
    desk = Desk(handler)
    return Client(Site(URL), desk, HandClock(NOW), OpenPace(), Signer("ck", "cs")), desk


class Shelf:
    """A list of ids from which some leave between pages."""

    def __init__(self, count: int, leaving: Sequence[Sequence[int]] = (), *, told: bool = True) -> None:
        self.rows = list(range(1, count + 1))
        self.leaving = list(leaving)
        self.told = told

    def __call__(self, asked: Asked) -> Response:
        start, size = int(asked.query.get("offset", "0")), int(asked.query["per_page"])
        total = len(self.rows) if self.told else None
        reply = answer([{"id": one} for one in self.rows[start : start + size]], total=total)
        if self.leaving:
            gone = set(self.leaving.pop(0))
            self.rows = [one for one in self.rows if one not in gone]
        return reply


async def read(handler: Handler, since: Cursor | None = None) -> tuple[list[int], list[Cursor]]:
    one, _desk = client(handler)
    batches = [batch async for batch in changed(one, [FEED], since)]
    assert [batch.last for batch in batches] == [False] * (len(batches) - 1) + [True]
    return [row.id for batch in batches for row in batch.rows], [batch.cursor for batch in batches]


@given(
    st.integers(0, 450),
    st.lists(st.lists(st.integers(1, 450), max_size=250), max_size=8),
    st.booleans(),
)
async def test_what_stays_is_read_once_whatever_leaves(count: int, leaving: list[list[int]], told: bool) -> None:  # noqa: FBT001 - given by hypothesis
    shelf = Shelf(count, leaving, told=told)
    seen, _cursors = await read(shelf)
    assert len(seen) == len(set(seen))
    assert set(shelf.rows) <= set(seen)


async def test_a_page_starts_within_the_one_before() -> None:
    one, desk = client(Shelf(250))
    assert len(await every(one, FEED)) == 250
    assert [asked.query.get("offset", "") for asked in desk.asked] == ["", "95", "190"]


async def test_a_round_broken_off_goes_on_behind_its_page() -> None:
    shelf = Shelf(250)
    whole, cursors = await read(shelf)
    rest, _cursors = await read(shelf, cursors[0])
    assert whole == list(range(1, 251))
    assert rest == list(range(101, 251))


async def test_the_next_round_begins_twelve_minutes_before_this_one_did() -> None:
    _seen, cursors = await read(Shelf(1))
    assert position(cursors[-1]) == Round(since=NOW - timedelta(minutes=12))
    one, desk = client(Shelf(1))
    assert [batch.last async for batch in changed(one, [FEED], cursors[-1])] == [True]
    query = desk.asked[0].query
    assert (query["modified_after"], query["dates_are_gmt"]) == ("2026-11-20T09:48:00", "true")


async def test_the_first_round_has_a_bound_too() -> None:
    one, desk = client(Shelf(1))
    assert [batch.last async for batch in changed(one, [FEED], None)] == [True]
    assert desk.asked[0].query["modified_after"] == "2000-01-01T00:00:00"


async def test_a_list_in_another_order_is_refused() -> None:
    with pytest.raises(WireDrift, match="changes the order"):
        await read(lambda _asked: answer([{"id": 2}, {"id": 1}]))


async def test_rows_a_plugin_hides_end_the_reading_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "MOST_IDLE", 30)

    def hiding(asked: Asked) -> Response:
        start = int(asked.query.get("offset", "0"))
        shown = [one for one in range(start + 1, start + 101) if not 150 < one <= 600]
        return answer([{"id": one} for one in shown], total=1000)

    with pytest.raises(WireDrift, match="a plugin hides them"):
        await read(hiding)


async def test_a_few_hidden_rows_hold_nobody_up() -> None:
    def hiding(asked: Asked) -> Response:
        start = int(asked.query.get("offset", "0"))
        return answer([{"id": one} for one in range(start + 1, min(start + 100, 250) + 1) if one % 3], total=250)

    seen, _cursors = await read(hiding)
    assert seen == [one for one in range(1, 251) if one % 3]


@pytest.mark.parametrize(
    "text", ["x", "{", '{"since":1}', '{"seen":-1}', '{"since":"2026-01-01T00:00:00"}', '{"strange":1}', "[" * 5000]
)
def test_a_cursor_that_is_not_ours_is_refused(text: str) -> None:
    with pytest.raises(ContractBroken):
        position(Cursor(text))


moments = st.none() | st.datetimes(timezones=st.just(UTC))


@given(st.builds(Round, since=moments, mark=moments, feed=st.integers(0, 3), seen=st.integers(0, 2**62)))
def test_a_cursor_survives_being_stored(at: Round) -> None:
    assert position(at.cursor()) == at
