"""Findings of a probe that are the same for many systems; what to do is said in the words of each."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from isthmus.ports.errors import Misconfigured
from isthmus.ports.probe import Finding, Severity

#: How many of those that share a code are named.
NAMED = 5


@dataclass(frozen=True, slots=True)
class CodeWords:
    """What a system calls the field that holds a product's SKU, and how to put it right."""

    one: str
    many: str
    shared: str  # what to do where several products share one
    empty: str  # what to do where one has none


def finding(code: str, severity: Severity, message: str, fix: str = "") -> Finding:
    """Return one finding."""
    return Finding(code=code, severity=severity, message=message, fix=fix)


def of_clock(
    whose: str, skew_s: float, *, most_s: float = 60, fix: str = "Let both machines follow a time server."
) -> list[Finding]:
    """Say when a clock is too far from ours to compare times; `skew_s` is how far it is ahead."""
    if abs(skew_s) <= most_s:
        return []
    message = f"{whose} clock is {abs(skew_s):.0f} s {'ahead of' if skew_s > 0 else 'behind'} this machine's"
    return [finding("clock_skew", Severity.WARNING, message, fix)]


def of_codes(codes: Iterable[str], words: CodeWords) -> list[Finding]:
    """Say how many products share a code or have none."""
    counted = Counter(codes)
    empty = counted.pop("", 0)
    shared = sorted(code for code, times in counted.items() if times > 1)
    findings: list[Finding] = []
    if shared:
        message = f"{len(shared)} {words.many} stand on several products, such as {', '.join(shared[:NAMED])}"
        findings.append(finding("duplicate_skus", Severity.WARNING, message, words.shared))
    if empty:
        message = f"{empty} products have no {words.one} and cannot be sold through a store"
        findings.append(finding("empty_skus", Severity.WARNING, message, words.empty))
    return findings


def absent(whose: str, topics: Sequence[str]) -> list[Finding]:
    """Say which webhooks nobody has asked for."""
    if not topics:
        return []
    named = ", ".join(topics[:NAMED]) + (f" and {len(topics) - NAMED} more" if len(topics) > NAMED else "")
    message = f"{whose} does not send {named} here: until it does, changes are found by asking, minutes later"
    fix = "Start `isthmus up`, or run `isthmus connect check`: both make what is missing."
    return [finding("subscription_missing", Severity.WARNING, message, fix)]


async def of_services(
    services: Mapping[str, str], look: Callable[[str], Awaitable[object]], fix: Callable[[str], str]
) -> list[Finding]:
    """Say which products are missing that lines without goods are booked on.

    `services` are their codes by what is booked; `look` raises `Misconfigured` where there is none.
    """
    findings: list[Finding] = []
    for name, code in services.items():
        try:
            await look(code)
        except Misconfigured as absent:
            findings.append(finding(f"no_{name}_product", Severity.WARNING, str(absent), fix(code)))
    return findings
