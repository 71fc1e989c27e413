"""Writes docs/reference from the program itself: `python -m tools.reference`, `--check` only compares.

A page is what one function of `PAGES` returns; a part of the program that does not exist yet has no page.
"""

import argparse
import importlib
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from tools import reference_findings, reference_reasons
from tools import reference_source as source
from tools.reference_cli import command_pages
from tools.reference_mapping import mapping_page

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "reference"
MARK = "<!-- Written by `make docs` from the program; a change here is lost. -->"


def commands() -> str | None:
    """Return every command with its options."""
    for name in ("isthmus.cli.app", "isthmus.cli"):
        if is_there(name) and (page := command_pages(importlib.import_module(name))):
            return page
    return None


def connectors() -> str | None:
    """Return what each connector's manifest declares."""
    manifests = source.manifests(ROOT / "src" / "isthmus" / "connectors")
    if not manifests:
        return None
    return "# Connectors\n\nFrom each connector's `manifest.toml`.\n\n" + "\n".join(manifests)


def errors() -> str | None:
    """Return every error a connector may report, sorted by who acts next."""
    module = importlib.import_module("isthmus.ports.errors")
    rows = source.error_rows(module.Trouble)
    intro = "# Errors\n\nWhat can go wrong, sorted by who acts next. The code is what screens and logs show.\n\n"
    return intro + source.table(("code", "kind", "meaning", "it carries"), rows)


def reasons() -> str | None:
    """Return every reason a decision or an outcome may give."""
    package = ROOT / "src" / "isthmus"
    if not is_there("isthmus.policies.reasons"):
        return None
    meanings: dict[str, str] = importlib.import_module("isthmus.policies.reasons").REASONS
    intro = "# Reasons\n\nNothing is skipped in silence: each no, not yet and question says why.\n"
    decided = source.table(("code", "meaning", "given by"), reference_reasons.decision_rows(package, meanings))
    ended = source.table(
        ("code", "what follows", "words", "given by"), reference_reasons.outcome_rows(package, meanings)
    )
    return f"{intro}\n## Decisions\n\n{decided}\n## Outcomes of a job\n\n{ended}"


def settings() -> str | None:
    """Return every setting of `isthmus.toml`, from the tables the program checks it with."""
    config = importlib.import_module("isthmus.bootstrap.config")
    tables = importlib.import_module("isthmus.mapping.tables")
    parts = [
        "# Settings\n",
        "`isthmus.toml` in the project's folder. A key that does not exist is an error naming the nearest right one.",
        "A connection's own fields are under [connectors](connectors.md); its secrets are read from the environment",
        "or from a `.env` file beside `isthmus.toml`, as `ISTHMUS_<CONNECTION>_<FIELD>`.\n",
        f"## `[isthmus]`\n\n{source.table(('key', 'meaning'), list(config.PROJECT_KEYS.items()))}",
        "## `[connections.<name>]`\n\n`connector` names the system; the other keys are that connector's settings.\n",
    ]
    for kind, keys in config.FLOW_KEYS.items():
        parts.append(f"## `[flows.<name>]` of kind {kind}\n\n{source.table(('key', 'meaning'), list(keys.items()))}")
    known = [(name, sides, tables.OTHERWISE[name]) for name, sides in tables.KNOWN.items()]
    rows = source.table(("table", "from what to what", "without a row"), known)
    said = "Rows may stand here or in files; mappings look into others, too: [code tables](../how-to/code-tables.md)."
    parts.append(f"## `[flows.<name>.tables.<table>]`\n\n{said}\n\n{rows}")
    return "\n".join(parts)


def is_there(name: str) -> bool:
    """Tell whether a module exists, its packages included."""
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def findings() -> str | None:
    """Return every finding of the doctor. Raises `LookupError` where one is not explained."""
    if not is_there("isthmus.admin.doctor.meanings"):
        return None
    module = importlib.import_module("isthmus.admin.doctor.meanings")
    meanings: dict[str, tuple[str, str]] = module.FINDINGS
    intro = (
        "# Findings\n\nWhat `isthmus doctor` and `isthmus connect check` may say, each printed with what to click in "
        "the words of\nthe system it is about. A call that failed is told by its [error](errors.md).\n\n"
    )
    rows = reference_findings.rows(ROOT / "src" / "isthmus", meanings)
    return intro + source.table(("code", "meaning", "what to do", "found by"), rows)


PAGES: dict[str, Callable[[], str | None]] = {
    "commands": commands,
    "connectors": connectors,
    "errors": errors,
    "findings": findings,
    "mapping": mapping_page,
    "reasons": reasons,
    "settings": settings,
}


def build() -> dict[str, str]:
    """Return the text of every page by file name, the index included."""
    pages = {f"{name}.md": f"{MARK}\n{text.rstrip()}\n" for name, make in PAGES.items() if (text := make())}
    links = "\n".join(f"- [{name.removesuffix('.md').capitalize()}]({name})" for name in pages)
    return {
        "index.md": f"{MARK}\n# Reference\n\nTaken from the program, so always of this version.\n\n{links}\n",
        **pages,
    }


def differences(pages: dict[str, str], target: Path) -> list[str]:
    """Return the names of pages that are missing, outdated or left over."""
    there = {path.name: path.read_text("utf-8") for path in target.glob("*.md")}
    return sorted(name for name in pages.keys() | there.keys() if pages.get(name) != there.get(name))


def main() -> int:
    """Write the pages, or with `--check` tell which are not up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail when a page is not up to date")
    only_check: bool = parser.parse_args().check
    pages = build()
    stale = differences(pages, TARGET)
    if only_check:
        for name in stale:
            print(f"docs/reference/{name}: not up to date, run `make docs`")
        if not stale:
            print("reference: up to date")
        return 1 if stale else 0
    TARGET.mkdir(parents=True, exist_ok=True)
    for name in stale:
        if name in pages:
            (TARGET / name).write_text(pages[name], "utf-8")
        else:
            (TARGET / name).unlink()
        print(f"docs/reference/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
