"""What must not be committed is found; what only looks like it is not."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tools import hygiene


def rules_broken(text: str, path: str = "docs/page.md") -> list[str]:
    return [finding.rule for finding in hygiene.check_file(text.encode(), path)]


@pytest.mark.parametrize(
    "where", ["/wo" + "rk/main", "/ro" + "ot/.cache", "/ho" + "me/anna/isthmus", "/Us" + "ers/anna/x"]
)
def test_paths_of_one_machine_are_found(where: str) -> None:
    assert rules_broken(f"see {where}\n") == ["machine-path"]
    assert rules_broken(f"see `{where}`\n") == ["machine-path"]


@pytest.mark.parametrize(
    "text",
    ["https://example.com/wo" + "rk/", "net" + "/wo" + "rk/", "GET /ho" + "me", "{base}/wo" + "rk/", "../ro" + "ot/x"],
)
def test_addresses_and_relative_paths_are_not(text: str) -> None:
    assert rules_broken(f"{text}\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "https://py" + "pi.org/simple",
        "files.python" + "hosted.org",
        "--extra-index" + "-url=x",
        "registry.np" + "mjs.org",
    ],
)
def test_package_indexes_are_found(text: str) -> None:
    assert rules_broken(f"{text}\n") == ["package-index"]


def test_private_keys_are_found() -> None:
    assert rules_broken("-----BEGIN RSA PRIVATE" + " KEY-----\n") == ["private-key"]


@pytest.mark.parametrize("text", ["word \n", "word\t\n", "word\r\n", "no newline"])
def test_careless_whitespace_is_found(text: str) -> None:
    assert rules_broken(text) == ["whitespace"]


def test_an_empty_file_is_fine() -> None:
    assert rules_broken("") == []


def test_bytes_nobody_can_review_are_found() -> None:
    assert [f.rule for f in hygiene.check_file(b"\xff\xfe", "page.md")] == ["not-text"]
    assert [f.rule for f in hygiene.check_file(b"a\0b\n", "page.md")] == ["not-text"]
    assert list(hygiene.check_file(b"\x89PNG\0", "docs/screen.png")) == []


def test_large_files_are_found() -> None:
    assert rules_broken("x" * 1_000_000 + "\n") == ["too-large"]


@pytest.mark.skipif(shutil.which("git") is None, reason="no git on this machine")
def test_new_files_count_and_ignored_ones_do_not(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_text("*.db\n")
    (tmp_path / "new.md").write_text("new\n")
    (tmp_path / "shop.db").write_text("rows\n")
    assert hygiene.committed(tmp_path) == [".gitignore", "new.md"]
    assert hygiene.check(tmp_path, ["new.md", "gone.md"]) == []
