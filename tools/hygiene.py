"""What must not be in any committed file: `python -m tools.hygiene`.

The rules, each with its reason, are in `WHY`. An exception is an entry with a reason in `tools/ceilings.toml`.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.rules import BadException, Finding, read_exempt, report, unexcused

LARGEST_BYTES = 1_000_000

WHY = {
    "machine-path": "a path of one person's machine works nowhere else and tells who they are",
    "package-index": "where packages come from is each machine's own business; hashes make sure it does not matter",
    "private-key": "a key that was committed is public, even after it is removed",
    "whitespace": "trailing blanks, other line ends and a missing last newline make changes that are none",
    "too-large": "a file this size belongs in a release or is generated; everybody's clone pays for it",
    "not-text": "neither text in UTF-8 nor a known binary kind: nobody can review it",
}
BINARY_SUFFIXES = frozenset({".png", ".ico", ".jpg", ".gif", ".woff2", ".pdf", ".gz", ".zip", ".xlsx"})

# Written in pieces where the text would otherwise find itself.
_LINES = {
    "machine-path": re.compile(r"(?<![\w.:/<>{}\-])/(?:work|root|home/[a-z][\w-]*|Users/\w+)/"),
    "package-index": re.compile(
        r"\b(?:test\.)?py" + r"pi\.(?:org|python\.org)|python" + r"hosted\.org|registry\.(?:np" + r"mjs|yarnpkg)\."
        r"|--(?:extra-)?index" + r"-url[= ]\S|--find" + r"-links[= ]\S"
    ),
    "private-key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE" + r" KEY-----"),
    "whitespace": re.compile(r"[ \t\r]+$"),
}


def check(root: Path, paths: list[str]) -> list[Finding]:
    """Return what must not be in these files, given from the root of the checkout."""
    findings: list[Finding] = []
    for path in paths:
        file = root / path
        if file.is_file() and not file.is_symlink():
            findings += check_file(file.read_bytes(), path)
    return findings


def check_file(body: bytes, path: str) -> Iterator[Finding]:
    """Find what must not be in one file."""
    if len(body) > LARGEST_BYTES:
        yield Finding("too-large", path, 1, f"{len(body):,} bytes, at most {LARGEST_BYTES:,}")
    if Path(path).suffix in BINARY_SUFFIXES:
        return
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        yield Finding("not-text", path, 1, "not UTF-8")
        return
    if "\0" in text:
        yield Finding("not-text", path, 1, "holds a zero byte")
        return
    yield from check_lines(text, path)


def check_lines(text: str, path: str) -> Iterator[Finding]:
    """Find lines that break a rule."""
    for number, line in enumerate(text.split("\n"), start=1):
        for rule, pattern in _LINES.items():
            if found := pattern.search(line):
                yield Finding(rule, path, number, repr(found.group()))
    if text and not text.endswith("\n"):
        yield Finding("whitespace", path, text.count("\n") + 1, "no newline at the end of the file")


def committed(root: Path) -> list[str]:
    """Return what is or would be committed: tracked files and new ones that are not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - the developer's own git
        cwd=root,
        check=True,
        capture_output=True,
    )
    return sorted(set(listed.stdout.decode().split("\0")) - {""})


def main() -> int:
    """Check this checkout."""
    root = Path(__file__).parents[1]
    try:
        exempt = read_exempt(root / "tools" / "ceilings.toml", WHY)
    except BadException as wrong:
        print(f"tools/ceilings.toml: {wrong}", file=sys.stderr)
        return 2
    if not (root / ".git").exists():
        print("hygiene: not a git checkout, nothing is committed from here")
        return 0
    return report(unexcused(check(root, committed(root)), exempt), WHY, "hygiene")


if __name__ == "__main__":
    sys.exit(main())
