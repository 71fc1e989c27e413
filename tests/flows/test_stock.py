"""The shop is told what can really be sold: lower at once, higher only when every sale is known."""

import pytest

from isthmus.canonical.order import OrderStatus
from isthmus.mapping.tables import Tables
from isthmus.ports.errors import Contended, Invalid, Unreachable
from isthmus.testing.builders import a_line, a_warehouse, an_order, money
from tests.flows.conftest import SETTLE_S, Trade, trading
from tests.flows.fakes import PLACE


def figure(trade: Trade, sku: str = "MUG") -> int:
    return trade.shop.available[sku, PLACE]


async def test_a_lower_figure_is_told_at_once(trade: Trade) -> None:
    trade.erp.stocks("MUG", 4)
    await trade.sync(60)
    assert trade.shop.offers.told == [("MUG", 10, 4)]
    assert await trade.state("MUG", "stock") == ("done", "")


async def test_what_matches_is_not_written_again(trade: Trade) -> None:
    for _ in range(3):
        await trade.sync(300)
    assert trade.shop.offers.told == []


async def test_a_sale_counts_once_in_flight_and_then_in_the_erps_own_figure(trade: Trade) -> None:
    trade.erp.orders.plan.append("lose")
    trade.shop.sells(an_order("1", a_line("MUG", quantity=3)))
    await trade.sync()
    assert figure(trade) == 7  # the shop counted it itself
    for _ in range(4):
        await trade.sync(SETTLE_S)
        assert figure(trade) == 7
    assert len(trade.erp.holds("1")) == 1
    assert trade.shop.offers.told == []


async def test_a_sale_in_one_system_only_lowers_the_other_before_the_erp_knows(trade: Trade) -> None:
    trade.erp.orders.plan.extend(["lose"] * 9)
    trade.shop.sells(an_order("1", a_line("MUG", quantity=3)))
    trade.erp.stocks("MUG", 5)
    await trade.sync(60)
    assert figure(trade) == 2


async def test_it_is_raised_also_where_figures_are_read_more_often_than_the_shop_lists_sales() -> None:
    async with trading(stock={"every_s": 2}, shop_settles=5.0) as trade:
        for side in (trade.erp, trade.shop):
            side.stocks("MUG", 10)
        await trade.sync()
        trade.erp.stocks("MUG", 30)
        for _ in range(20):
            await trade.work(1)
        assert figure(trade) == 30


async def test_it_is_raised_only_after_the_orders_round_covers_the_shops_figure(trade: Trade) -> None:
    trade.erp.stocks("MUG", 30)
    # The poll of the shop's orders does not get through; everything else does.
    trade.shop.orders.plan.extend([Unreachable("down")] * 2)
    trade.shop.set("MUG", 9)  # a sale we have not heard of
    await trade.sync(60)
    assert figure(trade) == 9
    assert await trade.state("MUG", "stock") == ("snoozed", "waits_for_orders")
    trade.shop.orders.keep(an_order("1", a_line("MUG")))
    await trade.sync(60)
    await trade.sync(60)
    assert figure(trade) == 29


async def test_a_figure_that_moved_is_read_again_and_decided_again(trade: Trade) -> None:
    trade.erp.stocks("MUG", 4)
    trade.shop.offers.plan.append(Contended("somebody was quicker"))
    await trade.sync(60)
    assert [each["outcome"] for each in await trade.attempts("MUG", "stock")] == ["done", "snoozed", "snoozed"]
    assert trade.shop.offers.told == [("MUG", 10, 4)]


async def test_a_sale_just_before_the_write_is_never_put_back_on_sale(trade: Trade) -> None:
    trade.erp.stocks("MUG", 8)
    await trade.harness.engine.rounds.step()
    for _ in range(8):
        await trade.harness.engine.rounds.step()
    await trade.clock.advance(60)
    trade.shop.available["MUG", PLACE] = 1  # nine sold this very moment; no notice, no poll yet
    trade.shop.orders.keep(an_order("1", a_line("MUG", quantity=9)))
    await trade.work()
    await trade.work(3)
    await trade.sync(60)
    assert all(after <= 1 for _, before, after in trade.shop.offers.told if before == 1)
    assert figure(trade) <= 1


async def test_one_place_that_waits_does_not_hold_up_another_that_must_go_down() -> None:
    async with trading(stock={"places": {"WH": PLACE, "EAST": "place-EAST"}}) as trade:
        trade.shop.places.keep(a_warehouse("EAST", name="East"))
        trade.erp.places.keep(a_warehouse("EAST", name="East"))
        trade.erp.stocks("MUG", 10)
        trade.shop.stocks("MUG", 10)
        trade.shop.set("MUG", 10, "place-EAST")
        await trade.sync()
        from isthmus.testing.builders import stock  # noqa: PLC0415

        trade.erp.levels.keep(stock(10, sku="MUG", warehouse="EAST", item_ref="item-MUG", external_id="MUG@EAST"))
        await trade.sync(60)
        trade.shop.orders.plan.extend([Unreachable("down")] * 3)
        trade.shop.set("MUG", 9, "place-EAST")  # read now, so a raise has to wait for the orders
        trade.erp.stocks("MUG", 3)  # and the other place has to go down
        await trade.sync(60)
        assert trade.shop.available["MUG", PLACE] == 3
        assert trade.shop.available["MUG", "place-EAST"] == 9
        await trade.sync(120)
        await trade.sync(120)
        assert trade.shop.available["MUG", "place-EAST"] == 10


async def test_an_edit_while_the_order_is_on_its_way_is_not_taken_for_confirmed(trade: Trade) -> None:
    order = an_order("1", a_line("MUG", quantity=1))

    async def grows() -> None:
        bigger = trade.shop.changes(order, lines=(a_line("MUG", quantity=6),), total=money("75.00"))
        trade.shop.set("MUG", 4)
        taken = await trade.harness.engine.absorb("shop", "order", [bigger], read_at=trade.clock.now())
        await trade.harness.store.write(*taken.steps)
        trade.erp.orders.plan.extend([Unreachable("busy")] * 3)  # the edit does not get through for a while

    trade.erp.orders.plan.append(grows)
    trade.shop.sells(order)
    await trade.sync()
    assert trade.erp.holds("1")[0].lines[0].quantity.value == 1
    for _ in range(3):
        await trade.sync(1)
        assert figure(trade) == 4
    for _ in range(3):
        await trade.sync(60)
    assert trade.erp.holds("1")[0].lines[0].quantity.value == 6
    assert figure(trade) == 4


async def test_a_cancelled_order_frees_what_it_took_once_the_erp_let_go(trade: Trade) -> None:
    order = trade.shop.sells(an_order("1", a_line("MUG", quantity=3)))
    await trade.sync(60)
    trade.shop.changes(order, status=OrderStatus.CANCELED)
    for _ in range(3):
        await trade.sync(60)
    assert figure(trade) == 10


async def test_what_the_erp_does_not_state_is_not_zero(trade: Trade) -> None:
    trade.erp.stocks("MUG", None)
    await trade.sync(60)
    assert await trade.state("MUG", "stock") == ("parked", "stock_unknown")
    assert figure(trade) == 10
    trade.erp.stocks("MUG", 6)
    await trade.sync(60)
    assert figure(trade) == 6


async def test_a_warehouse_without_a_place_in_the_shop_is_a_question_to_a_person() -> None:
    async with trading() as trade:
        trade.shop.places.records.clear()
        trade.shop.places.keep(a_warehouse("A", name="Somewhere"), a_warehouse("B", name="Elsewhere"))
        trade.erp.stocks("MUG", 5)
        trade.shop.stocks("MUG", 1)
        await trade.sync()
        assert await trade.state("MUG", "stock") == ("parked", "misconfigured")
        assert "[flows.stock.places]" in (await trade.job("MUG", "stock"))["because"]


async def test_a_place_that_does_not_exist_is_named() -> None:
    async with trading(stock={"places": {"WH": "Mian"}}) as trade:
        trade.erp.stocks("MUG", 5)
        trade.shop.stocks("MUG", 1)
        await trade.sync()
        assert "'Mian': the shop has no such location" in (await trade.job("MUG", "stock"))["because"]


async def test_one_refused_figure_fails_alone(trade: Trade) -> None:
    trade.erp.stocks("MUG", 4)
    trade.erp.stocks("LAMP", 4)
    trade.shop.offers.plan.append(Invalid("not stocked here"))
    await trade.sync(60)
    states = sorted([await trade.state("MUG", "stock"), await trade.state("LAMP", "stock")])
    assert states == [("done", ""), ("parked", "invalid")]
    assert sorted([figure(trade, "MUG"), figure(trade, "LAMP")]) == [4, 10]


async def test_safety_stock_is_kept_back() -> None:
    from decimal import Decimal  # noqa: PLC0415

    async with trading(stock={"safety": Decimal(2)}) as trade:
        trade.erp.stocks("MUG", 10)
        trade.shop.stocks("MUG", 0)
        await trade.sync()
        await trade.sync(60)
        assert figure(trade) == 8


async def test_what_only_one_side_sells_is_left_alone_with_a_reason(trade: Trade) -> None:
    trade.erp.stocks("ERP-ONLY", 4)
    trade.shop.stocks("SHOP-ONLY", 7)
    await trade.sync(900)
    assert await trade.state("ERP-ONLY", "stock") == ("done", "not_in_shop")
    assert await trade.state("SHOP-ONLY", "stock") == ("done", "not_in_erp")
    assert figure(trade, "SHOP-ONLY") == 7


async def test_a_product_deleted_and_made_again_gets_its_stock(trade: Trade) -> None:
    trade.shop.variants.drop("variant-MUG")
    trade.shop.levels.drop(f"stock-MUG@{PLACE}")
    await trade.sync(900)
    trade.shop.stocks("MUG", 0, external_id="variant-MUG-again", stock_ref="stock-MUG-again")
    trade.erp.stocks("MUG", 3)
    await trade.sync(900)
    await trade.sync(60)
    assert figure(trade) == 3


async def test_an_order_under_another_name_of_the_sku_takes_its_stock_too() -> None:
    tables = Tables({"sku": {"OLD": "MUG"}})
    async with trading({"tables": tables}, {"tables": tables}) as trade:
        trade.erp.stocks("MUG", 10)
        trade.shop.stocks("MUG", 10)
        await trade.sync()
        trade.erp.orders.plan.extend(["lose"] * 9)
        trade.shop.orders.keep(an_order("1", a_line("OLD", quantity=4)))
        await trade.sync(60)
        assert figure(trade) == 6


@pytest.mark.parametrize("order", ["orders first", "stock first"])
async def test_orders_in_an_unknown_place_are_counted_all_the_same(trade: Trade, order: str) -> None:
    trade.erp.orders.plan.extend(["lose"] * 9)
    if order == "stock first":
        trade.erp.stocks("MUG", 9)
        await trade.sync(60)
    trade.shop.orders.keep(an_order("1", a_line("MUG", quantity=4, warehouse="place-ELSEWHERE")))
    trade.erp.stocks("MUG", 9)
    await trade.sync(60)
    assert figure(trade) == 5
