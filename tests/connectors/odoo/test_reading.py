"""Reading items, places and stock: complete, resumable, and true per warehouse."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import ClientSession

from isthmus.canonical.product import ProductKind
from isthmus.connectors.odoo import rounds, stock, wire
from isthmus.connectors.odoo.rounds import Feed
from isthmus.craft.rounds import parse
from isthmus.ports.errors import ContractBroken
from isthmus.ports.source import Cursor
from tests.connectors.odoo.stand import Stand, standing


async def everything(source: Any, since: Cursor | None = None) -> tuple[list[Any], Cursor]:
    records: list[Any] = []
    last: Any = None
    async for page in source.changes(since):
        assert last is None or not last.last
        records += page.records
        last = page
    assert last.last
    return records, last.cursor


async def test_every_item_is_read_once_with_its_kind(each: Stand) -> None:
    records, _cursor = await everything(each.session.sources["variant"])
    assert len({record.external_id for record in records}) == len(records) == 205
    mug = next(record for record in records if record.sku == "MUG-0010")
    shipping = next(record for record in records if record.sku == "SHIPPING")
    assert (mug.kind, shipping.kind) == (ProductKind.STOCKED, ProductKind.SERVICE)
    assert (mug.number, mug.active, mug.price.currency) == ("MUG-0010", True, "EUR")
    assert mug.gtin


@pytest.mark.parametrize("page", [1, 2, 3, 7, 10], ids=lambda page: f"by-{page}")
async def test_paging_is_complete_and_resumes_anywhere(page: int) -> None:
    async with standing(19, "empty") as erp:
        vals = [{"name": f"P{number}", "default_code": f"P{number}"} for number in range(6)]
        await erp.call("product.product", "create", vals_list=vals)  # ties: one transaction, one date
        feed = [Feed("product.product", wire.Variant), Feed("product.product", wire.Variant)]
        cursors: list[Cursor | None] = [None]
        whole: list[int] = []
        async for batch in rounds.changed(erp.dialect, feed, None, page=page):
            whole += [row.id for row in batch.rows]
            cursors.append(batch.cursor)
        assert len(whole) == 2 * 10
        for number, cursor in enumerate(cursors[:-1]):
            rest: list[int] = []
            async for batch in rounds.changed(erp.dialect, feed, cursor, page=page):
                rest += [row.id for row in batch.rows]
                assert batch.last == (batch.cursor == cursors[-1]) or batch.last
            assert rest == whole[len(whole) - len(rest) :]
            assert number == 0 or len(rest) < len(whole)


async def test_a_change_reaches_the_next_round_and_an_old_one_does_not(erp: Stand) -> None:
    source = erp.session.sources["variant"]
    _all, cursor = await everything(source)
    erp.clock.time += rounds.OVERLAP * 3
    assert parse(cursor).began == ""
    mug = await erp.sku("MUG-0010")
    await erp.call("product.product", "write", ids=[int(mug)], vals={"active": False})
    changed, _next = await everything(source, cursor)
    archived = next(record for record in changed if record.external_id == mug)
    assert archived.active is False


async def test_an_item_is_found_by_its_exact_sku_archived_or_double(erp: Stand) -> None:
    source: Any = erp.session.sources["variant"]
    vals = [{"name": "Twin", "default_code": "MUG-0010", "active": False}]
    await erp.call("product.product", "create", vals_list=vals)
    assert sorted(one.active for one in await source.by_number("MUG-0010")) == [False, True]
    assert await source.by_number("MUG-00") == []
    assert await source.by_number("") == []


async def test_an_item_without_a_reference_has_an_empty_sku(erp: Stand) -> None:
    (made,) = await erp.call("product.product", "create", vals_list=[{"name": "Nameless"}])
    (seen,) = await erp.session.sources["variant"].read([str(made), "999999", "nonsense"])
    assert (seen.sku, seen.number, seen.title) == ("", "", "Nameless")


async def test_warehouses_are_read_with_their_codes(each: Stand) -> None:
    records, _cursor = await everything(each.session.sources["warehouse"])
    assert [(record.code, record.active) for record in records] == [("WH", True), ("EAST", True)]
    assert [one.code for one in await each.session.sources["warehouse"].read(["2"])] == ["EAST"]


async def count(erp: Stand, sku: str, place: str, amount: int) -> None:
    body = {"sku": sku, "place": place, "quantity": amount}
    async with ClientSession() as http, http.post(f"{erp.url}/__sim/stock", json=body) as answer:
        assert answer.status == 200, await answer.text()


async def test_stock_is_told_per_warehouse(each: Stand) -> None:
    await count(each, "MUG-0010", "WH", 12)
    await count(each, "MUG-0010", "EAST", 5)
    mug = await each.sku("MUG-0010")
    levels = await each.session.sources["stock_level"].read([f"{mug}@WH", f"{mug}@EAST", f"{mug}@NOPE", "x"])
    assert {level.warehouse: level.on_hand.value for level in levels} == {"WH": 12, "EAST": 5}
    assert {level.external_id for level in levels} == {f"{mug}@WH", f"{mug}@EAST"}
    assert all(level.sku == "MUG-0010" and level.item_ref == mug for level in levels)


async def test_the_first_reading_brings_every_stored_item_and_the_next_only_what_moved(each: Stand) -> None:
    source = each.session.sources["stock_level"]
    first, _cursor = await everything(source)
    assert len(first) == 400
    later = Cursor('{"since":"2999-01-01 00:00:00"}')
    assert (await everything(source, later))[0] == []


async def test_a_reservation_is_allocated_and_seen_as_a_change(each: Stand) -> None:
    mug = await each.sku("MUG-0010")
    await count(each, "MUG-0010", "WH", 12)
    line = [0, 0, {"product_id": int(mug), "product_uom_qty": 4, "price_unit": 1, "name": "x"}]
    (order,) = await each.call(
        "sale.order", "create", vals_list=[{"partner_id": int(await each.customer()), "order_line": [line]}]
    )
    await each.call("sale.order", "action_confirm", ids=[order])
    recent = Cursor('{"since":"2000-01-01 00:00:00"}')
    changed, _next = await everything(each.session.sources["stock_level"], recent)
    level = next(one for one in changed if one.external_id == f"{mug}@WH")
    assert (level.on_hand.value, level.allocated.value) == (12, 4)


def test_a_figure_loses_the_noise_of_the_float_it_was() -> None:
    row = wire.Figures(id=1, qty_available=Decimal("0.30000000000000004"), free_qty=Decimal("101.0"))
    level = stock.to_level(row, wire.Warehouse(id=1, code="WH"), {}, datetime.now(UTC))
    assert (str(level.on_hand.value), str(level.allocated.value)) == ("0.3", "-100.7")  # type: ignore[union-attr]
    assert str(wire.exact(Decimal("1200.0"))) == "1200"


@pytest.mark.parametrize("cursor", ["", "yesterday", "[]", '{"since":"soon"}'])
def test_a_cursor_that_is_not_ours_is_refused(cursor: str) -> None:
    with pytest.raises(ContractBroken):
        parse(Cursor(cursor))
