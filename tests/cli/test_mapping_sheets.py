"""`isthmus mapping export`, `isthmus mapping import` and `isthmus book`, as somebody types them."""

import asyncio
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from isthmus.cli.app import app
from isthmus.ports.probe import Report
from isthmus.store.open import open_store
from isthmus.store.statement import say

pytestmark = pytest.mark.slow
PROJECT = """\
[isthmus]
name = "trial"
time_zone = "Europe/Berlin"
[connections.shop]
connector = "shopify"
url = "https://keeper:canary-url-password@shop.example.com"
[connections.erp]
connector = "odoo"
url = "https://erp.example.com"
database = "canary-database"
login = "canary-login@example.com"
[[connections.erp.windows]]
days = ["sat"]
begins = "22:00"
ends = "02:00"
because = "backup; call +49 170 1234567 if not"
[flows.orders]
from = "shop"
to = "erp"
import_when = "paid"
[flows.stock]
from = "erp"
to = "shop"
"""
SECRETS = """\
ISTHMUS_SHOP_ACCESS_TOKEN=shpat_canary
ISTHMUS_SHOP_CLIENT_SECRET=canary-client-secret
ISTHMUS_ERP_API_KEY=canary-api-key
"""
DOCUMENT = """\
# the ERP's rules
[order]
note = "shipping_to.region"  # for the warehouse
warehouse = { from = "shipping_to.region", table = "region", owner = "erp", example = "<b>=1+1</b>" }

[customer]
phone = { from = "order.phone", example = "canary person", note = "ask canary.person@example.com, token shpat_canary" }

[tables.region]
BY = "canary-word"
"""
Isthmus = Callable[..., Result]


class Plain(HTMLParser):
    """Which elements there are, and the text of them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not {name for name, _ in attrs} & {"src", "onclick", "style"}

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "isthmus.toml").write_text(PROJECT, "utf-8")
    (tmp_path / ".env").write_text(SECRETS, "utf-8")
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "orders.toml").write_text(DOCUMENT, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def isthmus(folder: Path) -> Isthmus:
    def run(*words: str) -> Result:
        return CliRunner().invoke(app, [*words, "--dir", str(folder)], env={"COLUMNS": "200"})

    return run


def document(folder: Path) -> str:
    return (folder / "mappings" / "orders.toml").read_text("utf-8")


def typed(path: Path, sheet: str, cell: str, value: object) -> None:
    book: Any = load_workbook(path)  # type: ignore[arg-type] - a path is what it takes as well
    book[sheet][cell].value = value
    book.save(path)


def cell_of(path: Path, sheet: str, field: str, column: str) -> str:
    book: Any = load_workbook(path)  # type: ignore[arg-type] - the same
    rows: list[Any] = list(book[sheet].iter_rows())
    head: list[Any] = [each.value for each in rows[0]]
    row = next(row for row in rows if row[1].value == field)
    return row[head.index(column)].coordinate


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_a_spreadsheet_that_nobody_edited_changes_nothing(folder: Path, isthmus: Isthmus, form: str) -> None:
    path = folder / f"sheet.{form}"
    assert isthmus("mapping", "export", "--as", form, "--out", str(path)).exit_code == 0
    before = (folder / "mappings" / "orders.toml").stat().st_mtime_ns
    said = isthmus("mapping", "import", str(path), "--write")
    assert (said.exit_code, said.output) == (0, "nothing differs: the document is as it was\n")
    assert document(folder) == DOCUMENT
    assert (folder / "mappings" / "orders.toml").stat().st_mtime_ns == before


def test_an_edited_cell_is_shown_first_and_written_when_asked(folder: Path, isthmus: Isthmus) -> None:
    assert isthmus("mapping", "export").exit_code == 0
    path = folder / "orders-mapping.xlsx"
    typed(path, "order", cell_of(path, "order", "note", "from"), "billing.city ")
    typed(path, "order", cell_of(path, "order", "email", "length"), 60.0)
    shown = isthmus("mapping", "import", str(path))
    assert shown.exit_code == 0
    assert "changed order.note (order!B2)\n  from: shipping_to.region -> billing.city\n" in shown.output
    assert "  length: nothing -> 60\nnothing is written; repeat with --write\n" in shown.output
    assert document(folder) == DOCUMENT
    told = json.loads(isthmus("mapping", "import", str(path), "--json").output)
    assert [each["kind"] for each in told["changes"]] == ["changed", "added"]
    assert isthmus("mapping", "import", str(path), "--write").exit_code == 0
    added = DOCUMENT.replace('"shipping_to.region"  #', '"billing.city"  #')
    assert document(folder).replace("email = { length = 60 }\n", "") == added


def test_a_wrong_cell_is_refused_by_its_name_and_nothing_is_written(folder: Path, isthmus: Isthmus) -> None:
    isthmus("mapping", "export")
    path = folder / "orders-mapping.xlsx"
    typed(path, "order", cell_of(path, "order", "note", "from"), "\u201cx\u201d")
    typed(path, "lines", cell_of(path, "lines", "title", "from"), "titel")
    typed(path, "lines", cell_of(path, "lines", "title", "length"), "long")
    typed(path, "customer", cell_of(path, "customer", "phone", "table"), "nowhere")
    said = isthmus("mapping", "import", str(path), "--write")
    assert said.exit_code == 1
    length = cell_of(path, "lines", "title", "length")
    assert f"lines!{length}: is 'long': a whole number of characters, or nothing" in said.output
    assert f"order!{cell_of(path, 'order', 'note', 'from')}: character 1: " in said.output
    assert "the quotes are curly ones of a word processor" in said.output
    assert "lines!D" in said.output
    assert "there is no code table 'nowhere'" in said.output
    assert "4 wrong cells, nothing was changed" in said.output
    assert document(folder) == DOCUMENT
    cells = json.loads(isthmus("mapping", "import", str(path), "--json").stdout)["wrong"]
    assert {each["cell"] for each in cells} >= {f"lines!{length}"}


def test_what_others_have_changed_meanwhile_is_not_put_back_unseen(folder: Path, isthmus: Isthmus) -> None:
    isthmus("mapping", "export", "--as", "csv", "--out", "sheet.csv")
    (folder / "mappings" / "orders.toml").write_text(DOCUMENT.replace('region"  #', 'city"  #'), "utf-8")
    refused = isthmus("mapping", "import", "sheet.csv", "--write")
    assert refused.exit_code == 1
    assert "changed since this sheet was written" in " ".join(refused.output.split())
    assert isthmus("mapping", "import", "sheet.csv", "--write", "--anyway").exit_code == 0
    assert document(folder) == DOCUMENT


def test_a_file_somebody_may_have_edited_is_not_written_over(folder: Path, isthmus: Isthmus) -> None:
    (folder / "orders-mapping.xlsx").write_bytes(b"mine")
    refused = isthmus("mapping", "export")
    assert (refused.exit_code, "say --force" in " ".join(refused.output.split())) == (2, True)
    assert isthmus("mapping", "export", "--force").exit_code == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("import", "sheet.pdf"), "must end in .xlsx or .csv"),
        (("import", "none.csv"), "cannot be read"),
        (("import", "isthmus.csv"), "has no row of a mapping"),
        (("export", "oders"), "did you mean 'orders'"),
    ],
)
def test_what_cannot_be_done_is_said(folder: Path, isthmus: Isthmus, words: tuple[str, ...], says: str) -> None:
    (folder / "isthmus.csv").write_text("a,b\n1,2\n", "utf-8")
    said = isthmus("mapping", *words)
    assert said.exit_code != 0
    assert says in " ".join(said.output.split())


def test_a_flow_without_a_document_gets_one_from_a_sheet(folder: Path, isthmus: Isthmus) -> None:
    (folder / "mappings" / "orders.toml").unlink()
    (folder / "new.csv").write_text("section;field;from\nlines;title;upper(title)\n", "utf-8")
    assert isthmus("mapping", "import", "new.csv", "--write").exit_code == 0
    assert document(folder) == '[lines]\ntitle = "upper(title)"\n'


def test_a_stock_flow_takes_code_tables_and_no_rows(folder: Path, isthmus: Isthmus) -> None:
    (folder / "new.csv").write_text("section,field,to,from\ntables.sku,A,B,\norder,note,,note\n", "utf-8")
    said = isthmus("mapping", "import", "new.csv", "--flow", "stock")
    assert (said.exit_code, "B3: a flow of stock has code tables and a note, no rows" in said.output) == (1, True)
    (folder / "new.csv").write_text("section,field,to\ntables.sku,A,B\n", "utf-8")
    assert isthmus("mapping", "import", "new.csv", "--flow", "stock", "--write").exit_code == 0
    assert (folder / "mappings" / "stock.toml").read_text("utf-8") == '[tables.sku]\nA = "B"\n'


def test_the_readers_form_names_owners_and_facts_and_does_nothing(isthmus: Isthmus) -> None:
    page = Plain(isthmus("mapping", "export", "--as", "html").stdout)
    assert not page.tags & {"script", "link", "img", "iframe", "b"}
    assert "<b>=1+1</b>" in page.text
    text = isthmus("mapping", "export", "--as", "markdown").stdout
    assert "| `note` | remark on the order | `shipping_to.region` |" in text
    for fact in ("goes to the ERP when | paid", "allowed delay | 5 minutes", "shop (each time)", "no database yet"):
        assert fact in text


async def remembered(folder: Path) -> None:
    store = await open_store("sqlite:///isthmus.db", folder)
    report = Report(account="canary account", version="saas~18.2", api_version="19")
    try:
        await store.migrate()
        await store.write(
            say("declare_connection", name="erp", connector="odoo"),
            say(
                "connection_report", name="erp", report=msgspec.json.encode(report).decode(), now=1_790_000_000_000_000
            ),
        )
    finally:
        await store.close()


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_the_book_holds_what_runs_and_no_secret(folder: Path, isthmus: Isthmus, form: str) -> None:
    asyncio.run(remembered(folder))
    made = isthmus("book", "--as", form, "--docs", "https://docs.example.com/")
    assert made.exit_code == 0, made.output
    text = Plain(made.stdout).text if form == "html" else made.stdout
    assert re.findall(r"canary[\w.@-]*", made.stdout) == []
    assert "1234567" not in made.stdout
    for each in ("18.2", "2027-07-01", "sat 22:00 to 02:00 Europe/Berlin", "shipping", "Nothing is asked", "Isthmus"):
        assert each in text
    assert "https://docs.example.com/how-to/long-outage.md" in made.stdout
    assert "ISTHMUS_ERP_API_KEY is set" in text
    if form == "html":
        assert not Plain(made.stdout).tags & {"script", "link", "img", "iframe"}


def test_the_book_needs_no_secret_and_no_database(folder: Path, isthmus: Isthmus) -> None:
    (folder / ".env").unlink()
    assert isthmus("book", "--out", "book.html").exit_code == 0
    assert "no database yet" in (folder / "book.html").read_text("utf-8")
    assert not (folder / "isthmus.db").exists()
