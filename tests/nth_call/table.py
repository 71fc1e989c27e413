"""The page that shows what came of each failure of each call."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.nth_call.cases import Verdict
from tests.nth_call.journeys import JOURNEYS
from tests.nth_call.spoils import MEANINGS, SPOILS
from tests.nth_call.wire import Called

HEAD = """\
# The n-th call fails

Each journey below was run once without failures to learn which calls it makes, with fresh sessions that know nothing of
either system. Then it was run again for **every call and every way a call can go wrong**: that one call failed once,
everything went on by itself under a hand-driven clock, and the two simulated systems were asked what they hold. A cell
says what came of it:

- `.`: both sides agreed again by themselves.
- a letter: a person was asked, for the reason listed below the table; after *Retry* both sides agreed.
- `-`: the record of that case needed no such call (each case has an order of its own), so nothing failed.

In no case was anything lost, doubled or wrong, and no case is unknown: the command fails otherwise. It is
`make nth-call`, which writes this page. A part of the cases is in the test suite.
"""


@dataclass(slots=True)
class Results:
    """What came of every case, in the order they were run."""

    verdicts: dict[tuple[int, str, Called, str], Verdict] = field(
        default_factory=dict[tuple[int, str, Called, str], Verdict]
    )
    wrong: list[str] = field(default_factory=list[str])
    seconds: float = 0.0

    @property
    def cells(self) -> int:
        """Return how many cases there were."""
        return len(self.verdicts)

    def add(self, version: int, journey: str, call: Called, spoil: str, verdict: Verdict) -> None:
        """Keep a verdict."""
        self.verdicts[version, journey, call, spoil] = verdict


def page(results: Results) -> str:
    """Return the page."""
    spoils = [name for name in SPOILS if any(key[3] == name for key in results.verdicts)]
    asked = sum(bool(each.asked) for each in results.verdicts.values())
    parts = [HEAD, *_legend(spoils), "", f"{results.cells} cases, {asked} of them asked a person.", ""]
    for version in dict.fromkeys(key[0] for key in results.verdicts):
        protocol = "JSON-2" if version >= 19 else "JSON-RPC"
        for name in dict.fromkeys(key[1] for key in results.verdicts if key[0] == version):
            parts += [f"## {JOURNEYS[name].words} (Odoo {version}, {protocol})", ""]
            parts += [*_table(results, version, name, spoils), ""]
    return "\n".join(parts)


def read(text: str) -> Results:
    """Return what a page says, so that what went wrong can be run again without all the rest."""
    results = Results()
    for part in text.split("\n## ")[1:]:
        title = re.match(r"(.*) \(Odoo (\d+), ", part)
        if title is None:
            continue
        name = next(each for each, journey in JOURNEYS.items() if journey.words == title[1])
        letters = {
            each[1]: tuple(re.findall(r"`([^`]+)`", each[2])) for each in re.finditer(r"\*\*(.)\*\*: (.*)", part)
        }
        head = re.search(r"\| n \| call \| (.*) \|", part)
        spoils = head[1].split(" | ") if head else []
        for row in re.finditer(r"\| \d+ \| (\w+) `([^`]+)`(?: \((\d+)\))? \| (.+) \|", part):
            call = Called(row[1], row[2], int(row[3] or 1))
            for spoil, cell in zip(spoils, row[4].split(" | "), strict=True):
                wrong = (cell,) if cell == "WRONG" else ()
                verdict = Verdict(cell != "-", letters.get(cell, ()), wrong)
                results.add(int(title[2]), name, call, spoil, verdict)
    return results


def _legend(spoils: Sequence[str]) -> Iterator[str]:
    yield "## The ways a call goes wrong"
    yield ""
    for name in spoils:
        if name in MEANINGS:
            yield f"- **{name}**: {MEANINGS[name]}"


def _table(results: Results, version: int, name: str, spoils: Sequence[str]) -> Iterator[str]:
    letters: dict[str, str] = {}
    yield f"| n | call | {' | '.join(spoils)} |"
    yield f"|---|---|{'---|' * len(spoils)}"
    calls = dict.fromkeys(key[2] for key in results.verdicts if key[:2] == (version, name))
    for number, call in enumerate(calls, start=1):
        cells = [_cell(results.verdicts[version, name, call, spoil], letters) for spoil in spoils]
        again = f" ({call.time})" if call.time > 1 else ""
        yield f"| {number} | {call.side} `{call.operation}`{again} | {' | '.join(cells)} |"
    for reason, letter in letters.items():
        yield ""
        yield f"**{letter}**: {reason}"


def _cell(verdict: Verdict, letters: dict[str, str]) -> str:
    if not verdict.asked or verdict.wrong:
        return verdict.cell
    reason = ", ".join(f"`{code}`" for code in verdict.asked)
    return letters.setdefault(reason, chr(ord("a") + len(letters)))
