"""Any shop to any ERP: orders arrive once and whole, stock comes back, edits and cancellations follow."""

from decimal import Decimal
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tests.pairs.town import ERPS, SHOPS, Town, assert_same, places, standing, wanted

pytestmark = pytest.mark.slow

ORDERS = 12
PAIRS = [(shop, erp) for shop in SHOPS for erp in ERPS]


def test_every_connector_there_is_takes_part() -> None:
    named = {entry.name for entry in entry_points(group="isthmus.connectors")}
    assert named == SHOPS.keys() | ERPS.keys()


@pytest.mark.parametrize(("shop", "erp"), PAIRS, ids=["-".join(pair) for pair in PAIRS])
async def test_what_is_sold_is_booked_and_what_is_there_is_offered(tmp_path: Path, shop: str, erp: str) -> None:
    flows = "\n".join(
        [
            '[flows.orders]\nfrom = "shop"\nto = "erp"',
            '[flows.stock]\nfrom = "erp"\nto = "shop"',
            places("stock", SHOPS[shop].places),
        ]
    )
    async with standing(tmp_path, {"shop": shop, "erp": erp}, flows) as town:
        await town.do("shop", "orders", count=ORDERS, seed=7)
        await town.sync()
        sold = await town.orders("shop")
        assert (len(sold), await town.questions()) == (ORDERS, [])
        await assert_agreed(town, ERPS[erp].canceled)

        editable = sorted(wanted(sold))
        line = sold[editable[0]]["lines"][0]
        await town.do("shop", "edit", reference=editable[0], sku=line["sku"], quantity=int(line["quantity"]) + 1)
        await town.do("shop", "cancel", reference=editable[1])
        await town.do("erp", "stock", sku=line["sku"], place="WH", quantity=900)
        await town.sync()
        assert (await town.orders("erp"))[editable[1]]["status"] == ERPS[erp].canceled
        await assert_agreed(town, ERPS[erp].canceled)
        assert [(row.flow, row.number, row.because) for row in await town.open_rows()] == []


async def assert_agreed(town: Town, canceled: str) -> None:
    """Assert that both sides hold the same; an ERP may have replaced an order that was edited by another one."""
    sold, booked = await town.orders("shop"), await town.orders("erp")
    assert {reference for reference, order in booked.items() if order["status"] != canceled} == wanted(sold)
    for reference in wanted(sold):
        assert_same(sold[reference], booked[reference])
    shown, there = await town.stock("shop"), await town.stock("erp")
    assert {sku: sum(each.values(), Decimal(0)) for sku, each in shown.items()} == {
        sku: sum(there[sku].values(), Decimal(0)) for sku in shown
    }


async def test_two_shops_sell_what_one_erp_has(tmp_path: Path) -> None:
    """Both number their orders as they like, and each offers what the other one has not sold."""
    flows = "\n".join(
        [
            *(f'[flows.{shop}-orders]\nkind = "orders"\nfrom = "{shop}"\nto = "erp"' for shop in SHOPS),
            *(f'[flows.{shop}-stock]\nkind = "stock"\nfrom = "erp"\nto = "{shop}"' for shop in SHOPS),
            *(places(f"{shop}-stock", form.places) for shop, form in SHOPS.items()),
        ]
    )
    for erp in ERPS:
        folder = tmp_path / erp
        folder.mkdir()
        async with standing(folder, {shop: shop for shop in SHOPS} | {"erp": erp}, flows) as town:
            for seed, shop in enumerate(SHOPS):
                await town.do(shop, "orders", count=ORDERS, seed=seed)
            for _ in range(2):  # what one shop sold is told to the others once the ERP has it
                await town.sync()
            sold, booked = await town.orders(*SHOPS), await town.orders("erp")
            assert (await town.questions(), booked.keys()) == ([], wanted(sold))
            for reference in booked:
                assert_same(sold[reference], booked[reference])
            there = await town.stock("erp")
            for shop in SHOPS:
                shown = await town.stock(shop)
                assert {sku: sum(each.values(), Decimal(0)) for sku, each in shown.items()} == {
                    sku: sum(there[sku].values(), Decimal(0)) for sku in shown
                }
            assert [(row.flow, row.number, row.because) for row in await town.open_rows()] == []


async def test_what_is_missing_is_missed_where_it_belongs(tmp_path: Path) -> None:
    """A shop lists for comparison neither who bought nor where it goes, and rules look at just that."""
    flows = """
[flows.to-odoo]
kind = "orders"
from = "shop"
to = "odoo"
when.country = ["DE", "AT"]
[flows.to-tryton]
kind = "orders"
from = "shop"
to = "tryton"
"""
    async with standing(tmp_path, {"shop": "shopify", "odoo": "odoo", "tryton": "tryton"}, flows) as town:
        await town.do("shop", "orders", count=2 * ORDERS, seed=11)
        while await town.app.engine.rounds.step():  # all is read, and nothing is done
            pass
        missed = {row.number: row.flow for row in await town.open_rows() if row.flow in ("to-odoo", "to-tryton")}
        sold = await town.orders("shop")
        assert missed.keys() == wanted(sold)
        await town.sync()
        by_erp = {flow: await town.orders(flow.removeprefix("to-")) for flow in ("to-odoo", "to-tryton")}
        assert {number: flow for flow, booked in by_erp.items() for number in booked} == missed
        assert all(by_erp.values())
        assert [(row.flow, row.number, row.because) for row in await town.open_rows()] == []


@pytest.mark.parametrize("rest", [True, False], ids=["the-rest-elsewhere", "each-by-a-rule"])
async def test_a_shop_with_two_erps_sends_each_order_to_one_of_them(tmp_path: Path, *, rest: bool) -> None:
    """By the place its goods ship from. The shop has another name for an item, which a code table of each flow says."""
    main, east = SHOPS["shopify"].places["WH"], SHOPS["shopify"].places["EAST"]
    renamed = "MUG-0010", "CUP-0010"
    table = f'"{renamed[1]}" = "{renamed[0]}"'
    flows = "\n".join(
        [
            f'[flows.to-odoo]\nkind = "orders"\nfrom = "shop"\nto = "odoo"\nwhen.warehouse = "{main}"',
            f"[flows.to-odoo.tables.sku]\n{table}",
            '[flows.to-tryton]\nkind = "orders"\nfrom = "shop"\nto = "tryton"\nwarehouse = "EAST"',
            f"[flows.to-tryton.tables.sku]\n{table}",
            "" if rest else f'[flows.to-tryton.when]\nwarehouse = ["{east}"]',
            f'[flows.from-odoo]\nkind = "stock"\nfrom = "odoo"\nto = "shop"\ntables.sku = {{ {table} }}',
            f'[flows.from-odoo.places]\nWH = "{main}"\nEAST = ""',
            f'[flows.from-tryton]\nkind = "stock"\nfrom = "tryton"\nto = "shop"\ntables.sku = {{ {table} }}',
            f'[flows.from-tryton.places]\nWH = ""\nEAST = "{east}"',
        ]
    )
    async with standing(tmp_path, {"shop": "shopify", "odoo": "odoo", "tryton": "tryton"}, flows) as town:
        await town.do("shop", "rename", sku=renamed[0], name=renamed[1])
        await town.do("shop", "orders", count=ORDERS, seed=11)
        for sku in await town.stock("shop"):
            await town.do("shop", "stock", sku=sku, place=main, quantity=0)
        await town.do("shop", "orders", count=ORDERS, seed=12)
        await town.sync()
        sold = await town.orders("shop")
        by_erp = {erp: await town.orders(erp) for erp in ("odoo", "tryton")}
        assert [code for *_, code in await town.questions()] == []
        assert by_erp["odoo"].keys() | by_erp["tryton"].keys() == wanted(sold)
        assert not by_erp["odoo"].keys() & by_erp["tryton"].keys()
        assert all(len(booked) >= ORDERS // 2 for booked in by_erp.values())
        for booked in by_erp.values():
            for reference, order in booked.items():
                assert_same(sold[reference], order, dict([renamed[::-1]]))
        await town.sync()
        shown = await town.stock("shop")
        for name, erp, code in ((main, "odoo", "WH"), (east, "tryton", "EAST")):
            there = await town.stock(erp)
            offered = {sku: each.get(name, Decimal(0)) for sku, each in shown.items()}
            assert offered == {sku: there[dict([renamed[::-1]]).get(sku, sku)][code] for sku in shown}
        assert [(row.flow, row.number, row.because) for row in await town.open_rows()] == []
