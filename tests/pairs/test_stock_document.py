"""A document of a stock flow: fewer are offered than there are, it is followed while it runs, and proven so."""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from tests.pairs.town import SHOPS, places, standing

pytestmark = pytest.mark.slow
FLOWS = "\n".join(
    [
        '[flows.orders]\nfrom = "shop"\nto = "erp"',
        '[flows.stock]\nfrom = "erp"\nto = "shop"',
        places("stock", SHOPS["shopify"].places),
    ]
)


def write(folder: Path, text: str) -> None:
    (folder / "mappings").mkdir(exist_ok=True)
    (folder / "mappings" / "stock.toml").write_text(text, "utf-8")


async def test_a_ceiling_holds_and_a_row_without_an_answer_is_asked(tmp_path: Path) -> None:
    write(tmp_path, '[stock]\nceiling = "20"\nsafety = "1"\n')
    async with standing(tmp_path, {"shop": "shopify", "erp": "odoo"}, FLOWS) as town:
        sku, other = sorted(await town.stock("shop"))[:2]
        await town.do("erp", "stock", sku=sku, place="WH", quantity=900)
        await town.do("erp", "stock", sku=other, place="WH", quantity=5)
        await town.sync()
        shown = await town.stock("shop")
        assert max(each for here in shown.values() for each in here.values()) == Decimal(20)
        assert Decimal(4) in shown[other].values()
        assert [row.number for row in await town.open_rows() if row.flow == "stock"] == []

        write(tmp_path, '[stock]\nceiling = "0 - 1"\n')
        await asyncio.sleep(1.1)
        await town.do("erp", "stock", sku=sku, place="WH", quantity=800)
        await town.sync()
        assert ("stock", sku, "mapping_failed") in await town.questions()
        # Nothing is offered that was not: the shop keeps its figure until somebody answers.
        assert (await town.stock("shop"))[sku] == shown[sku]
