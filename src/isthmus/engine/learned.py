"""What one process knows of the answers to one operation: learned, compared, and not written yet."""

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from isthmus.policies.drift import IN_A_ROW, Difference, differences, gone, presence
from isthmus.policies.shape import Node, absorb, fingerprint, only_open, without_open
from isthmus.store.statement import Row

#: So many answers are the baseline, or those of a day where there were a few.
BASELINE, FEW = 20, 3
DAY = 86_400_000_000
HOUR = 3_600_000_000
#: What tells one difference of an operation from another: what it is, where, and what is there now.
Key = tuple[str, str, str]
#: Answers held back while a field may be gone; older ones are given up.
HELD = 2 * IN_A_ROW
#: Written when something new is known, or this part more answers were read than are on disk, or after an hour.
MORE = 0.25


class Kept(msgspec.Struct):
    """What is on disk: the shape, and how many of the last answers in a row lacked which field."""

    root: Node
    lacking: dict[str, int] = {}


_DECODER = msgspec.json.Decoder(Kept)


@dataclass(slots=True)
class _Leaving:
    """What is on its way to the disk, how many answers that is, and what of it must stay here."""

    ours: Node = field(default_factory=Node)
    more: int = 0
    stays: Node = field(default_factory=Node)


@dataclass(slots=True)
class Learned:
    """The answers to one operation, as one process knows them."""

    since: int
    seen_at: int
    version: int = 0
    answers: int = 0
    known: Node = field(default_factory=Node)
    lacks: dict[str, int] = field(default_factory=dict[str, int])
    _written: int = 0  # answers on disk
    _written_at: int = 0
    _digest: str = ""  # of what is on disk
    _touched: bool = False
    _ours: Node = field(default_factory=Node)  # the part of `known` that is not on disk
    _more: int = 0  # answers in it
    _leaving: _Leaving = field(default_factory=_Leaving)
    _held: deque[Node] = field(default_factory=lambda: deque(maxlen=HELD))

    def take(self, seen: Node, now: int, accepted: Collection[Key]) -> list[Difference]:
        """Learn from an answer, or return what is different about it; what a person has accepted is learned."""
        self.seen_at, self._touched = max(self.seen_at, now), True
        if not self.is_baseline(now):
            self._learn(seen)
            return []
        found = [
            each for each in differences(self.known, seen, aged=now - self.since >= DAY) if key_of(each) not in accepted
        ]
        there = presence(self.known, seen)
        lacks = {path for path, is_there in there.items() if not is_there and key_of(gone(path)) not in accepted}
        missing = self._missing(there, lacks)
        if any(each.drift.breaking for each in found):
            return found + missing
        if missing:
            self._held.clear()
        elif lacks:
            self._held.append(seen)
        else:
            if not self.lacks:  # it was there again, so it may be absent
                for each in self._held:
                    self._learn(each)
                self._held.clear()
            self._learn(seen)
        return found + missing

    def is_baseline(self, now: int) -> bool:
        """Tell whether enough answers were read to compare others with them."""
        return self.answers >= BASELINE or (self.answers >= FEW and now - self.since >= DAY)

    def is_due(self, now: int) -> bool:
        """Tell whether this is worth writing: what nobody would miss is not."""
        if not self._touched:
            return False
        if not self.version or now - self._written_at >= HOUR or self.answers > self._written * (1 + MORE):
            return True
        return self._digest != self.digest()

    def digest(self) -> str:
        """Return a digest of what is known now."""
        return f"{fingerprint(self.known)}{sorted(self.lacks.items()) or ''}"

    # --- On disk ------------------------------------------------------------------------------------------------------

    def to_write(self, now: int) -> Mapping[str, Any]:
        """Return what is written: no text that may still be about people. `written` or `not_written` follows."""
        self._digest, self._touched = self.digest(), False
        self._leaving = _Leaving(self._ours, self._more, only_open(self.known))
        self._ours, self._more = Node(), 0
        self._written, self._written_at = self.answers, now
        return {
            "version": self.version,
            "answers": self.answers,
            "since": self.since,
            "seen_at": self.seen_at,
            "fingerprint": fingerprint(self.known),
            "shape": msgspec.json.encode(Kept(without_open(self.known), self.lacks)).decode(),
        }

    def written(self, version: int) -> None:
        """Take note that it is on disk, all but the texts that must not be there yet."""
        self.version, self._ours = version, absorb(self._leaving.stays, self._ours)
        self._leaving = _Leaving()

    def not_written(self) -> None:
        """Take back what was on its way: another process was first, or the store does not answer."""
        self._ours, self._more = absorb(self._leaving.ours, self._ours), self._leaving.more + self._more
        self._leaving, self._digest, self._touched = _Leaving(), "", True

    def read(self, row: Row) -> None:
        """Take over what is on disk, and keep what is ours on top."""
        kept = _DECODER.decode(row["shape"])
        self.known = absorb(kept.root, self._ours)
        self.version, self._written, self._written_at = row["version"], row["answers"], row["seen_at"]
        self.answers = row["answers"] + self._more
        self.since, self.seen_at = min(self.since, row["since"]), max(self.seen_at, row["seen_at"])
        for path, number in kept.lacking.items():
            self.lacks[path] = max(number, self.lacks.get(path, 0))
        self._digest = self.digest()

    def _learn(self, seen: Node) -> None:
        absorb(self.known, seen)
        absorb(self._ours, seen)
        self.answers += 1
        self._more += 1

    def _missing(self, there: Mapping[str, bool], lacks: set[str]) -> list[Difference]:
        """Count the fields that are not there; return those that were not in several answers in a row."""
        counted = {path: number for path, number in self.lacks.items() if path in lacks or path not in there}
        for path in lacks:
            counted[path] = counted.get(path, 0) + 1
        self.lacks = counted
        return [gone(path) for path in sorted(lacks) if counted[path] >= IN_A_ROW]


def key_of(each: Difference) -> Key:
    """Return what tells a difference from the others of its operation."""
    return str(each.drift), each.path, each.after
