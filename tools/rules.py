"""What the rule checkers share: findings, exceptions with a written reason, and how both are reported."""

import sys
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

#: A reason shorter than this explains nothing.
SHORTEST_REASON = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One place that breaks a rule. `symbol` is the function, or empty for the whole file."""

    rule: str
    path: str  # from the root of the checkout, with forward slashes
    line: int
    message: str
    symbol: str = ""

    def __str__(self) -> str:
        """Return the finding as compilers print theirs, so that editors can jump to it."""
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


class BadException(ValueError):
    """The file of exceptions cannot be used; the message says what to change."""


@dataclass(slots=True)
class Exempt:
    """A written permission to break one rule in one place."""

    rule: str
    path: str  # a path or a pattern such as `src/isthmus/web/static/vendor/*`
    reason: str
    symbol: str = ""
    used: bool = field(default=False, compare=False)

    def covers(self, finding: Finding) -> bool:
        """Tell whether this is the permission for that finding."""
        return (
            self.rule == finding.rule
            and fnmatchcase(finding.path, self.path)
            and (not self.symbol or self.symbol == finding.symbol)
        )


def read_exempt(path: Path, rules: Iterable[str]) -> list[Exempt]:
    """Return the exceptions for these rules, leaving those of other checkers alone. Raises `BadException`."""
    if not path.exists():
        return []
    entries: list[dict[str, Any]] = tomllib.loads(path.read_text("utf-8")).get("exception", [])
    wanted = set(rules)
    return [_exempt(entry) for entry in entries if entry.get("rule") in wanted]


def _exempt(entry: dict[str, Any]) -> Exempt:
    unknown = set(entry) - {"rule", "path", "symbol", "reason"}
    if unknown:
        message = f"unknown keys {sorted(unknown)} in {entry}"
        raise BadException(message)
    reason = str(entry.get("reason", "")).strip()
    if not entry.get("path") or len(reason) < SHORTEST_REASON:
        message = f"an exception needs a path and a reason in words: {entry}"
        raise BadException(message)
    return Exempt(entry["rule"], entry["path"], reason, entry.get("symbol", ""))


def unexcused(findings: Iterable[Finding], exempt: Sequence[Exempt]) -> list[Finding]:
    """Return the findings no exception covers, plus one for each exception that covers nothing any more."""
    left: list[Finding] = []
    for finding in findings:
        excuses = [one for one in exempt if one.covers(finding)]
        for one in excuses:
            one.used = True
        if not excuses:
            left.append(finding)
    stale = [
        Finding("stale-exception", "tools/ceilings.toml", 1, f"{one.rule} at {one.path} is no longer needed: remove it")
        for one in exempt
        if not one.used
    ]
    return left + stale


def report(findings: Sequence[Finding], why: dict[str, str], checked: str) -> int:
    """Print the findings and the reason of each rule broken; return the exit code."""
    for finding in findings:
        print(finding)
    for rule in sorted({finding.rule for finding in findings} & set(why)):
        print(f"  {rule}: {why[rule]}")
    if findings:
        print(f"{len(findings)} to repair. An exception needs a reason in tools/ceilings.toml.", file=sys.stderr)
        return 1
    print(f"{checked}: nothing to repair")
    return 0
