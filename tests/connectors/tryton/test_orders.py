"""Orders, from every step they may stand at."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from isthmus.canonical.order import OrderStatus
from isthmus.connectors.tryton.dialect import Field
from isthmus.kit.http import Request, Response
from isthmus.ports.errors import (
    Contended,
    ContractBroken,
    Duplicate,
    Gone,
    InDoubt,
    Invalid,
    Misconfigured,
    TotalsDiffer,
    Unmapped,
    WireDrift,
)
from isthmus.ports.sink import Put, Receipt
from tests.connectors.erp import a_customer, a_line, an_order, key, money, of_unit, shipping, tax
from tests.connectors.tryton.stand import Stand, standing

KEY = key("5501", "#1001")


class Desk:
    """An order about two mugs, and what the simulated Tryton holds of it."""

    def __init__(self, erp: Stand, item: str, buyer: Receipt) -> None:
        self.erp, self.item, self.buyer = erp, item, buyer

    def order(self, *lines: Any, total: str = "30.00", **changed: Any) -> Any:
        home, gate = self.buyer.refs.values()
        said = {"customer_ref": self.buyer.external_id, "billing_ref": home, "shipping_ref": gate}
        return an_order(*(lines or (self.mugs(),)), total=total, **said | changed)

    def mugs(self, count: int = 2, taxed: str | None = "5.00", **changed: Any) -> Any:
        return a_line("12.50", count, taxed=taxed, **{"item_ref": self.item} | changed)

    async def put(self, order: Any, existing: Receipt | None = None) -> Receipt:
        return await self.erp.orders.put(order, key=KEY, existing=existing)

    async def found(self) -> Receipt:
        return await self.erp.orders.find(KEY)

    def sales(self) -> list[Any]:
        return list(self.erp.world.env().table("sale.sale").rows.values())

    def change(self, model: str, record: str, **values: Any) -> None:
        env = self.erp.world.env()
        self.erp.world.service.database.transact(env, lambda env: env[model].modify([int(record)], values))


@pytest.fixture
async def desk(erp: Stand) -> Desk:
    return await a_desk(erp)


async def a_desk(erp: Stand) -> Desk:
    return Desk(erp, await erp.sku("MUG-0010"), await erp.customers.put(a_customer(), key=key("c1")))


def told(result: Any) -> Any:
    body = msgspec.json.encode({"id": 0, "result": result})
    return lambda _request: Response(200, {}, body)


async def test_a_batch_answers_each_put_and_one_bad_one_fails_alone(desk: Desk) -> None:
    good, bad = desk.order(), desk.order(desk.mugs(item_ref="987654"))
    answers = await desk.erp.orders.put_many([Put(good, KEY), Put(bad, key("5502")), Put(good, KEY)])
    assert answers[0].external_id == answers[2].external_id
    assert isinstance(answers[1], Unmapped)


async def test_an_order_canceled_before_it_came_is_there_and_canceled(desk: Desk) -> None:
    receipt = await desk.put(desk.order(status=OrderStatus.CANCELED))
    assert (receipt.state, receipt.complete, len(desk.sales())) == ("cancelled", True, 1)


@pytest.mark.parametrize("stop", ["quote", "confirm"])
async def test_a_draft_and_a_quotation_are_corrected_and_confirmed(desk: Desk, stop: str) -> None:
    refuse = msgspec.json.encode({"id": 0, "error": ["UserError", ["Not now.", "", None]]})
    desk.erp.between.instead(f"model.sale.sale.{stop}", lambda _request: Response(200, {}, refuse))
    with pytest.raises(Invalid, match="Not now"):
        await desk.put(desk.order())
    left = await desk.found()
    assert (left.state, left.complete) == ({"quote": "draft", "confirm": "quotation"}[stop], False)
    one = desk.order(desk.mugs(1, "2.50"), total="15.00")
    done = await desk.put(one, left)
    assert (done.external_id, done.state, done.details["total"]) == (left.external_id, "processing", "15.00 EUR")


async def test_a_quotation_is_canceled_and_one_that_rounds_differently_goes_back_first(desk: Desk) -> None:
    refuse = msgspec.json.encode({"id": 0, "error": ["UserError", ["Not now.", "", None]]})
    desk.erp.between.instead("model.sale.sale.confirm", lambda _request: Response(200, {}, refuse))
    with pytest.raises(Invalid):
        await desk.put(desk.order())
    left = await desk.found()
    row = await desk.erp.orders._read(int(left.external_id))
    wanted = await desk.erp.orders.translator.wanted(desk.order(total="30.01"), KEY)
    agreed = await desk.erp.orders._agree(desk.order(total="30.01"), KEY, wanted, row)
    assert (agreed.state, agreed.total_amount) == ("draft", Decimal("30.01"))
    assert (await desk.put(desk.order(status=OrderStatus.CANCELED), left)).state == "cancelled"


async def test_a_rounding_line_is_counted_and_not_doubled(desk: Desk) -> None:
    first = await desk.put(desk.order(total="30.02"))
    again = await desk.put(desk.order(total="30.02"), first)
    assert (again.external_id, again.details["total"]) == (first.external_id, "30.02 EUR")
    lines = await desk.erp.read("sale.line", [["sale", "=", int(first.external_id)]], "unit_price")
    assert sorted(line["unit_price"] for line in lines) == [Decimal("0.02"), Decimal("12.5")]


async def test_a_total_written_with_six_decimals_is_rounded_all_the_same(desk: Desk) -> None:
    receipt = await desk.put(desk.order(total="30.020000"))
    assert (receipt.state, receipt.details["total"]) == ("processing", "30.02 EUR")


async def test_another_tax_is_asked_about(desk: Desk) -> None:
    line = a_line("12.50", 2, item_ref=desk.item, taxes=(tax("4.00", "0.2"),))
    with pytest.raises(TotalsDiffer, match="the tax is"):
        await desk.put(desk.order(line, total="30.00"))


async def test_a_sale_that_lies_confirmed_is_left_to_lie(desk: Desk) -> None:
    await park_confirmed(desk)
    desk.erp.orders.processing._due = False
    receipt = await desk.put(desk.order(), await desk.found())
    assert (receipt.state, receipt.complete) == ("confirmed", True)
    fewer = await desk.put(desk.order(desk.mugs(1, "2.50"), total="15.00"), receipt)
    assert (fewer.external_id, fewer.details["total"]) == (receipt.external_id, "15.00 EUR")
    await park_confirmed(desk)
    canceled = await desk.put(desk.order(status=OrderStatus.CANCELED), await desk.found())
    assert canceled.state == "cancelled"


async def park_confirmed(desk: Desk) -> None:
    """Let the sale stand as one does that was confirmed and not processed."""
    if not desk.sales():
        await desk.put(desk.order())
    (sale,) = desk.sales()
    env = desk.erp.world.env()

    def undo(env: Any) -> None:
        for model in ("stock.move", "stock.shipment.out", "account.invoice.line", "account.invoice"):
            table = env.table(model)
            keep = [one for one, row in table.rows.items() if model == "stock.move" and row["state"] == "done"]
            env[model].remove([one for one in table.rows if one not in keep])
        states = {"state": "confirmed", "shipment_state": "none", "invoice_state": "none"}
        env["sale.sale"].modify([sale["id"]], states)

    desk.erp.world.service.database.transact(env, undo)


async def test_what_keeps_a_confirmed_sale_from_being_processed_is_told(desk: Desk) -> None:
    row = await desk.erp.orders._read(int((await desk.put(desk.order())).external_id))
    desk.erp.orders.processing._due = True
    refuse = msgspec.json.encode({"id": 0, "error": ["UserError", ["No revenue account.", "", None]]})
    desk.erp.between.instead("model.sale.sale.process", lambda _request: Response(200, {}, refuse))
    with pytest.raises(Invalid, match="No revenue account"):
        await desk.erp.orders._press("process", row, KEY, frozenset({"processing"}))


@pytest.mark.parametrize(
    ("configuration", "button", "due"),
    [
        ([{"id": 1, "sale_process_after": None}], [{"id": 1, "groups": [3]}], True),
        ([{"id": 1, "sale_process_after": None}], [{"id": 1, "groups": [16]}], False),
        ([{"id": 1, "sale_process_after": {"__class__": "timedelta", "seconds": 3600}}], [], False),
        ([], [{"id": 1, "groups": None}], True),
    ],
)
async def test_processing_is_asked_for_where_it_is_due_and_allowed(
    erp: Stand, configuration: Any, button: Any, *, due: bool
) -> None:
    me = await erp.client.identity()
    erp.client._identity = replace(me, groups=(3, 4))
    fields = ("sale_process_after", "groups", "model")
    for model in ("sale.configuration", "ir.model.button"):
        erp.dialect._fields[model] = {name: Field() for name in fields}
    erp.between.instead("model.sale.configuration.search_read", told(configuration))
    erp.between.instead("model.ir.model.button.search_read", told(button))
    assert await erp.orders.processing.due() is due
    assert await erp.orders.processing.due() is due  # asked once


@pytest.mark.parametrize("status", [403, 404])
async def test_what_may_not_be_looked_at_is_not_pressed(erp: Stand, status: int) -> None:
    erp.between.instead("model.sale.configuration.fields_get", lambda _request: Response(status, {}, b""))
    assert await erp.orders.processing.due() is False


@pytest.mark.parametrize(
    ("model", "state", "code"),
    [
        ("stock.shipment.out", "packed", "delivered"),
        ("account.invoice", "posted", "invoiced"),
    ],
)
async def test_what_was_packed_or_booked_is_a_persons(desk: Desk, model: str, state: str, code: str) -> None:
    first = await desk.put(desk.order())
    (document,) = desk.erp.world.env().table(model).rows
    desk.erp.world.env().table(model).rows[document]["state"] = state
    for wanted in (desk.order(status=OrderStatus.CANCELED), desk.order(desk.mugs(1, "2.50"), total="15.00")):
        with pytest.raises(Invalid, match="a person must decide") as asked:
            await desk.put(wanted, first)
        assert asked.value.fields == {"state": code}


@pytest.mark.parametrize(
    ("name", "state", "code"),
    [("shipment_state", "partially shipped", "delivered"), ("invoice_state", "paid", "invoiced")],
)
async def test_what_left_the_house_is_a_persons(desk: Desk, name: str, state: str, code: str) -> None:
    first = await desk.put(desk.order())
    desk.change("sale.sale", first.external_id, **{name: state})
    with pytest.raises(Invalid) as asked:
        await desk.put(desk.order(status=OrderStatus.CANCELED), first)
    assert asked.value.fields == {"state": code}


async def test_an_interrupted_replacement_goes_on(desk: Desk) -> None:
    first = await desk.put(desk.order())
    fewer = desk.order(desk.mugs(1, "2.50"), total="15.00")
    for operation in ("model.stock.shipment.out.cancel", "wizard.sale.handle.shipment.exception.execute"):
        desk.erp.between.afterwards(operation, lambda _request: Response(503, {}, b""))
        with pytest.raises(InDoubt):
            await desk.put(fewer, await desk.found())
    desk.erp.between.instead("model.sale.sale.create", lambda _request: Response(503, {}, b""))
    with pytest.raises(InDoubt):
        await desk.put(fewer, await desk.found())
    done = await desk.put(fewer, await desk.found())
    assert (done.state, done.details["total"]) == ("processing", "15.00 EUR")
    assert [(sale["state"], sale["reference"]) for sale in desk.sales()] == [
        ("done", "#1001 (replaced)"),
        ("processing", "#1001"),
    ]
    # Whoever still knows the old one is led to the new one.
    assert (await desk.put(fewer, first)).external_id == done.external_id


async def test_a_sale_that_is_not_taken_back_is_asked_about(desk: Desk) -> None:
    first = await desk.put(desk.order())
    desk.erp.between.instead("model.stock.shipment.out.cancel", told(None))
    with pytest.raises(Invalid, match="was not taken back"):
        await desk.put(desk.order(status=OrderStatus.CANCELED), first)


@pytest.mark.parametrize("answer", [None, [], [1], {"view": {}}, {"view": {"defaults": []}}])
async def test_a_wizard_that_speaks_otherwise_is_drift(desk: Desk, answer: Any) -> None:
    first = await desk.put(desk.order())
    step = "create" if not isinstance(answer, dict) else "execute"
    desk.erp.between.instead(f"wizard.sale.handle.shipment.exception.{step}", told(answer))
    with pytest.raises(WireDrift, match="handle"):
        await desk.put(desk.order(status=OrderStatus.CANCELED), first)


async def test_two_live_sales_are_a_question(desk: Desk) -> None:
    first = await desk.put(desk.order())
    other = await desk.erp.orders.put(desk.order(), key=key("5502", "#1002"))
    desk.erp.world.env().table("sale.sale").rows[int(other.external_id)]["description"] = KEY.unique
    with pytest.raises(Duplicate) as asked:
        await desk.found()
    assert sorted(asked.value.external_ids) == sorted([first.external_id, other.external_id])


async def test_a_step_that_does_nothing_is_in_doubt(desk: Desk) -> None:
    desk.erp.between.instead("model.sale.sale.quote", told(None))
    with pytest.raises(InDoubt, match="is draft after 'quote'"):
        await desk.put(desk.order())


async def test_a_quotation_whose_total_moved_is_looked_at_again(desk: Desk) -> None:
    def meddle(_request: Request) -> None:
        (line,) = desk.erp.world.env().table("sale.line").rows.values()
        line["quantity"] = Decimal(3)

    desk.erp.between.afterwards("model.sale.sale.quote", meddle)
    with pytest.raises(Contended, match="while it was being confirmed"):
        await desk.put(desk.order())


@pytest.mark.parametrize("operation", ["write", "quote"])
async def test_a_draft_that_was_taken_away_meanwhile_is_contended(desk: Desk, operation: str) -> None:
    refuse = msgspec.json.encode({"id": 0, "error": ["UserError", ["It does not exist.", "", None]]})

    def taken(_request: Request) -> Response:
        desk.erp.world.service.database.transact(
            desk.erp.world.env(), lambda env: env["sale.sale"].remove(list(env.table("sale.sale").rows))
        )
        return Response(200, {}, refuse)

    desk.erp.between.instead(f"model.sale.sale.{operation}", taken)
    with pytest.raises(Contended, match="taken away"):
        await desk.put(desk.order(total="30.01" if operation == "write" else "30.00"))


async def test_a_sale_that_was_deleted_is_gone(desk: Desk) -> None:
    with pytest.raises(Gone):
        await desk.put(desk.order(), Receipt("987654"))
    with pytest.raises(ContractBroken):
        await desk.put(desk.order(), Receipt("S0001"))


@pytest.mark.parametrize("answer", [None, [], ["x"]])
async def test_a_creation_that_names_no_id_is_in_doubt(desk: Desk, answer: Any) -> None:
    desk.erp.between.instead("model.sale.sale.create", told(answer))
    with pytest.raises(InDoubt):
        await desk.put(desk.order())


async def test_a_currency_the_books_do_not_know_is_asked_about(desk: Desk) -> None:
    with pytest.raises(Unmapped) as asked:
        await desk.put(desk.order(a_line("1", item_ref=desk.item, currency="SEK"), total="1", currency="SEK"))
    assert (asked.value.table, asked.value.value) == ("currency", "SEK")


async def test_terms_and_dates_are_carried(desk: Desk) -> None:
    parcel = shipping("0.00", requested_on=desk.order().placed_at.date().replace(month=4))
    order = desk.order(payment_terms="Net 30 days", shipping_lines=(parcel,))
    receipt = await desk.put(order)
    names = ("payment_term.name", "shipping_date", "shipment_cost_method")
    (sale,) = await desk.erp.read("sale.sale", [["id", "=", int(receipt.external_id)]], *names)
    assert (sale["payment_term."]["name"], sale["shipping_date"].month) == ("Net 30 days", 4)
    assert sale["shipment_cost_method"] is None


@pytest.mark.parametrize(
    ("changed", "wanted", "words"),
    [
        ({"payment_terms": "never"}, Unmapped, "payment term"),
        ({"custom": {"x_field": 1}}, Misconfigured, "x_field"),
    ],
)
async def test_what_tryton_does_not_know_is_asked_about(
    desk: Desk, changed: dict[str, Any], wanted: type[Exception], words: str
) -> None:
    with pytest.raises(wanted, match=words):
        await desk.put(desk.order(**changed))


async def test_an_order_without_addresses_gets_one_of_the_partys(desk: Desk) -> None:
    receipt = await desk.put(desk.order(billing_ref="", shipping_ref=""))
    assert receipt.state == "processing"
    (bare,) = await desk.erp.call("party.party", "create", [{"name": "Bare", "addresses": []}])
    with pytest.raises(Invalid, match="has no address"):
        await desk.erp.orders.put(desk.order(customer_ref=str(bare), billing_ref="", shipping_ref=""), key=key("5503"))


async def test_warehouses_are_one_and_known(desk: Desk) -> None:
    lines = (desk.mugs(1, "2.50", warehouse="WH"), desk.mugs(1, "2.50", warehouse="EAST"))
    with pytest.raises(Invalid, match="from EAST and WH"):
        await desk.put(desk.order(*lines))
    with pytest.raises(Misconfigured, match="'MOON'"):
        await desk.put(desk.order(desk.mugs(warehouse="MOON")))
    places = await desk.erp.read("stock.location", [["code", "=", "EAST"]], "code")
    receipt = await desk.put(desk.order(desk.mugs(warehouse=str(places[0]["id"]))))
    assert receipt.state == "processing"


async def test_units_are_converted_by_tryton_or_refused(desk: Desk) -> None:
    with pytest.raises(Unmapped) as asked:
        await desk.put(desk.order(desk.mugs(of_unit("2", "KGM"))))
    assert (asked.value.table, asked.value.value) == ("unit", "KGM")
    with pytest.raises(Invalid, match="keeps 0 decimals"):
        await desk.put(desk.order(desk.mugs("1.5")))


async def test_a_unit_of_your_own_counts_as_pieces(desk: Desk) -> None:
    env = desk.erp.world.env()
    (unit,) = env["product.uom"].matching([["symbol", "=", "u"]])
    desk.change("product.uom", str(unit), name="Bottle", symbol="btl")
    assert (await desk.put(desk.order())).state == "processing"


async def test_an_item_without_a_product_is_asked_about(desk: Desk) -> None:
    for item, words in (("", "has no product"), ("987654", "was deleted")):
        with pytest.raises(Unmapped, match=words):
            await desk.put(desk.order(desk.mugs(item_ref=item)))


async def test_a_missing_service_product_says_what_to_create() -> None:
    async with standing(shipping_code="FREIGHT") as erp:
        desk = await a_desk(erp)
        with pytest.raises(Misconfigured, match="'FREIGHT'"):
            await desk.put(desk.order(shipping_lines=(shipping("5.00"),), total="35.00"))


async def test_without_a_rounding_product_nothing_is_taken_for_one() -> None:
    async with standing(rounding_code="NONE") as erp:
        desk = await a_desk(erp)
        first = await desk.put(desk.order())
        row = await erp.orders._read(int(first.external_id))
        other = desk.order(a_line("25.00", 1, taxed="5.00", item_ref=desk.item), total="30.00")
        assert not await erp.orders._holds(row, other, await erp.orders.translator.wanted(other, KEY))


async def test_a_new_address_makes_the_sale_anew(desk: Desk) -> None:
    first = await desk.put(desk.order())
    home, _gate = desk.buyer.refs.values()
    moved = await desk.put(desk.order(shipping_ref=home), first)
    assert moved.external_id != first.external_id
    assert moved.details["total"] == "30.00 EUR"


async def test_lists_tell_what_cannot_be_understood(desk: Desk) -> None:
    receipt = await desk.put(desk.order())
    listing: Any = desk.erp.session.listings["order"]
    (found,) = await desk.erp.session.sources["order"].by_number(receipt.number)  # type: ignore[attr-defined]
    assert (found.external_id, found.custom["description"]) == (receipt.external_id, KEY.unique)
    desk.erp.world.env().table("sale.sale").rows[int(receipt.external_id)]["state"] = "waiting_for_godot"
    with pytest.raises(Unmapped):
        await listing.named([KEY.unique])
    pages = [page async for page in desk.erp.session.sources["order"].changes(None)]
    assert [one.external_id for page in pages for one in page.bad] == [receipt.external_id]
    assert money("30.00") == found.total


async def test_a_sale_and_a_party_that_got_the_ids_of_ours_after_a_restored_backup_are_not_touched(desk: Desk) -> None:
    held = await desk.put(desk.order())
    # Made at another time: a record of the same id from before the backup.
    other, somebody = (replace(each, born=each.born.replace(each.born[:4], "2025", 1)) for each in (held, desk.buyer))
    before = [dict(row) for row in desk.sales()]
    with pytest.raises(Gone, match="another sale"):
        await desk.put(desk.order(status=OrderStatus.CANCELED), other)
    with pytest.raises(Gone, match="another one"):
        await desk.erp.customers.put(a_customer(), key=key("c1"), existing=somebody)
    assert [dict(row) for row in desk.sales()] == before
    # What a person named as ours has no moment to compare.
    assert (await desk.put(desk.order(), Receipt(held.external_id))).born == held.born
