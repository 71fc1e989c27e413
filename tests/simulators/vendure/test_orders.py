"""Orders: amounts, states, parcels, refunds, cancellation, and what moves the date of change."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from isthmus.simulators.vendure.checkout import Basket, CannotPlace, Wanted, place
from isthmus.simulators.vendure.clientele import Clientele
from isthmus.simulators.vendure.orders import Order
from isthmus.simulators.vendure.shop import number_of
from tests.simulators.vendure.conftest import Caller, Opener

FULFILL = """mutation($i:FulfillOrderInput!){addFulfillmentToOrder(input:$i){__typename ... on Fulfillment{id state
  trackingCode} ... on ErrorResult{errorCode message}
  ... on InsufficientStockOnHandError{productVariantId stockOnHand}}}"""
PARCEL = """mutation($i:ID!,$s:String!){transitionFulfillmentToState(id:$i,state:$s){__typename
  ... on Fulfillment{state}
  ... on FulfillmentStateTransitionError{errorCode fromState toState}}}"""
REFUND = """mutation($i:RefundOrderInput!){refundOrder(input:$i){__typename ... on Refund{id total state}
  ... on ErrorResult{errorCode} ... on RefundAmountError{maximumRefundable}}}"""
CANCEL = """mutation($i:CancelOrderInput!){cancelOrder(input:$i){__typename ... on Order{state totalWithTax
  lines{quantity orderPlacedQuantity} payments{state}} ... on ErrorResult{errorCode}}}"""
MOVE = """mutation($i:ID!,$s:String!){transitionOrderToState(id:$i,state:$s){__typename ... on Order{state}
  ... on OrderStateTransitionError{errorCode fromState toState}}}"""
MODIFY = """mutation($i:ModifyOrderInput!){modifyOrder(input:$i){__typename ... on Order{totalWithTax lines{quantity}}
  ... on ErrorResult{errorCode}}}"""
DATED = "query($i:ID!){order(id:$i){updatedAt state totalWithTax}}"


def buy(shop: Caller, quantity: int = 2, payment: str = "card", **more: Any) -> Order:
    """Place an order of one variant; mugs cost what the demonstration says."""
    inside = shop.world.shop
    methods = {one.code: one for one in (*inside.shipping_methods.values(), *inside.payment_methods.values())}
    variant = more.pop("variant", None) or list(inside.variants.values())[20]
    customer = next(iter(inside.customers.values()), None)
    if customer is None:
        customer = Clientele(inside).customers[0]
    basket = Basket([Wanted(variant, quantity)], methods["standard"], methods[payment], customer, **more)
    return place(inside, basket)


def parcel(order: Order, quantity: int, **handler: Any) -> dict[str, Any]:
    told = [{"name": "method", "value": "Courier"}, {"name": "trackingCode", "value": "1Z1"}]
    how = {"code": "manual-fulfillment", "arguments": told, **handler}
    return {"lines": [{"orderLineId": str(order.lines[0].id), "quantity": quantity}], "handler": how}


def levels(order: Order) -> list[tuple[int, int]]:
    return [(one.stock_on_hand, one.stock_allocated) for one in order.lines[0].product_variant.levels.values()]


async def test_totals_taxes_and_discounts_add_up(busy_shop: Caller) -> None:
    fields = """code total totalWithTax subTotal subTotalWithTax shipping shippingWithTax
      taxSummary{taxBase taxTotal taxRate}
      discounts{amountWithTax type} lines{proratedLinePrice proratedLinePriceWithTax linePriceWithTax
        discounts{amountWithTax}}
      surcharges{price priceWithTax}"""
    rows = (await busy_shop.one(f"{{orders{{items{{{fields}}}}}}}"))["items"]
    wrong = busy_shop.world.seeded.specials.wrong_total
    for row in rows:
        goods = sum(one["proratedLinePriceWithTax"] for one in row["lines"])
        charges = sum(one["priceWithTax"] for one in row["surcharges"])
        skew = 300 if row["code"] == wrong else 0
        assert row["subTotalWithTax"] == goods + charges + skew
        assert row["totalWithTax"] == row["subTotalWithTax"] + row["shippingWithTax"]
        taxes = sum(one["taxTotal"] for one in row["taxSummary"])
        assert row["total"] + taxes + skew == row["totalWithTax"]
        assert sum(one["taxBase"] for one in row["taxSummary"]) == row["total"]
        off = sum(one["linePriceWithTax"] for one in row["lines"]) - goods
        # Rounded units and rounded lines differ by less than a cent each.
        told = sum(one["amountWithTax"] for one in row["discounts"] if one["type"] != "OTHER")
        assert abs(-told - off) <= 4 * len(row["lines"])
    assert any(row["discounts"] for row in rows)
    assert any(row["surcharges"] for row in rows)
    assert {one["taxRate"] for row in rows for one in row["taxSummary"]} == {20, 10, 0}


async def test_a_gross_shipping_price_is_not_rounded(shop: Caller) -> None:
    order = buy(shop)
    line = await shop.one(
        "query($i:ID!){order(id:$i){shippingLines{price priceWithTax discountedPrice}}}", i=str(order.id)
    )
    assert line["shippingLines"] == [{"price": 408.33333333333337, "priceWithTax": 490, "discountedPrice": 408}]


async def test_a_billing_address_may_hold_nothing_but_nulls(shop: Caller) -> None:
    order = buy(shop)
    told = await shop.one(
        "query($i:ID!){order(id:$i){billingAddress{fullName streetLine1 countryCode}}}", i=str(order.id)
    )
    assert told["billingAddress"] == {"fullName": None, "streetLine1": None, "countryCode": None}


async def test_payment_promises_stock_and_a_parcel_takes_it(shop: Caller) -> None:
    order = buy(shop, 3)
    [(there, promised), _] = levels(order)
    assert promised == 3
    made = await shop.one(FULFILL, i=parcel(order, 2))
    assert (made["state"], made["trackingCode"]) == ("Pending", "1Z1")
    assert levels(order)[0] == (there - 2, 1)
    assert (await shop.one(PARCEL, i=made["id"], s="Cancelled"))["state"] == "Cancelled"
    assert levels(order)[0] == (there, 3)
    await shop.one(FULFILL, i=parcel(order, 3))
    assert levels(order)[0] == (there - 3, 0)
    kinds = [one.type for one in order.lines[0].product_variant.movements]
    assert kinds == ["ALLOCATION", "SALE", "CANCELLATION", "ALLOCATION", "SALE"]


async def test_the_order_follows_its_parcels(shop: Caller) -> None:
    order = buy(shop, 2)
    first, second = [(await shop.one(FULFILL, i=parcel(order, 1)))["id"] for _ in range(2)]
    seen: list[str] = []
    for number, state in ((first, "Shipped"), (second, "Shipped"), (first, "Delivered"), (second, "Delivered")):
        assert (await shop.one(PARCEL, i=number, s=state))["state"] == state
        seen.append(order.state)
    # Once one of two is delivered, not everything is shipped any more.
    assert seen == ["PartiallyShipped", "Shipped", "PartiallyDelivered", "Delivered"]
    again = await shop.one(PARCEL, i=second, s="Delivered")
    assert (again["errorCode"], again["fromState"]) == ("FULFILLMENT_STATE_TRANSITION_ERROR", "Delivered")
    assert (await shop.one(MOVE, i=str(order.id), s="Modifying"))["errorCode"] == "ORDER_STATE_TRANSITION_ERROR"


@pytest.mark.parametrize(
    ("quantity", "handler", "code"),
    [
        (0, {}, "EMPTY_ORDER_LINE_SELECTION_ERROR"),
        (9, {}, "ITEMS_ALREADY_FULFILLED_ERROR"),
        (1, {"code": "nobody"}, "INVALID_FULFILLMENT_HANDLER_ERROR"),
    ],
)
async def test_a_parcel_that_cannot_be_is_refused(shop: Caller, quantity: int, handler: Any, code: str) -> None:
    assert (await shop.one(FULFILL, i=parcel(buy(shop), quantity, **handler)))["errorCode"] == code


async def test_a_parcel_needs_the_goods_on_the_shelf(shop: Caller) -> None:
    order = buy(shop)
    variant = order.lines[0].product_variant
    for one in variant.levels.values():
        one.stock_on_hand = 0
    answer = await shop.one(FULFILL, i=parcel(order, 1))
    assert (answer["errorCode"], answer["stockOnHand"]) == ("INSUFFICIENT_STOCK_ON_HAND_ERROR", 0)
    variant.track_inventory = "FALSE"
    assert (await shop.one(FULFILL, i=parcel(order, 1)))["state"] == "Pending"


async def test_a_refund_repeated_is_two_refunds(shop: Caller) -> None:
    order = buy(shop)
    wish = {"paymentId": str(order.payments[0].id), "amount": 500, "shipping": 0, "adjustment": 0, "reason": "x"}
    for _ in range(2):
        made = await shop.one(REFUND, i=wish)
        assert (made["total"], made["state"]) == (500, "Pending")
    left = order.total_with_tax - 1000
    much = await shop.one(REFUND, i={**wish, "amount": 10**6})
    assert (much["errorCode"], much["maximumRefundable"]) == ("REFUND_AMOUNT_ERROR", left)
    assert (await shop.one(REFUND, i={**wish, "amount": 0}))["errorCode"] == "NOTHING_TO_REFUND_ERROR"
    bare = {"paymentId": wish["paymentId"], "amount": 1}
    assert await shop.refused(REFUND, i=bare) == (200, None)  # the database's own words
    settle = "mutation($i:SettleRefundInput!){settleRefund(input:$i){__typename ... on Refund{state transactionId}}}"
    done = await shop.one(settle, i={"id": made["id"], "transactionId": "t"})
    assert (done["state"], done["transactionId"]) == ("Settled", "t")
    assert await shop.refused(settle, i={"id": made["id"], "transactionId": "t"}) == (200, "ILLEGAL_OPERATION")


async def test_money_only_authorized_is_not_given_back_but_can_be_taken(shop: Caller) -> None:
    order = buy(shop, payment="invoice")
    assert order.state == "PaymentAuthorized"
    wish = {"paymentId": str(order.payments[0].id), "amount": 1, "shipping": 0, "adjustment": 0}
    assert (await shop.one(REFUND, i=wish))["errorCode"] == "REFUND_ORDER_STATE_ERROR"
    settle = "mutation($i:ID!){settlePayment(id:$i){__typename ... on Payment{state}}}"
    for _ in range(2):
        assert (await shop.one(settle, i=wish["paymentId"]))["state"] == "Settled"
    assert order.state == "PaymentSettled"


async def test_cancelling_gives_stock_back_and_no_money(shop: Caller) -> None:
    order = buy(shop, 2)
    there = levels(order)[0][0]
    part = {"orderId": str(order.id), "lines": [{"orderLineId": str(order.lines[0].id), "quantity": 1}]}
    assert (await shop.one(CANCEL, i=part))["lines"] == [{"quantity": 1, "orderPlacedQuantity": 2}]
    assert levels(order)[0] == (there, 1)
    whole = await shop.one(CANCEL, i={"orderId": str(order.id), "cancelShipping": True})
    # The net price is taken off the gross one, so that its tax is left (3.5.5).
    assert (whole["state"], whole["totalWithTax"], whole["payments"]) == ("Cancelled", 82, [{"state": "Settled"}])
    assert levels(order)[0] == (there, 0)
    again = await shop.one(CANCEL, i={"orderId": str(order.id)})
    assert again["errorCode"] == "EMPTY_ORDER_LINE_SELECTION_ERROR"
    assert await shop.refused(CANCEL, i={"orderId": "99999"}) == (200, "ENTITY_NOT_FOUND")


async def test_what_is_cancelled_after_delivery_lies_on_the_shelf_again(shop: Caller) -> None:
    order = buy(shop, 2)
    there = levels(order)[0][0]
    shop.world.ship(order.code)
    shop.world.deliver(order.code)
    assert (order.state, levels(order)[0]) == ("Delivered", (there - 2, 0))
    shop.world.take_back(order.code, order.lines[0].product_variant.sku)
    assert (order.state, levels(order)[0], order.lines[0].quantity) == ("Delivered", (there - 1, 0), 1)


async def test_only_content_moves_the_date_of_change(open_shop: Opener) -> None:
    hands = [datetime(2026, 3, 2, 10, 0, tzinfo=UTC)]
    shop = await open_shop(now=lambda: hands[0])
    await shop.sign_in("superadmin")
    order = buy(shop, 3)
    number, line = str(order.id), str(order.lines[0].id)
    wish = {"paymentId": str(order.payments[0].id), "amount": 100, "shipping": 0, "adjustment": 0}
    steps: list[tuple[bool, str, dict[str, Any]]] = [
        (False, FULFILL, {"i": parcel(order, 1)}),
        (False, PARCEL, {"i": "1", "s": "Shipped"}),
        (False, REFUND, {"i": wish}),
        (False, "mutation($i:AddNoteToOrderInput!){addNoteToOrder(input:$i){id}}",
         {"i": {"id": number, "note": "x", "isPublic": False}}),
        (False, MOVE, {"i": number, "s": "Modifying"}),
        (True, MODIFY, {"i": {"dryRun": False, "orderId": number, "surcharges": [
            {"description": "Gift", "price": 200, "priceIncludesTax": True}]}}),
        (True, "mutation($i:UpdateOrderInput!){setOrderCustomFields(input:$i){id}}",
         {"i": {"id": number, "customFields": {"erpRef": "SO-1"}}}),
        (True, CANCEL, {"i": {"orderId": number, "lines": [{"orderLineId": line, "quantity": 1}]}}),
    ]  # fmt: skip
    for moves, query, variables in steps:
        before = (await shop.one(DATED, i=number))["updatedAt"]
        hands[0] += timedelta(minutes=1)
        await shop.ask(query, **variables)
        assert ((await shop.one(DATED, i=number))["updatedAt"] != before) == moves, query


async def test_a_placed_order_is_modified_with_the_money_to_match(shop: Caller) -> None:
    order = buy(shop, 3)
    base = {"dryRun": False, "orderId": str(order.id)}
    less = {**base, "adjustOrderLines": [{"orderLineId": str(order.lines[0].id), "quantity": 1}]}
    assert (await shop.one(MODIFY, i=less))["errorCode"] == "ORDER_MODIFICATION_STATE_ERROR"
    await shop.ask(MOVE, i=str(order.id), s="Modifying")
    assert (await shop.one(MODIFY, i=base))["errorCode"] == "NO_CHANGES_SPECIFIED_ERROR"
    assert (await shop.one(MODIFY, i=less))["errorCode"] == "REFUND_PAYMENT_ID_MISSING_ERROR"
    paid = {**less, "refund": {"paymentId": str(order.payments[0].id), "amount": 100}}
    assert (await shop.one(MODIFY, i=paid))["lines"] == [{"quantity": 1}]
    assert [one.total for one in order.payments[0].refunds] == [100]
    assert levels(order)[0][1] == 1
    [variant] = [one for one in shop.world.shop.variants.values() if one.sku == order.lines[0].product_variant.sku]
    more = {**base, "addItems": [{"productVariantId": str(variant.id), "quantity": 10**6}]}
    assert (await shop.one(MODIFY, i=more))["errorCode"] == "INSUFFICIENT_STOCK_ERROR"
    negative = {**base, "addItems": [{"productVariantId": str(variant.id), "quantity": -1}]}
    assert (await shop.one(MODIFY, i=negative))["errorCode"] == "NEGATIVE_QUANTITY_ERROR"
    two = {**base, "addItems": [{"productVariantId": str(variant.id), "quantity": 1}]}
    assert (await shop.one(MODIFY, i=two))["lines"] == [{"quantity": 2}]
    pay = (
        "mutation($i:ManualPaymentInput!){addManualPaymentToOrder(input:$i){__typename ... on ErrorResult{errorCode}}}"
    )
    early = await shop.one(pay, i={"orderId": str(order.id), "method": "cash"})
    assert early["errorCode"] == "MANUAL_PAYMENT_STATE_ERROR"
    assert (await shop.one(MOVE, i=str(order.id), s="PaymentSettled"))["errorCode"] == "ORDER_STATE_TRANSITION_ERROR"
    assert await shop.refused(MODIFY, i={**two, "dryRun": True}) == (200, "USER_INPUT_ERROR")


async def test_a_draft_becomes_an_order(shop: Caller) -> None:
    draft = await shop.one("mutation{createDraftOrder{id state active}}")
    assert (draft["state"], draft["active"]) == ("Draft", False)
    number = draft["id"]
    add = """mutation($o:ID!,$i:AddItemToDraftOrderInput!){addItemToDraftOrder(orderId:$o,input:$i){__typename
      ... on Order{totalQuantity lines{id}} ... on InsufficientStockError{errorCode quantityAvailable}}}"""
    variant = list(shop.world.shop.variants.values())[30]
    free = sum(one.stock_on_hand for one in variant.levels.values())
    much = await shop.one(add, o=number, i={"productVariantId": str(variant.id), "quantity": free + 5})
    # What there is has been added all the same.
    assert (much["errorCode"], much["quantityAvailable"]) == ("INSUFFICIENT_STOCK_ERROR", free)
    order = shop.world.shop.orders[number_of(number)]
    assert order.total_quantity == free
    adjust = "mutation($o:ID!,$i:AdjustDraftOrderLineInput!){adjustDraftOrderLine(orderId:$o,input:$i){__typename}}"
    wish = {"orderLineId": str(order.lines[0].id), "quantity": 2, "customFields": {"erpLine": "L1"}}
    await shop.ask(adjust, o=number, i=wish)
    assert (order.total_quantity, order.lines[0].custom_fields) == (2, {"erpLine": "L1"})
    early = await shop.one(MOVE, i=number, s="ArrangingPayment")
    assert early["errorCode"] == "ORDER_STATE_TRANSITION_ERROR"
    give = "mutation($o:ID!,$i:CreateCustomerInput){setCustomerForDraftOrder(orderId:$o,input:$i){__typename}}"
    await shop.ask(give, o=number, i={"firstName": "A", "lastName": "B", "emailAddress": "ab@example.com"})
    for what in ("Shipping", "Billing"):
        to = f"mutation($o:ID!,$i:CreateAddressInput!){{setDraftOrder{what}Address(orderId:$o,input:$i){{id}}}}"
        await shop.ask(to, o=number, i={"streetLine1": "1 Example Street", "countryCode": "DE"})
    quotes = await shop.one(
        "query($o:ID!){eligibleShippingMethodsForDraftOrder(orderId:$o){id code priceWithTax}}", o=number
    )
    by = "mutation($o:ID!,$m:ID!){setDraftOrderShippingMethod(orderId:$o,shippingMethodId:$m){__typename}}"
    assert (await shop.one(by, o=number, m="77"))["__typename"] == "IneligibleShippingMethodError"
    await shop.ask(by, o=number, m=quotes[0]["id"])
    assert (await shop.one(MOVE, i=number, s="ArrangingPayment"))["state"] == "ArrangingPayment"
    assert order.active
    pay = "mutation($i:ManualPaymentInput!){addManualPaymentToOrder(input:$i){__typename ... on Order{state active}}}"
    paid = await shop.one(pay, i={"orderId": number, "method": "cash", "transactionId": "c1", "metadata": {}})
    assert (paid["state"], paid["active"]) == ("PaymentSettled", False)
    drop = "mutation($o:ID!){deleteDraftOrder(orderId:$o){result}}"
    assert await shop.one(drop, o=number) == {"result": "NOT_DELETED"}
    other = await shop.one("mutation{createDraftOrder{id}}")
    assert await shop.one(drop, o=other["id"]) == {"result": "DELETED"}
    assert await shop.one(DATED, i=other["id"]) is None


async def test_notes_are_kept_changed_and_dropped(shop: Caller) -> None:
    order = buy(shop)
    noted = "mutation($i:AddNoteToOrderInput!){addNoteToOrder(input:$i){history{items{id type data isPublic}}}}"
    told = await shop.one(noted, i={"id": str(order.id), "note": "ring twice", "isPublic": False})
    note = told["history"]["items"][-1]
    assert (note["type"], note["data"], note["isPublic"]) == ("ORDER_NOTE", {"note": "ring twice"}, False)
    change = "mutation($i:UpdateOrderNoteInput!){updateOrderNote(input:$i){data}}"
    assert (await shop.one(change, i={"noteId": note["id"], "note": "ring once"}))["data"] == {"note": "ring once"}
    drop = "mutation($i:ID!){deleteOrderNote(id:$i){result}}"
    assert await shop.one(drop, i=note["id"]) == {"result": "DELETED"}
    assert await shop.refused(change, i={"noteId": note["id"]}) == (200, "ENTITY_NOT_FOUND")


async def test_net_prices_add_tax_on_top(open_shop: Opener) -> None:
    shop = await open_shop(settings=replace((await open_shop()).world.settings, prices_include_tax=False))
    await shop.sign_in("superadmin")
    order = buy(shop, 1)
    line = order.lines[0]
    assert line.unit_price == line.list_price
    assert line.unit_price_with_tax == round(line.list_price * 1.2)
    assert order.total_with_tax > order.total
    shown = await shop.one("query($i:ID!){productVariant(id:$i){price priceWithTax}}", i=str(line.product_variant.id))
    assert shown == {"price": line.list_price, "priceWithTax": line.unit_price_with_tax}


async def test_a_state_of_the_shops_own_leads_nowhere(shop: Caller) -> None:
    order = buy(shop)
    order.state = "AwaitingPickup"
    query = "query($i:ID!){order(id:$i){state nextStates}}"
    assert await shop.one(query, i=str(order.id)) == {"state": "AwaitingPickup", "nextStates": []}
    assert (await shop.one(MOVE, i=str(order.id), s="Shipped"))["errorCode"] == "ORDER_STATE_TRANSITION_ERROR"


async def test_more_than_there_is_cannot_be_bought(shop: Caller) -> None:
    with pytest.raises(CannotPlace, match="insufficient stock"):
        buy(shop, 10**6)
