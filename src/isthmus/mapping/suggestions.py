"""What a word of one system may be in the other, with the reason in words. Nothing is taken over unasked. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

#: More would be a list to read instead of an answer.
MOST = 3
#: A shorter word is one letter away from too many others.
SHORTEST = 4


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A counterpart and why; `sure` where nothing else can be meant, so that it may be taken over unlooked at."""

    other: str
    because: str
    sure: bool = False


@dataclass(slots=True)
class Names:
    """Names of one side, found by a name that is nearly the same."""

    _all: set[str] = field(default_factory=set[str])
    _folded: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list[str]))
    _bare: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list[str]))
    _letters: set[str] = field(default_factory=set[str])

    def add(self, names: Iterable[str]) -> "Names":
        """Take further names in."""
        for name in names:
            if not name or name in self._all:
                continue
            self._all.add(name)
            self._folded[_folded(name)].append(name)
            self._bare[_bare(name)].append(name)
            self._letters.update(_folded(name))
        return self

    def __contains__(self, name: object) -> bool:
        """Tell whether there is exactly this name."""
        return name in self._all

    def near(self, word: str, what: str) -> Iterator[tuple[str, str, bool]]:
        """Yield names near a word, the nearest first, why, and whether it is certain; `what` is what they are."""
        folded = self._folded.get(_folded(word), [])
        yield from ((name, f"same {what} in other case or spaces", len(folded) == 1) for name in folded if name != word)
        bare = self._bare.get(_bare(word), []) if _bare(word) else []
        yield from ((name, f"same {what} but for spaces and signs", False) for name in bare if name not in folded)
        if len(word) >= SHORTEST:
            found = sorted({name for each in self._one_away(_folded(word)) for name in self._folded.get(each, ())})
            yield from ((name, f"nearest {what} (distance 1)", False) for name in found if name not in bare)

    def _one_away(self, word: str) -> Iterator[str]:
        """Yield every text that is one letter away: added, left out, another one, or two that changed places."""
        for at in range(len(word) + 1):
            yield from (word[:at] + letter + word[at:] for letter in self._letters)
        for at in range(len(word)):
            yield word[:at] + word[at + 1 :]
            yield from (word[:at] + letter + word[at + 1 :] for letter in self._letters)
        for at, (one, two) in enumerate(pairwise(word)):
            yield word[:at] + two + one + word[at + 2 :]


def best(found: Iterable[Suggestion], word_itself: str = "") -> Sequence[Suggestion]:
    """Return the first few of them, each counterpart once; what is certain only where nothing else is."""
    once: dict[str, Suggestion] = {}
    for each in found:
        if each.other and each.other != word_itself:
            once.setdefault(each.other, each)
    sure = [each for each in once.values() if each.sure]
    if len(sure) > 1:  # two that are certain contradict each other
        return [Suggestion(each.other, each.because) for each in once.values()][:MOST]
    return (sure + [each for each in once.values() if not each.sure])[:MOST]


def _folded(word: str) -> str:
    return " ".join(word.casefold().split())


def _bare(word: str) -> str:
    return "".join(letter for letter in word.casefold() if letter.isalnum())
