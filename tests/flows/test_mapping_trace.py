"""Of each try one can see under which revision of the mapping it ran, and a preview says what the ERP is told."""

from dataclasses import replace

from msgspec.structs import replace as but

from isthmus.admin.mapping_seen import around, named
from isthmus.admin.trace import trace
from isthmus.flows.order_preview import preview
from isthmus.flows.settings import OrderSettings
from isthmus.mapping.build import build
from isthmus.mapping.document import read_document
from isthmus.mapping.tables import Tables
from isthmus.testing.builders import a_tax, a_warehouse, money
from tests.flows.conftest import trading
from tests.flows.group import bought

MAPPING = """[order]
note = 'f"{number} {email}"'
"custom.total" = "total.amount"
warehouse = '"MAIN"'
[lines]
title = "upper(title)"
"custom.where" = "value"
warehouse = 'value + "-1"'
[taxes]
code = 'value + "!"'
[addresses]
city = "upper(city)"
[customer]
phone = '"+" + digits(phone)'
[[add]]
name = "card"
sku = '"CARD"'
"""


async def test_a_trace_names_the_revision_of_each_try() -> None:
    mapping = build(read_document('[order]\nnote = "number"'), Tables())
    async with trading({"mapping": lambda: mapping}) as trade:
        trade.erp.stocks("MUG", 10)
        trade.shop.stocks("MUG", 10)
        await trade.sync()
        trade.shop.sells(bought("1", "DE"))
        await trade.sync()
        (found,) = await trace(trade.harness.engine.context, trade.harness.engine.flows, "1")
        notes = [note for step in found.steps if step.what == "attempt" for note in step.notes]
        assert f"mapping {mapping.revision}" in notes


async def test_a_preview_says_what_the_erp_is_told() -> None:
    tables = Tables({"tax": {"VAT": "7"}})
    mapping = build(read_document(MAPPING), tables)
    said = {"mapping": lambda: mapping, "tables": tables, "warehouse": "WH"}
    async with trading(said) as trade:
        trade.shop.places.keep(a_warehouse("S", external_id="loc-1", name="Main"))
        for sku in ("MUG", "CARD"):
            trade.erp.stocks(sku, 10)
        trade.shop.stocks("MUG", 10)
        await trade.sync()
        order = bought("1", "DE", place="loc-1")
        lines = tuple(but(line, taxes=(a_tax("2.50", name="VAT"),)) for line in order.lines)
        trade.shop.sells(but(order, lines=lines, total=money("15.00")))
        await trade.sync()
        (told,) = trade.erp.holds("1")
        (person,) = trade.erp.people()
        context = trade.harness.engine.context
        settings = replace(OrderSettings("orders", "shop", "erp"), **said)
        (source,) = await named(context, settings, "1")
        found = preview(mapping, source, await around(context, settings, [source]))
        assert found.wrong == []
        bare = [but(line, item_ref="") for line in told.lines]
        assert but(told, lines=tuple(bare), customer_ref="", billing_ref="", shipping_ref="") == found.told
        assert (person.name, person.phone) == (found.customer.name, found.customer.phone)  # type: ignore[attr-defined]
