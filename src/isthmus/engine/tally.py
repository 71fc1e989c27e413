"""Counts and sums of one reconciliation, both sides apart."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from isthmus.engine.proof import Entry, Judgement, Pair, Verdict


class Sums(msgspec.Struct, kw_only=True):
    """One side: how many records, and what they come to, by currency or place; amounts are exact text."""

    count: int = 0
    sums: dict[str, str] = msgspec.field(default_factory=dict[str, str])

    def add(self, entries: Sequence[Entry]) -> None:
        """Count some records in."""
        for entry in entries:
            self.count += 1
            if entry.amount is not None:
                self.sums[entry.unit] = f"{Decimal(self.sums.get(entry.unit, '0')) + entry.amount:f}"


class Tally(msgspec.Struct, kw_only=True):
    """What a run has counted."""

    here: Sums = msgspec.field(default_factory=Sums)
    there: Sums = msgspec.field(default_factory=Sums)
    matched: int = 0
    explained: int = 0
    open: int = 0
    mended: int = 0
    findings: dict[str, int] = msgspec.field(default_factory=dict[str, int])  # open ones, by finding
    reasons: dict[str, int] = msgspec.field(default_factory=dict[str, int])  # explained ones, by code

    def add(self, pairs: Sequence[Pair], judgements: Sequence[Judgement]) -> None:
        """Count some pairs and what was said of them."""
        for pair in pairs:
            self.here.add(pair.here)
            self.there.add(pair.there)
        for each in judgements:
            self.judged(each)

    def judged(self, each: Judgement) -> None:
        """Count one judgement."""
        match each.verdict:
            case Verdict.MATCHED:
                self.matched += 1
            case Verdict.EXPLAINED:
                self.explained += 1
                self.reasons[each.code] = self.reasons.get(each.code, 0) + 1
            case Verdict.OPEN:
                self.open += 1
                name = str(each.finding)
                self.findings[name] = self.findings.get(name, 0) + 1
            case Verdict.COUNTED:
                pass
        self.mended += bool(each.mend)


def tally_of(text: str) -> Tally:
    """Read a tally back."""
    return msgspec.json.decode(text, type=Tally)


def tally_text(tally: Tally) -> str:
    """Return a tally as the store keeps it."""
    return msgspec.json.encode(tally).decode()
