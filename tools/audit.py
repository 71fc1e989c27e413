"""What Isthmus is made of: pinned by hash, permissive, without known weaknesses: `python -m tools.audit`.

Pins and licences are checked from what is here. Known weaknesses come from an advisory service (OSV, the database that
pip-audit asks as well); where it cannot be reached that part is skipped, and says so.
"""

import argparse
import json
import os
import re
import sys
import tomllib
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tools.rules import Finding, report

if TYPE_CHECKING:
    from email.message import Message

WHY = {
    "unpinned": "what is not pinned may be another program tomorrow",
    "unhashed": "a version without a hash is whatever the server sends under that name",
    "address": "where packages come from is each machine's own business, and a fixed address goes round the hashes",
    "licence": "Isthmus is under the Apache License; what it runs on must allow as much (ADR 0006)",
    "weakness": "a known weakness: take the version that mends it, or say in tools/audit.py why it does not reach us",
}
#: Licences that allow use, change and sale with no more than a notice; as SPDX writes them.
PERMISSIVE = frozenset(
    {
        "Apache-2.0",
        "MIT",
        "MIT-0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "0BSD",
        "ISC",
        "PSF-2.0",
        "Python-2.0",
        "Zlib",
        "Unlicense",
    }
)
#: How packages without an SPDX expression call theirs.
CALLED = {
    "apache 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "mit license": "MIT",
    "bsd license": "BSD-3-Clause",
    "isc license": "ISC",
    "isc license (iscl)": "ISC",
    "python software foundation license": "PSF-2.0",
    "psfl": "PSF-2.0",
}
#: Packages that stand in the pins and need no permissive licence, or cannot be asked for it; each with its reason.
EXCUSED = {
    "pathspec": "MPL-2.0, and part of the build backend only: nothing of it runs in Isthmus",
    "colorama": "BSD-3-Clause by its page; needed on Windows only, so it is not installed elsewhere",
}
#: Advisories that do not reach us, by id, each with its reason.
HARMLESS: Mapping[str, str] = {}
SERVICE = "https://api.osv.dev"
PATIENCE_S = 10.0
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?==(?P<version>[^ ;\\]+)")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")


class Unreachable(Exception):
    """The advisory service does not answer; the message says why."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One package as pinned."""

    name: str
    version: str
    line: int
    hashes: int


def pins(text: str) -> Iterator[Pin | Finding]:
    """Yield what a file of requirements pins, and what in it is no pin."""
    entry, began = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        bare = "" if line.lstrip().startswith("#") else line.split(" #")[0].strip()
        if not bare:
            continue
        began = began if entry else number
        entry += " " + bare.removesuffix("\\")
        if bare.endswith("\\"):
            continue
        yield _entry(entry.strip(), began)
        entry = ""


def _entry(entry: str, line: int) -> Pin | Finding:
    match = _PIN.match(entry)
    if "://" in entry or entry.startswith("-"):
        return Finding("address", "", line, entry.split(maxsplit=1)[0][:60])
    if match is None:
        return Finding("unpinned", "", line, entry.split(maxsplit=1)[0][:60])
    return Pin(_plain(match["name"]), match["version"], line, len(_HASH.findall(entry)))


def check_pins(path: str, text: str, wanted: Sequence[str]) -> tuple[list[Pin], list[Finding]]:
    """Return what a file pins, and what is wrong with it; `wanted` are packages that have to be in it."""
    found = list(pins(text))
    pinned = [each for each in found if isinstance(each, Pin)]
    wrong = [Finding(each.rule, path, each.line, each.message) for each in found if isinstance(each, Finding)]
    wrong += [Finding("unhashed", path, each.line, each.name) for each in pinned if not each.hashes]
    there = {each.name for each in pinned}
    wrong += [Finding("unpinned", path, 1, name) for name in wanted if _plain(name) not in there]
    return pinned, wrong


def check_licences(path: str, pinned: Sequence[Pin]) -> list[Finding]:
    """Return packages whose licence is not permissive, or not known."""
    return [
        Finding("licence", path, each.line, f"{each.name}: {said or 'says nothing'}")
        for each in pinned
        if each.name not in EXCUSED and not is_permissive(said := licence_of(each.name))
    ]


def licence_of(name: str) -> str:
    """Return the licence an installed package names, as SPDX writes it where that is known; empty for none."""
    try:
        return said_by(distribution(name))
    except PackageNotFoundError:
        return "not installed, so it cannot be asked"


def said_by(found: Distribution) -> str:
    """Return what a package says of its licence: the expression first, then the plain word, then the classifiers."""
    said = cast("Message[str, str]", found.metadata)  # a message is what it is; its protocol says less
    words = [each.rpartition(" :: ")[2] for each in said.get_all("Classifier") or [] if each.startswith("License ::")]
    plain = (said.get("License") or "").strip()
    for each in (
        said.get("License-Expression") or "",
        plain if "\n" not in plain else "",
        " AND ".join(map(_spdx, words)),
    ):
        if each:
            return _spdx(each)
    return ""


def is_permissive(expression: str) -> bool:
    """Tell whether an SPDX expression leaves a permissive choice."""
    choices = re.split(r"\s+OR\s+", expression.replace("(", " ").replace(")", " ").strip())
    return any(all(part.strip() in PERMISSIVE for part in re.split(r"\s+AND\s+", choice)) for choice in choices)


def weaknesses(service: str, pinned: Sequence[Pin]) -> dict[str, list[str]]:
    """Return the ids of known advisories by package. Raises `Unreachable`."""
    queries = [{"package": {"name": each.name, "ecosystem": "PyPI"}, "version": each.version} for each in pinned]
    body = json.dumps({"queries": queries}).encode()
    asked = urllib.request.Request(f"{service}/v1/querybatch", body, {"Content-Type": "application/json"})  # noqa: S310 - https, or a test's own
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:  # noqa: S310 - same
            results: list[dict[str, Any]] = json.load(answer)["results"]
    except (OSError, HTTPException, ValueError, LookupError, TypeError) as wrong:
        raise Unreachable(str(getattr(wrong, "reason", wrong))) from wrong
    found = zip(pinned, results, strict=False)
    return {each.name: [vuln["id"] for vuln in said.get("vulns", [])] for each, said in found if said.get("vulns")}


def _spdx(word: str) -> str:
    return CALLED.get(word.strip().lower(), word.strip())


def _plain(name: str) -> str:
    """Return a package's name as it is compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _advisories(path: str, pinned: Sequence[Pin], service: str) -> list[Finding]:
    try:
        known = weaknesses(service, pinned)
    except Unreachable as why:
        print(f"audit: known weaknesses were NOT looked up, the advisory service cannot be reached: {why}")
        return []
    print(f"audit: {len(pinned)} packages looked up for known weaknesses")
    return [
        Finding("weakness", path, each.line, f"{each.name} {each.version}: {', '.join(ids)}")
        for each in pinned
        if (ids := [one for one in known.get(each.name, []) if one not in HARMLESS])
    ]


def main(words: Sequence[str] | None = None) -> int:
    """Check this checkout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--offline", action="store_true", help="do not ask the advisory service")
    said = parser.parse_args(words)
    root = Path(__file__).parents[1]
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    wanted = [re.split(r"[^A-Za-z0-9._-]", each, maxsplit=1)[0] for each in project["project"]["dependencies"]]
    wrong: list[Finding] = []
    for path, needed in (("requirements/runtime.txt", wanted), ("requirements/dev.txt", wanted)):
        pinned, found = check_pins(path, (root / path).read_text("utf-8"), needed)
        wrong += found
        if path.endswith("runtime.txt"):
            wrong += check_licences(path, pinned)
            if not said.offline:
                wrong += _advisories(path, pinned, os.environ.get("ISTHMUS_ADVISORIES", SERVICE))
    return report(wrong, WHY, "audit")


if __name__ == "__main__":
    sys.exit(main())
