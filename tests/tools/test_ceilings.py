"""The ceilings find what they are for, and nothing else."""

from pathlib import Path

import pytest

from tools import ceilings
from tools.rules import BadException, Exempt, Finding, read_exempt, unexcused

CORE = "src/isthmus/policies/stock.py"
FLOW = "src/isthmus/flows/orders.py"
STORE = "src/isthmus/store/jobs.py"


def rules_broken(source: str, path: str = FLOW) -> list[str]:
    return [finding.rule for finding in ceilings.check_python(source, path)]


def test_a_file_may_reach_its_ceiling_and_not_pass_it() -> None:
    assert rules_broken("x = 1\n" * 400) == []
    assert rules_broken("x = 1\n" * 401) == ["file-length"]


def test_a_function_may_reach_its_ceiling_and_not_pass_it() -> None:
    assert rules_broken("def f():\n" + "    x = 1\n" * 39) == []
    assert rules_broken("async def f():\n" + "    x = 1\n" * 40) == ["function-length"]


def test_a_long_docstring_does_not_make_a_function_long() -> None:
    words = '    """Says a lot.\n' + "    and more\n" * 60 + '    """\n'
    assert rules_broken("def f():\n" + words + "    x = 1\n" * 38) == []


def test_a_method_is_named_with_its_class() -> None:
    source = "class Worker:\n    def run(self):\n" + "        x = 1\n" * 50
    (finding,) = ceilings.check_python(source, FLOW)
    assert finding.symbol == "Worker.run"
    assert str(finding).startswith(f"{FLOW}:2: function-length: Worker.run has 51 lines")


@pytest.mark.parametrize(
    "call", ["datetime.now(UTC)", "datetime.datetime.utcnow()", "time.time()", "date.today()", "time.monotonic()"]
)
def test_the_core_reads_no_clock(call: str) -> None:
    assert rules_broken(f"x = {call}\n", CORE) == ["clock-in-core"]
    assert rules_broken(f"x = {call}\n", FLOW) == []


def test_a_clock_handed_in_is_no_clock_read() -> None:
    assert rules_broken("x = clock.now()\n", CORE) == []


@pytest.mark.parametrize(
    "literal",
    [
        "'SELECT id FROM job'",
        "'select id from job where x = 1'",
        "'\\n  INSERT INTO job VALUES (1)'",
        "'INSERT OR IGNORE INTO job VALUES (1)'",
        "'UPDATE job SET state = 1'",
        "f'DELETE FROM {table}'",
        "f'UPDATE {table} SET state = 1'",
        "'WITH due AS (SELECT 1) SELECT * FROM due'",
    ],
)
def test_statements_live_in_the_store(literal: str) -> None:
    assert rules_broken(f"x = {literal}\n") == ["sql-outside-store"]
    assert rules_broken(f"x = {literal}\n", STORE) == []


@pytest.mark.parametrize(
    "literal",
    ["'Select a store from the list'", "'Update the price'", "'Delete from both sides?'", "'with an ERP as (source)'"],
)
def test_sentences_are_no_statements(literal: str) -> None:
    assert rules_broken(f"x = {literal}\n") == []


def test_documentation_may_quote_a_statement() -> None:
    assert rules_broken('"""SELECT id FROM job is what it runs."""\n') == []


@pytest.mark.parametrize("word", ["TO" + "DO", "FIX" + "ME"])
def test_work_put_off_is_found_in_comments_only(word: str) -> None:
    assert rules_broken(f"x = 1  # {word}: later\n") == ["unfinished"]
    assert rules_broken(f"x = '{word}'\n") == []


def test_screens_and_statements_have_a_ceiling_too(tmp_path: Path) -> None:
    page = tmp_path / "src" / "page.html"
    page.parent.mkdir()
    page.write_text("<br>\n" * 401)
    assert [(f.rule, f.path) for f in ceilings.check(tmp_path)] == [("file-length", "src/page.html")]


def test_an_exception_covers_its_place_only() -> None:
    long_run = Finding("function-length", FLOW, 3, "too long", symbol="Worker.run")
    long_stop = Finding("function-length", FLOW, 90, "too long", symbol="Worker.stop")
    exempt = [Exempt("function-length", FLOW, "one loop whose order is the point", symbol="Worker.run")]
    assert unexcused([long_run, long_stop], exempt) == [long_stop]


def test_an_exception_nobody_needs_is_reported() -> None:
    (left,) = unexcused([], [Exempt("file-length", FLOW, "it was long once upon a time")])
    assert left.rule == "stale-exception"


@pytest.mark.parametrize(
    "entry",
    [
        'rule = "file-length"\npath = "x.py"\nreason = "because"',
        'rule = "file-length"\nreason = "a reason of decent length"',
        'rule = "file-length"\npath = "x.py"\nlimit = 500\nreason = "a reason of decent length"',
    ],
)
def test_an_exception_without_place_or_reason_is_refused(tmp_path: Path, entry: str) -> None:
    written = tmp_path / "ceilings.toml"
    written.write_text(f"[[exception]]\n{entry}\n")
    with pytest.raises(BadException):
        read_exempt(written, ["file-length"])


def test_exceptions_of_other_rules_are_left_to_their_checker(tmp_path: Path) -> None:
    written = tmp_path / "ceilings.toml"
    written.write_text('[[exception]]\nrule = "too-large"\npath = "x.bin"\nreason = "a reason of decent length"\n')
    assert read_exempt(written, ["file-length"]) == []
    assert read_exempt(tmp_path / "absent.toml", ["file-length"]) == []
