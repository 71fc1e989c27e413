"""Answers that name a record by the number the ERP's people use."""

from typing import Any

import pytest

from isthmus.admin.answers import NoAnswer, it_is_there
from tests.nth_call.journeys import edited, imported, order_arrived
from tests.nth_call.rig import Rig, rigged


def inside(rig: Rig, deed: Any) -> Any:
    with rig.erp.service.database.store.transaction():
        return deed(rig.erp.env())


def by_hand(rig: Rig) -> str:
    """Type an empty order in, as a person would, and return its number."""
    buyer = rig.erp.env().table("res.partner").where("email", "demo@example.com")[0]
    made = inside(rig, lambda env: env["sale.order"].make([{"partner_id": buyer}]))[0]
    return str(rig.erp.env().table("sale.order").rows[made]["name"])


async def test_a_typed_in_order_takes_the_place_of_one_that_was_deleted() -> None:
    async with rigged() as rig:
        reference = await imported(rig, 1)
        other = await imported(rig, 2)
        booked = {order["reference"]: order for order in rig.erp.truth()["orders"]}
        ours = booked[reference]["id"]
        inside(rig, lambda env: (env["sale.order"].action_cancel([ours]), env["sale.order"].remove([ours])))
        await edited(rig, reference)
        await rig.go_on()
        (asked,) = await rig.harness.parked()
        assert (asked["code"], asked["number"]) == ("gone", reference)
        assert reference not in {order["reference"] for order in rig.erp.truth()["orders"]}

        engine, number = rig.harness.engine, by_hand(rig)
        with pytest.raises(NoAnswer, match="no order 'S99999'"):
            await it_is_there(engine.context, engine.flows, reference, "S99999", by="eve")
        with pytest.raises(NoAnswer, match="another record already"):
            await it_is_there(engine.context, engine.flows, reference, booked[other]["name"], by="eve")
        await it_is_there(engine.context, engine.flows, reference, number, by="eve")
        await rig.go_on()

        assert await rig.harness.parked() == []
        assert await order_arrived(rig, reference) == []
        assert {order["reference"]: order["name"] for order in rig.erp.truth()["orders"]}[reference] == number
