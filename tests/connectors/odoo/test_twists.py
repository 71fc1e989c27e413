"""What happens beside us while an order or a contact is written: other requests, people, apps that ask."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from isthmus.canonical.order import OrderStatus
from isthmus.canonical.party import Company
from isthmus.connectors.odoo import stock, wire
from isthmus.ports.errors import (
    Contended,
    InDoubt,
    Invalid,
    Misconfigured,
    TotalsDiffer,
    Unmapped,
    WireDrift,
)
from isthmus.simulators.odoo.models.sale_order import SaleOrder
from tests.connectors.erp import NOW, a_customer, a_line, an_address, an_order, key, of_unit
from tests.connectors.odoo.stand import Stand, standing
from tests.connectors.odoo.test_customers import family
from tests.connectors.odoo.test_orders import KEY, in_odoo, like, mugs

CUSTOMER = key("c1")


def refused(words: str) -> Callable[[Any], Mapping[str, Any]]:
    """Answer as Odoo does when another request with the same external id was faster."""
    return lambda _said: {"ids": False, "messages": [{"type": "error", "record": 0, "message": words}], "nextrow": 0}


async def test_an_order_another_request_made_meanwhile_is_finished_not_made_twice(each: Stand) -> None:
    order = await mugs(each)
    each.between.next_answer("sale.order.load", refused("duplicate key"))
    receipt = await each.orders.put(order, key=KEY)
    assert (receipt.state, receipt.details["total"]) == ("sale", "35.00 EUR")
    assert len(await in_odoo(each, "name")) == 1


async def test_a_contact_another_request_made_meanwhile_is_taken_not_made_twice(each: Stand) -> None:
    each.between.next_answer("res.partner.load", refused("duplicate key"))
    receipt = await each.customers.put(a_customer(), key=CUSTOMER)
    assert {row["id"] for row in await family(each, receipt.external_id)} == {int(one) for one in receipt.refs.values()}
    assert len(await each.read("res.partner", [["ref", "=", "shop:c1"]], "name")) == 1


async def test_an_address_another_request_made_meanwhile_is_taken_not_made_twice(each: Stand) -> None:
    known = await each.customers.put(a_customer(addresses=()), key=CUSTOMER)
    each.between.next_answer("res.partner.load", refused("could not serialize access due to concurrent update"))
    receipt = await each.customers.put(a_customer(), key=CUSTOMER, existing=known)
    assert {row["id"] for row in await family(each, known.external_id)} == {int(one) for one in receipt.refs.values()}


async def test_a_contact_odoo_refuses_is_told_in_its_words(erp: Stand) -> None:
    def take_away(said: Any) -> Any:
        erp.world.env().table("res.partner").delete(said["ids"][0])
        return refused("The VAT number does not seem to be valid.")(said)

    for _ in range(2):  # the second time it cannot have been another request
        erp.between.next_answer("res.partner.load", take_away)
    with pytest.raises(Invalid, match="VAT number"):
        await erp.customers.put(a_customer(addresses=()), key=CUSTOMER)


async def test_an_address_odoo_refuses_is_told_in_its_words(erp: Stand) -> None:
    known = await erp.customers.put(a_customer(addresses=()), key=CUSTOMER)
    for _ in range(2):
        erp.between.next_answer("res.partner.load", refused(""))
    with pytest.raises(Invalid, match="without a word"):
        await erp.customers.put(a_customer(), key=CUSTOMER, existing=known)


SHAPELESS = ["sale.order.load", "sale.order.write", "sale.order.action_confirm"]


@pytest.mark.parametrize("step", SHAPELESS)
async def test_an_answer_nobody_can_read_leaves_the_outcome_in_doubt(erp: Stand, step: str) -> None:
    order = await mugs(erp)
    erp.between.next_answer(step, lambda _said: ["done, probably"])
    with pytest.raises(InDoubt):
        await erp.orders.put(order, key=KEY)
    receipt = await erp.orders.put(order, key=KEY, existing=await erp.orders.find(KEY))
    assert (receipt.state, receipt.details["total"]) == ("sale", "35.00 EUR")
    assert len(await in_odoo(erp, "name")) == 1


async def test_values_odoo_refuses_leave_a_draft_and_its_words(erp: Stand) -> None:
    order = await mugs(erp, shipping_ref="999999")
    with pytest.raises(Invalid):
        await erp.orders.put(order, key=KEY)
    assert [row["state"] for row in await in_odoo(erp, "state")] == ["draft"]
    assert (
        await erp.orders.put(like(order, shipping_ref=""), key=KEY, existing=await erp.orders.find(KEY))
    ).state == "sale"


def dearer(erp: Stand, order: str = "#1001") -> Callable[[Any], Any]:
    """Let a person raise a price before the answer is read."""

    def changed(said: Any) -> Any:
        env = erp.world.env()
        (row,) = env.table("sale.order").where("client_order_ref", order)
        line = env.table("sale.order.line").where("order_id", row)[0]
        env.table("sale.order.line").update(line, {"price_unit": Decimal(20)})
        env.of(SaleOrder).total(row)
        return said

    return changed


async def test_an_order_changed_while_it_is_confirmed_is_looked_at_again(erp: Stand) -> None:
    order = await mugs(erp)
    erp.between.next_answer("sale.order.action_confirm", dearer(erp))
    with pytest.raises(Contended):
        await erp.orders.put(order, key=KEY)
    receipt = await erp.orders.put(order, key=KEY, existing=await erp.orders.find(KEY))
    assert (receipt.state, receipt.details["total"]) == ("sale", "35.00 EUR")


async def test_a_draft_changed_while_its_cent_is_written_is_not_confirmed(erp: Stand) -> None:
    order = await mugs(erp, total="35.01")
    erp.between.next_answer("sale.order.write", lambda said: said)
    erp.between.next_answer("sale.order.write", dearer(erp))
    with pytest.raises(TotalsDiffer):
        await erp.orders.put(order, key=KEY)
    assert [row["state"] for row in await in_odoo(erp, "state")] == ["draft"]


async def test_an_app_that_asks_before_a_cancellation_makes_it_a_persons() -> None:
    async with standing(19) as erp:
        order = await mugs(erp)
        receipt = await erp.orders.put(order, key=KEY)
        await erp.fault(kind="wrong_type", count=1, match="sale.order.action_cancel")  # answered, nothing done
        with pytest.raises(Invalid) as asked:
            await erp.orders.put(like(order, status=OrderStatus.CANCELED), key=KEY, existing=receipt)
    assert asked.value.fields == {"state": "asks"}


async def test_an_order_that_does_not_come_back_to_a_draft_is_in_doubt() -> None:
    async with standing(19) as erp:
        order = await mugs(erp)
        receipt = await erp.orders.put(order, key=KEY)
        line = a_line("12.50", 1, taxed="2.50", item_ref=order.lines[0].item_ref, warehouse="EAST")
        edited = like(order, lines=(line,), shipping_lines=(), total=like(order.total, amount=Decimal("15.00")))
        await erp.fault(kind="wrong_type", count=1, match="sale.order.action_draft")
        with pytest.raises(InDoubt, match="not a draft again"):
            await erp.orders.put(edited, key=KEY, existing=receipt)
        after = await erp.orders.put(edited, key=KEY, existing=await erp.orders.find(KEY))
    assert (after.external_id, after.state, after.details["total"]) == (receipt.external_id, "sale", "15.00 EUR")


async def test_a_person_does_not_become_a_company_and_its_address_is_known_by_what_it_says(erp: Stand) -> None:
    first = await erp.customers.put(a_customer(), key=CUSTOMER)
    there = an_address(lines=("Tor 2",), city="Wien", country="AT", name="Lager")
    again = [
        there,
        there,  # twice in one order
        an_address(lines=("Tor 2",), city="Wien", country="DE", name="Lager"),  # another country: another place
        an_address(lines=("Tor 2",), city="Wien", country="AT", name="Lager", phone="+43 1 2"),  # another phone: too
        an_address(lines=("Tor 2",), city="Wien", country="", name="Lager"),
    ]
    company = Company(name="ACME")
    after = await erp.customers.put(a_customer(company=company, addresses=tuple(again)), key=CUSTOMER, existing=first)
    people = await family(erp, first.external_id)
    assert (people[0]["name"], after.external_id) == ("Anna Muster", first.external_id)
    assert len(after.refs) == len(set(after.refs.values())) == 4
    assert len(people) == 2 + 3
    (main,) = await erp.read("res.partner", [["id", "=", int(first.external_id)]], "is_company")
    assert main["is_company"] is False


async def test_an_unknown_tax_code_and_an_unknown_unit_are_asked_about(erp: Stand) -> None:
    ref, buyer = await erp.sku("MUG-0010"), await erp.customer()
    line = a_line("1.00", item_ref=ref, taxed="0.20")
    coded = like(line, taxes=(like(line.taxes[0], code="4711"),))
    with pytest.raises(Unmapped, match="4711") as asked:
        await erp.orders.put(an_order(coded, total="1.20", customer_ref=buyer), key=KEY)
    assert asked.value.table == "tax"
    dozen = a_line("1.00", of_unit("1", "DZN"), item_ref=ref)
    with pytest.raises(Unmapped, match="no unit of measure for 'DZN'") as asked:
        await erp.orders.put(an_order(dozen, total="1.00", customer_ref=buyer), key=KEY)
    assert asked.value.table == "unit"
    assert await in_odoo(erp, "name") == []


async def test_without_price_lists_the_companys_own_currency_needs_none(erp: Stand) -> None:
    table = erp.world.env().table("product.pricelist")
    for one in list(table.rows):
        table.update(one, {"active": False})
    assert (await erp.orders.put(await mugs(erp), key=KEY)).details["total"] == "35.00 EUR"


async def test_an_order_in_a_state_an_app_invented_is_reported_beside_the_others(erp: Stand) -> None:
    for unique in ("1", "2"):
        await erp.orders.put(await mugs(erp), key=key(unique, f"#{unique}"))
    table = erp.world.env().table("sale.order")
    (strange,) = table.where("client_order_ref", "#1")
    table.update(strange, {"state": "waiting_for_boss"})
    source: Any = erp.session.sources["order"]
    (page,) = [page async for page in source.changes(None)]
    assert [order.custom["client_order_ref"] for order in page.records] == ["#2"]
    assert [(bad.external_id, type(bad.trouble)) for bad in page.bad] == [(str(strange), Unmapped)]


async def test_an_order_is_found_by_the_number_odoo_gave_it(erp: Stand) -> None:
    receipt = await erp.orders.put(await mugs(erp), key=KEY)
    source: Any = erp.session.sources["order"]
    assert [order.external_id for order in await source.by_number(receipt.number)] == [receipt.external_id]
    assert await source.by_number("S99999") == []


async def test_amounts_in_no_currency_are_drift(erp: Stand) -> None:
    receipt = await erp.orders.put(await mugs(erp), key=KEY)
    mug = await erp.sku("MUG-0010")
    erp.between.next_answer("sale.order.search_read", lambda said: [{**row, "currency_id": False} for row in said])
    with pytest.raises(WireDrift):
        await erp.session.sources["order"].read([receipt.external_id])
    async with standing(19) as other:
        other.between.next_answer("res.company.search_read", lambda said: [{**said[0], "currency_id": [1, "ducats"]}])
        with pytest.raises(WireDrift):
            await other.session.sources["variant"].read([mug])


def test_a_quantity_no_business_has_is_drift() -> None:
    row = wire.Figures(id=1, qty_available=Decimal("1e40"))
    with pytest.raises(WireDrift):
        stock.to_level(row, wire.Warehouse(id=1, code="WH"), {}, NOW)


async def test_a_warehouse_that_was_closed_has_no_levels_any_more(erp: Stand) -> None:
    mug = await erp.sku("MUG-0010")
    table = erp.world.env().table("stock.warehouse")
    (east,) = table.where("code", "EAST")
    table.update(east, {"active": False})
    levels = await erp.session.sources["stock_level"].read([f"{mug}@WH", f"{mug}@EAST"])
    assert [level.warehouse for level in levels] == ["WH"]


async def test_fields_described_in_another_shape_are_drift(erp: Stand) -> None:
    erp.between.next_answer("product.product.fields_get", lambda _said: {"name": "a text"})
    with pytest.raises(WireDrift, match="fields_get"):
        await erp.sku("MUG-0010")


async def test_an_app_that_is_not_installed_is_named(each: Stand) -> None:
    del each.world.service.database.models["sale.order"]
    with pytest.raises(Misconfigured, match=r"sale\.order"):
        await each.orders.find(KEY)


async def test_a_deleted_product_is_forgotten_with_all_that_was_kept_of_it(erp: Stand) -> None:
    (made,) = await erp.call("product.product", "create", vals_list=[{"name": "Gone soon", "default_code": "GONE-1"}])
    lookups = erp.orders.translator.lookups
    assert [*await lookups.products([made])] == [made]
    await erp.call("product.product", "unlink", ids=[made])
    erp.clock.time += timedelta(minutes=11)
    assert await lookups.products([made]) == {}
