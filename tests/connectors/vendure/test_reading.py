"""Items come through whole, one by one, and a reading goes on wherever it was broken off."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.canonical.money import Money
from isthmus.canonical.product import Variant
from isthmus.connectors.vendure import address
from isthmus.connectors.vendure.cursors import OVERLAP, Position, position
from isthmus.ports.errors import ContractBroken, WireDrift
from isthmus.ports.source import Cursor, Page, Searchable
from isthmus.simulators.vendure import VendureWorld
from isthmus.testing.clock import START
from tests.connectors.vendure.stand import Stand, ok, opened, said

ROW: dict[str, Any] = {
    "id": 5,
    "sku": "MUG-1",
    "name": "Mug",
    "barcode": "4006381333931",
    "price": "12.50",
    "currency": "EUR",
    "active": True,
    "updated_at": "2026-03-02T11:00:00+02:00",
    "deleted_at": None,
}
DATE = "Mon, 02 Mar 2026 10:00:00 GMT"


def page(*rows: dict[str, Any], onward: str | None = None) -> bytes:
    return json.dumps({"variants": rows, "next": onward}).encode()


async def changes(stand: Stand, since: Cursor | None = None) -> list[Page[Variant]]:
    return [each async for each in stand.session.sources["variant"].changes(since)]


async def test_an_item_is_translated_field_by_field() -> None:
    stand = said(ok(page(ROW)))
    (only,) = await changes(stand)
    moment = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    assert only.records == [
        Variant(
            external_id="5",
            number="MUG-1",
            revision=moment.isoformat(),
            changed_at=moment,
            read_at=START,
            sku="MUG-1",
            gtin="4006381333931",
            title="Mug",
            price=Money(Decimal("12.50"), "EUR"),
        )
    ]


async def test_a_round_asks_for_every_page_and_the_next_one_begins_before_it() -> None:
    first = said(ok(page(ROW, onward="p2"), Date=DATE), ok(page(ROW), Date=DATE))
    one, two = await changes(first)
    assert (one.last, two.last) == (False, True)
    assert "after=p2" in first.http.asked[1].url
    assert "updated_since" not in first.http.asked[0].url
    second = said(ok(page(), Date=DATE))
    await changes(second, two.cursor)
    assert "updated_since=2026-03-02T09%3A55%3A00Z" in second.http.asked[0].url


@pytest.mark.parametrize("date", [{}, {"Date": "soon"}, {"Date": "Mon, 02 Mar 1026 10:00:00 GMT"}])
async def test_without_a_usable_date_our_own_clock_counts(date: dict[str, str]) -> None:
    stand = said(ok(page(), **date))
    (only,) = await changes(stand)
    assert position(only.cursor).since == stand.clock.now() - OVERLAP


async def test_a_page_that_leads_to_itself_is_not_asked_for_for_ever() -> None:
    with pytest.raises(WireDrift):
        await changes(said(ok(page(onward="p2"))))


BAD = [
    pytest.param({"price": "cheap"}, id="no-price"),
    pytest.param({"price": "NaN"}, id="not-a-number"),
    pytest.param({"currency": "???"}, id="no-currency"),
    pytest.param({"updated_at": "2026-03-02T10:00:00"}, id="no-zone"),
    pytest.param({"updated_at": "0001-01-01T00:00:00+14:00"}, id="no-date"),
    pytest.param({"name": None}, id="no-name"),
]


@pytest.mark.parametrize("spoiled", BAD)
async def test_a_bad_row_fails_alone_and_a_deleted_one_is_gone(spoiled: dict[str, Any]) -> None:
    deleted = {**ROW, "id": 7, "deleted_at": "2026-03-02T10:00:00Z"}
    stand = said(ok(page(ROW, {**ROW, "id": 6, **spoiled}, deleted)))
    (only,) = await changes(stand)
    assert [each.external_id for each in only.records] == ["5"]
    assert [(each.external_id, each.number) for each in only.bad] == [("6", "MUG-1")]
    assert only.gone == ["7"]
    with pytest.raises(WireDrift):
        await said(ok(page({**ROW, **spoiled}))).session.sources["variant"].read(["5"])


async def test_a_row_that_does_not_say_which_it_is_stops_the_reading() -> None:
    with pytest.raises(WireDrift):
        await changes(said(ok(page({**ROW, "id": None}))))


async def test_items_are_read_by_id_and_found_by_number_as_the_double_has_them() -> None:
    world = VendureWorld("empty")
    for number in range(1, 251):
        world.catalog.add(f"ITEM-{number}", f"Item {number}")
    twin = world.catalog.add("ITEM-7", "Another item of the same SKU")
    async with opened(world) as session:
        source = session.sources["variant"]
        assert isinstance(source, Searchable)
        ids = [str(one.id) for one in world.catalog.there()]
        assert [each.external_id for each in await source.read([*ids, "999", "x7", "-1"])] == ids
        assert [each.external_id for each in await source.by_number("ITEM-7")] == ["7", str(twin.id)]
        assert await source.by_number("ITEM-8000") == []
        assert await source.by_number("") == []


async def test_more_of_one_number_than_a_page_holds_are_all_found() -> None:
    world = VendureWorld("empty")
    for number in range(130):
        world.catalog.add("SAME", f"Item {number}")
    async with opened(world) as session:
        source = session.sources["variant"]
        assert isinstance(source, Searchable)
        assert len({each.external_id for each in await source.by_number("SAME")}) == 130


@given(
    since=st.none() | st.datetimes(datetime(2001, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    after=st.text(),
)
def test_a_cursor_comes_back_as_it_was(since: datetime | None, after: str) -> None:
    there = Position(since=since, mark=since, after=after)
    assert position(there.cursor()) == there
    assert there.began(START) == (there if since else Position(mark=START - OVERLAP, after=after))


@pytest.mark.parametrize("text", ["x", "[]", '{"since": 7}', '{"other": 1}', "[" * 5000])
def test_a_cursor_of_somebody_else_is_refused(text: str) -> None:
    with pytest.raises(ContractBroken):
        position(Cursor(text))


def test_the_overlap_is_longer_than_clocks_are_apart() -> None:
    assert timedelta(minutes=2) < OVERLAP


@pytest.mark.parametrize(
    ("entered", "used"),
    [
        ("https://account.example.com/admin/", "https://account.example.com"),
        (" account.example.com ", "https://account.example.com"),
        ("http://127.0.0.1:8103", "http://127.0.0.1:8103"),
    ],
)
def test_an_address_is_taken_as_people_write_it(entered: str, used: str) -> None:
    assert address(entered) == used
