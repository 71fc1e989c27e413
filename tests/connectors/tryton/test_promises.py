"""The promises, on the simulated Tryton and on a real one where there is one.

`make test-real` starts a real one; to use yours, name it by ISTHMUS_TEST_TRYTON_URL and its like. Its database needs
what `tests/real/tryton_seed.py` puts there: the assortment of the demonstration shop, its two warehouses, the service
products, sales taxes of 20 % and 10 %, euro, dollar and yen. Parties and canceled sales are left behind.
"""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from isthmus.canonical.order import Order, OrderStatus
from isthmus.canonical.party import Company
from isthmus.kit.http import AnswerLost, Request, Response
from isthmus.ports.errors import AuthExpired, Contended, InDoubt, Invalid, TotalsDiffer, Unmapped
from isthmus.ports.listing import Span
from isthmus.ports.sink import Key, Receipt
from isthmus.testing.conformance.bench import read_all, records_of
from tests.connectors.erp import a_customer, a_line, an_address, an_order, money, shipping, tax
from tests.connectors.tryton.stand import Stand, connected, standing

NAMES = {
    "url": "ISTHMUS_TEST_TRYTON_URL",
    "database": "ISTHMUS_TEST_TRYTON_DATABASE",
    "login": "ISTHMUS_TEST_TRYTON_LOGIN",
    "password": "ISTHMUS_TEST_TRYTON_PASSWORD",
}
FORM = {field: os.environ.get(name, "") for field, name in NAMES.items()}
SKU = "MUG-0010"
MISSING = f"no real Tryton given: set {', '.join(NAMES.values())}"
BOTH = (
    "simulated",
    pytest.param("real", marks=[pytest.mark.real, pytest.mark.skipif(not all(FORM.values()), reason=MISSING)]),
)


class Real:
    """One order and one customer of a test."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.key = Key(f"test:{uuid.uuid4()}", "#1001")
        self.item = ""
        self.buyer: Any = None

    async def order(self, *lines: Any, total: str, **changed: Any) -> Order:
        self.buyer = self.buyer or await self.stand.customers.put(a_customer(), key=Key(f"test:{uuid.uuid4()}"))
        home, gate = self.buyer.refs.values()
        said = {"customer_ref": self.buyer.external_id, "billing_ref": home, "shipping_ref": gate}
        return an_order(*lines, total=total, **said | changed)

    async def put(self, order: Order, existing: Any = None) -> Any:
        return await self.stand.orders.put(order, key=self.key, existing=existing)

    async def find(self) -> Any:
        return await self.stand.orders.find(self.key)

    async def sales(self) -> list[dict[str, Any]]:
        domain = [["description", "=", self.key.unique]]
        return await self.stand.read("sale.sale", domain, "state", "number", "reference", "total_amount")

    def mugs(self, count: int = 2, *, taxed: str | None = "5.00", price: str = "12.50", **changed: Any) -> Any:
        return a_line(price, count, taxed=taxed, item_ref=self.item, **changed)


@pytest.fixture(params=BOTH)
async def stand(request: pytest.FixtureRequest) -> AsyncIterator[Stand]:
    if request.param == "real":
        async with connected(**FORM) as real:
            yield real
    else:
        async with standing() as simulated:
            yield simulated


@pytest.fixture
async def real(stand: Stand) -> Real:
    used = Real(stand)
    used.item = await stand.sku(SKU)
    return used


def lost(_request: Request) -> Response:
    message = "cut"
    raise AnswerLost(message)


async def test_the_probe_finds_no_problem(real: Real) -> None:
    report = await real.stand.session.probe.probe()
    assert not [finding for finding in report.findings if finding.severity == "problem"]
    assert report.currency == "EUR"
    assert {place.code for place in report.places} == {"WH", "EAST"}


async def test_an_order_lives_through_repeat_edit_and_cancellation(real: Real) -> None:
    order = await real.order(real.mugs(), total="30.00")
    first = await real.put(order)
    assert (first.state, first.complete, first.details["total"]) == ("processing", True, "30.00 EUR")
    again = await real.put(order, await real.find())
    assert (again.external_id, again.state) == (first.external_id, "processing")
    (seen,) = await real.stand.session.sources["order"].read([first.external_id])
    assert (seen.ordered_on, seen.total, seen.status) == (order.placed_at.date(), order.total, OrderStatus.ACCEPTED)

    fewer = msgspec.structs.replace(order, lines=(real.mugs(1, taxed="2.50"),), total=money("15.00"))
    edited = await real.put(fewer, first)
    assert (edited.state, edited.details["total"]) == ("processing", "15.00 EUR")
    assert (await real.find()).external_id == edited.external_id
    # The sale before is taken back: nothing of it is delivered or charged.
    (before,) = await real.stand.session.sources["order"].read([first.external_id])
    assert before.status is OrderStatus.CANCELED

    canceled = await real.put(msgspec.structs.replace(fewer, status=OrderStatus.CANCELED), edited)
    assert (canceled.external_id, canceled.state) == (edited.external_id, "cancelled")
    assert await real.put(msgspec.structs.replace(fewer, status=OrderStatus.CANCELED), canceled) == canceled
    with pytest.raises(Invalid, match="was canceled in Tryton"):
        await real.put(fewer, canceled)


async def test_a_sale_lowers_what_is_free_and_taking_it_back_gives_it_free(real: Real) -> None:
    stock = real.stand.session.sources["stock_level"]
    place = f"{real.item}@WH"
    (before,) = await stock.read([place])
    order = await real.order(real.mugs(warehouse="WH"), total="30.00")
    receipt = await real.put(order)
    (after,) = await stock.read([place])
    assert (after.on_hand, after.allocated.value - before.allocated.value) == (before.on_hand, 2)
    (warehouse,) = await real.stand.read("stock.location", [["code", "=", "WH"], ["type", "=", "warehouse"]])
    (figures,) = await real.stand.read(
        "product.product", [["id", "=", int(real.item)]], "quantity", "forecast_quantity", locations=[warehouse["id"]]
    )
    assert after.on_hand.value - after.allocated.value + after.incoming.value == figures["forecast_quantity"]
    await real.put(msgspec.structs.replace(order, status=OrderStatus.CANCELED), receipt)
    (freed,) = await stock.read([place])
    assert freed.allocated == before.allocated


async def test_prices_with_tax_shipping_and_a_discount(real: Real) -> None:
    line = real.mugs(3, price="19.99", taxed="9.17", off="5.00")
    extra = shipping("5.00", title="Parcel", taxes=(tax("0.83"),))
    order = await real.order(line, total="59.97", prices_include_tax=True, shipping_lines=(extra,))
    receipt = await real.put(order)
    assert (receipt.state, receipt.details["total"]) == ("processing", "59.97 EUR")


@pytest.mark.parametrize(("price", "taxed", "total"), [("12.50", "2.50", "27.50"), ("12.50", None, "25.00")])
async def test_other_rates_and_none(real: Real, price: str, taxed: str | None, total: str) -> None:
    line = real.mugs(2, price=price, taxed=taxed, rate="0.1")
    assert (await real.put(await real.order(line, total=total))).details["total"] == f"{total} EUR"


async def test_a_rate_nobody_knows_is_asked_about(real: Real) -> None:
    with pytest.raises(Unmapped) as asked:
        await real.put(await real.order(real.mugs(rate="0.13"), total="30.00"))
    assert (asked.value.table, asked.value.value) == ("tax", "13%")
    assert await real.find() is None


async def test_a_cent_is_booked_and_a_euro_is_asked_about(real: Real) -> None:
    order = await real.order(real.mugs(), total="31.00")
    with pytest.raises(TotalsDiffer):
        await real.put(order)
    draft = await real.find()
    assert (draft.state, draft.complete) == ("draft", False)
    done = await real.put(msgspec.structs.replace(order, total=money("30.01")), draft)
    assert (done.external_id, done.state, done.details["total"]) == (draft.external_id, "processing", "30.01 EUR")


async def test_yen(real: Real) -> None:
    line = a_line("1500", 3, taxed="900", currency="JPY", item_ref=real.item)
    receipt = await real.put(await real.order(line, total="5400", currency="JPY"))
    assert (receipt.state, receipt.details["total"]) == ("processing", "5400 JPY")


@pytest.mark.parametrize("step", ["create", "quote", "confirm"])
async def test_a_lost_answer_is_found(real: Real, step: str) -> None:
    order = await real.order(real.mugs(), total="30.00")
    real.stand.between.afterwards(f"model.sale.sale.{step}", lost)
    with pytest.raises(InDoubt) as doubt:
        await real.put(order)
    assert doubt.value.key == real.key.unique
    done = await real.put(order, await real.find())
    assert (done.state, len(await real.sales())) == ("processing", 1)


async def test_two_at_the_same_time_make_one(real: Real) -> None:
    order = await real.order(real.mugs(), total="30.00")
    outcomes = await asyncio.gather(*(real.put(order) for _ in range(4)), return_exceptions=True)
    assert any(isinstance(one, Receipt) for one in outcomes), outcomes
    done = await real.put(order, await real.find())
    sales = await real.sales()
    assert [sale["state"] for sale in sales] == ["processing"], (sales, outcomes)
    assert str(sales[0]["id"]) == done.external_id


async def test_a_draft_that_comes_late_is_taken_away(real: Real) -> None:
    order = await real.order(real.mugs(), total="30.00")
    done = await real.put(order)
    wanted = await real.stand.orders.translator.wanted(order, real.key)
    late = {**wanted.header, "lines": [["create", [dict(line) for line in wanted.lines]]]}
    await real.stand.call("sale.sale", "create", [late])
    assert len(await real.sales()) == 2
    assert (await real.find()).external_id == done.external_id
    assert [str(sale["id"]) for sale in await real.sales()] == [done.external_id]


async def test_what_changed_while_it_was_confirmed_is_not_confirmed(real: Real) -> None:
    order = await real.order(real.mugs(), total="30.00")
    real.stand.between.afterwards("model.sale.sale.quote", lost)
    with pytest.raises(InDoubt):
        await real.put(order)
    row = await real.stand.orders._read(int((await real.find()).external_id))
    await real.stand.call("sale.sale", "write", [row.id], {"comment": "changed by somebody"})
    with pytest.raises(Contended):
        await real.stand.orders._press("confirm", row, real.key, frozenset({"processing"}))


async def test_a_customer_is_one_with_every_address(real: Real) -> None:
    mine = Key(f"test:{uuid.uuid4()}")
    email = f"{uuid.uuid4().hex}@example.com"
    phone = f"+49 30 {uuid.uuid4().int % 10**9}"
    record = a_customer(
        email=email, phone=phone, company=Company(name="Muster GmbH", tax_id="DE136695976"), language="de-AT"
    )
    first = await real.stand.customers.put(record, key=mine)
    assert len(set(first.refs.values())) == 2
    assert (await real.stand.customers.put(record, key=mine)).refs == first.refs
    assert (await real.stand.customers.put(record, key=mine, existing=first)).refs == first.refs
    (seen,) = [one for one in await real.stand.customers.candidates(record) if one.external_id == first.external_id]
    assert (seen.name, seen.email, seen.company.tax_id) == ("Muster GmbH", email, "DE136695976")
    moved = msgspec.structs.replace(record, addresses=(*record.addresses, an_address(city="Köln")))
    assert len(set((await real.stand.customers.put(moved, key=mine, existing=first)).refs.values())) == 3
    (party,) = await real.stand.read("party.party", [["id", "=", int(first.external_id)]], "addresses", "code")
    assert (len(party["addresses"]), party["code"]) == (3, mine.unique)


async def test_a_party_that_was_there_keeps_its_code_and_bears_our_key(real: Real) -> None:
    (party,) = await real.stand.call("party.party", "create", [{"name": "Known before"}])
    mine, there = Key(f"test:{uuid.uuid4()}"), Receipt(str(party))
    outcomes = await asyncio.gather(
        *(real.stand.customers.put(a_customer(), key=mine, existing=there) for _ in range(3)), return_exceptions=True
    )
    assert all(isinstance(one, Receipt | Contended) for one in outcomes), outcomes
    receipt = await real.stand.customers.put(a_customer(), key=mine, existing=there)
    assert (await real.stand.customers.find(mine)).external_id == str(party)
    (seen,) = await real.stand.read("party.party", [["id", "=", party]], "addresses", "contact_mechanisms", "code")
    assert (len(seen["addresses"]), len(seen["contact_mechanisms"])) == (2, 2)
    assert seen["code"] != mine.unique
    assert len(set(receipt.refs.values())) == 2


async def test_changes_are_read_once_they_are_there(real: Real) -> None:
    stock = real.stand.session.sources["stock_level"]
    pages = await read_all(real.stand.session, "stock_level")
    assert {f"{real.item}@WH", f"{real.item}@EAST"} <= {one.external_id for one in records_of(pages)}
    await real.put(await real.order(real.mugs(), total="30.00"))
    news = records_of([page async for page in stock.changes(pages[-1].cursor)])
    assert f"{real.item}@WH" in {one.external_id for one in news}


async def test_the_own_list_names_what_was_written(real: Real) -> None:
    order = await real.order(real.mugs(), total="30.00")
    receipt = await real.put(order)
    listing = real.stand.session.listings["order"]
    day = datetime(order.placed_at.year, order.placed_at.month, order.placed_at.day, tzinfo=UTC)
    span = Span(day, day.replace(day=day.day + 1))
    listed = [one async for page in listing.listed(span, ours=real.key.unique) for one in page.entries]
    assert [(one.key, one.record.external_id) for one in listed] == [(real.key.unique, receipt.external_id)]
    assert [(line.sku, line.quantity.value) for line in listed[0].record.lines] == [(SKU, Decimal(2))]
    assert listed == await listing.named([real.key.unique])
    buyers = await real.stand.session.listings["customer"].named([real.buyer.number])
    assert [one.record.external_id for one in buyers] == [real.buyer.external_id]


async def test_a_wrong_password_is_told(stand: Stand) -> None:
    stand.client.password = "wrong"
    with pytest.raises(AuthExpired, match="check both"):
        await stand.session.probe.probe()


async def test_a_session_that_ended_is_renewed(real: Real) -> None:
    await real.stand.session.probe.ping()
    real.stand.client._token = "bm9ib2R5OjE6MA=="
    await real.stand.session.probe.ping()
    assert real.stand.between.operations[-3:] == [
        "model.res.user.get_preferences",
        "common.db.login",
        "model.res.user.get_preferences",
    ]
