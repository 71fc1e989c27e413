"""Orders that wait for somebody's yes in the ERP are found, whatever rule keeps them there."""

from dataclasses import replace

import pytest

from isthmus.admin.doctor.orders import unconfirmed
from isthmus.flows.settings import OrderSettings
from isthmus.testing.builders import a_line, an_address, an_order
from tests.flows.conftest import trading

FLOW = OrderSettings("orders", "shop", "erp")


async def test_orders_nobody_confirms_are_counted_and_the_oldest_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async with trading() as trade:
        context, put = trade.harness.engine.context, trade.erp.orders.put

        async def waits(*given: object, **said: object) -> object:
            return replace(await put(*given, **said), complete=False, state="draft")  # type: ignore[arg-type]

        monkeypatch.setattr(trade.erp.orders, "put", waits)
        trade.erp.stocks("MUG", 10)
        trade.shop.stocks("MUG", 10)
        assert await unconfirmed(context, FLOW) == []
        for number in ("1001", "1002"):
            trade.shop.sells(an_order(number, a_line("MUG"), billing=an_address(), email="anna@example.com"))
        await trade.sync()
        (found,) = await unconfirmed(context, FLOW)
        assert found.message.startswith("2 orders are in Fake and not confirmed there, the oldest since 2026-03-02")
        assert "1001, 1002" in found.message
        assert "anna" not in found.message
