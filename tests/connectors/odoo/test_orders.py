"""Orders: once in Odoo, with the buyer's total, whatever happens on the way."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from isthmus.canonical.order import Order, OrderStatus, Payment, PaymentStatus
from isthmus.ports.errors import (
    Forbidden,
    Gone,
    InDoubt,
    Invalid,
    Misconfigured,
    TotalsDiffer,
    Unmapped,
    Unreachable,
)
from isthmus.ports.sink import Put
from tests.connectors.erp import NOW, a_line, an_order, key, money, of_unit, shipping, tax
from tests.connectors.odoo.stand import Stand, standing

KEY = key("5501", "#1001")


async def mugs(erp: Stand, **changed: Any) -> Order:
    """Two mugs and shipping: 25.00 + 20% and 5.00 untaxed."""
    ref = changed.pop("item_ref", None) or await erp.sku("MUG-0010")
    said: dict[str, Any] = {"total": "35.00", "customer_ref": await erp.customer()}
    said["shipping_lines"] = (shipping("5.00", title="DHL"),)
    return an_order(a_line("12.50", 2, taxed="5.00", item_ref=ref, warehouse="EAST"), **said | changed)


def like(order: Order, **changed: Any) -> Order:
    return msgspec.structs.replace(order, **changed)


async def in_odoo(erp: Stand, *fields: str) -> list[dict[str, Any]]:
    return await erp.read("sale.order", [["origin", "like", "shop:5501"]], *fields)


async def test_an_order_is_confirmed_with_all_it_says(each: Stand) -> None:
    order = await mugs(each, note="ring <twice>", purchase_order_number="PO-7")

    receipt = await each.orders.put(order, key=KEY)

    assert (receipt.state, receipt.complete) == ("sale", True)
    (row,) = await in_odoo(
        each, "name", "client_order_ref", "origin", "date_order", "amount_total", "warehouse_id", "note"
    )
    assert receipt.number == row["name"]
    assert (row["client_order_ref"], row["origin"]) == ("#1001", "shop:5501")
    assert row["date_order"] == "2026-03-02 09:58:12"  # confirming had set it to now
    assert row["amount_total"] == 35
    assert row["warehouse_id"][1] == "East warehouse" or row["warehouse_id"][0] == 2
    assert "PO-7" in row["note"]
    assert ("&lt;twice&gt;" in row["note"]) == (await is_html(each))


async def is_html(erp: Stand) -> bool:
    return (await erp.dialect.fields("sale.order"))["note"].type == "html"


async def test_the_same_order_again_writes_nothing(each: Stand) -> None:
    order = await mugs(each)
    first = await each.orders.put(order, key=KEY)
    before = (await each.state())["calls"]

    again = await each.orders.put(order, key=KEY, existing=await each.orders.find(KEY))

    after = (await each.state())["calls"]
    assert again.external_id == first.external_id
    assert {name for name in after if after[name] != before.get(name)} <= {
        "sale.order.search_read",
        "sale.order.line.search_read",
    }


async def test_a_create_whose_answer_was_lost_is_found_and_finished(each: Stand) -> None:
    order = await mugs(each)
    await each.fault(kind="commit_then_drop", count=1, match="sale.order.load")

    with pytest.raises(InDoubt) as doubt:
        await each.orders.put(order, key=KEY)
    assert doubt.value.key == "shop:5501"

    found = await each.orders.find(KEY)
    assert (found.state, found.complete) == ("draft", False)
    receipt = await each.orders.put(order, key=KEY, existing=found)
    assert (receipt.external_id, receipt.state) == (found.external_id, "sale")
    assert len(await in_odoo(each, "name")) == 1


STEPS = ["sale.order.load", "sale.order.action_confirm", "sale.order.write", "sale.order.search_read"]


@pytest.mark.parametrize("kind", ["commit_then_drop", "reset", "truncate", "status_500"])
@pytest.mark.parametrize("step", STEPS)
async def test_an_interrupted_order_is_finished_by_the_next_try(erp: Stand, kind: str, step: str) -> None:
    order = await mugs(erp)
    await erp.fault(kind=kind, count=1, match=step)

    with pytest.raises((InDoubt, Unreachable)):
        await erp.orders.put(order, key=KEY)

    found = await erp.orders.find(KEY)
    receipt = await erp.orders.put(order, key=KEY, existing=found)
    (row,) = await in_odoo(erp, "state", "amount_total", "date_order")
    assert receipt.state == row["state"] == "sale"
    assert (row["amount_total"], row["date_order"]) == (35, "2026-03-02 09:58:12")


async def test_prices_with_tax_take_the_tax_that_is_included(each: Stand) -> None:
    line = a_line("30.00", 2, taxed="10.00", item_ref=await each.sku("MUG-0010"))
    order = an_order(line, total="60.00", prices_include_tax=True, customer_ref=await each.customer())
    receipt = await each.orders.put(order, key=KEY)
    assert receipt.details == {"total": "60.00 EUR", "tax": "10.00 EUR"}


async def test_yen_come_by_a_price_list_in_yen(each: Stand) -> None:
    line = a_line("1500", 3, taxed="900", currency="JPY", item_ref=await each.sku("MUG-0010"))
    order = an_order(line, total="5400", currency="JPY", customer_ref=await each.customer())
    assert (await each.orders.put(order, key=KEY)).details["total"] == "5400 JPY"


async def test_a_currency_without_a_price_list_is_asked_about(erp: Stand) -> None:
    line = a_line("10.00", currency="USD", item_ref=await erp.sku("MUG-0010"))
    with pytest.raises(Unmapped, match="price list in USD") as asked:
        await erp.orders.put(an_order(line, total="10.00", currency="USD", customer_ref="7"), key=KEY)
    assert (asked.value.table, asked.value.value) == ("price_list", "USD")


async def test_a_cent_goes_on_a_line_of_its_own(each: Stand) -> None:
    order = await mugs(each, total="35.01")
    receipt = await each.orders.put(order, key=KEY)
    assert (receipt.state, receipt.details["total"]) == ("sale", "35.01 EUR")
    lines = await each.read("sale.order.line", [["order_id", "=", int(receipt.external_id)]], "name", "price_unit")
    assert [line["price_unit"] for line in lines if line["name"] == "Rounding"] == [Decimal("0.01")]
    assert (await each.orders.put(order, key=KEY, existing=receipt)).external_id == receipt.external_id


async def test_a_larger_difference_stays_a_draft_and_is_asked_about(each: Stand) -> None:
    order = await mugs(each, total="34.00")
    with pytest.raises(TotalsDiffer) as differ:
        await each.orders.put(order, key=KEY)
    assert (differ.value.ours, differ.value.theirs) == (money("34.00"), money("35.00"))
    assert [row["state"] for row in await in_odoo(each, "state")] == ["draft"]

    corrected = await each.orders.put(like(order, total=money("35.00")), key=KEY, existing=await each.orders.find(KEY))
    assert (corrected.external_id, corrected.state) == (differ.value.external_id, "sale")


async def test_another_tax_with_the_same_total_is_noticed(erp: Stand) -> None:
    line = a_line("60.00", taxed="5.45", rate="0.2", item_ref=await erp.sku("MUG-0010"))
    order = an_order(line, total="60.00", prices_include_tax=True, customer_ref=await erp.customer())
    with pytest.raises(TotalsDiffer, match="tax"):
        await erp.orders.put(order, key=KEY)


async def test_a_rate_odoo_does_not_know_is_asked_about(erp: Stand) -> None:
    line = a_line("10.00", taxed="0.70", rate="0.07", item_ref=await erp.sku("MUG-0010"))
    with pytest.raises(Unmapped) as asked:
        await erp.orders.put(an_order(line, total="10.70", customer_ref="7"), key=KEY)
    assert (asked.value.table, asked.value.value) == ("tax", "7% excluded")


async def test_a_tax_code_is_taken_as_the_tax(erp: Stand) -> None:
    (ten,) = await erp.read("account.tax", [["name", "=", "10%"]], "name")
    line = a_line("10.00", item_ref=await erp.sku("MUG-0010"), taxes=(tax("1.00", code=str(ten["id"])),))
    order = an_order(line, total="11.00", customer_ref=await erp.customer())
    assert (await erp.orders.put(order, key=KEY)).details["tax"] == "1.00 EUR"


async def test_what_a_person_just_created_is_found_at_once(erp: Stand) -> None:
    (fee,) = await erp.read("product.product", [["default_code", "=", "FEE"]], "name")
    await erp.call("product.product", "write", ids=[fee["id"]], vals={"default_code": "CHARGES"})
    order = await mugs(erp, fees=money("3.00"), total="38.00")
    with pytest.raises(Misconfigured, match="'FEE'"):
        await erp.orders.put(order, key=KEY)
    await erp.call("product.product", "create", vals_list=[{"name": "Fee", "default_code": "FEE", "type": "service"}])
    await erp.clock.sleep(6)
    assert (await erp.orders.put(order, key=KEY)).state == "sale"


async def edited(erp: Stand, order: Order) -> Order:
    """One mug less, three of another kind."""
    lines = (
        a_line("12.50", 1, taxed="2.50", item_ref=order.lines[0].item_ref, warehouse="EAST"),
        a_line("4.00", 3, taxed="2.40", item_ref=await erp.sku("MUG-0020")),
    )
    return like(order, lines=lines, total=money("34.40"))


async def test_an_edit_before_delivery_plans_the_delivery_anew(each: Stand) -> None:
    order = await mugs(each)
    receipt = await each.orders.put(order, key=KEY)

    after = await each.orders.put(await edited(each, order), key=KEY, existing=receipt)

    assert (after.external_id, after.state, after.details["total"]) == (receipt.external_id, "sale", "34.40 EUR")
    moves = await each.read(
        "stock.move", [["picking_id.sale_id", "=", int(after.external_id)]], "product_uom_qty", "state"
    )
    assert sorted(move["product_uom_qty"] for move in moves if move["state"] != "cancel") == [1, 3]
    assert [row["origin"] for row in await in_odoo(each, "origin")] == ["shop:5501"]


def written_long_ago(erp: Stand, order_id: int) -> None:
    env = erp.world.env()
    env.table("sale.order").rows[order_id]["write_date"] = env.now - timedelta(minutes=3)


@pytest.mark.parametrize("step", ["sale.order.write", "sale.order.action_cancel", "sale.order.action_draft"])
@pytest.mark.parametrize("kind", ["commit_then_drop", "reset"])
async def test_an_interrupted_edit_is_finished_by_the_next_try(erp: Stand, step: str, kind: str) -> None:
    order = await mugs(erp)
    receipt = await erp.orders.put(order, key=KEY)
    wanted = await edited(erp, order)
    await erp.fault(kind=kind, count=1, match=step)
    with pytest.raises(InDoubt):
        await erp.orders.put(wanted, key=KEY, existing=receipt)
    (row,) = await in_odoo(erp, "state", "origin")
    if (row["state"], row["origin"]) == ("sale", "shop:5501 (reopened)"):
        # What came through of the cancellation, if anything, shows only once no request can be on its way any more.
        with pytest.raises(InDoubt, match="on its way") as early:
            await erp.orders.put(wanted, key=KEY, existing=receipt)
        assert early.value.look_at is not None
        assert early.value.look_at - erp.clock.now() > timedelta(minutes=1)
        written_long_ago(erp, int(receipt.external_id))

    after = await erp.orders.put(wanted, key=KEY, existing=await erp.orders.find(KEY))

    assert (after.external_id, after.state, after.details["total"]) == (receipt.external_id, "sale", "34.40 EUR")


async def test_a_new_address_moves_the_delivery_and_nothing_else(erp: Stand) -> None:
    order = await mugs(erp)
    receipt = await erp.orders.put(order, key=KEY)
    (first,) = await in_odoo(erp, "partner_shipping_id")
    assert first["partner_shipping_id"][0] != int(order.customer_ref)  # Odoo took the address for deliveries
    await erp.orders.put(like(order, shipping_ref=order.customer_ref), key=KEY, existing=receipt)
    (row,) = await in_odoo(erp, "partner_shipping_id", "state")
    assert (row["partner_shipping_id"][0], row["state"]) == (int(order.customer_ref), "sale")


async def test_the_address_of_a_delivered_order_stays(erp: Stand) -> None:
    order = await mugs(erp)
    receipt = await erp.orders.put(order, key=KEY)
    await deliver(erp, receipt.external_id)
    with pytest.raises(Invalid) as asked:
        await erp.orders.put(like(order, shipping_ref=order.customer_ref), key=KEY, existing=receipt)
    assert asked.value.fields == {"state": "delivered"}


async def test_a_cancellation_cancels_and_is_cancellation_twice(each: Stand) -> None:
    order = await mugs(each)
    receipt = await each.orders.put(order, key=KEY)
    canceled = like(order, status=OrderStatus.CANCELED)
    for _again in range(2):
        assert (await each.orders.put(canceled, key=KEY, existing=receipt)).state == "cancel"
    assert (await each.orders.find(KEY)).state == "cancel"


async def test_an_order_canceled_before_it_came_is_canceled_when_it_comes(erp: Stand) -> None:
    order = await mugs(erp, status=OrderStatus.CANCELED)
    assert (await erp.orders.put(order, key=KEY)).state == "cancel"


async def test_what_staff_canceled_is_a_question(erp: Stand) -> None:
    order = await mugs(erp)
    receipt = await erp.orders.put(order, key=KEY)
    await erp.call("sale.order", "action_cancel", ids=[int(receipt.external_id)])
    with pytest.raises(Invalid) as asked:
        await erp.orders.put(order, key=KEY, existing=receipt)
    assert asked.value.fields == {"state": "canceled_in_odoo"}


async def deliver(erp: Stand, order_id: str) -> None:
    (picking,) = await erp.read("stock.picking", [["sale_id", "=", int(order_id)]], "state")
    moves = await erp.read("stock.move", [["picking_id", "=", picking["id"]]], "product_uom_qty")
    done = "quantity" if await erp.dialect.knows("stock.move", "picked") else "quantity_done"
    for move in moves:
        await erp.call("stock.move", "write", ids=[move["id"]], vals={done: move["product_uom_qty"]})
    await erp.call("stock.picking", "button_validate", ids=[picking["id"]])


@pytest.mark.parametrize("change", ["edit", "cancel"])
async def test_a_delivered_order_is_left_to_a_person(erp: Stand, change: str) -> None:
    order = await mugs(erp)
    receipt = await erp.orders.put(order, key=KEY)
    await deliver(erp, receipt.external_id)
    wanted = await edited(erp, order) if change == "edit" else like(order, status=OrderStatus.CANCELED)
    with pytest.raises(Invalid) as asked:
        await erp.orders.put(wanted, key=KEY, existing=receipt)
    assert asked.value.fields == {"state": "delivered"}
    assert [row["state"] for row in await in_odoo(erp, "state")] == ["sale"]


async def test_the_same_order_delivered_meanwhile_is_no_question(erp: Stand) -> None:
    order = await mugs(erp)
    receipt = await erp.orders.put(order, key=KEY)
    await deliver(erp, receipt.external_id)
    assert (await erp.orders.put(order, key=KEY, existing=receipt)).state == "sale"


async def test_the_same_number_of_another_store_is_not_ours(erp: Stand) -> None:
    await erp.orders.put(await mugs(erp), key=KEY)
    assert await erp.orders.find(key("77", "#1001")) is None


async def test_a_bad_order_in_a_batch_fails_alone(erp: Stand) -> None:
    good, bad = await mugs(erp), like(await mugs(erp), payment_terms="never")
    outcomes = await erp.orders.put_many([Put(bad, key("1", "#1")), Put(good, key("2", "#2"))])
    assert isinstance(outcomes[0], Unmapped)
    assert outcomes[1].state == "sale"


async def test_an_order_deleted_in_odoo_is_gone(erp: Stand) -> None:
    order = await mugs(erp)
    receipt = await erp.orders.put(order, key=KEY)
    with pytest.raises(Gone):
        await erp.orders.put(order, key=KEY, existing=type(receipt)(external_id="999999"))


@pytest.mark.parametrize(
    ("changed", "table"),
    [
        ({"payment_terms": "never"}, "payment_terms"),
        ({"item_ref": "999999"}, "sku"),
        ({"quantity": of_unit("1", "KGM")}, "unit"),
        ({"item_ref": ""}, "sku"),
    ],
    ids=["terms", "deleted-product", "unit", "unbound-sku"],
)
async def test_what_has_no_counterpart_is_asked_by_its_table(erp: Stand, changed: dict[str, Any], table: str) -> None:
    order_fields = {name: value for name, value in changed.items() if name == "payment_terms"}
    line_fields = {"item_ref": await erp.sku("MUG-0010")} | {k: v for k, v in changed.items() if k not in order_fields}
    order = an_order(a_line("1.00", **line_fields), total="1.00", customer_ref=await erp.customer(), **order_fields)
    with pytest.raises(Unmapped) as asked:
        await erp.orders.put(order, key=KEY)
    assert asked.value.table == table
    assert await in_odoo(erp, "name") == []


async def test_a_warehouse_code_odoo_does_not_know_is_a_wrong_setting(erp: Stand) -> None:
    order = an_order(
        a_line("1.00", item_ref=await erp.sku("MUG-0010"), warehouse="NOPE"),
        total="1.00",
        customer_ref=await erp.customer(),
    )
    with pytest.raises(Misconfigured, match="'NOPE'"):
        await erp.orders.put(order, key=KEY)
    assert await in_odoo(erp, "name") == []


async def test_a_quantity_finer_than_odoo_keeps_is_refused_not_cut(erp: Stand) -> None:
    line = a_line("10.00", "1.333", item_ref=await erp.sku("MUG-0010"))
    fields = dict(await erp.dialect.fields("sale.order.line"))
    fields["product_uom_qty"] = msgspec.structs.replace(fields["product_uom_qty"], digits=[16, 2])
    erp.dialect._fields["sale.order.line"] = fields
    with pytest.raises(Invalid) as refused:
        await erp.orders.put(an_order(line, total="13.33", customer_ref=await erp.customer()), key=KEY)
    assert list(refused.value.fields) == ["lines[].quantity"]


@pytest.mark.parametrize(
    ("sold", "kept", "told"),
    [("C62", "DZN", "Units"), ("C62", "Bottle", ""), ("C62", "C62", "")],
    ids=["a-dozen-is-converted", "a-unit-of-their-own-means-one-of-it", "the-same-unit-goes-without-saying"],
)
async def test_units_are_named_where_they_differ(erp: Stand, sold: str, kept: str, told: str) -> None:
    ref = await erp.sku("MUG-0010")
    lookups = erp.orders.translator.lookups
    product = (await lookups.products([int(ref)]))[int(ref)]
    other = 99 if kept != "C62" else product.uom_id[0]
    lookups.shelf.kept["units"] = (erp.clock.now(), {product.uom_id[0]: "C62", other: kept})
    lookups.shelf.kept[f"product/{ref}"] = (erp.clock.now(), msgspec.structs.replace(product, uom_id=(other, kept)))
    wanted = await erp.orders.translator.wanted(an_order(a_line("1.00", item_ref=ref), total="1.00"), KEY)
    unit = await erp.dialect.name("sale.order.line", "product_uom_id")
    assert wanted.lines[0].get(unit) == (product.uom_id[0] if told else None)
    assert sold == "C62"


async def test_two_warehouses_are_refused_in_words(erp: Stand) -> None:
    ref = await erp.sku("MUG-0010")
    lines = (a_line("1.00", item_ref=ref, warehouse="WH"), a_line("1.00", item_ref=ref, warehouse="EAST"))
    with pytest.raises(Invalid, match="one warehouse"):
        await erp.orders.put(an_order(*lines, total="2.00", customer_ref="7"), key=KEY)


async def test_payments_and_terms_are_told(erp: Stand) -> None:
    paid = Payment(transaction_id="pi_7", amount=money("35.00"), status=PaymentStatus.PAID, gateway="stripe")
    await erp.orders.put(await mugs(erp, payments=(paid,), payment_terms="30 Days"), key=KEY)
    (row,) = await in_odoo(erp, "note", "payment_term_id")
    assert "pi_7" in row["note"]
    assert row["payment_term_id"][1] == "30 Days"


@pytest.mark.parametrize("version", [17, 19])
async def test_an_account_without_the_right_is_told_which(version: int) -> None:
    async with standing(version) as full, standing(version, login="limited", api_key="limited-key") as limited:
        order = await mugs(full)
        with pytest.raises(Forbidden) as refused:
            await limited.orders.put(like(order, customer_ref=await limited.customer()), key=KEY)
    assert refused.value.missing == "sale.order.create"


async def test_orders_of_ours_are_read_back_with_their_step(each: Stand) -> None:
    order = await mugs(each)
    receipt = await each.orders.put(order, key=KEY)
    source = each.session.sources["order"]
    pages = [page async for page in source.changes(None)]
    (seen,) = [record for page in pages for record in page.records]
    assert (seen.external_id, seen.status, seen.total) == (receipt.external_id, OrderStatus.ACCEPTED, money("35.00"))
    assert seen.placed_at == NOW
    assert [page.last for page in pages] == [True]
    assert (await source.read([receipt.external_id, "999999"]))[0].number == receipt.number


async def test_an_invoiced_order_and_a_locked_one_are_left_to_a_person(erp: Stand) -> None:
    order = await mugs(erp)
    receipt = await erp.orders.put(order, key=KEY)
    (line, *_more) = await erp.read("sale.order.line", [["order_id", "=", int(receipt.external_id)]], "name")
    await erp.call("sale.order.line", "write", ids=[line["id"]], vals={"qty_invoiced": 1})
    with pytest.raises(Invalid) as asked:
        await erp.orders.put(like(order, status=OrderStatus.CANCELED), key=KEY, existing=receipt)
    assert asked.value.fields == {"state": "invoiced"}
    await erp.call("sale.order", "write", ids=[int(receipt.external_id)], vals={"locked": True})
    with pytest.raises(Invalid) as asked:
        await erp.orders.put(await edited(erp, order), key=KEY, existing=receipt)
    assert asked.value.fields == {"state": "locked"}


async def test_the_wished_date_and_the_addresses_are_carried(erp: Stand) -> None:
    wished = shipping("5.00", title="DHL", requested_on=NOW.date())
    order = await mugs(erp, shipping_lines=(wished,))
    order = like(order, billing_ref=order.customer_ref, shipping_ref=order.customer_ref)
    await erp.orders.put(order, key=KEY)
    (row,) = await in_odoo(erp, "commitment_date", "partner_invoice_id", "partner_shipping_id")
    assert row["commitment_date"] == "2026-03-02 12:00:00"
    assert row["partner_invoice_id"][0] == row["partner_shipping_id"][0] == int(order.customer_ref)


async def test_a_rounding_line_that_is_there_grows(erp: Stand) -> None:
    order = await mugs(erp, total="35.01")
    receipt = await erp.orders.put(order, key=KEY)
    row = await erp.orders._read(int(receipt.external_id))
    line = await erp.orders._rounded(row, Decimal("0.02"))
    assert line["price_unit"] == Decimal("0.03")


async def test_without_a_rounding_product_another_quantity_is_another_quantity(erp: Stand) -> None:
    order = await mugs(erp)
    receipt = await erp.orders.put(order, key=KEY)
    sink = type(erp.orders)(erp.orders.translator, "NO-SUCH-SKU", Decimal("0.05"))
    lines = (a_line("25.00", 1, taxed="5.00", item_ref=order.lines[0].item_ref),)
    assert (await sink.put(like(order, lines=lines), key=KEY, existing=receipt)).state == "sale"
