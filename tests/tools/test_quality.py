"""The quality board: what programs read, what people see, and when it asks for more."""

import asyncio
import io
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from rich.console import Console

from isthmus.testing.conformance import RULES, Double, Examined, Rule, State, Verdict, doubles, suite
from tools import quality


def examined(slug: str, *failed: str) -> Examined:
    verdicts = [
        Verdict(rule, State.BROKEN, "why not") if rule.id in failed else Verdict(rule, State.HELD) for rule in RULES
    ]
    return Examined(slug, tuple(verdicts))


def test_programs_read_tier_and_failed_rules() -> None:
    board = quality.as_json([examined("odoo", "runbooks"), examined("shopify", "echoes", "money_exact")])
    assert json.loads(json.dumps(board)) == {
        "odoo": {"tier": "silver", "failed": ["runbooks"]},
        "shopify": {"tier": "none", "failed": ["money_exact", "echoes"]},
    }


def test_people_see_the_tier_and_the_reasons() -> None:
    out = io.StringIO()
    quality.show([examined("odoo", "echoes")], Console(file=out, width=200))
    assert "bronze" in out.getvalue()
    assert "odoo silver echoes (broken): why not" in out.getvalue()


@pytest.mark.parametrize(("wanted", "code"), [("none", 0), ("silver", 0), ("gold", 1)])
def test_it_ends_with_one_when_a_tier_is_missed(
    wanted: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def board(slugs: object) -> list[Examined]:
        del slugs
        return [examined("odoo", "runbooks")]

    monkeypatch.setattr(quality, "board", board)
    monkeypatch.setattr(os, "chdir", lambda _folder: None)
    assert quality.main(["--json", "--no-coverage", "--at-least", wanted]) == code
    assert json.loads(capsys.readouterr().out) == {"odoo": {"tier": "silver", "failed": ["runbooks"]}}


async def test_a_connector_without_a_double_has_passed_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(quality, "ROOT", tmp_path)
    (one,) = await quality.board(["stranger"])
    assert (str(one.tier), len(one.failed)) == ("none", len(RULES))


def test_a_measurement_of_one_is_kept_apart_from_that_of_all() -> None:
    usual = Path("project", ".coverage-quality.json")
    assert quality.measured_in(usual, ()) == usual
    assert quality.measured_in(usual, ("odoo", "acme")) == usual.with_name(".coverage-quality-acme-odoo.json")


def test_a_measurement_is_stale_once_a_connector_changed(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    module = tmp_path / quality.WATCHED[0] / "odoo" / "client.py"
    module.parent.mkdir(parents=True)
    module.write_text("x = 1\n")
    assert quality.stale(tmp_path, report)
    report.write_text("{}")
    os.utime(report, (2_000_000_000, 2_000_000_000))
    assert not quality.stale(tmp_path, report)
    os.utime(module, (2_000_000_001, 2_000_000_001))
    assert quality.stale(tmp_path, report)


@pytest.mark.parametrize(("body", "passed"), [("assert True", True), ("assert False", False)])
def test_a_connectors_own_test_that_fails_is_no_measurement_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, *, passed: bool
) -> None:
    module = tmp_path / quality.TESTS / "acme" / "test_acme.py"
    module.parent.mkdir(parents=True)
    module.write_text(f"def test_it():\n    {body}\n", "utf-8")
    (tmp_path / quality.TESTS / "__pycache__").mkdir()  # what Python leaves there is no connector without tests
    monkeypatch.setattr(quality, "ROOT", tmp_path)
    assert quality.measure(tmp_path / "report.json", []) is passed


@pytest.mark.parametrize("passed", [True, False])
def test_it_ends_with_one_when_a_connectors_tests_fail(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, passed: bool
) -> None:
    async def board(slugs: object) -> list[Examined]:
        del slugs
        return [examined("odoo")]

    monkeypatch.setattr(quality, "board", board)
    monkeypatch.setattr(quality, "measure", lambda *_given: passed)
    monkeypatch.setattr(os, "chdir", lambda _folder: None)
    monkeypatch.delenv(quality.REPORT, raising=False)
    assert quality.main(["--coverage", "--at-least", "gold"]) == (0 if passed else 1)
    assert ("tests of connectors failed" in capsys.readouterr().err) is not passed


def test_what_is_said_of_a_rule_comes_through_from_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    async def alone(slug: str) -> Examined:
        return whole(slug)

    monkeypatch.setattr(quality, "_examined", alone)
    monkeypatch.setattr(quality, "ProcessPoolExecutor", lambda most, _context: ThreadPoolExecutor(most))
    board = asyncio.run(quality.board(["odoo", "shopify"]))
    assert board == [whole("odoo"), whole("shopify")]


async def test_every_verdict_of_a_whole_suite_comes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite says more than the rules it asks: that the double took all of them."""

    async def held(rule: Rule, double: Double) -> Verdict:
        del double
        return Verdict(rule, State.HELD)

    monkeypatch.setattr(suite, "ask", held)
    double = doubles("odoo", quality.ROOT)
    assert double is not None
    assert {verdict.rule.id for verdict in (await suite.examine(double)).verdicts} == {
        verdict.rule.id for verdict in whole("odoo").verdicts
    }


def whole(slug: str) -> Examined:
    made = examined(slug, "echoes")
    return Examined(slug, (*made.verdicts, Verdict(suite.SIMULATOR, State.BROKEN, "its double does not")))
