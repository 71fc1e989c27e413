"""Sales: from the draft to goods that are gone, and the way back."""

from decimal import Decimal

import pytest

from isthmus.simulators.tryton import TrytonWorld
from tests.simulators.tryton.caller import Caller, Refused, decimal


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
