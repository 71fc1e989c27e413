"""What a question lacks: the words of one code table that have no row yet, kept with the job that asks.

Kept where a job that sleeps keeps what it waits for, so that everything that lacks the same word is found at once.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

_MARK = "rows:"
#: An index of PostgreSQL takes 2,700 bytes of a value; what does not fit is asked about after the rest is answered.
LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Lack:
    """The words of `table` that a job stopped at."""

    table: str
    words: tuple[str, ...]


def lack_text(table: str, words: Sequence[str]) -> str | None:
    """Return what a parked job keeps, with as many words as fit; None where not one does, or a word is empty."""
    kept = [word for word in words if word]
    while kept:
        text = _MARK + json.dumps([table, *kept], ensure_ascii=False, separators=(",", ":"))
        if len(text.encode()) <= LONGEST:
            return text
        kept.pop()
    return None


def lack_of(text: str | None) -> Lack | None:
    """Return what a parked job lacks, None where it asks for something else."""
    if text is None or not text.startswith(_MARK):
        return None
    table, *words = cast("list[str]", json.loads(text.removeprefix(_MARK)))
    return Lack(table, tuple(words))
