"""What is listed is read whole: from the right end, resumable, and bad rows apart."""

import json
from datetime import datetime, timedelta

import msgspec
import pytest

from isthmus.canonical.record import fingerprint
from isthmus.connectors.vendure.cursors import OVERLAP, SWEEP_EVERY, Position, position
from isthmus.connectors.vendure.order_listing import spot
from isthmus.ports.connector import Session
from isthmus.ports.errors import ContractBroken, Unmapped, WireDrift
from isthmus.ports.listing import Glimpsed, Span
from isthmus.ports.source import Cursor, Page, Searchable
from tests.connectors.vendure.builders import (
    GROSS,
    Content,
    a_field,
    a_level,
    a_shop,
    a_stocked,
    a_variant,
    an_order,
    listed,
)
from tests.connectors.vendure.harness import NOW, Desk, failed, opened

SINCE = NOW - timedelta(hours=1)
PAGE = 100


async def pages_of(session: Session, kind: str, since: str | Cursor | None = None) -> list[Page[object]]:
    return [page async for page in session.sources[kind].changes(Cursor(since) if since else None)]


def ids(*pages: Page[object]) -> list[str]:
    return [each.external_id for page in pages for each in page.records]  # type: ignore[attr-defined]


def a_list(*rows: Content) -> object:
    """Answer as a list does: by `skip` and `take`."""

    def answer(variables: Content) -> Content:
        options = variables["options"]
        chosen = rows[options["skip"] : options["skip"] + options["take"]]
        wanted = options.get("filter", {}).get("id", {}).get("in")
        if wanted is not None:
            chosen = tuple(row for row in rows if row["id"] in wanted)
        return listed(*chosen, total=len(rows))

    return answer


# --- Orders -----------------------------------------------------------------------------------------------------------


async def test_a_first_round_reads_every_order_that_was_placed() -> None:
    desk = Desk().on("Orders", a_list(*(an_order(number) for number in range(1, 2 * PAGE + 2))))  # type: ignore[arg-type]

    pages = await pages_of(opened(desk), "order")

    assert ids(*pages) == [str(number) for number in range(1, 2 * PAGE + 2)]
    assert [page.last for page in pages] == [False, False, True]
    first = desk.options("Orders")[0]
    assert first["filter"] == {
        "active": {"eq": False},
        "orderPlacedAt": {"isNull": False},
        "type": {"in": ["Regular", "Aggregate"]},
    }
    assert first["sort"] == {"orderPlacedAt": "ASC", "id": "ASC"}
    assert position(pages[-1].cursor) == Position(since=NOW - OVERLAP, swept=NOW - OVERLAP)


async def test_a_round_that_was_broken_off_goes_on() -> None:
    desk = Desk().on("Orders", a_list(*(an_order(number) for number in range(1, PAGE + 3))))  # type: ignore[arg-type]
    [first, *_] = await pages_of(opened(desk), "order")

    rest = await pages_of(opened(desk), "order", first.cursor)

    assert ids(*rest) == [str(PAGE + 1), str(PAGE + 2)]


async def test_a_later_round_asks_for_what_is_new_or_saved() -> None:
    since = Position(since=SINCE, swept=NOW - OVERLAP).cursor()
    desk = Desk().on("Orders", listed(an_order()))

    [page] = await pages_of(opened(desk), "order", since)

    [asked] = desk.options("Orders")
    after = {"after": "2026-11-20T09:00:00.000Z"}
    assert asked["filter"]["_or"] == [{"orderPlacedAt": after}, {"updatedAt": after}]
    assert position(page.cursor).swept == NOW - OVERLAP


@pytest.mark.parametrize(
    "swept", [None, NOW - OVERLAP - SWEEP_EVERY, NOW + timedelta(days=1)], ids=["never", "long-ago", "clock-put-back"]
)
async def test_open_orders_are_read_besides_when_it_is_time(swept: datetime | None) -> None:
    rows = [an_order(number) for number in range(1, 2 * PAGE + 2)]
    desk = Desk()

    def answer(variables: Content) -> object:
        new = "_or" in variables["options"]["filter"]
        return a_list(*(rows[:1] if new else rows))(variables)  # type: ignore[operator]

    desk.on("Orders", answer)
    pages = await pages_of(opened(desk), "order", Position(since=SINCE, swept=swept).cursor())

    assert ids(*pages[1:]) == [
        str(number) for first, end in ((102, 202), (2, 102), (1, 2)) for number in range(first, end)
    ]
    assert set(ids(*pages)) == {row["id"] for row in rows}
    windows = [(one["skip"], one["take"]) for one in desk.options("Orders") if "_or" not in one["filter"]]
    assert windows == [(0, 100), (101, 100), (1, 100), (0, 1)], "from the end: rows leave while it is read"
    assert desk.options("Orders")[-1]["filter"]["state"] == {"notIn": ["Delivered", "Cancelled"]}
    assert position(pages[-1].cursor) == Position(since=NOW - OVERLAP, swept=NOW - OVERLAP)
    for broken_off in pages[:-1]:
        rest = await pages_of(opened(desk), "order", broken_off.cursor)
        at = pages.index(broken_off)
        assert set(ids(*pages[: at + 1], *rest)) == {row["id"] for row in rows}


async def test_a_sweep_ends_where_nothing_is_left() -> None:
    desk = Desk().on("Orders", listed())
    at = Position(since=SINCE, mark=NOW, sweeping=True, left=0).cursor()

    [page] = await pages_of(opened(desk), "order", at)

    assert (page.last, list(page.records)) == (True, [])


async def test_a_list_that_shrinks_under_our_hands_still_ends() -> None:
    desk = Desk().on("Orders", listed(*(an_order(one) for one in range(PAGE)), total=300), listed(total=300))

    pages = await pages_of(opened(desk), "order")

    assert [page.last for page in pages] == [False, True]


async def test_an_order_that_cannot_be_understood_is_named_and_the_others_read() -> None:
    rows = (
        an_order(1),
        an_order(2, totalWithTax="much"),
        an_order(3, state="Packed"),
        an_order(4, currencyCode="???"),
        an_order(5),
    )
    [page] = await pages_of(opened(Desk().on("Orders", listed(*rows))), "order")

    assert ids(page) == ["1", "5"]
    assert [(bad.external_id, bad.number, type(bad.trouble)) for bad in page.bad] == [
        ("2", "CODE000000000002", WireDrift),
        ("3", "CODE000000000003", Unmapped),
        ("4", "CODE000000000004", WireDrift),
    ]


async def test_a_row_that_does_not_even_say_which_it_is_raises() -> None:
    with pytest.raises(WireDrift):
        await pages_of(opened(Desk().on("Orders", listed({"code": "X"}))), "order")


async def test_orders_are_read_by_ids_that_can_be_ids() -> None:
    desk = Desk().on("Orders", a_list(an_order(1), an_order(2)))  # type: ignore[arg-type]
    uuid = "0b7c2f4e-9f59-4a51-9f0e-3a8f3e9d1c11"

    found = await opened(desk).sources["order"].read(["1", "99999999999", "1'", "", uuid, "1"])

    assert [one.external_id for one in found] == ["1"]
    assert desk.options("Orders")[0]["filter"]["id"] == {"in": ["1", uuid]}
    assert desk.options("Orders")[0]["filter"]["active"] == {"eq": False}
    assert await opened(desk).sources["order"].read([]) == []


async def test_the_shops_own_fields_are_asked_for_by_name() -> None:
    fields = [
        a_field("giftNote"),
        a_field("secret", internal=True),
        a_field("margin", requiresPermission=["ReadMargin"]),
        a_field("salesRep", "relation"),
        a_field("bad name"),
    ]
    lines = [a_field("engraving"), a_field("gift", "boolean")]
    known = {"Order": fields, "OrderLine": lines, "Customer": [a_field("vip", "boolean")], "Address": [a_field("x")]}
    desk = Desk().on("Shop", a_shop(fields=known))
    desk.on("Orders", listed(an_order(customFields={"giftNote": "Hello"})))
    session = opened(desk)

    [page] = await pages_of(session, "order")
    [again] = await session.sources["order"].read(["1"])

    queries = [json.loads(one.body or b"")["query"] for one in desk.requests if one.operation == "Orders"]
    assert len(queries) == 2
    for query in queries:
        assert query.count("customFields") == 3
        assert "productVariant{id sku name} customFields{engraving gift}" in query
        assert "user{id} customFields{vip}" in query
        assert "} customFields{giftNote}}}}" in query
    assert page.records[0].custom["customFields.giftNote"] == "Hello"  # type: ignore[attr-defined]
    assert fingerprint(again) == fingerprint(page.records[0])  # type: ignore[arg-type]
    # What the shop has is asked for once in a session.
    assert desk.names().count("Shop") == 1


async def test_a_shop_without_fields_is_not_asked_for_any() -> None:
    desk = Desk().on("Orders", listed(an_order()))

    await pages_of(opened(desk), "order")

    [query] = [json.loads(one.body or b"")["query"] for one in desk.requests if one.operation == "Orders"]
    assert "customFields" not in query


async def test_fields_that_were_taken_away_are_not_asked_for_any_more() -> None:
    desk = Desk().on("Shop", a_shop(fields={"Order": [a_field("giftNote")]}), a_shop())
    desk.on("Orders", failed("GRAPHQL_VALIDATION_FAILED", status=400), listed(an_order()))

    [page] = await pages_of(opened(desk), "order")

    assert ids(page) == ["1"]


async def test_nor_are_they_when_an_order_is_read_by_its_id() -> None:
    desk = Desk().on("Shop", a_shop(fields={"Customer": [a_field("vip")]}), a_shop())
    desk.on("Orders", failed("GRAPHQL_VALIDATION_FAILED", status=400), listed(an_order()))

    [order] = await opened(desk).sources["order"].read(["1"])

    assert order.external_id == "1"


async def test_a_question_that_is_refused_for_another_reason_is_not_asked_again() -> None:
    desk = Desk().on("Orders", failed("GRAPHQL_VALIDATION_FAILED", status=400))

    with pytest.raises(ContractBroken):
        await pages_of(opened(desk), "order")
    assert desk.names().count("Orders") == 1


@pytest.mark.parametrize("cursor", ["x", "[]", '{"skip":-1}', '{"left":-1}', '{"since":"2026-01-01"}', "[" * 9999])
@pytest.mark.parametrize("kind", ["order", "variant"])
async def test_a_cursor_that_is_not_ours_is_refused(kind: str, cursor: str) -> None:
    with pytest.raises(ContractBroken):
        await pages_of(opened(Desk()), kind, cursor)
    with pytest.raises(ContractBroken):
        spot(Cursor(cursor))


# --- Lists ------------------------------------------------------------------------------------------------------------


async def test_the_own_list_names_the_orders_of_a_span() -> None:
    span = Span(NOW - timedelta(minutes=5), NOW)
    late = an_order(2, orderPlacedAt="2026-11-20T10:00:00.000Z")
    rows = [an_order(1), late, *(an_order(number) for number in range(3, PAGE + 3))]
    desk = Desk().on("Orders", a_list(*rows)).on("OrdersGlimpsed", a_list(*rows))  # type: ignore[arg-type]
    listing = opened(desk).listings["order"]

    pages = [page async for page in listing.listed(span)]
    rest = [page async for page in listing.listed(span, after=pages[0].cursor)]

    assert [len(page.entries) for page in pages] == [PAGE - 1, 2]
    assert [entry.key for page in rest for entry in page.entries] == ["101", "102"]
    assert desk.options("Orders")[0]["filter"]["orderPlacedAt"] == {
        "after": "2026-11-20T09:54:59.000Z",
        "before": "2026-11-20T10:00:01.000Z",
    }
    assert isinstance(listing, Glimpsed)
    seen = [one for some in [each async for each in listing.glimpses(span)] for one in some]
    assert len(seen) == PAGE + 1
    assert [entry.key for entry in await listing.named(["2"])] == ["2"]
    assert await listing.named([]) == []


async def test_glimpses_end_where_nothing_comes() -> None:
    listing = opened(Desk().on("OrdersGlimpsed", listed(total=5))).listings["order"]
    assert isinstance(listing, Glimpsed)

    assert [list(some) async for some in listing.glimpses(Span(SINCE, NOW))] == [[]]


async def test_buyers_are_listed_and_found_again() -> None:
    guest = an_order(2, customer=None)
    desk = Desk().on("Orders", a_list(an_order(1), guest)).on("Customers", listed({"id": "7"}))  # type: ignore[arg-type]
    listing = opened(desk).listings["customer"]

    entries = [entry async for page in listing.listed(Span(SINCE, NOW)) for entry in page.entries]

    assert [(entry.key, entry.record.custom["order"]) for entry in entries] == [("7", "1"), ("guest:2", "2")]
    assert {entry.key for entry in await listing.named(["7", "8", "guest:2", "guest:9"])} == {"7", "guest:2"}


# --- Goods ------------------------------------------------------------------------------------------------------------


async def test_every_variant_is_read_from_the_end() -> None:
    desk = Desk().on("Variants", a_list(*(a_variant(number) for number in range(1, PAGE + 2))))  # type: ignore[arg-type]

    pages = await pages_of(opened(desk), "variant")

    assert sorted(map(int, ids(*pages))) == list(range(1, PAGE + 2))
    assert [(one["skip"], one["take"]) for one in desk.options("Variants")] == [(0, 100), (1, 100), (0, 1)]
    rest = await pages_of(opened(desk), "variant", pages[0].cursor)
    assert ids(*rest) == ["1"]


async def test_a_variant_says_what_it_is() -> None:
    options = [{"name": "blue", "group": {"name": "color"}}]
    later = "2026-11-20T12:00:00.000Z"
    row = a_variant(options=options, product={"id": "5", "enabled": False, "updatedAt": later})
    [page] = await pages_of(opened(Desk().on("Variants", listed(row))), "variant")

    [variant] = msgspec.convert(page.records, list, strict=False)
    assert (variant.number, variant.stock_ref, variant.product_ref, variant.active) == ("SKU-1", "1", "5", False)
    assert variant.option_values == {"color": "blue"}
    assert str(variant.price) == "10.00 EUR"
    assert variant.changed_at == datetime.fromisoformat(later)


async def test_a_gross_shop_has_gross_prices() -> None:
    desk = Desk().on("Shop", a_shop(GROSS)).on("Variants", listed(a_variant()))
    [variant] = await opened(desk).sources["variant"].read(["1"])

    assert str(variant.price) == "11.90 EUR"


async def test_a_price_that_is_none_is_named() -> None:
    desk = Desk().on("Variants", listed(a_variant(1), a_variant(2, currencyCode="???"), a_variant(3, price=10**40)))

    [page] = await pages_of(opened(desk), "variant")

    assert [(bad.external_id, bad.number) for bad in page.bad] == [("2", "SKU-2"), ("3", "SKU-3")]


async def test_a_sku_is_found_exactly() -> None:
    desk = Desk().on("Variants", listed(a_variant(1, sku="Lamp"), a_variant(2, sku="lamp"), a_variant(3, sku="Lamp")))
    source = opened(desk).sources["variant"]
    assert isinstance(source, Searchable)

    assert [one.external_id for one in await source.by_number("Lamp")] == ["1", "3"]
    assert await source.by_number("") == []
    assert desk.options("Variants")[0]["filter"] == {"sku": {"eq": "Lamp"}}


async def test_levels_are_what_may_be_sold_by_place() -> None:
    row = a_stocked(1, a_level("1", 10, 3), a_level("2", 2, 5))
    desk = Desk().on("Levels", listed(row))

    [page] = await pages_of(opened(desk), "stock_level")
    read = await opened(desk).sources["stock_level"].read(["1@2", "9@1", "1@7"])

    levels = msgspec.convert(page.records, list, strict=False)
    assert [(one.external_id, one.available.value) for one in levels] == [("1@1", 7), ("1@2", -3)]
    assert [one.external_id for one in read] == ["1@2"]


async def test_places_are_read() -> None:
    row = {"id": "1", "name": "WH", "description": "", "updatedAt": "2026-11-20T09:00:00.000Z"}
    desk = Desk().on("Places", listed(row, {**row, "id": "2", "description": "Back room"}))

    [page] = await pages_of(opened(desk), "warehouse")

    assert ids(page) == ["1", "2"]
    assert [one.custom for one in page.records] == [{}, {"description": "Back room"}]  # type: ignore[attr-defined]
