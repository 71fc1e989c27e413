"""Refunds and notes of orders: what goes back, through whom, and what is refused."""

from typing import Any

import pytest

from tests.simulators.woocommerce.conftest import V3, Caller
from tests.simulators.woocommerce.cups import order_of, stock_of


async def test_a_refund_names_lines_units_and_tax(shop: Caller) -> None:
    order = await order_of(shop, quantity=3)
    line = order["line_items"][0]
    rate = line["taxes"][0]["id"]
    made = await shop.post(
        f"/orders/{order['id']}/refunds",
        amount="12.00",
        reason="CM-1",
        api_refund=False,
        line_items=[
            {"id": line["id"], "quantity": 1, "refund_total": 10.0, "refund_tax": [{"id": rate, "refund_total": 2.0}]}
        ],
        meta_data=[{"key": "_erp_credit_memo", "value": "CM-1"}],
    )
    assert (made["amount"], made["reason"], made["refunded_payment"]) == ("12.00", "CM-1", False)
    [row] = made["line_items"]
    assert (row["quantity"], row["total"], row["total_tax"]) == (-1, "-10.00", "-2.00")
    assert await stock_of(shop) == 8
    read = await shop.get(f"/orders/{order['id']}")
    assert read["refunds"] == [{"id": made["id"], "reason": "CM-1", "total": "-12.00"}]
    assert (read["status"], read["total"]) == ("processing", "36.00")
    [listed] = await shop.get("/refunds")
    assert (listed["id"], listed["parent_id"]) == (made["id"], order["id"])


async def test_a_repeated_refund_refunds_again_until_nothing_is_left(shop: Caller) -> None:
    order = await order_of(shop)
    path = f"/orders/{order['id']}/refunds"
    for _ in range(2):
        await shop.post(path, amount="12.00", api_refund=False)
    answer = await shop.send("POST", V3 + path, json={"amount": "0.01", "api_refund": False})
    assert answer.status == 500
    assert answer.body == {
        "code": "woocommerce_rest_cannot_create_order_refund",
        "message": "Invalid refund amount.",
        "data": 500,
    }
    assert (await shop.get(f"/orders/{order['id']}"))["status"] == "refunded"
    assert len(await shop.get(path)) == 2


async def test_money_goes_back_unless_told_otherwise(shop: Caller) -> None:
    card, transfer = await order_of(shop), await order_of(shop, payment_method="bacs")
    assert (await shop.post(f"/orders/{card['id']}/refunds", amount="1.00"))["refunded_payment"] is True
    # What is no boolean counts as yes.
    made = await shop.post(f"/orders/{card['id']}/refunds", amount="1.00", api_refund="false")
    assert made["refunded_payment"] is True
    answer = await shop.send("POST", f"{V3}/orders/{transfer['id']}/refunds", json={"amount": "1.00"})
    assert (answer.status, answer.body["data"]) == (500, 500)
    assert await shop.get(f"/orders/{transfer['id']}/refunds") == []


async def test_an_amount_is_added_up_from_lines_and_a_line_without_id_spoils_them(shop: Caller) -> None:
    order = await order_of(shop)
    path, line = f"/orders/{order['id']}/refunds", order["line_items"][0]["id"]
    made = await shop.post(path, api_refund=False, line_items=[{"id": line, "quantity": 1, "refund_total": 3}])
    assert made["amount"] == "3.00"
    rows = [{"id": line, "quantity": 1, "refund_total": 3}, {"quantity": 1, "refund_total": 3}]
    made = await shop.post(path, amount="6.00", api_refund=False, line_items=rows)
    assert (made["amount"], made["line_items"]) == ("6.00", [])


async def test_goods_can_stay_out_of_stock(shop: Caller) -> None:
    order = await order_of(shop)
    rows = [{"id": order["line_items"][0]["id"], "quantity": 2, "refund_total": 20}]
    await shop.post(f"/orders/{order['id']}/refunds", api_refund=False, api_restock=False, line_items=rows)
    assert await stock_of(shop) == 8


async def test_a_status_of_refunded_refunds_the_rest(shop: Caller) -> None:
    order = await order_of(shop)
    await shop.post(f"/orders/{order['id']}/refunds", amount="4.00", api_refund=False)
    read = await shop.put(f"/orders/{order['id']}", status="refunded")
    assert [row["total"] for row in read["refunds"]] == ["-4.00", "-20.00"]


async def test_notes_are_kept_and_the_shop_writes_its_own(shop: Caller) -> None:
    order = await order_of(shop)
    path = f"/orders/{order['id']}/notes"
    made = await shop.post(path, note="ERP SO-1", customer_note=False)
    await shop.post(path, note="On its way", customer_note=True)
    assert [row["note"] for row in await shop.get(path, type="customer")] == ["On its way"]
    texts = [row["note"] for row in await shop.get(path)]
    assert "ERP SO-1" in texts
    assert any(text.startswith("Stock levels reduced: Cup (CUP) 10&rarr;8") for text in texts)
    assert (await shop.get(f"{path}/{made['id']}"))["note"] == "ERP SO-1"
    assert await shop.refused("POST", path, json={}) == (400, "rest_missing_callback_param")
    assert await shop.refused("GET", "/orders/9/notes") == (404, "woocommerce_rest_order_invalid_id")


async def test_refunds_are_read_listed_and_deleted(shop: Caller) -> None:
    order = await order_of(shop)
    path = f"/orders/{order['id']}/refunds"
    made = await shop.post(path, amount="5.00", reason="CM-1", api_refund=False)
    assert await shop.get(f"{path}/{made['id']}") == made
    assert [row["id"] for row in await shop.get(path, modified_after="2020-01-01T00:00:00")] == [made["id"]]
    assert await shop.get("/refunds", modified_after="2099-01-01T00:00:00") == []
    assert await shop.refused("DELETE", f"{path}/{made['id']}") == (501, "woocommerce_rest_trash_not_supported")
    assert (await shop.send("DELETE", f"{V3}{path}/{made['id']}?force=true")).status == 200
    assert await shop.refused("GET", f"{path}/{made['id']}") == (404, "woocommerce_rest_shop_order_refund_invalid_id")
    assert (await shop.get(f"/orders/{order['id']}"))["refunds"] == []


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/orders/9/refunds", {"amount": "1.00"}, ("woocommerce_rest_invalid_order_id", 404)),
        ("own", {"amount": "-1.00"}, ("woocommerce_rest_invalid_order_refund", 400)),
        ("own", {"amount": "25.00", "api_refund": False}, ("woocommerce_rest_cannot_create_order_refund", 500)),
    ],
)
async def test_a_refused_refund_is_500_whatever_it_says_itself(
    shop: Caller, path: str, body: dict[str, Any], expected: tuple[str, int]
) -> None:
    order = await order_of(shop)
    answer = await shop.send("POST", V3 + (path if path != "own" else f"/orders/{order['id']}/refunds"), json=body)
    assert answer.status == 500
    assert (answer.body["code"], answer.body["data"]) == expected


async def test_an_order_without_a_gateway_cannot_send_money_back(shop: Caller) -> None:
    order = await order_of(shop, payment_method="barter")
    answer = await shop.send("POST", f"{V3}/orders/{order['id']}/refunds", json={"amount": "1.00"})
    assert answer.body["message"] == "The payment gateway for this order does not exist."


async def test_a_note_can_be_removed(shop: Caller) -> None:
    order = await order_of(shop)
    path = f"/orders/{order['id']}/notes"
    made = await shop.post(path, note="Oops")
    assert await shop.refused("DELETE", f"{path}/{made['id']}") == (501, "woocommerce_rest_trash_not_supported")
    assert (await shop.send("DELETE", f"{V3}{path}/{made['id']}?force=true")).status == 200
    assert await shop.refused("GET", f"{path}/{made['id']}") == (404, "woocommerce_rest_invalid_id")
