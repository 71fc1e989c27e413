"""The same promises on a real Odoo: set ISTHMUS_TEST_ODOO_URL, _DB, _LOGIN and _KEY to run them.

The database needs the service products SHIPPING, DISCOUNT and ROUNDING, a stored product with the SKU named in
ISTHMUS_TEST_ODOO_SKU (default DEMO-0001), sales taxes of 20 % excluded and included, and a price list in yen for the
test about it. Contacts and canceled orders are left behind.
"""

import os
import uuid
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from isthmus.canonical.order import Order, OrderStatus
from isthmus.ports.errors import AuthExpired, Misconfigured, TotalsDiffer
from isthmus.ports.sink import Key
from tests.connectors.erp import a_customer, a_line, an_order, money, shipping, tax
from tests.connectors.odoo.stand import connected

NAMES = {
    "url": "ISTHMUS_TEST_ODOO_URL",
    "database": "ISTHMUS_TEST_ODOO_DB",
    "login": "ISTHMUS_TEST_ODOO_LOGIN",
    "api_key": "ISTHMUS_TEST_ODOO_KEY",
}
FORM = {field: os.environ.get(name, "") for field, name in NAMES.items()}
SKU = os.environ.get("ISTHMUS_TEST_ODOO_SKU", "DEMO-0001")
pytestmark = pytest.mark.skipif(not all(FORM.values()), reason=f"no real Odoo given: set {', '.join(NAMES.values())}")


class Real:
    def __init__(self, session: Any) -> None:
        self.session = session
        self.key = Key(f"test:{uuid.uuid4()}", "#1001")
        self.currency = ""

    async def order(self, *, total: str, currency: str = "", **changed: Any) -> Order:
        (item,) = await self.session.sources["variant"].by_number(SKU)
        self.currency = currency or item.price.currency
        customer = await self.session.sinks["customer"].put(a_customer(), key=Key(f"test:{uuid.uuid4()}"))
        line = changed.pop("line")(item.external_id, self.currency)
        said = {"customer_ref": customer.external_id, "billing_ref": next(iter(customer.refs.values()))}
        return an_order(line, total=total, currency=self.currency, **said | changed)

    async def leave(self) -> None:
        """Cancel what was ordered, so that its stock is free for the next run."""
        receipt = await self.session.sinks["order"].find(self.key)
        if receipt is not None:
            await self.put(an_order(total="0.00", status=OrderStatus.CANCELED), receipt)

    async def put(self, order: Order, existing: Any = None) -> Any:
        return await self.session.sinks["order"].put(order, key=self.key, existing=existing)


@pytest.fixture(params=["auto", "jsonrpc"])
async def real(request: pytest.FixtureRequest) -> AsyncIterator[Real]:
    form = {**FORM, "protocol": request.param}
    url = form.pop("url")
    async with connected(url, **form) as (session, _clock, _pace):
        used = Real(session)
        yield used
        await used.leave()


def two_mugs(item: str, currency: str) -> Any:
    return a_line("12.50", 2, taxed="5.00", currency=currency, item_ref=item)


async def test_the_probe_finds_no_problem(real: Real) -> None:
    report = await real.session.probe.probe()
    assert not [finding for finding in report.findings if finding.severity == "problem"]


async def test_an_order_lives_through_repeat_edit_and_cancellation(real: Real) -> None:
    order = await real.order(total="30.00", line=two_mugs)
    first = await real.put(order)
    assert first.state == "sale"
    assert (await real.put(order, await real.session.sinks["order"].find(real.key))).external_id == first.external_id
    (seen,) = await real.session.sources["order"].read([first.external_id])
    assert (seen.placed_at, seen.total, seen.status) == (order.placed_at, order.total, OrderStatus.ACCEPTED)

    line = a_line("12.50", 1, taxed="2.50", currency=real.currency, item_ref=order.lines[0].item_ref)
    fewer = msgspec.structs.replace(order, lines=(line,), total=money("15.00", real.currency))
    edited = await real.put(fewer, first)
    assert (edited.external_id, edited.state, edited.details["total"]) == (
        first.external_id,
        "sale",
        f"15.00 {real.currency}",
    )

    canceled = await real.put(msgspec.structs.replace(fewer, status=OrderStatus.CANCELED), edited)
    assert canceled.state == "cancel"


async def test_an_edit_keeps_what_is_untaxed_untaxed(real: Real) -> None:
    order = await real.order(total="25.00", line=lambda item, cur: a_line("12.50", 2, currency=cur, item_ref=item))
    first = await real.put(order)
    line = a_line("12.50", 1, currency=real.currency, item_ref=order.lines[0].item_ref)
    fewer = msgspec.structs.replace(order, lines=(line,), total=money("12.50", real.currency))
    assert (await real.put(fewer, first)).details["total"] == f"12.50 {real.currency}"


async def test_prices_with_tax_and_shipping(real: Real) -> None:
    def line(item: str, currency: str) -> Any:
        return a_line("19.99", 3, taxed="10.00", currency=currency, item_ref=item)

    order = await real.order(total="64.97", line=line, prices_include_tax=True)
    extra = shipping("5.00", real.currency, title="DHL", taxes=(tax("0.83", currency=real.currency),))
    receipt = await real.put(msgspec.structs.replace(order, shipping_lines=(extra,)))
    assert (receipt.state, receipt.details["total"]) == ("sale", f"64.97 {real.currency}")


async def test_a_discount_no_percentage_states(real: Real) -> None:
    def line(item: str, currency: str) -> Any:
        return a_line("999.99", 7, off="6.01", taxed="1398.78", currency=currency, item_ref=item)

    receipt = await real.put(await real.order(total="8392.70", line=line))
    assert (receipt.state, receipt.details["total"]) == ("sale", f"8392.70 {real.currency}")


async def test_a_cent_is_booked_and_a_euro_is_asked_about(real: Real) -> None:
    order = await real.order(total="31.00", line=two_mugs)
    with pytest.raises(TotalsDiffer):
        await real.put(order)
    draft = await real.session.sinks["order"].find(real.key)
    assert draft.state == "draft"
    done = await real.put(msgspec.structs.replace(order, total=money("30.01", real.currency)), draft)
    assert (done.external_id, done.state, done.details["total"]) == (
        draft.external_id,
        "sale",
        f"30.01 {real.currency}",
    )


async def test_yen(real: Real) -> None:
    def line(item: str, currency: str) -> Any:
        return a_line("1500", 3, taxed="900", currency=currency, item_ref=item)

    receipt = await real.put(await real.order(total="5400", currency="JPY", line=line))
    assert (receipt.state, receipt.details["total"]) == ("sale", "5400 JPY")


async def test_a_sale_lowers_what_is_free(real: Real) -> None:
    stock = real.session.sources["stock_level"]
    order = await real.order(total="30.00", line=two_mugs)
    place = f"{order.lines[0].item_ref}@{(await real.session.probe.probe()).places[0].code}"
    (before,) = await stock.read([place])
    await real.put(order)
    (after,) = await stock.read([place])
    assert (after.on_hand, after.allocated.value - before.allocated.value) == (before.on_hand, 2)


@pytest.mark.parametrize(("field", "error"), [("database", Misconfigured), ("api_key", AuthExpired)])
@pytest.mark.parametrize("protocol", ["auto", "jsonrpc"])
async def test_a_wrong_setting_is_told(field: str, error: type[Exception], protocol: str) -> None:
    form = {**FORM, "protocol": protocol, field: "nodb"}
    url = form.pop("url")
    async with connected(url, **form) as (session, _clock, _pace):
        with pytest.raises(error):
            await session.probe.probe()
