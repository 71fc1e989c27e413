"""Every order is in the ERP once, complete, and as the shop has it now; every no has a reason and a way out."""

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from isthmus.bootstrap.mappings import LiveRows, Project
from isthmus.canonical.order import LineKind, Order, OrderLine, OrderStatus, PaymentStatus
from isthmus.canonical.party import AddressRole
from isthmus.canonical.product import Variant
from isthmus.engine.lacking import Lack, lack_of
from isthmus.mapping.tables import Tables
from isthmus.policies.importable import ImportPolicy
from isthmus.ports.errors import Invalid, Unreachable, WireDrift
from isthmus.testing.builders import a_customer, a_line, a_variant, an_address, an_order, money
from tests.flows.conftest import SETTLE_S, Trade, trading


def sold(number: str = "1001", *lines: OrderLine, **said: object) -> Order:
    usual = {"billing": an_address(), "email": "anna@example.com"}
    return an_order(number, *(lines or (a_line("MUG", quantity=2),)), **usual | said)


async def test_an_order_reaches_the_erp_with_its_customer_and_items(trade: Trade) -> None:
    trade.shop.sells(sold("1001", a_line("MUG", quantity=2), a_line("LAMP"), customer=a_customer("Anna Muster")))
    await trade.sync()
    (order,) = trade.erp.holds("1001")
    assert [line.item_ref for line in order.lines] == ["item-MUG", "item-LAMP"]
    assert (order.customer_ref, order.billing_ref) == ("0", "0/Berlin")
    assert order.shipping_ref == "0/Berlin"
    assert await trade.state("order-1001") == ("done", "")
    assert (await trade.job("order-1001"))["number"] == "1001"
    await trade.sync(60)
    await trade.sync(60)
    assert len(trade.erp.orders.created) == len(trade.erp.people()) == 1
    assert trade.erp.orders.updated == []  # what matches is not written again


async def test_a_guest_is_a_customer_of_this_one_order(trade: Trade) -> None:
    for number, name in (("1", "Anna Muster"), ("2", "Otto Muster")):
        trade.shop.sells(sold(number, billing=an_address(name=name), email="family@example.com"))
    await trade.sync()
    assert sorted((person.name, person.is_guest) for person in trade.erp.people()) == [  # type: ignore[attr-defined]
        ("Anna Muster", True),
        ("Otto Muster", True),
    ]


async def test_a_customer_the_erp_knows_already_is_not_made_again(trade: Trade) -> None:
    trade.erp.customers.known.append(a_customer("Anna Muster", external_id="known-7"))
    trade.shop.sells(sold(customer=a_customer("Anna Muster")))
    await trade.sync()
    assert trade.erp.people() == []
    assert trade.erp.holds("1001")[0].customer_ref == "known-7"


async def test_two_orders_of_one_new_customer_at_once_make_one_customer_with_both_addresses(trade: Trade) -> None:
    for number, city in (("1", "Berlin"), ("2", "Bonn")):
        address = an_address(city=city, role=AddressRole.SHIPPING)
        trade.shop.sells(
            sold(number, customer=a_customer("Anna Muster", addresses=()), shipping_to=address, billing=address)
        )
    for _ in range(4):
        await trade.sync(60)
    assert len(trade.erp.people()) == 1
    assert {trade.erp.holds(number)[0].shipping_ref for number in "12"} == {"0/Berlin", "0/Bonn"}


async def test_an_order_without_any_address_still_passes(trade: Trade) -> None:
    trade.shop.sells(sold("1", a_line("MUG"), billing=None))
    await trade.sync()
    assert trade.erp.holds("1")[0].customer_ref == trade.erp.holds("1")[0].billing_ref == "0"


async def test_an_unknown_sku_asks_and_goes_on_by_itself_once_it_appears(trade: Trade) -> None:
    trade.shop.sells(sold("1001", a_line("MUG"), a_line("VASE")))
    trade.shop.sells(sold("1002"))
    await trade.sync()
    assert await trade.state("order-1001") == ("parked", "unknown_sku")
    job = await trade.job("order-1001")
    assert "VASE" in job["because"]
    assert "isthmus tables set sku VASE OTHER" in job["answers"]
    assert lack_of(job["waits_for"]) == Lack("sku", ("VASE",))
    assert "Retry" in job["answers"]
    assert len(trade.erp.holds("1002")) == 1  # one bad order holds up no other
    assert trade.erp.holds("1001") == []
    trade.shop.stocks("VASE", 5)
    trade.erp.stocks("VASE", 5)
    await trade.sync(900)
    assert await trade.state("order-1001") == ("done", "")
    assert len(trade.erp.holds("1001")) == 1


async def test_an_item_newer_than_the_last_round_is_asked_for(trade: Trade) -> None:
    trade.erp.items.keep(a_variant("NEW", external_id="item-NEW"))
    trade.erp.items.stamps.clear()  # no round would bring it
    trade.shop.sells(sold("1001", a_line("NEW")))
    await trade.sync()
    assert trade.erp.items.looked_up == ["NEW"]
    assert trade.erp.holds("1001")[0].lines[0].item_ref == "item-NEW"


async def test_two_items_of_one_sku_are_a_question_and_not_a_guess(trade: Trade) -> None:
    for number in "12":
        trade.erp.items.keep(a_variant("TWIN", external_id=f"item-TWIN{number}"))
    trade.shop.sells(sold("1001", a_line("TWIN")))
    await trade.sync()
    assert await trade.state("order-1001") == ("parked", "repeated_sku")


async def test_a_line_without_a_sku_says_which(trade: Trade) -> None:
    trade.shop.sells(sold("1001", a_line("", title="Gift wrap deluxe")))
    await trade.sync()
    assert await trade.state("order-1001") == ("parked", "empty_sku")
    assert "Gift wrap deluxe" in (await trade.job("order-1001"))["because"]


async def test_a_renamed_sku_is_still_the_same_item(trade: Trade) -> None:
    trade.shop.variants.keep(a_variant("MUG-NEW", external_id="variant-MUG"))
    trade.shop.sells(sold("1001", a_line("MUG-NEW", variant_ref="variant-MUG")))
    await trade.sync()
    assert trade.erp.holds("1001")[0].lines[0].item_ref == "item-MUG"


async def test_tips_and_fees_need_no_item(trade: Trade) -> None:
    trade.shop.sells(sold("1001", a_line("MUG"), a_line("", kind=LineKind.TIP, external_id="tip")))
    await trade.sync()
    assert [line.item_ref for line in trade.erp.holds("1001")[0].lines] == ["item-MUG", ""]


async def test_a_wrong_total_waits_and_names_the_difference(trade: Trade) -> None:
    order = trade.shop.sells(sold("1001", total=money("25.01")))
    await trade.sync()
    assert await trade.state("order-1001") == ("parked", "total_unexplained")
    assert "0.01 EUR is unexplained" in (await trade.job("order-1001"))["because"]
    assert trade.erp.holds("1001") == []
    trade.shop.changes(order, total=money("25.00"))
    await trade.sync(60)
    assert len(trade.erp.holds("1001")) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [({"status": OrderStatus.CANCELED}, "canceled_before_import"), (None, "deleted_before_import")],
    ids=["cancelled", "deleted"],
)
async def test_what_ends_before_import_never_reaches_the_erp(
    trade: Trade, change: dict[str, object] | None, code: str
) -> None:
    order = trade.shop.sells(sold("1001", status=OrderStatus.ON_HOLD))
    await trade.sync()
    assert await trade.state("order-1001") == ("done", "on_hold")
    if change is None:
        trade.shop.orders.drop(order.external_id)
    else:
        trade.shop.changes(order, **change)
    await trade.sync(60)
    assert await trade.state("order-1001") == ("done", code)
    assert trade.erp.orders.created == []
    assert await trade.harness.store.read("in_flight", source="erp", shop="shop", items="[]", skus='["MUG"]') == []


async def test_a_cancellation_after_import_follows_the_order(trade: Trade) -> None:
    order = trade.shop.sells(sold("1001"))
    await trade.sync()
    trade.shop.changes(order, status=OrderStatus.CANCELED)
    await trade.sync(60)
    assert [each.status for each in trade.erp.holds("1001")] == [OrderStatus.CANCELED]


@pytest.mark.parametrize(
    ("change", "ends"),
    [({"status": OrderStatus.CANCELED}, ("done", "")), (None, ("parked", "deleted_after_import"))],
    ids=["cancelled", "deleted"],
)
async def test_what_ends_after_a_try_that_failed_half_way_is_looked_for(
    trade: Trade, change: dict[str, object] | None, ends: tuple[str, str]
) -> None:
    """An order is made in several steps: the one that was refused may be the last, with the order confirmed there."""
    order = sold("1001")

    async def half_way() -> None:
        trade.erp.orders.created.append(("shop:order-1001", order, trade.clock.now()))
        message = "the last answer had another form"
        raise WireDrift(message)

    trade.erp.orders.plan.append(half_way)
    order = trade.shop.sells(order)
    await trade.sync()
    assert await trade.state("order-1001") == ("parked", "wire_drift")
    if change is None:
        trade.shop.orders.drop(order.external_id)
    else:
        trade.shop.changes(order, **change)
    await trade.sync(60)
    assert await trade.state("order-1001") == ends
    wanted = OrderStatus.RECEIVED if change is None else OrderStatus.CANCELED
    assert [each.status for each in trade.erp.holds("1001")] == [wanted]


async def test_a_cancellation_that_overtakes_its_order_wins(trade: Trade) -> None:
    trade.erp.orders.plan.append("lose")
    order = trade.shop.sells(sold("1001"))
    await trade.sync()
    trade.shop.changes(order, status=OrderStatus.CANCELED)
    await trade.sync()
    await trade.sync(SETTLE_S)
    assert await trade.state("order-1001") == ("done", "canceled_before_import")
    assert trade.erp.holds("1001") == []


async def test_a_cancellation_of_an_order_in_doubt_is_brought_to_what_landed(trade: Trade) -> None:
    trade.erp.orders.plan.append("commit")
    order = trade.shop.sells(sold("1001"))
    await trade.sync()
    assert await trade.state("order-1001") == ("snoozed", "in_doubt")
    trade.shop.changes(order, status=OrderStatus.CANCELED)
    await trade.sync()
    await trade.sync(SETTLE_S)
    assert [each.status for each in trade.erp.holds("1001")] == [OrderStatus.CANCELED]


async def test_an_edit_before_import_is_what_arrives(trade: Trade) -> None:
    order = trade.shop.sells(sold("1001", a_line("MUG"), a_line("VASE")))
    await trade.sync()
    trade.shop.changes(order, lines=(a_line("MUG", quantity=3),), total=money("37.50"))
    await trade.sync(60)
    assert [line.quantity.value for line in trade.erp.holds("1001")[0].lines] == [3]


async def test_an_edit_after_import_is_brought_to_the_same_order(trade: Trade) -> None:
    order = trade.shop.sells(sold("1001"))
    await trade.sync()
    trade.shop.changes(order, lines=(a_line("MUG", quantity=5),), total=money("62.50"))
    await trade.sync(60)
    assert [line.quantity.value for line in trade.erp.holds("1001")[0].lines] == [5]
    assert len(trade.erp.orders.created) == 1


async def test_an_order_deleted_after_import_is_a_question(trade: Trade) -> None:
    order = trade.shop.sells(sold("1001"))
    await trade.sync()
    trade.shop.orders.drop(order.external_id)
    await trade.sync(60)
    assert await trade.state("order-1001") == ("parked", "deleted_after_import")
    assert len(trade.erp.holds("1001")) == 1


async def test_a_lost_answer_makes_no_second_order(trade: Trade) -> None:
    trade.erp.orders.plan.extend(["commit", None])
    trade.erp.customers.plan.append("commit")
    trade.shop.sells(sold("1001"))
    for _ in range(4):
        await trade.sync(SETTLE_S)
    assert (len(trade.erp.holds("1001")), len(trade.erp.people())) == (1, 1)


async def test_a_customer_that_is_refused_parks_its_order_and_both_go_on_when_mended(trade: Trade) -> None:
    trade.erp.customers.plan.append(Invalid("no such country"))
    order = trade.shop.sells(sold("1001"))
    await trade.sync()
    assert await trade.state("order-1001") == ("parked", "customer_parked")
    assert "no such country" in (await trade.job("order-1001"))["because"]
    trade.shop.changes(order, note="mended")
    await trade.sync(60)
    assert len(trade.erp.holds("1001")) == 1


async def test_while_the_erp_is_down_nothing_is_lost_and_nothing_is_asked(trade: Trade) -> None:
    trade.erp.customers.plan.extend([Unreachable("down")] * 5)
    for number in "123":
        trade.shop.sells(sold(number))
    await trade.sync()
    assert {(await trade.state(f"order-{number}"))[0] for number in "123"} == {"snoozed"}
    for _ in range(8):
        await trade.sync(300)
    assert [len(trade.erp.holds(number)) for number in "123"] == [1, 1, 1]


async def test_orders_wait_for_what_the_merchant_wants() -> None:
    settings = {
        "policy": ImportPolicy("paid"),
        "zone": ZoneInfo("Asia/Tokyo"),
        "reference": "WEB-{number}",
        "tables": Tables({"sku": {"OLD": "MUG"}, "warehouse": {"place-MAIN": "EAST"}}),
    }
    async with trading(settings) as trade:
        trade.erp.stocks("MUG", 5)
        order = trade.shop.sells(sold("7", a_line("OLD", warehouse="place-MAIN"), payment_status=PaymentStatus.PENDING))
        await trade.sync()
        assert await trade.state("order-7") == ("done", "not_paid")
        trade.shop.changes(order, payment_status=PaymentStatus.PAID)
        await trade.sync(60)
        (held,) = trade.erp.holds("7")
        assert (held.lines[0].item_ref, held.lines[0].warehouse) == ("item-MUG", "EAST")
        assert held.ordered_on == date(2026, 3, 2)
        (intent,) = await trade.harness.store.read("intents_of", flow="orders", subject="order-7")
        assert intent["reference"] == "WEB-7"


async def test_a_row_for_a_sku_comes_before_what_was_matched_by_itself() -> None:
    rows = {"sku": {"MUG": "CUP", "LAMP": "NOWHERE"}}
    async with trading(orders={"tables": Tables(rows)}) as trade:
        for sku in ("MUG", "LAMP"):
            trade.erp.stocks(sku, 10)
            trade.shop.stocks(sku, 10)
        trade.erp.stocks("CUP", 10)
        await trade.sync()
        trade.shop.sells(sold("1001", bought(trade, "MUG"), bought(trade, "LAMP")))
        await trade.sync()
        (order,) = trade.erp.holds("1001")
        assert [line.item_ref for line in order.lines] == ["item-CUP", "item-LAMP"]


def bought(trade: Trade, sku: str) -> OrderLine:
    """Return a line of the shop's own variant."""
    found = [each for each in trade.shop.variants.records.values() if isinstance(each, Variant) and each.sku == sku]
    return a_line(sku, variant_ref=found[0].external_id)


async def test_a_row_that_names_no_item_says_so() -> None:
    async with trading(orders={"tables": Tables({"sku": {"VASE": "POT"}})}) as trade:
        trade.shop.sells(sold("1001", a_line("VASE")))
        await trade.sync()
        job = await trade.job("order-1001")
        assert "no item with SKU POT (the code table's word for VASE)" in job["because"]
        assert lack_of(job["waits_for"]) == Lack("sku", ("VASE",))


async def test_a_row_that_is_written_while_an_order_is_tried_is_not_asked_for(tmp_path: Path) -> None:
    """A process looks at its files once a second: what it misses in that second is no question."""
    files = Project(tmp_path, "orders", Tables())
    settings = {"tables": Tables(LiveRows(files)), "mapping": files, "files": files.state}
    async with trading(orders=settings) as trade:
        trade.erp.stocks("POT", 10)
        trade.shop.sells(sold("1001", a_line("VASE")))
        await trade.sync()
        assert await trade.state("order-1001") == ("parked", "unknown_sku")
        trade.shop.sells(sold("1002", a_line("VASE")))
        files.rows()  # looks now, and not again within this second
        (tmp_path / "tables").mkdir()
        (tmp_path / "tables/sku.csv").write_text("from,to\nVASE,POT\n", "utf-8")
        await trade.harness.drain()
        assert (await trade.attempts("order-1002"))[0]["code"] in ("contended", "")
        await trade.sync(3)
        assert await trade.state("order-1002") == ("done", "")
