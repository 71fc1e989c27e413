"""The newest order on paper: what would be written, what would stop it, and not one write on the wire."""

from pathlib import Path

from isthmus.bootstrap.examining import rehearse
from tests.doctor.stand import Ward, ward


async def stops(made: Ward) -> dict[str, str]:
    [sample] = await rehearse(made.app)
    return {stop.code: stop.message for stop in sample.stops}


async def test_the_newest_order_is_shown_as_it_would_be_written_and_nothing_is(tmp_path: Path) -> None:
    async with ward(tmp_path) as made:
        names = await made.shop.place_orders(3, 1)
        before, erp_before = await made.written(), made.erp.truth()
        [sample] = await rehearse(made.app)
        assert sample.number == names[-1]
        assert sample.stops == ()
        assert sample.rehearsed
        assert all(line.item and line.warehouse for line in sample.lines)
        assert await made.written() == before
        assert made.erp.truth() == erp_before
        assert await made.app.context.store.read("record_ids", connection="shop", kind="order") == []
        assert "@" not in str(sample)


async def test_an_item_the_erp_lacks_stops_it(tmp_path: Path) -> None:
    async with ward(tmp_path) as made:
        await made.shop.place_orders(1, 1)
        [sample] = await rehearse(made.app)
        made.shop.rename(sample.lines[0].sku, "NEW-NAME")
        await made.shop.place_orders(1, 1)
        assert (await stops(made))["unknown_sku"] == "The ERP has no item with SKU NEW-NAME."


async def test_a_tax_the_erp_does_not_have_stops_it(tmp_path: Path) -> None:
    async with ward(tmp_path) as made:
        await made.shop.place_orders(1, 1)
        with made.erp.service.database.store.transaction():
            env = made.erp.env()
            env["account.tax"].modify(list(env.table("account.tax").rows), {"active": False})
        before = await made.written()
        assert "sales tax" in (await stops(made))["unmapped"]
        assert await made.written() == before


async def test_an_order_that_is_there_already_is_said_to_be(tmp_path: Path) -> None:
    async with ward(tmp_path) as made:
        await made.shop.place_orders(1, 1)
        await made.app.engine.drain(patience_s=60)
        [sample] = await rehearse(made.app)
        assert sample.there.startswith("S")


async def test_an_order_no_flow_takes_is_said_to_be_one(tmp_path: Path) -> None:
    rule = '[flows.orders.when]\ncountry = "JP"\n\n[flows.stock]\n'
    async with ward(tmp_path, toml=[("[flows.stock]\n", rule)]) as made:
        await made.shop.place_orders(1, 1)
        assert (await stops(made)).keys() == {"no_route"}


async def test_what_a_mapping_has_no_answer_for_stops_it(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    rows = '[order]\n"custom.x_ref" = { from = "custom.never_there", required = true }\n'
    (tmp_path / "mappings" / "orders.toml").write_text(rows, "utf-8")
    async with ward(tmp_path) as made:
        await made.shop.place_orders(1, 1)
        assert "mappings/orders.toml line 2" in (await stops(made))["mapping_failed"]


async def test_a_shop_without_orders_has_no_sample(tmp_path: Path) -> None:
    async with ward(tmp_path) as made:
        assert await rehearse(made.app) == []
