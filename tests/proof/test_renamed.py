"""A name that was changed on one side is no difference: what is bound stays the same item, and is proven as it."""

import pytest

from tests.proof.stand import Stand

pytestmark = pytest.mark.slow

NEW = "NEW-NAME"


def rename(stand: Stand, where: str, sku: str) -> str:
    """Give the item another name there; return what the ERP calls it then."""
    if where == "shop":
        stand.shop.rename(sku, NEW)
        return sku
    env = stand.erp.env()
    with stand.erp.service.database.store.transaction():
        env["product.product"].change(env.table("product.product").where("default_code", sku), default_code=NEW)
    return NEW


@pytest.mark.parametrize("read", [True, False], ids=["after-a-reading", "before-a-reading"])
@pytest.mark.parametrize("where", ["shop", "erp"])
async def test_a_name_changed_on_one_side_is_nothing_wrong(stand: Stand, where: str, *, read: bool) -> None:
    await stand.sync()
    rename(stand, where, min(stand.shop.truth()["stock"]))
    if read:
        stand.later()
        await stand.sync()

    stock = await stand.prove("stock")

    assert stock.rows == []


@pytest.mark.parametrize("where", ["shop", "erp"])
async def test_a_wrong_figure_of_an_item_renamed_on_one_side_is_found_under_the_erps_name(
    stand: Stand, where: str
) -> None:
    await stand.sync()
    sku = min(stand.shop.truth()["stock"])
    called = rename(stand, where, sku)
    stand.later()
    await stand.sync()
    stand.shop.damage(kind="miscount", sku=NEW if where == "shop" else sku, place="Main warehouse", by=7)
    stand.later()

    stock = await stand.prove("stock")

    assert [(row.number, row.finding) for row in stock.rows] == [(called, "different")]
    await stand.sync()
    stand.later()
    assert (await stand.prove("stock")).rows == []
