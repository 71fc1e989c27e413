"""What cannot be had on a machine is said aloud, and never looks like a test that passed."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.real import __main__ as command
from tests.real.difference import EXPLAINED, rows, table
from tests.real.steps import NotHere, fingerprint
from tests.real.systems import SYSTEMS, Started, started
from tests.real.tryton import PINS


class Shop:
    def variables(self) -> Mapping[str, str]:
        return {"ISTHMUS_TEST_SHOP_URL": "http://127.0.0.1:1"}


@contextmanager
def there() -> Iterator[Shop]:
    yield Shop()


@contextmanager
def absent() -> Iterator[Shop]:
    reason = "there is no Node on this machine: install nodejs"
    raise NotHere(reason)
    yield Shop()


def test_those_that_are_there_start_and_the_others_are_named_with_their_reason() -> None:
    with started((), {"shop": there, "other": absent}) as made:
        assert made.running == ["shop"]
        assert made.variables == {"ISTHMUS_TEST_SHOP_URL": "http://127.0.0.1:1"}
        assert made.missing == {"other": "there is no Node on this machine: install nodejs"}
    with started(("shop",), {"shop": there, "other": absent}) as made:
        assert (made.running, made.missing) == (["shop"], {})


@pytest.mark.parametrize(("words", "ended"), [((), 1), (("--if-possible",), 0), (("--slice", "--if-possible"), 0)])
def test_where_nothing_can_be_had_nothing_passes_in_silence(
    words: tuple[str, ...], ended: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def nothing(only: Collection[str]) -> Iterator[Started]:
        with started(only, dict.fromkeys(SYSTEMS, absent)) as made:
            yield made

    monkeypatch.setattr(command, "started", nothing)
    assert command.main(words) == ended
    said = capsys.readouterr().err
    assert "NOT TESTED on a real tryton: there is no Node on this machine" in said
    left_out = "--slice leaves it out" if "--slice" in words else "there is no Node on this machine"
    assert f"NOT TESTED on a real vendure: {left_out}" in said


def test_a_machine_without_node_is_told_what_it_lacks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert command.main(["--only", "vendure", "--if-possible"]) == 0
    assert command.main(["--only", "vendure"]) == 1
    assert "NOT TESTED on a real vendure: no Node.js and npm on this machine" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        pytest.param("v18.19.0", "Node.js v18.19.0 is too old: Vendure 3.5 needs 20", id="old"),
        pytest.param("v20.11.1", "Vendure cannot be installed here; can the package registry be reached?", id="alone"),
    ],
)
def test_a_node_that_will_not_do_is_a_reason_and_no_stack(
    version: str, reason: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tests.real.vendure.CACHE", tmp_path / "cache")
    for name, does in (("node", f"echo {version}"), ("npm", "echo 'npm ERR! network'; exit 1")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n", "utf-8")
        (tmp_path / name).chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert command.main(["--only", "vendure"]) == 1
    assert f"NOT TESTED on a real vendure: {reason}" in capsys.readouterr().err


def test_pins_that_cannot_be_installed_are_a_reason_and_no_stack(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tests.real.tryton.CACHE", tmp_path)
    pip = tmp_path / f"tryton-{fingerprint(PINS.read_text('utf-8'))}" / "bin" / "pip"  # what an earlier run began
    pip.parent.mkdir(parents=True)
    pip.write_text("#!/bin/sh\necho 'ERROR: No matching distribution found for trytond==8.2.1'\nexit 1\n", "utf-8")
    pip.chmod(0o700)
    assert command.main(["--only", "tryton", "--if-possible"]) == 0
    assert command.main(["--only", "tryton"]) == 1
    said = capsys.readouterr().err
    assert "NOT TESTED on a real tryton: Tryton cannot be installed here; can the package registry be reached?" in said
    assert "No matching distribution found for trytond==8.2.1" in said


def test_each_request_is_told_and_what_differs_in_full() -> None:
    told = table(rows({"a": {"x": [1, 2]}, "b": 1}, {"a": {"x": [1, 3]}, "b": 1}, {"a": "model.party.party.read"}))
    assert told.splitlines() == [
        f"DIFFERS  {'a':32}  model.party.party.read",
        "         .x[1]: real 2, simulated 3",
        "same     b",
        "2 requests, 1 answered differently, 1 of them unexplained",
    ]


def test_what_only_one_of_them_came_to_is_a_difference() -> None:
    assert "2 answered differently" in table(rows({"a": 1}, {"b": 1}, {}))


def test_every_explanation_is_about_something_and_says_why() -> None:
    assert all(name and len(reason) > 20 for name, reason in EXPLAINED.items())
