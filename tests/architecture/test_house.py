"""The texts around the code keep their form, and point at things that exist."""

import re
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
ADRS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "changelog.d").glob("*.md"), *(ROOT / "docs").rglob("*.md")])
HEADINGS = ["Context", "Decision", "Alternatives", "Consequences", "What would reopen it"]
CHANGE_KINDS = {"added", "changed", "fixed", "removed", "security"}
LESSON_LINES = ["Context", "Problem", "Rule", "Applies to", "Source"]
#: A decision that needs more than a screen is two decisions, or not clear yet.
LONGEST_ADR = 60


def by_path(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def without_code(text: str) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("adr", ADRS, ids=by_path)
def test_a_decision_has_its_five_parts_on_one_screen(adr: Path) -> None:
    text = adr.read_text("utf-8")
    assert re.match(rf"# {adr.name[:4]}: \S", text)
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == HEADINGS
    assert text.count("\n") <= LONGEST_ADR


def test_decisions_are_numbered_without_gaps_and_listed() -> None:
    assert [int(adr.name[:4]) for adr in ADRS] == list(range(1, len(ADRS) + 1))
    index = (ROOT / "docs" / "adr" / "index.md").read_text("utf-8")
    assert [adr.name for adr in ADRS if f"({adr.name})" not in index] == []


@pytest.mark.parametrize("page", PAGES, ids=by_path)
def test_every_relative_link_resolves(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text("utf-8")))
    local = [unquote(link.split("#")[0]) for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in local if link and not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=by_path)
def test_every_make_command_in_a_page_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
    code = "\n".join(re.findall(r"```.*?```|`[^`\n]+`", page.read_text("utf-8"), flags=re.DOTALL))
    assert set(re.findall(r"\bmake (?:[A-Z]+=\S+ )?([a-z][a-z-]*)", code)) - targets == set()


def test_the_readme_starts_with_the_two_commands() -> None:
    first_block = (ROOT / "README.md").read_text("utf-8").split("```")[1]
    assert re.findall(r"make ([a-z-]+)", first_block) == ["demo", "test"]


def test_every_target_is_explained() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    phony = re.findall(r"^\.PHONY: (.+)$", makefile, flags=re.MULTILINE)
    explained = re.findall(r"^([a-z][a-z-]*):.*## \S", makefile, flags=re.MULTILINE)
    assert sorted(phony) == sorted(explained)


def test_every_dependency_has_earned_its_line() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    lists = [told["project"]["dependencies"], *told["dependency-groups"].values()]
    wanted = {re.split(r"[^\w.-]", entry)[0] for entries in lists for entry in entries if isinstance(entry, str)}
    cells = re.findall(r"^\| ([\w, .-]+) \|", (ROOT / "docs/adr/0006-dependencies.md").read_text("utf-8"), re.MULTILINE)
    listed = {name.strip() for cell in cells for name in cell.split(",")} - {"library", "---"}
    assert wanted == listed


def test_pins_have_hashes_and_name_no_place_to_download_from() -> None:
    for pins in (ROOT / "requirements").glob("*.txt"):
        text = pins.read_text("utf-8")
        assert re.findall(r"^-.*|://.*", text, flags=re.MULTILINE) == []
        for entry in re.split(r"\n(?=[a-z])", text):
            assert "--hash=sha256:" in entry, entry


def test_a_lesson_has_its_five_lines() -> None:
    text = (ROOT / "docs" / "lessons.md").read_text("utf-8")
    for number, lesson in enumerate(text.split("\n## ")[1:], start=1):
        assert lesson.startswith(f"L{number}: ")
        assert re.findall(r"^- \*\*(.+?)\*\*:", lesson, flags=re.MULTILINE) == LESSON_LINES


def test_changelog_files_name_their_kind() -> None:
    files = [path.name for path in (ROOT / "changelog.d").iterdir() if path.name != "README.md"]
    assert [name for name in files if not re.fullmatch(r"[a-z0-9-]+\.(\w+)\.md", name)] == []
    assert {name.split(".")[1] for name in files} <= CHANGE_KINDS


def test_the_version_is_said_once() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    package = (ROOT / "src" / "isthmus" / "__init__.py").read_text("utf-8")
    assert f'__version__ = "{told}"' in package
