"""Of each try one can see under which revision of the mapping it ran."""

from isthmus.admin.trace import trace
from isthmus.mapping.build import build
from isthmus.mapping.document import read_document
from isthmus.mapping.tables import Tables
from tests.flows.conftest import trading
from tests.flows.group import bought


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
