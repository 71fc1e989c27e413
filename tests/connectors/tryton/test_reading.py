"""Reading: items, warehouses, stock, and what the probe sees."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from isthmus.canonical.stock import StockLevel
from isthmus.kit.http import Response
from isthmus.ports.errors import Misconfigured
from isthmus.ports.probe import Severity
from isthmus.ports.source import Cursor
from isthmus.testing.conformance.bench import read_all, records_of
from tests.connectors.tryton.stand import Stand, standing


def source(erp: Stand, kind: str) -> Any:
    return erp.session.sources[kind]


async def test_items_are_read_by_id_and_by_number(erp: Stand) -> None:
    (item,) = await source(erp, "variant").by_number("MUG-0010")
    assert await source(erp, "variant").by_number("") == []
    (again,) = await source(erp, "variant").read([item.external_id, "x", "987654"])
    assert msgspec.structs.replace(again, read_at=item.read_at) == item
    assert (item.sku, item.unit, item.gtin[:3], item.price.currency) == ("MUG-0010", "C62", "200", "EUR")


async def test_warehouses_are_read_by_id_and_nothing_else_is(erp: Stand) -> None:
    first, second = records_of(await read_all(erp.session, "warehouse"))
    assert {first.number, second.number} == {"WH", "EAST"}
    (storage,) = await erp.read("stock.location", [["id", "=", int(first.external_id)]], "storage_location")
    found = await source(erp, "warehouse").read([first.external_id, str(storage["storage_location"])])
    assert [one.external_id for one in found] == [first.external_id]


async def test_stock_is_what_lies_there_less_what_is_promised(erp: Stand) -> None:
    item = await erp.sku("MUG-0010")
    (before,) = await source(erp, "stock_level").read([f"{item}@WH"])
    assert before.on_hand.value == Decimal(erp.world.truth()["stock"]["MUG-0010"]["WH"])
    await erp.world.place_orders(5, seed=3)
    levels = [one for one in records_of(await read_all(erp.session, "stock_level")) if isinstance(one, StockLevel)]
    truth = erp.world.truth()["stock"]
    assert len(levels) == 400
    for level in levels:
        assert level.on_hand is not None
        assert (level.on_hand - level.allocated).value == Decimal(truth[level.sku][level.warehouse])


async def test_many_open_moves_are_read_page_by_page(erp: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isthmus.connectors.tryton.stock.MOVES", 2)
    await erp.world.place_orders(5, seed=3)
    levels = [one for one in records_of(await read_all(erp.session, "stock_level")) if isinstance(one, StockLevel)]
    truth = erp.world.truth()["stock"]
    assert all((one.on_hand - one.allocated).value == truth[one.sku][one.warehouse] for one in levels if one.on_hand)


async def test_news_of_stock_are_the_products_moved(erp: Stand) -> None:
    pages = await read_all(erp.session, "stock_level")
    since = '{"since":"2100-01-01T00:00:00+00:00"}'
    assert records_of([page async for page in source(erp, "stock_level").changes(Cursor(since))]) == []
    erp.world.set_stock("MUG-0010", "WH", 7)
    news = records_of([page async for page in source(erp, "stock_level").changes(pages[-1].cursor)])
    figures = {one.external_id: one.on_hand for one in news if isinstance(one, StockLevel)}
    assert figures[f"{await erp.sku('MUG-0010')}@WH"].value == 7  # type: ignore[union-attr]


async def test_a_deactivated_warehouse_holds_nothing(erp: Stand) -> None:
    (east,) = [one for one in records_of(await read_all(erp.session, "warehouse")) if one.number == "EAST"]
    erp.world.env().table("stock.location").rows[int(east.external_id)]["active"] = False
    erp.orders.translator.lookups.shelf.kept.clear()
    item = await erp.sku("MUG-0010")
    levels = await source(erp, "stock_level").read([f"{item}@WH", f"{item}@EAST"])
    assert [one.warehouse for one in levels] == ["WH"]


async def test_the_probe_names_what_there_is(erp: Stand) -> None:
    report = await erp.session.probe.probe()
    assert (report.version, report.currency, report.prices_include_tax) == ("8.2", "EUR", False)
    assert {place.code for place in report.places} == {"WH", "EAST"}
    assert "sale.sale:create" in report.permissions
    assert not [one for one in report.findings if one.severity is Severity.PROBLEM]


async def test_the_probe_names_what_is_missing() -> None:
    async with standing(login="limited", password="limited-password", fee_code="NONE") as erp:
        env = erp.world.env()
        for row in env.table("account.tax").rows.values():
            row["active"] = False
        findings = (await erp.session.probe.probe()).findings
        assert {"missing_permission", "no_fee_product", "no_taxes"} <= {one.code for one in findings}
        fixes = [one.fix for one in findings if one.message == "the user may not create sale.sale"]
        assert fixes == ["Administration > Users: add the group Sales."]


async def test_a_module_that_is_missing_is_named_first(erp: Stand) -> None:
    answer = msgspec.json.encode({"id": 0, "result": [{"id": 1, "name": "party"}]})
    erp.between.instead("model.ir.module.search_read", lambda _request: Response(200, {}, answer))
    codes = [finding.code for finding in (await erp.session.probe.probe()).findings]
    assert codes == ["module_missing"] * 5


async def test_who_may_not_see_modules_is_judged_by_rights(erp: Stand) -> None:
    erp.between.instead("model.ir.module.search_read", lambda _request: Response(403, {}, b""))
    assert (await erp.session.probe.probe()).permissions


async def test_many_codes_are_read_page_by_page(erp: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isthmus.connectors.tryton.probe.CODES_PER_CALL", 50)
    await erp.call("product.template", "write", [1], {"code": ""})
    codes = [finding.code for finding in (await erp.session.probe.probe()).findings]
    assert "empty_skus" in codes
    monkeypatch.setattr("isthmus.connectors.tryton.probe.CODES_READ", 100)
    assert (await erp.session.probe.probe()).version == "8.2"


async def test_a_company_the_user_may_not_see_is_named() -> None:
    async with standing(company="99") as erp:
        with pytest.raises(Misconfigured, match="no company 99"):
            await erp.session.probe.probe()
