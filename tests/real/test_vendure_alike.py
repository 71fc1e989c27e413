"""The simulated Vendure answers as a real 3.5 does: schema, refusals, and the life of an order from cart to refund."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, DummyCookieJar
from graphql import (
    build_client_schema,
    get_introspection_query,
    is_enum_type,
    is_input_object_type,
    is_object_type,
    is_union_type,
)

from isthmus.simulators.stage import serve, stage
from isthmus.simulators.vendure import PASSWORD, VendureWorld
from isthmus.simulators.vendure.engine import engine
from isthmus.simulators.vendure.settings import DECLARED, Settings
from isthmus.testing.lives import free_port
from tests.real.vendure import PACKAGES_AT, STAFF, STAFF_PASSWORD, bare
from tests.real.vendure_alike import Side, apart, furnish
from tests.real.vendure_hooks import receiving

HERE = os.environ.get(PACKAGES_AT, "")
pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(not HERE, reason="no real Vendure given: `make test-real` starts one"),
]
#: SQLite keeps whole seconds, so a change shows after one
TICK_S = 1.1
Play = Callable[[Side], Awaitable[None]]
#: `isSettled` is false at a real one unless payment and refund are asked for beside it
ORDER = """id code state active type createdAt updatedAt orderPlacedAt nextStates currencyCode totalQuantity subTotal
  subTotalWithTax shipping shippingWithTax total totalWithTax couponCodes customFields{erpRef}
  taxSummary{description taxRate taxBase taxTotal} discounts{description amount amountWithTax type}
  customer{id title firstName emailAddress phoneNumber user{id} customFields{erpRef}}
  shippingAddress{fullName company streetLine1 countryCode country} billingAddress{fullName streetLine1 countryCode}
  lines{id quantity orderPlacedQuantity unitPrice unitPriceWithTax linePrice linePriceWithTax proratedUnitPrice
    proratedUnitPriceWithTax proratedLinePrice proratedLinePriceWithTax lineTax taxRate taxLines{description taxRate}
    productVariant{id sku} customFields{erpLine} fulfillmentLines{quantity fulfillmentId}}
  shippingLines{shippingMethod{code name} price priceWithTax discountedPrice discountedPriceWithTax}
  surcharges{description price priceWithTax} channels{code} modifications{priceChange isSettled
    payment{id} refund{id} lines{quantity}}
  payments{id method amount state transactionId nextStates errorMessage
    refunds{id total state items shipping adjustment}}
  fulfillments{id state method trackingCode nextStates lines{orderLineId quantity} customFields{erpRef}}"""
STOCK = """query($i:ID!){productVariant(id:$i){stockOnHand stockAllocated stockLevel trackInventory
  stockLevels{stockOnHand stockAllocated stockLocation{id}}
  stockMovements{items{__typename ... on Allocation{quantity} ... on Sale{quantity} ... on Release{quantity}
    ... on Cancellation{quantity} ... on StockAdjustment{quantity}}}}}"""
FULFILL = """mutation($i:FulfillOrderInput!){addFulfillmentToOrder(input:$i){__typename ... on Fulfillment{id state
  nextStates method trackingCode lines{orderLineId quantity}} ... on ErrorResult{errorCode message}
  ... on InsufficientStockOnHandError{productVariantId productVariantName stockOnHand}}}"""
MOVE_PARCEL = """mutation($i:ID!,$s:String!){transitionFulfillmentToState(id:$i,state:$s){__typename
  ... on Fulfillment{id state} ... on ErrorResult{errorCode message}
  ... on FulfillmentStateTransitionError{transitionError fromState toState}}}"""
MOVE_ORDER = """mutation($i:ID!,$s:String!){transitionOrderToState(id:$i,state:$s){__typename ... on Order{id state}
  ... on ErrorResult{errorCode message} ... on OrderStateTransitionError{fromState toState}}}"""
REFUND = """mutation($i:RefundOrderInput!){refundOrder(input:$i){__typename ... on Refund{id items shipping adjustment
  total method state reason transactionId paymentId lines{orderLineId quantity}} ... on ErrorResult{errorCode message}
  ... on RefundAmountError{maximumRefundable}}}"""
SETTLE_REFUND = """mutation($i:SettleRefundInput!){settleRefund(input:$i){__typename
  ... on Refund{id state transactionId} ... on ErrorResult{errorCode message}}}"""
CANCEL = f"""mutation($i:CancelOrderInput!){{cancelOrder(input:$i){{__typename ... on Order{{{ORDER}}}
  ... on ErrorResult{{errorCode message}}}}}}"""
SETTLE = """mutation($i:ID!){settlePayment(id:$i){__typename ... on Payment{id state amount}
  ... on ErrorResult{errorCode message}}}"""
CHANGE = """mutation($i:[UpdateProductVariantInput!]!){updateProductVariants(input:$i){id price priceWithTax
  prices{currencyCode price} stockLevels{stockOnHand stockAllocated} customFields{erpRef}}}"""
MODIFY = f"""mutation($i:ModifyOrderInput!){{modifyOrder(input:$i){{__typename ... on Order{{{ORDER}}}
  ... on ErrorResult{{errorCode message}}}}}}"""
CUSTOMER = """mutation($i:CreateCustomerInput!){createCustomer(input:$i){__typename ... on Customer{id emailAddress
  user{id} customFields{erpRef}} ... on ErrorResult{errorCode message}}}"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of a real one with nothing in it but the fields that the simulated one declares."""
    port = free_port()
    hooks = f"http://127.0.0.1:{port}/hooks/shop"
    with receiving(port), bare(Path(HERE), tmp_path_factory.mktemp("vendure"), hooks, fields=DECLARED) as url:
        yield url


@pytest.fixture
async def sides(shop: str) -> AsyncIterator[tuple[Side, Side]]:
    """Return the real one and the simulated one, each with a product of our own."""
    world = VendureWorld(None, None, Settings(whole_seconds=True, postgres=False))
    runner = await serve(stage(world), 0)
    async with ClientSession(cookie_jar=DummyCookieJar()) as http:
        real = Side(shop, http)
        double = Side(f"http://127.0.0.1:{runner.addresses[0][1]}", http, world=world)
        await real.sign_in(STAFF, STAFF_PASSWORD)
        await double.sign_in("superadmin", PASSWORD)
        for side in (real, double):
            await furnish(side)
        yield real, double
    await runner.cleanup()


async def same(sides: tuple[Side, Side], play: Play) -> None:
    """Play on both and compare what was noted, step by step."""
    for side in sides:
        await play(side)
    real, double = sides
    assert [one[0] for one in real.log] == [one[0] for one in double.log]
    pairs = zip(double.log, real.log, strict=True)
    assert [f"{ours[0]}{one}" for ours, theirs in pairs for one in apart(list(ours), list(theirs))] == []


async def test_the_schema_is_part_of_theirs(sides: tuple[Side, Side]) -> None:
    query = get_introspection_query(descriptions=False, input_value_deprecation=True)
    theirs: Any = build_client_schema(await sides[0].ask(query)).type_map
    compared = 0
    for name, mine in engine(DECLARED).schema.type_map.items():
        assert name in theirs, name
        if is_object_type(mine) or is_input_object_type(mine):
            for field, part in mine.fields.items():
                assert str(part.type) == str(theirs[name].fields[field].type), f"{name}.{field}"
                for argument, told in getattr(part, "args", {}).items():
                    assert str(told.type) == str(theirs[name].fields[field].args[argument].type), f"{name}.{field}"
                compared += 1
        elif is_union_type(mine):
            assert {one.name for one in mine.types} <= {one.name for one in theirs[name].types}, name
        elif is_enum_type(mine):
            assert set(mine.values) <= set(theirs[name].values), name
    assert compared > 1000


async def test_refusals_are_theirs(sides: tuple[Side, Side]) -> None:
    bodies: tuple[Any, ...] = (
        {"query": "{me{id}}"},
        {"query": "{orders{nope}}"},
        {"query": "{orders{"},
        {"query": ""},
        {"query": "{me{id}}", "variables": "x"},
        {"query": "query A{me{id}} query B{me{id}}", "operationName": "B"},
        {"query": "query A{me{id}}", "operationName": "C"},
        {"query": "{orders(options:{take:1001}){totalItems}}"},
        {"query": '{orders(options:{filter:{orderPlacedAt:{after:"2026-01-01"}}}){totalItems}}'},
        {"query": "query($d:DateTime!){orders(options:{filter:{orderPlacedAt:{after:$d}}}){totalItems}}"},
        {
            "query": "query($d:DateTime!){orders(options:{filter:{orderPlacedAt:{after:$d}}}){items{id}}}",
            "variables": {"d": "2026-01-01"},
        },
        {"query": '{order(id:"99999"){id} productVariant(id:"x"){id} product(id:"99999"){id} channel(id:"99"){id}}'},
        {"query": "{me{id}}", "padding": "x" * 150_000},
        '{"query',
        "{}",
    )
    for body in bodies:
        answers = [await side.send(body) for side in sides]
        (status, _, theirs), (our_status, _, ours) = answers
        assert our_status == status, body
        assert sorted(ours) == sorted(theirs), (body, ours, theirs)
        assert [one["extensions"].get("code") for one in ours.get("errors", ())] == [
            one["extensions"].get("code") for one in theirs.get("errors", ())
        ], body


async def test_strangers_are_met_alike(sides: tuple[Side, Side]) -> None:
    for token in ("", "nobody"):
        for query in ("{me{id}}", "{orders{totalItems}}", '{__type(name:"OrderCustomFields"){fields{name}}}'):
            told = [await side.send({"query": query}, token=token) for side in sides]
            (status, theirs, body), (our_status, ours, our_body) = told
            assert our_status == status
            assert our_body == body or "errors" in body
            assert our_body.get("data") == body.get("data")
            header = "vendure-auth-token"
            assert (header in ours, bool(ours.get(header))) == (header in theirs, bool(theirs.get(header))), query


async def look(side: Side, order: str) -> Any:
    await side.note("order", f"query($i:ID!){{order(id:$i){{{ORDER}}}}}", i=order)
    await side.note("stock", STOCK, i=side.variant)
    return (await side.ask(f"query($i:ID!){{order(id:$i){{{ORDER}}}}}", i=order))["order"]


def parcel(line: str, quantity: int, code: str = "manual-fulfillment") -> dict[str, Any]:
    told = [{"name": "method", "value": "Courier"}, {"name": "trackingCode", "value": "T1"}]
    return {"lines": [{"orderLineId": line, "quantity": quantity}], "handler": {"code": code, "arguments": told}}


async def shipping(side: Side) -> None:
    order = await side.buy(3)
    line = (await look(side, order))["lines"][0]["id"]
    for quantity, code in ((0, "manual-fulfillment"), (9, "manual-fulfillment"), (1, "nobody")):
        await side.note("refused parcel", FULFILL, i=parcel(line, quantity, code))
    await side.note("parcel of nothing", FULFILL, i=parcel("99999", 1))
    first = (await side.note("parcel", FULFILL, i=parcel(line, 1)))["id"]
    await look(side, order)
    for state in ("Shipped", "Shipped", "Nowhere"):
        await side.note("first", MOVE_PARCEL, i=first, s=state)
    await look(side, order)
    second = (await side.note("second parcel", FULFILL, i=parcel(line, 1)))["id"]
    await side.note("second goes back", MOVE_PARCEL, i=second, s="Cancelled")
    await look(side, order)
    third = (await side.note("the rest", FULFILL, i=parcel(line, 2)))["id"]
    await side.note("nothing left", FULFILL, i=parcel(line, 1))
    for one, state in ((third, "Shipped"), (first, "Delivered"), (third, "Delivered")):
        await side.note("on", MOVE_PARCEL, i=one, s=state)
        await look(side, order)
    await side.note("no such parcel", MOVE_PARCEL, i="99999", s="Shipped")
    await side.note("cannot", MOVE_ORDER, i=order, s="Modifying")
    wish = {"orderId": order, "lines": [{"orderLineId": line, "quantity": 1}], "reason": "returned"}
    await side.note("return", CANCEL, i=wish)
    await look(side, order)


async def money(side: Side) -> None:
    order = await side.buy(2)
    seen = await look(side, order)
    payment, line = seen["payments"][0]["id"], seen["lines"][0]["id"]
    base = {"paymentId": payment, "shipping": 0, "adjustment": 0, "reason": "x"}
    await side.note("amount alone", REFUND, i={"paymentId": payment, "amount": 500})
    made = await side.note("refund", REFUND, i={**base, "amount": 500})
    await side.note("too much", REFUND, i={**base, "amount": 50_000})
    await side.note("nothing", REFUND, i={**base, "amount": 0})
    await side.note("no payment", REFUND, i={**base, "paymentId": "99999", "amount": 1})
    await side.note("by line", REFUND, i={**base, "lines": [{"orderLineId": line, "quantity": 1}]})
    for _ in range(2):
        await side.note("settle", SETTLE_REFUND, i={"id": made["id"], "transactionId": "t"})
    await side.note("settle nothing", SETTLE_REFUND, i={"id": "99999", "transactionId": "t"})
    await side.note("unknown line", CANCEL, i={"orderId": order, "lines": [{"orderLineId": line, "quantity": 9}]})
    await look(side, order)
    authorized = await side.buy(1, "invoice")
    held = (await look(side, authorized))["payments"][0]["id"]
    await side.note("too early", REFUND, i={**base, "paymentId": held, "amount": 10})
    for _ in range(2):
        await side.note("settle payment", SETTLE, i=held)
    await look(side, authorized)
    await side.note("cancel", CANCEL, i={"orderId": authorized, "cancelShipping": True, "reason": "no"})
    await side.note("cancel again", CANCEL, i={"orderId": authorized})
    await side.note("cancel nothing", CANCEL, i={"orderId": "99999"})
    await look(side, authorized)


async def goods(side: Side) -> None:
    places = await side.ask("query($i:ID!){productVariant(id:$i){stockLevels{stockLocationId}}}", i=side.variant)
    first, second = (one["stockLocationId"] for one in places["productVariant"]["stockLevels"])
    for wish in (
        {"stockLevels": [{"stockLocationId": second, "stockOnHand": 7}]},
        {"stockLevels": [{"stockLocationId": first, "stockOnHand": -3}]},
        {"stockLevels": [{"stockLocationId": "777", "stockOnHand": 1}]},
        {"stockOnHand": -3},
        {"stockOnHand": 12},
        {"prices": [{"currencyCode": "USD", "price": 1500}]},
        {"prices": [{"currencyCode": "GBP", "price": 1500}]},
        {"price": 1300},
        {"customFields": {"erpRef": f"P-{side.variant}-{side.product}-{side.token[:6]}"}},
        {"customFields": {"nope": "x"}},
    ):
        await side.note(f"change {sorted(wish)}", CHANGE, i=[{"id": side.variant, **wish}])
    both = [{"id": side.variant, "stockOnHand": 1}, {"id": "99999", "stockOnHand": 1}]
    await side.note("one is unknown", CHANGE, i=both)
    await side.note("stock", STOCK, i=side.variant)
    variant = {"productId": side.product, "sku": "twin", "translations": [{"languageCode": "en", "name": "Twin"}]}
    made = "mutation($i:[CreateProductVariantInput!]!){createProductVariants(input:$i){id}}"
    await side.note("twin", made, i=[variant])
    await side.note("of nothing", made, i=[{**variant, "productId": "99999"}])
    for number in ("99999", side.variant):
        await side.note("remove", "mutation($i:ID!){deleteProductVariant(id:$i){result message}}", i=number)
    await side.note("gone", "query($i:ID!){productVariant(id:$i){id} product(id:$i){id}}", i="99999")
    await side.note("no product", 'mutation{deleteProduct(id:"99999"){result}}')


async def changing(side: Side) -> None:
    order = await side.buy(3)
    seen = await look(side, order)
    line, payment = seen["lines"][0]["id"], seen["payments"][0]["id"]
    adjust = [{"orderLineId": line, "quantity": 2}]
    await side.note("too early", MODIFY, i={"dryRun": False, "orderId": order, "adjustOrderLines": adjust})
    await side.note("modifying", MOVE_ORDER, i=order, s="Modifying")
    await side.note("no change", MODIFY, i={"dryRun": False, "orderId": order})
    await side.note("no payment named", MODIFY, i={"dryRun": False, "orderId": order, "adjustOrderLines": adjust})
    wish = {"dryRun": False, "orderId": order, "adjustOrderLines": adjust}
    await side.note("less", MODIFY, i={**wish, "refund": {"paymentId": payment, "amount": 1290, "reason": "less"}})
    await side.note("back", MOVE_ORDER, i=order, s="PaymentSettled")
    await look(side, order)
    await side.note("modifying", MOVE_ORDER, i=order, s="Modifying")
    charge = {
        "description": "Gift",
        "price": 200,
        "priceIncludesTax": True,
        "taxRate": 20,
        "taxDescription": "gift tax",
    }
    await side.note("more", MODIFY, i={"dryRun": False, "orderId": order, "surcharges": [charge]})
    await side.note("unpaid", MOVE_ORDER, i=order, s="PaymentSettled")
    await side.note("to pay", MOVE_ORDER, i=order, s="ArrangingAdditionalPayment")
    await look(side, order)
    await side.note("nowhere", MOVE_ORDER, i=order, s="Nowhere")


async def people(side: Side) -> None:
    email = f"Ab{side.product}x{side.token[:8]}@example.com"
    wish = {"firstName": "A", "lastName": "B", "emailAddress": email}
    made = await side.note("customer", CUSTOMER, i=wish)
    assert made["emailAddress"] == email.lower()
    await side.note("again", CUSTOMER, i={**wish, "emailAddress": email.lower()})
    found = """query($e:String!){customers(options:{filter:{emailAddress:{eq:$e}}}){totalItems
      items{id addresses{id} groups{name} user{identifier}}}}"""
    await side.note("found", found, e=email.lower())
    await side.note("note", "mutation($i:AddNoteToCustomerInput!){addNoteToCustomer(input:$i){id}}",
                    i={"id": made["id"], "note": "x", "isPublic": False})  # fmt: skip


async def settings(side: Side) -> None:
    await side.note("settings", """{globalSettings{trackInventory outOfStockThreshold availableLanguages
      serverConfig{moneyStrategyPrecision orderProcess{name to}}}}""")  # fmt: skip
    await side.note("channel", "{activeChannel{id code token defaultCurrencyCode currencyCode pricesIncludeTax}}")
    fields = (
        "{globalSettings{serverConfig{entityCustomFields{entityName customFields{... on CustomField{name type}}}}}}"
    )
    told = (await side.ask(fields))["globalSettings"]["serverConfig"]["entityCustomFields"]
    declared = {one["entityName"]: one["customFields"] for one in told if one["customFields"]}
    side.log.append(("custom fields", 200, dict(sorted(declared.items()))))


async def drafts(side: Side) -> None:
    order = (await side.note("draft", f"mutation{{createDraftOrder{{{ORDER}}}}}"))["id"]
    add = f"""mutation($o:ID!,$i:AddItemToDraftOrderInput!){{addItemToDraftOrder(orderId:$o,input:$i){{__typename
      ... on Order{{{ORDER}}} ... on ErrorResult{{errorCode message}}}}}}"""
    await side.note("add", add, o=order, i={"productVariantId": side.variant, "quantity": 2})
    await side.note("add unknown", add, o=order, i={"productVariantId": "99999", "quantity": 2})
    await side.note("too early", MOVE_ORDER, i=order, s="ArrangingPayment")
    who = f"buyer{order}{side.token[:6]}@example.com"
    give = """mutation($o:ID!,$i:CreateCustomerInput){setCustomerForDraftOrder(orderId:$o,input:$i){__typename
      ... on Order{id customer{firstName}}}}"""
    await side.note("give", give, o=order, i={"firstName": "A", "lastName": "B", "emailAddress": who})
    to = "mutation($o:ID!,$i:CreateAddressInput!){setDraftOrderShippingAddress(orderId:$o,input:$i){id}}"
    await side.note("to", to, o=order, i={"streetLine1": "1 Example Street", "countryCode": "DE"})
    by = f"""mutation($o:ID!){{setDraftOrderShippingMethod(orderId:$o,shippingMethodId:"{await side.standard()}"){{
      __typename ... on Order{{{ORDER}}}}}}}"""
    await side.note("by", by, o=order)
    await side.note("arrange", MOVE_ORDER, i=order, s="ArrangingPayment")
    pay = f"""mutation($i:ManualPaymentInput!){{addManualPaymentToOrder(input:$i){{__typename ... on Order{{{ORDER}}}
      ... on ErrorResult{{errorCode message}}}}}}"""
    for _ in range(2):
        await side.note("pay", pay, i={"orderId": order, "method": "cash", "transactionId": "c1", "metadata": {}})
    await look(side, order)


@pytest.mark.parametrize(
    "play", [shipping, money, goods, changing, people, settings, drafts], ids=lambda one: one.__name__
)
async def test_both_tell_the_same_story(sides: tuple[Side, Side], play: Play) -> None:
    await same(sides, play)


async def test_the_date_of_change_moves_with_the_same_things(sides: tuple[Side, Side]) -> None:
    async def watched(side: Side) -> list[tuple[str, bool]]:
        moved: list[tuple[str, bool]] = []
        order = await side.buy(2)
        seen = (await side.ask(f"query($i:ID!){{order(id:$i){{{ORDER}}}}}", i=order))["order"]
        line, payment = seen["lines"][0]["id"], seen["payments"][0]["id"]
        written = "mutation($i:UpdateOrderInput!){setOrderCustomFields(input:$i){id}}"
        noted = "mutation($i:AddNoteToOrderInput!){addNoteToOrder(input:$i){id}}"
        steps: tuple[tuple[str, str, Any], ...] = (
            ("parcel", FULFILL, {"i": parcel(line, 1)}),
            ("refund", REFUND, {"i": {"paymentId": payment, "amount": 100, "shipping": 0, "adjustment": 0}}),
            ("note", noted, {"i": {"id": order, "note": "x", "isPublic": False}}),
            ("custom field", written, {"i": {"id": order, "customFields": {"erpRef": f"SO-{order}"}}}),
            ("modifying", MOVE_ORDER, {"i": order, "s": "Modifying"}),
            ("back", MOVE_ORDER, {"i": order, "s": "PaymentSettled"}),
            ("cancel", CANCEL, {"i": {"orderId": order, "lines": [{"orderLineId": line, "quantity": 1}]}}),
        )
        when = seen["updatedAt"]
        for name, query, variables in steps:
            await asyncio.sleep(TICK_S)
            await side.ask(query, **variables)
            now = (await side.ask("query($i:ID!){order(id:$i){updatedAt}}", i=order))["order"]["updatedAt"]
            moved.append((name, now != when))
            when = now
        return moved

    theirs, ours = await asyncio.gather(*(watched(side) for side in sides))
    assert ours == theirs
    assert dict(ours) == {**dict.fromkeys(dict(ours), False), "custom field": True, "cancel": True}
