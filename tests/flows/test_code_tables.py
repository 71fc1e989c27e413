"""A word without a row asks once; the answer lands in the code table, and all that wait for the word go through."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from isthmus.admin.answers import NoAnswer
from isthmus.admin.queries import audit
from isthmus.bootstrap.answering import Mapped, RowAnswers
from isthmus.bootstrap.config import read_config
from isthmus.bootstrap.mappings import LOOK_EVERY_S
from isthmus.bootstrap.table_files import Entry, NotWritten
from isthmus.simulators.odoo.seed import RATES
from isthmus.store.statement import Row
from isthmus.testing.harness import Harness
from tests.pairs.town import Town, standing

pytestmark = pytest.mark.slow
ORDERS = 4
FLOWS = '[flows.orders]\nfrom = "shop"\nto = "erp"'
#: The ids of the taxes of 20 %, as a person would look them up in the simulated ERP.
VAT = {"VAT": "1", "VAT incl": str(len(RATES) + 1)}
TERMS = "from,to\nEUR,No such term\n*,?\n"
SYSTEMS = {"shop": "shopify", "erp": "odoo"}


def written(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="")
    return folder


async def sold(town: Town, count: int = ORDERS) -> None:
    await town.do("shop", "orders", count=count, seed=7)
    await town.sync()


async def parked(town: Town) -> list[Row]:
    rows = await town.app.context.store.read("parked_jobs", flow="", wish=1000)
    assert all(row["waits_for"] for row in rows), [row["because"] for row in rows]
    return rows


def lacks(row: Row) -> tuple[str, list[str]]:
    table, *words = json.loads(row["waits_for"].removeprefix("rows:"))
    return table, words


async def now(town: Town) -> None:
    """Do what is due at once: other processes may still have the old rows, so nothing that was let go may run yet."""
    await Harness(town.app.engine, town.app.context.store, town.clock).drain(poll=False)


async def settle(town: Town) -> None:
    """Let so much time pass that every process has looked at the files, and do what is due then."""
    await asyncio.sleep(LOOK_EVERY_S + 0.1)
    town.clock.ahead += type(town.clock.ahead)(seconds=3)
    await town.sync()


def answers(town: Town) -> RowAnswers:
    return RowAnswers(town.app.context, read_config(town.app.config.folder))


async def answered(town: Town, row: Row, other: str, **said: Any) -> Mapped:
    return await answers(town).give(row["number"], other, by="eve", **said)


DOCUMENTS = {
    "payment": '[payments]\nerp_payment_code = { from = "gateway", table = "gate" }\n',
    "tax": """[taxes]
code = { from = "name + (' incl' if order.prices_include_tax else '')", table = "gate" }
""",
    "shipping": '[shipping]\ncarrier = { from = "title", table = "gate" }\n',
    "customer": '[order]\nnote = { from = "currency", table = "gate" }\n',
}


@pytest.mark.parametrize("kind", DOCUMENTS)
async def test_one_answer_lets_all_orders_through_that_wait_for_the_word(tmp_path: Path, kind: str) -> None:
    folder = written(tmp_path, {"mappings/orders.toml": DOCUMENTS[kind], "tables/gate.csv": "from,to,note\r\n"})
    async with standing(folder, SYSTEMS, FLOWS) as town:
        await sold(town)
        asked, rounds = await parked(town), 0
        assert asked
        while rows := await parked(town):
            table, [word] = lacks(rows[0])
            alike = [row for row in rows if lacks(row) == (table, [word])]
            other = VAT[word] if kind == "tax" else "X"
            said = await answered(town, rows[0], other, note="told by the books")
            assert (said.table, said.word, said.before, said.records) == ("gate", word, "", len(alike))
            assert not [row for row in await parked(town) if lacks(row)[1] == [word]]
            await now(town)
            await settle(town)
            again = [row for row in await parked(town) if lacks(row)[1] == [word]]
            assert not again, "asked for the same word once more"
            rounds += 1
        text = (folder / "tables/gate.csv").read_bytes().decode()
        assert text.startswith("from,to,note\r\n")
        assert text.count("told by the books\r\n") == rounds
        assert len(await town.orders("erp")) == ORDERS
        lines = [line for line in await audit(town.app.context) if line.action == "answer"]
        assert len(lines) == rounds
        assert (lines[0].who, lines[0].before) == ("eve", "")
        assert lines[0].target.startswith("gate: ")


async def test_items_the_erp_calls_otherwise_are_asked_for_and_checked(tmp_path: Path) -> None:
    folder = written(tmp_path, {"mappings/orders.toml": "[lines]\nsku = \"'S-' + sku\"\n"})
    async with standing(folder, SYSTEMS, FLOWS) as town:
        await sold(town)
        rows = await parked(town)
        assert {row["code"] for row in rows} == {"unknown_sku"}
        first = rows[0]
        _, words = lacks(first)
        if len(words) > 1:
            with pytest.raises(NoAnswer, match="several words: say which"):
                await answered(town, first, "X")
        with pytest.raises(NoAnswer, match="has no item with SKU NOT-THERE"):
            await answered(town, first, "NOT-THERE", word=words[0])
        with pytest.raises(NoAnswer, match="does not wait for 'OTHER'"):
            await answered(town, first, "X", word="OTHER")
        assert not (folder / "tables").exists()
        for _ in range(40):
            if not (rows := await parked(town)):
                break
            _, words = lacks(rows[0])
            await answered(town, rows[0], words[0].removeprefix("S-"), word=words[0])
            await settle(town)
        assert len(await town.orders("erp")) == ORDERS
        assert (folder / "tables/sku.csv").read_text("utf-8").startswith("from,to,note\nS-")


async def test_a_row_that_names_what_is_not_there_is_the_row_that_changes(tmp_path: Path) -> None:
    """The ERP asks for the row's counterpart: a row for that word would be looked up by nobody."""
    document = '[order]\npayment_terms = { from = "currency", table = "terms" }\n'
    folder = written(tmp_path, {"mappings/orders.toml": document, "tables/terms.csv": TERMS})
    async with standing(folder, SYSTEMS, FLOWS) as town:
        await sold(town, 2)
        rows = await parked(town)
        assert {lacks(row)[0] for row in rows} == {"payment_terms"}
        with pytest.raises(NoAnswer, match="a row would not help"):
            await answered(town, rows[0], "15 Days")
        assert (folder / "tables/terms.csv").read_text("utf-8") == TERMS
        assert not (folder / "tables/payment_terms.csv").exists()


async def test_the_document_comes_first_and_an_answer_that_would_not_count_is_refused(tmp_path: Path) -> None:
    document = DOCUMENTS["payment"] + '[tables.gate]\nother = "Y"\n'
    folder = written(tmp_path, {"mappings/orders.toml": document})
    async with standing(folder, SYSTEMS, FLOWS) as town:
        rows = answers(town)
        with pytest.raises(NotWritten, match=r"mappings/orders\.toml \[tables\.gate\], which comes before"):
            await rows.change("gate", {"other": Entry("Z")}, "", by="eve")
        assert not (folder / "tables").exists()
        await sold(town, 2)
        for _ in range(6):
            if not (asked := await parked(town)):
                break
            await answered(town, asked[0], "X")
            await settle(town)
        assert len(await town.orders("erp")) == 2
