"""Sales: from the draft to goods that are gone, and the way back."""

import base64
import io
import zipfile
from decimal import Decimal
from typing import Any

import pytest

from isthmus.simulators.tryton import TrytonWorld
from tests.simulators.tryton.caller import Caller, Refused, Turned, decimal


async def test_a_sale_goes_from_draft_to_processing_in_three_steps(tryton: Caller) -> None:
    sale = await tryton.sale(await tryton.line("LAMP-0001", 3, "10.0000"), reference="WEB-1")
    draft = await tryton.read("sale.sale", sale, "state", "number", "untaxed_amount", "rec_name")
    assert (draft["state"], draft["number"], draft["rec_name"]) == ("draft", None, "[WEB-1]")
    assert decimal(draft["untaxed_amount"]) == Decimal("30.00")
    with pytest.raises(Refused) as early:
        await tryton("model.sale.sale.confirm", [sale])
    assert (early.value.name, early.value.message) == (
        "UserError",
        'You can not call "confirm" on "[WEB-1]" of "Sale".',
    )
    await tryton("model.sale.sale.quote", [sale])
    assert (await tryton.read("sale.sale", sale, "number"))["number"] == "1"
    await tryton("model.sale.sale.confirm", [sale])
    # Without a queue worker the confirmation processes as well.
    done = await tryton.read("sale.sale", sale, "state", "shipment_state", "invoice_state", "shipments", "invoices")
    assert (done["state"], done["shipment_state"], done["invoice_state"]) == ("processing", "waiting", "pending")
    assert (len(done["shipments"]), len(done["invoices"])) == (1, 1)
    await tryton("model.sale.sale.process", [sale])
    assert (await tryton.read("sale.sale", sale, "shipments", "invoices"))["shipments"] == done["shipments"]


async def test_the_truth_shows_orders_and_what_is_left(tryton: Caller, world: TrytonWorld) -> None:
    before = world.truth()["stock"]["LAMP-0001"]["WH"]
    sale = await tryton.sale(await tryton.line("LAMP-0001", 3, "10.0000"), reference="WEB-1")
    await tryton.sold(sale)
    (order,) = world.truth()["orders"]
    assert (order["reference"], order["status"], order["total"]) == ("WEB-1", "processing", "30.00")
    assert order["lines"] == [{"sku": "LAMP-0001", "quantity": 3, "unit_price": "10.00"}]
    assert world.truth()["stock"]["LAMP-0001"]["WH"] == before - 3


async def test_nothing_of_a_quoted_sale_changes_but_what_may(tryton: Caller) -> None:
    sale = await tryton.sale(await tryton.line("LAMP-0001", 3, "10"), reference="WEB-1")
    await tryton("model.sale.sale.quote", [sale])
    await tryton("model.sale.sale.write", [sale], {"reference": "WEB-1b", "comment": "Ring twice"})
    (line,) = (await tryton.read("sale.sale", sale, "lines"))["lines"]
    name = "3\xa0u [LAMP-0001] Lamp 1 @ 1 [WEB-1b]"
    more = await tryton.line("LAMP-0001", 1, "10")
    refused: list[tuple[str, list[Any], str]] = [
        ("sale.write", [[sale], {"party": 1}], 'modify the field "Party" in record "1 [WEB-1b]" of "Sale"'),
        ("sale.write", [[sale], {"number": "77"}], 'modify the field "Number" of "Sale"'),
        ("sale.write", [[sale], {"lines": [["create", [more]]]}], 'modify the field "Product"'),
        ("sale.write", [[sale], {"lines": [["write", [line], {"quantity": 5}]]}], f'"Quantity" in record "{name}"'),
        ("line.write", [[line], {"quantity": 5}], f'"Quantity" in record "{name}" of "Sale Line"'),
        ("line.delete", [[line]], f'To delete line "{name}" you must cancel or reset to draft sale "1 [WEB-1b]".'),
        ("sale.delete", [[sale]], 'To delete sale "1 [WEB-1b]" you must cancel it.'),
    ]
    for method, params, text in refused:
        with pytest.raises(Refused) as wrong:
            await tryton(f"model.sale.{method}", *params)
        assert text in wrong.value.message
    await tryton("model.sale.sale.draft", [sale])
    await tryton("model.sale.line.write", [line], {"quantity": 5})
    told = await tryton.read("sale.sale", sale, "number", "total_amount")
    assert (told["number"], decimal(told["total_amount"])) == ("1", 50)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (
            {"quantity": 1.5},
            'field "Quantity" in record "2\xa0u [LAMP-0001] Lamp 1 @ (1)" of "Sale Line" exceeds the limit',
        ),
        ({"unit_price": Decimal("10.12345")}, 'value "\'10.12345\'" for field "Unit Price"'),
        ({"unit": None}, 'A value is required for field "Unit" in record "3.0 [LAMP-0001] Lamp 1 @ (1)"'),
        ({"quantity": None}, 'A value is required for field "Quantity"'),
        ({"unit_price": None}, 'A value is required for field "Unit Price"'),
        ({"product": 9999}, 'The value "9999" for field "Product" in "Sale Line" does not exist.'),
        ({"type": "nope"}, "is not one of the allowed options"),
    ],
)
async def test_a_line_that_cannot_be(tryton: Caller, values: dict[str, Any], text: str) -> None:
    line = await tryton.line("LAMP-0001", 3, "10")
    with pytest.raises(Refused) as wrong:
        await tryton.sale({**line, **values})
    assert (wrong.value.name, text in wrong.value.message) == ("UserError", True)


async def test_a_sale_needs_its_party_company_addresses_and_a_way_to_pay_freight(tryton: Caller) -> None:
    line = await tryton.line("LAMP-0001", 3, "10")
    other = await tryton.buyer()
    (elsewhere,) = (await tryton.read("party.party", await tryton.buyer(), "addresses"))["addresses"]
    for values, text in (
        ({"company": None}, 'A value is required for field "Company" in "Sale".'),
        ({"party": 9999}, 'The value "9999" for field "Party" in "Sale" does not exist.'),
        ({"invoice_address": elsewhere}, "is not valid according to its domain"),
    ):
        head = {"party": other, "currency": 1, **values}
        with pytest.raises(Refused) as wrong:
            await tryton.make("sale.sale", **head, lines=[["create", [line]]])
        assert text in wrong.value.message
    for values, text in (
        ({"invoice_address": None}, 'To get a quote for sale "[W]" you must enter an invoice address.'),
        ({"shipment_address": None}, 'To get a quote for sale "[W]" you must enter a shipment address.'),
        ({"warehouse": None}, "you must enter a warehouse"),
        ({"shipment_cost_method": "order"}, 'The value "On Order" for field "Shipment Cost Method"'),
        ({"lines": []}, 'You can not call "quote" on "[W]" of "Sale".'),
    ):
        sale = await tryton.sale(line, **{k: v for k, v in values.items() if k != "lines"}, reference="W")
        if "lines" in values:
            gone = (await tryton.read("sale.sale", sale, "lines"))["lines"]
            await tryton("model.sale.sale.write", [sale], {"lines": [["delete", gone]]})
        with pytest.raises(Refused) as early:
            await tryton("model.sale.sale.quote", [sale])
        assert text in early.value.message


# Each row was also put to a running trytond 8.2.1, which gave the same figures.
@pytest.mark.parametrize(
    ("rounding", "amounts", "total"),
    [("document", ("3.34", "0.02"), ("3.36", "0.67", "4.03")), ("line", ("3.34", "0.02"), ("3.36", "0.67", "4.03"))],
)
async def test_halves_go_to_the_even_neighbour_and_taxes_round_once(
    tryton: Caller, rounding: str, amounts: tuple[str, ...], total: tuple[str, ...]
) -> None:
    await tryton("model.account.configuration.write", [1], {"tax_rounding": rounding})
    tax = [["add", [await tryton.one("account.tax", ["name", "=", "20%"])]]]
    lines = [await tryton.line("LAMP-0001", q, p, taxes=tax) for q, p in ((3, "1.115"), (1, "0.025"))]
    sale = await tryton.sale(*lines)
    names = ("untaxed_amount", "tax_amount", "total_amount")
    told = await tryton.read("sale.sale", sale, *names, "lines.amount")
    assert tuple(line["amount"]["decimal"] for line in told["lines."]) == amounts
    assert tuple(told[name]["decimal"] for name in names) == total


async def test_what_fails_behind_a_confirmation_is_not_told(tryton: Caller, world: TrytonWorld) -> None:
    await tryton("model.account.configuration.write", [1], {"default_category_account_revenue": None})
    fee = {"quantity": 1, "unit_price": Decimal(5), "description": "Gift wrap"}
    sale = await tryton.sale(await tryton.line("LAMP-0001", 1, "10"), fee)
    await tryton("model.sale.sale.quote", [sale])
    await tryton("model.sale.sale.confirm", [sale])
    assert (await tryton.read("sale.sale", sale, "state"))["state"] == "confirmed"
    assert world.meter()["failed_behind"] == 1
    with pytest.raises(Refused) as told:
        await tryton("model.sale.sale.process", [sale])
    assert "default revenue account" in told.value.message
    account = await tryton.one("account.account", ["name", "=", "Main Revenue"])
    await tryton("model.account.configuration.write", [1], {"default_category_account_revenue": account})
    await tryton("model.sale.sale.process", [sale])
    assert (await tryton.read("sale.sale", sale, "state"))["state"] == "processing"


async def shipped(tryton: Caller, sale: int) -> int:
    """Carry a sale's goods to the customer and return the shipment."""
    (shipment,) = (await tryton.sold(sale))["shipments"]
    for step in ("assign_try", "pick"):
        await tryton(f"model.stock.shipment.out.{step}", [shipment])
    with pytest.raises(Refused) as asked:
        await tryton("model.stock.shipment.out.pack", [shipment])
    assert (asked.value.name, asked.value.told[0].endswith(".no_carrier")) == ("UserWarning", True)
    await tryton.make("res.user.warning", user=3, name=asked.value.told[0], always=False)
    for step in ("pack", "do"):
        await tryton(f"model.stock.shipment.out.{step}", [shipment])
    return shipment


async def test_goods_go_out_in_four_steps_and_a_warning_wants_a_yes(tryton: Caller, world: TrytonWorld) -> None:
    before = world.truth()["stock"]["LAMP-0001"]["WH"]
    sale = await tryton.sale(await tryton.line("LAMP-0001", 3, "10"))
    shipment = await shipped(tryton, sale)
    assert (await tryton.read("sale.sale", sale, "shipment_state", "state"))["shipment_state"] == "sent"
    told = await tryton.read("stock.shipment.out", shipment, "state", "effective_date", "origins")
    assert (told["state"], told["effective_date"]["__class__"], told["origins"]) == ("done", "date", "1")
    assert world.truth()["stock"]["LAMP-0001"]["WH"] == before - 3
    assert await tryton.find("res.user.warning", []) == []  # used up
    assert await tryton.one("sale.sale", ["shipments", "=", shipment]) == sale


async def test_a_parcel_carries_the_number_to_track_it_by(tryton: Caller) -> None:
    sale = await tryton.sale(await tryton.line("LAMP-0001", 3, "10"))
    (shipment,) = (await tryton.sold(sale))["shipments"]
    for step in ("assign_try", "pick"):
        await tryton(f"model.stock.shipment.out.{step}", [shipment])
    moves = (await tryton.read("stock.shipment.out", shipment, "outgoing_moves"))["outgoing_moves"]
    box = await tryton.one("stock.package.type", ["name", "=", "Box"])
    parcel = {"type": box, "shipment": f"stock.shipment.out,{shipment}", "shipping_reference": "1Z999"}
    made = await tryton.make("stock.package", **parcel, moves=[["add", moves]])
    told = await tryton.read("stock.shipment.out", shipment, "packages.shipping_reference", "packages.number")
    assert told["packages."] == [{"id": made, "shipping_reference": "1Z999", "number": "1"}]


async def test_too_little_stock_reserves_a_part_and_leaves_the_shipment_waiting(
    tryton: Caller, world: TrytonWorld
) -> None:
    world.set_stock("LAMP-0001", "WH", 2)
    sale = await tryton.sale(await tryton.line("LAMP-0001", 5, "10"))
    (shipment,) = (await tryton.sold(sale))["shipments"]
    assert await tryton("model.stock.shipment.out.assign_try", [shipment]) is None
    told = await tryton.read("stock.shipment.out", shipment, "state", "partially_assigned")
    assert (told["state"], told["partially_assigned"]) == ("waiting", True)
    mine = [["shipment", "=", f"stock.shipment.out,{shipment}"], ["origin", "like", "stock.move,%"]]
    moves = await tryton.find("stock.move", mine, "state", "quantity")
    assert [(move["state"], move["quantity"]) for move in moves] == [("draft", 3), ("assigned", 2)]
    await tryton("model.stock.shipment.out.cancel", [shipment])
    assert (await tryton.read("sale.sale", sale, "shipment_state"))["shipment_state"] == "exception"


async def wizard(tryton: Caller, name: str, state: str, record_id: int, data: Any = None) -> list[int]:
    """Go through a wizard of one step and return what it opened."""
    model = "sale.sale" if name.startswith("sale.") else "account.invoice"
    active = {"active_model": model, "active_id": record_id, "active_ids": [record_id]}
    session, first, end = await tryton(f"wizard.{name}.create")
    assert (first, end) == ("start", "end")
    assert "view" in await tryton(f"wizard.{name}.execute", session, {}, "start", **active)
    answer = await tryton(f"wizard.{name}.execute", session, {"start": data or {}}, state, **active)
    assert await tryton(f"wizard.{name}.delete", session) is None
    return answer["actions"][0][1]["res_id"]


async def test_a_return_is_a_sale_of_less_than_nothing(tryton: Caller, world: TrytonWorld) -> None:
    before = world.truth()["stock"]["LAMP-0001"]["WH"]
    sale = await tryton.sale(await tryton.line("LAMP-0001", 3, "10"), reference="WEB-1")
    await shipped(tryton, sale)
    (back,) = await wizard(tryton, "sale.return_sale", "return_", sale)
    draft = await tryton.read("sale.sale", back, "state", "reference", "origin", "total_amount", "lines.quantity")
    assert (draft["state"], draft["reference"], draft["origin"]) == ("draft", None, f"sale.sale,{sale}")
    assert (decimal(draft["total_amount"]), [line["quantity"] for line in draft["lines."]]) == (-30, [-3.0])
    await tryton.sold(back)
    (coming,) = (await tryton.read("sale.sale", back, "shipment_returns"))["shipment_returns"]
    with pytest.raises(Refused):
        await tryton("model.stock.shipment.out.return.do", [coming])
    await tryton("model.stock.shipment.out.return.receive", [coming])
    await tryton("model.stock.shipment.out.return.do", [coming])
    told = await tryton.read("sale.sale", back, "shipment_state", "invoices")
    assert told["shipment_state"] == "sent"
    assert decimal((await tryton.read("account.invoice", told["invoices"][0], "total_amount"))["total_amount"]) == -30
    assert world.truth()["stock"]["LAMP-0001"]["WH"] == before


async def test_an_invoice_is_numbered_when_posted_and_credited_by_one_below_zero(tryton: Caller) -> None:
    sale = await tryton.sale(await tryton.line("LAMP-0001", 3, "10"))
    await tryton.sold(sale)
    (invoice,) = (await tryton.read("sale.sale", sale, "invoices"))["invoices"]
    draft = await tryton.read("account.invoice", invoice, "number", "state", "sales")
    assert (draft["number"], draft["state"], draft["sales"]) == (None, "draft", [sale])
    await tryton("model.account.invoice.post", [invoice])
    posted = await tryton.read("account.invoice", invoice, "number", "state", "amount_to_pay", "party.receivable")
    assert (posted["number"], posted["state"], decimal(posted["amount_to_pay"])) == ("1", "posted", 30)
    assert decimal(posted["party."]["receivable"]) == 30
    assert (await tryton.read("sale.sale", sale, "invoice_state"))["invoice_state"] == "awaiting payment"
    told = {"with_refund": False}
    (credit,) = await wizard(tryton, "account.invoice.credit", "credit", invoice, told)
    row = await tryton.read("account.invoice", credit, "type", "state", "total_amount", "sales", "lines.origin")
    assert (row["type"], row["state"], decimal(row["total_amount"]), row["sales"]) == ("out", "draft", -30, [])
    assert row["lines."][0]["origin"].startswith("account.invoice.line,")


async def test_a_sale_is_done_when_everything_is_sent_and_paid(tryton: Caller, world: TrytonWorld) -> None:
    sale = await tryton.sale(await tryton.line("LAMP-0001", 3, "10"))
    await shipped(tryton, sale)
    (invoice,) = (await tryton.read("sale.sale", sale, "invoices"))["invoices"]
    await tryton("model.account.invoice.post", [invoice])
    world.env()["account.invoice"].paid([invoice])  # type: ignore[attr-defined]
    told = await tryton.read("sale.sale", sale, "state", "invoice_state")
    assert (told["state"], told["invoice_state"]) == ("done", "paid")


async def test_what_a_sale_leaves_to_people_they_do_by_hand(tryton: Caller) -> None:
    methods = {"invoice_method": "manual", "shipment_method": "manual"}
    sale = await tryton.sale(await tryton.line("LAMP-0001", 3, "10"), **methods)
    states = await tryton.sold(sale)
    assert (states["state"], states["shipment_state"], states["invoice_state"]) == ("processing", "none", "none")
    for _ in range(2):
        await tryton("model.sale.sale.manual_shipment", [sale])
        await tryton("model.sale.sale.manual_invoice", [sale])
    told = await tryton.read("sale.sale", sale, "shipments", "invoices")
    assert (len(told["shipments"]), len(told["invoices"])) == (1, 1)


async def test_goods_wait_for_the_money_and_bills_for_the_goods(tryton: Caller, world: TrytonWorld) -> None:
    sale = await tryton.sale(await tryton.line("LAMP-0001", 3, "10"), shipment_method="invoice")
    assert (await tryton.sold(sale))["shipments"] == []
    (invoice,) = (await tryton.read("sale.sale", sale, "invoices"))["invoices"]
    await tryton("model.account.invoice.post", [invoice])
    world.env()["account.invoice"].paid([invoice])  # type: ignore[attr-defined]
    assert len((await tryton.read("sale.sale", sale, "shipments"))["shipments"]) == 1
    other = await tryton.sale(await tryton.line("LAMP-0001", 3, "10"), invoice_method="fulfillment")
    await shipped(tryton, other)
    told = await tryton.read("sale.sale", other, "invoices.total_amount", "invoice_state")
    assert (told["invoice_state"], decimal(told["invoices."][0]["total_amount"])) == ("pending", 30)
    with pytest.raises(Refused) as both:
        await tryton.sale(
            await tryton.line("LAMP-0001", 1, "10"), invoice_method="fulfillment", shipment_method="invoice"
        )
    assert "You cannot use together" in both.value.message


async def test_an_invoice_comes_as_a_document(tryton: Caller) -> None:
    sale = await tryton.sale(await tryton.line("LAMP-0001", 3, "10"))
    await tryton.sold(sale)
    (invoice,) = (await tryton.read("sale.sale", sale, "invoices"))["invoices"]
    await tryton("model.account.invoice.post", [invoice])
    about = {"model": "account.invoice", "id": invoice, "ids": [invoice]}
    kind, content, at_once, name = await tryton("report.account.invoice.execute", [invoice], about)
    assert (kind, at_once, name) == ("odt", False, "Invoice-1")
    with zipfile.ZipFile(io.BytesIO(base64.decodebytes(content["base64"].encode()))) as archive:
        assert b"30.00" in archive.read("content.xml")
    with pytest.raises(Refused) as unknown:
        await tryton("report.sale.sale.execute", [sale], {})
    assert unknown.value.name == "'sale.sale'"


async def test_the_same_reference_can_be_used_twice(tryton: Caller) -> None:
    for _ in range(2):
        await tryton.sale(await tryton.line("LAMP-0001", 1, "10"), reference="WEB-1")
    assert len(await tryton.find("sale.sale", [["reference", "=", "WEB-1"]])) == 2


async def test_each_record_only_once_in_a_button_call(tryton: Caller) -> None:
    with pytest.raises(Turned) as twice:
        await tryton("model.sale.sale.quote", [1, 1])
    assert (twice.value.status, "Duplicate records" in twice.value.text) == (422, True)
