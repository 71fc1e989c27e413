"""A rule of the suite: an id, a tier, a promise in words, and a check."""

import functools
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum

from isthmus.testing.conformance.bench import Bench

Check = Callable[[Bench], Awaitable[None]]


class Tier(IntEnum):
    """How far a connector has come; each includes the ones before."""

    NONE = 0
    BRONZE = 1
    SILVER = 2
    GOLD = 3

    def __str__(self) -> str:
        """Return the tier as it is written."""
        return self.name.lower()


class Broken(AssertionError):
    """A rule does not hold; the message says what was expected and what was seen."""


class NotThere(AssertionError):
    """What a rule asks for has not been built yet, here or in Isthmus itself."""

    def __init__(self, what: str) -> None:
        """Say what is missing."""
        super().__init__(f"not there yet: {what}")


@dataclass(frozen=True, slots=True)
class Rule:
    """One promise of a connector."""

    id: str
    tier: Tier
    promise: str
    check: Check

    def __str__(self) -> str:
        """Return the id."""
        return self.id


_RULES: dict[str, Rule] = {}


def rule(tier: Tier) -> Callable[[Check], Check]:
    """Make a check a rule: its name is the id, the first line of its docstring the promise."""

    def keep(check: Check) -> Check:
        name = getattr(check, "__name__", "")
        promise = (check.__doc__ or "").strip().partition("\n")[0]
        _RULES[name] = Rule(name, tier, promise, check)
        return check

    return keep


def registered() -> tuple[Rule, ...]:
    """Return every rule, tier by tier, in the order of the files."""
    return tuple(sorted(_RULES.values(), key=lambda each: each.tier))


def expect(truth: object, message: str) -> None:
    """Raise `Broken` with `message` unless `truth`."""
    if not truth:
        raise Broken(message)


def expect_same(seen: Iterable[str], wanted: Iterable[str], where: str) -> None:
    """Raise `Broken` naming what is missing and what is too much."""
    got, due = set(seen), set(wanted)
    missing, surplus = sorted(due - got), sorted(got - due)
    if missing or surplus:
        message = f"{where}: missing {shorter(missing)}, not expected {shorter(surplus)}"
        raise Broken(message)


def shorter(names: Iterable[str], most: int = 5) -> str:
    """Return some names, and how many more there are."""
    listed = list(names)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return (", ".join(listed[:most]) or "nothing") + more


def in_all(check: Callable[[Bench, str], Awaitable[None]], kinds: Callable[[Bench], Iterable[str]]) -> Check:
    """Return a check that holds for each kind; the message names the kind."""

    @functools.wraps(check)
    async def each(bench: Bench) -> None:
        for kind in kinds(bench):
            try:
                await check(bench, kind)
            except Broken as broken:
                message = f"{kind}: {broken}"
                raise Broken(message) from broken

    return each


def readable(check: Callable[[Bench, str], Awaitable[None]]) -> Check:
    """Ask a check of every kind the double describes for reading."""
    return in_all(check, lambda bench: bench.double.reads)


def writable(check: Callable[[Bench, str], Awaitable[None]]) -> Check:
    """Ask a check of every kind the double describes for writing."""
    return in_all(check, lambda bench: bench.double.writes)
