"""Tables leave as CSV or a workbook and come back as they were; what is wrong is refused at its cell."""

from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook  # pyright: ignore[reportMissingTypeStubs,reportMissingModuleSource]

from isthmus.bootstrap.checks import ConfigError
from isthmus.bootstrap.config import ProjectConfig, read_config
from isthmus.bootstrap.table_exchange import Line, as_csv, as_xlsx, exported, imported, pasted
from isthmus.bootstrap.table_files import Entry
from isthmus.bootstrap.tables import carry_out, planned

PROJECT = """[isthmus]
[connections.shop]
connector = "shopify"
url = "https://example.myshopify.com"
[connections.erp]
connector = "odoo"
url = "https://erp.example.com"
database = "x"
login = "x"
[flows.orders]
from = "shop"
to = "erp"
[flows.stock]
from = "erp"
to = "shop"
"""
WORD = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=10)
SAID = st.sampled_from(["=1+1", "'=x", "-5", "@home", " MUG ", 'a"b', "a;b", "x\ny", "007", "1.50", "TRUE", "_x0041_"])
LINES = st.lists(
    st.tuples(st.sampled_from(["", "orders"]), st.sampled_from(["tax", "sku"]), WORD | SAID, WORD | SAID, WORD | SAID),
    unique_by=lambda each: each[:3],
    max_size=8,
)


@pytest.fixture
def config(tmp_path: Path) -> ProjectConfig:
    (tmp_path / "isthmus.toml").write_text(PROJECT, "utf-8")
    return read_config(tmp_path)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60)
@given(lines=LINES)
def test_what_leaves_comes_back(config: ProjectConfig, form: str, lines: list[tuple[str, str, str, str, str]]) -> None:
    told = [Line(*each) for each in lines]
    path = config.folder / f"out.{form}"
    path.write_bytes(as_csv(told) if form == "csv" else as_xlsx(told))
    found = imported(path, config)
    back = [Line(f, t, w, e.other, e.note or "") for (f, t), rows in found.items() for w, e in rows.items()]
    assert sorted(back, key=repr) == sorted(told, key=repr)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_an_unchanged_round_trip_writes_nothing(config: ProjectConfig, form: str) -> None:
    carry_out(config, "tax", {"VAT": Entry("4", "why"), "=SUM(A1)": Entry("-1")}, "")
    carry_out(config, "tax", {"VAT": Entry("5")}, "orders")
    path = config.folder / f"out.{form}"
    lines = exported(config)
    assert [(each.flow, each.word, each.note) for each in lines] == [
        ("", "VAT", "why"),
        ("", "=SUM(A1)", ""),
        ("orders", "VAT", ""),
    ]
    path.write_bytes(as_csv(lines) if form == "csv" else as_xlsx(lines))
    before = {file: file.stat().st_mtime_ns for file in (config.folder / "tables").rglob("*.csv")}
    for (flow, table), rows in imported(path, config).items():
        assert carry_out(config, table, rows, flow).changes == []
    assert {file: file.stat().st_mtime_ns for file in (config.folder / "tables").rglob("*.csv")} == before


def test_no_cell_of_a_workbook_is_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    path.write_bytes(as_xlsx([Line("", "tax", '=HYPERLINK("http://x")', "007", "")]))
    sheet = cast("Any", load_workbook(path)).active
    assert [(cell.data_type, cell.number_format) for cell in sheet[2][1:4]] == [("s", "@")] * 3


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        pytest.param([["a", "b"]], "row 1 must be: flow,table,from,to,note", id="head"),
        pytest.param([None, ["nope", "tax", "A", "1"]], "A2: there is no flow 'nope'", id="flow"),
        pytest.param([None, ["", "../x", "A", "1"]], "B2: '../x' is no name", id="table"),
        pytest.param([None, ["", "tax", "", "1"]], "C2: a row needs a word", id="word"),
        pytest.param([None, ["", "tax", "A", "1"], ["", "tax", "A", "2"]], "C3: 'A' stands", id="twice"),
        pytest.param([None, ["", "tax", "A", 1.5]], "D2: 1.5 is not a text", id="number"),
        pytest.param([None, ["", "tax", "A", "=1+1"]], "D2: a formula is not a word", id="formula"),
        pytest.param([None, ["", "tax", "A", "1", "", "x"]], "F2: there is no such column", id="column"),
    ],
)
def test_a_wrong_cell_is_named(config: ProjectConfig, rows: list[list[Any] | None], says: str) -> None:
    book = Workbook()
    for row in rows:
        cast("Any", book.active).append(row or ["flow", "table", "from", "to", "note"])
    path = config.folder / "in.xlsx"
    book.save(path)
    with pytest.raises(ConfigError) as wrong:
        imported(path, config)
    assert says in str(wrong.value)


def test_what_is_no_workbook_is_refused(config: ProjectConfig) -> None:
    path = config.folder / "in.xlsx"
    path.write_bytes(b"PK nothing")
    with pytest.raises(ConfigError, match="not a workbook"):
        imported(path, config)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        pytest.param("A\t1\nB, b\t2\n", {"A": Entry("1"), "B, b": Entry("2")}, id="tabs"),
        pytest.param("from;to;note\r\nA;1;why\r\n", {"A": Entry("1", "why")}, id="a-head-and-notes"),
        pytest.param("\ufeffA,1\n\n", {"A": Entry("1")}, id="commas-and-a-mark"),
    ],
)
def test_columns_are_taken_as_they_are_pasted(text: str, rows: dict[str, Entry]) -> None:
    assert pasted(text, "t") == rows


@pytest.mark.parametrize(
    ("text", "says"), [("A\n", "t row 1"), ("A,1\nB,1,2,3\n", "t row 2"), ("A,1\nA,2\n", "'A' stands there twice")]
)
def test_what_is_no_pair_is_refused(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        pasted(text, "t")


def test_a_file_that_is_wrong_already_is_not_written_over(config: ProjectConfig) -> None:
    path = config.folder / "tables/tax.csv"
    path.parent.mkdir()
    path.write_text("from,to\nA,1\nA,2\n", "utf-8")
    with pytest.raises(ConfigError, match="row 3: 'A' stands in row 2 already"):
        planned(config, "tax", {"B": Entry("1")})
