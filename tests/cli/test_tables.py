"""`isthmus tables` shows what has no row first, and changes rows in the open."""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from isthmus.admin.lacking import SETTLES
from isthmus.bootstrap.mappings import LOOK_EVERY_S
from isthmus.canonical.record import Record
from isthmus.engine.flow import Mark
from isthmus.engine.lacking import lack_text
from isthmus.engine.mirror import mark_jobs
from isthmus.kit.clock import to_micros
from isthmus.store.open import open_store
from isthmus.store.records import record_values
from isthmus.store.statement import say
from isthmus.testing.builders import a_line, a_tax, a_variant, an_order
from tests.bootstrap.test_table_exchange import PROJECT

pytestmark = pytest.mark.slow
NOW = datetime.now(UTC)


def sale(number: str, sku: str, tax: str, rate: str = "0.19") -> Record:
    line = a_line(sku, taxes=(a_tax(1, rate, name=tax),), variant_ref=f"v-{sku}")
    return an_order(number, line, external_id=f"id-{number}", placed_at=NOW)


MIRROR: list[tuple[str, str, Record]] = [
    ("erp", "variant", a_variant("MUG-10", external_id="1")),
    ("erp", "variant", a_variant("LAMP", external_id="2", gtin="4006381333931")),
    ("erp", "variant", a_variant("VASE-1", external_id="3")),
    ("shop", "variant", a_variant("LIGHT", external_id="v-LIGHT", gtin="4006381333931")),
    ("shop", "order", sale("#1", "mug-10", "VAT 19%")),
    ("shop", "order", sale("#2", "mug-10", "VAT 19%")),
    ("shop", "order", sale("#3", "LIGHT", "MwSt 19 %")),
    ("shop", "order", sale("#4", "VASE-2", "MwSt 19 %")),
    ("shop", "order", sale("#5", "VASE-1", "MwSt 19 %")),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "isthmus.toml").write_text(PROJECT + '[flows.orders.tables.tax]\n"MwSt 19 %" = "7"\n', "utf-8")
    asyncio.run(used(tmp_path))
    return tmp_path


async def used(folder: Path) -> None:
    store = await open_store("sqlite:///isthmus.db", folder)
    try:
        await store.migrate()
        for connection, kind, record in MIRROR:
            await store.write(say("store_record", **record_values(connection, kind, record, NOW)))
            if kind == "order":
                await store.write(mark_jobs([Mark("orders", record.external_id, record.number)], to_micros(NOW)))
        for number in ("#1", "#2"):
            now = to_micros(NOW)
            lease: dict[str, Any] = {"token": number, "lease_until": now + 60_000_000}
            claim = say("claim_job", flow="orders", subject=f"id-{number}", now=now, **lease)
            [[row]] = await store.write(claim)
            asked = {"state": "parked", "code": "unknown_sku", "because": "no item", "answers": "[]"}
            rest = {"attempts": 0, "first_failed_at": None, "number": "", "run_at": now, "token": row["token"]}
            lacks = lack_text("sku", ["mug-10"])
            await store.write(
                say("finish_job", expect=1, id=row["id"], now=now, waits_for=lacks, **asked, **rest),
            )
    finally:
        await store.close()


def isthmus(folder: Path, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    secrets = {
        "ISTHMUS_SHOP_ACCESS_TOKEN": "shpat_x",
        "ISTHMUS_SHOP_CLIENT_SECRET": "x",
        "ISTHMUS_ERP_API_KEY": "x",
        "COLUMNS": "200",
        "PYTHONPATH": ":".join(each for each in sys.path if each),
    }
    command = [sys.executable, "-m", "isthmus", *words, "-C", str(folder)]
    return subprocess.run(
        command, env=secrets, capture_output=True, text=True, timeout=60, check=False, input=given, encoding="utf-8"
    )


def test_words_without_a_row_come_first_each_with_what_it_may_be_and_why(folder: Path) -> None:
    said = isthmus(folder, "tables", "show", "sku", "--flow", "orders", "--json")
    assert said.returncode == 0, said.stderr
    [table] = json.loads(said.stdout)
    found: dict[str, tuple[int, int, list[tuple[str, str, bool]]]] = {}
    for each in table["unmapped"]:
        perhaps = [(one["other"], one["because"], one["sure"]) for one in each["suggestions"]]
        found[each["word"]] = (each["jobs"], each["orders"], perhaps)
    assert found == {
        "mug-10": (2, 2, [("MUG-10", "same SKU in other case or spaces", True)]),
        "LIGHT": (0, 1, [("LAMP", "the ERP has an item with the same barcode", True)]),
        "VASE-2": (0, 1, [("VASE-1", "nearest SKU (distance 1)", False)]),
    }
    assert next(iter(found)) == "mug-10"

    said = isthmus(folder, "tables", "show", "tax", "--flow", "orders")
    assert "same rate 19 % as 'MwSt 19 %'" in said.stdout
    assert "by its rate" in said.stdout
    assert "isthmus.toml [flows.orders.tables.tax]" in said.stdout


def test_the_list_counts_them(folder: Path) -> None:
    rows = {
        (each["flow"], each["table"]): (each["rows"], each["unmapped"], each["asked"])
        for each in json.loads(isthmus(folder, "tables", "list", "--json").stdout)
    }
    assert (rows["orders", "sku"], rows["orders", "tax"], rows["stock", "sku"]) == ((0, 3, 1), (1, 1, 0), (0, 0, 0))


def test_what_is_certain_is_taken_over_and_what_waited_goes_on(folder: Path) -> None:
    shown = isthmus(folder, "tables", "accept", "sku", "--flow", "orders")
    assert "repeat with --write" in shown.stdout
    assert not (folder / "tables").exists()

    said = isthmus(folder, "tables", "accept", "sku", "--write")

    assert said.returncode == 0, said.stderr
    assert "Let go on: 2" in said.stdout
    assert (folder / "tables/sku.csv").read_text("utf-8") == (
        "from,to,note\nmug-10,MUG-10,same SKU in other case or spaces\n"
        "LIGHT,LAMP,the ERP has an item with the same barcode\n"
    )
    trail = isthmus(folder, "audit").stdout
    assert "sku: mug-10" in trail
    assert "suggested, sure" in trail


def test_one_answer_at_the_terminal_writes_the_row(folder: Path) -> None:
    said = isthmus(folder, "answer", "#2", "--as", "MUG-10", "--note", "told by the warehouse")
    assert said.returncode == 0, said.stderr
    assert "a row in tables/sku.csv" in said.stdout
    assert "Let go on: 2" in said.stdout
    again = isthmus(folder, "answer", "#2", "--as", "MUG-10")
    assert (again.returncode, "does not wait for a row" in again.stderr) == (2, True)
    wrong = isthmus(folder, "answer", "#2", "--word", "x", "--create")
    assert (wrong.returncode, "go with --as" in wrong.stderr) == (2, True)


def test_rows_are_set_pasted_and_taken_out_and_it_is_said_which_counts(folder: Path) -> None:
    assert isthmus(folder, "tables", "set", "tax", "MwSt 19 %", "8").returncode == 0
    shown = isthmus(folder, "tables", "show", "tax").stdout
    assert "tables/tax.csv (before isthmus.toml [flows.orders.tables.tax])" in shown
    pasted = isthmus(folder, "tables", "paste", "tax", "--write", given="MwSt 19 %\t9\n=x\t5\n")
    assert pasted.returncode == 0, pasted.stderr
    assert (folder / "tables/tax.csv").read_text("utf-8") == "from,to,note\nMwSt 19 %,9\n'=x,5\n"
    assert "Nothing changes" in isthmus(folder, "tables", "paste", "tax", given="=x;5\n").stdout
    unset = isthmus(folder, "tables", "unset", "tax", "MwSt 19 %")
    assert "the row in isthmus.toml [flows.orders.tables.tax] counts now" in unset.stdout
    assert isthmus(folder, "tables", "export", "tax").stdout.splitlines()[1] == ",tax,'=x,5,"


def test_a_table_that_a_mapping_misses_can_be_begun(folder: Path) -> None:
    (folder / "mappings").mkdir()
    row = '[payments]\nerp_payment_code = { from = "gateway", table = "gate" }\n'
    (folder / "mappings/orders.toml").write_text(row, "utf-8")
    said = isthmus(folder, "tables", "set", "gate", "paypal", "PP")
    assert said.returncode == 0, said.stderr
    listed = json.loads(isthmus(folder, "tables", "list", "--json").stdout)
    assert [each["used_by"] for each in listed if each["table"] == "gate"] == [["payments.erp_payment_code"]]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("set", "../x", "A", "1"), "no name of a code table"),
        (("set", "tax", "A", "1", "--flow", "order"), "did you mean 'orders'?"),
        (("set", "tax", "A", ""), "isthmus tables unset"),
        (("export", "--as", "xlsx"), "needs a file"),
        (("paste", "tax", "nothing.csv"), "nothing was written"),
        (("import", "nothing.xlsx"), "nothing was written"),
    ],
)
def test_what_cannot_be_is_refused(folder: Path, words: tuple[str, ...], says: str) -> None:
    said = isthmus(folder, "tables", *words)
    assert (said.returncode, says in said.stderr) == (2, True), said.stderr
    assert not (folder / "tables").exists()


def test_a_table_nobody_looks_into_is_remarked(folder: Path) -> None:
    assert "no flow looks into the table 'skus' yet (did you mean 'sku'?)" in isthmus(
        folder, "tables", "set", "skus", "A", "B"
    ).stdout.replace("\n", " ")


def test_what_goes_on_finds_the_new_rows_in_every_process() -> None:
    assert SETTLES.total_seconds() > LOOK_EVERY_S
