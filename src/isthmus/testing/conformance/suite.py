"""Run the rules on a connector and compute its tier."""

import asyncio
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any

from isthmus.testing.conformance.bench import running
from isthmus.testing.conformance.double import Double
from isthmus.testing.conformance.rule import NotThere, Rule, Tier, registered

#: A rule that takes longer hangs.
LONGEST_S = 180.0


class State(StrEnum):
    """What came of asking one rule."""

    HELD = "held"
    EXEMPT = "exempt"
    BROKEN = "broken"
    NOT_THERE = "not there"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule and what came of it; `why` is empty when it held."""

    rule: Rule
    state: State
    why: str = ""

    @property
    def passed(self) -> bool:
        """Tell whether the rule stands in the way of no tier."""
        return self.state in (State.HELD, State.EXEMPT)


@dataclass(frozen=True, slots=True)
class Examined:
    """A connector after the suite."""

    slug: str
    verdicts: tuple[Verdict, ...]

    @classmethod
    def unknown(cls, slug: str) -> "Examined":
        """Return a connector the suite was told nothing about: no rule holds."""
        why = f"the connector describes no double: tests/conformance/{slug}.py"
        return cls(slug, tuple(Verdict(rule, State.BROKEN, why) for rule in registered()))

    @property
    def tier(self) -> Tier:
        """Return the highest tier whose rules, and those of all tiers below, pass."""
        reached = Tier.NONE
        for tier in (Tier.BRONZE, Tier.SILVER, Tier.GOLD):
            mine = [one for one in self.verdicts if one.rule.tier is tier]
            if not mine or not all(one.passed for one in mine):
                break
            reached = tier
        return reached

    @property
    def failed(self) -> list[str]:
        """Return the ids of the rules that do not pass."""
        return [one.rule.id for one in self.verdicts if not one.passed]


class BadExemption(ValueError):
    """`quality.toml` exempts a rule there is not, or gives no reason."""


def exemptions(package: str) -> Mapping[str, str]:
    """Return the reasons in a connector's `quality.toml`, by rule. Raises `BadExemption`."""
    path = files(package).joinpath("quality.toml")
    exempt: dict[str, Any] = tomllib.loads(path.read_text("utf-8")).get("exempt", {}) if path.is_file() else {}
    known = {rule.id for rule in registered()}
    for name, reason in exempt.items():
        if name not in known:
            message = f"{package}/quality.toml: there is no rule {name!r}"
            raise BadExemption(message)
        if not isinstance(reason, str) or not reason.strip():
            message = f"{package}/quality.toml: {name} is exempt without a reason"
            raise BadExemption(message)
    return exempt


async def ask(rule: Rule, double: Double) -> Verdict:
    """Ask one rule of a connector, on a double of its own."""
    reason = exemptions(double.package).get(rule.id)
    if reason is not None:
        return Verdict(rule, State.EXEMPT, reason)
    try:
        await hold(rule, double)
    except NotThere as missing:
        return Verdict(rule, State.NOT_THERE, str(missing))
    except AssertionError as broken:
        return Verdict(rule, State.BROKEN, str(broken))
    except TimeoutError:
        return Verdict(rule, State.BROKEN, f"not done after {LONGEST_S:.0f} s")
    except Exception as bug:  # noqa: BLE001 - whatever escapes a connector breaks the rule, not the suite
        return Verdict(rule, State.BROKEN, f"{type(bug).__name__}: {bug}")
    return Verdict(rule, State.HELD)


async def hold(rule: Rule, double: Double) -> None:
    """Ask one rule and let what it raises pass; for tests. Exemptions are the caller's affair."""
    async with asyncio.timeout(LONGEST_S), running(double) as bench:
        await rule.check(bench)


async def examine(double: Double, rules: Iterable[Rule] | None = None) -> Examined:
    """Ask every rule, one after the other."""
    chosen: Sequence[Rule] = tuple(rules if rules is not None else registered())
    verdicts = [await ask(rule, double) for rule in chosen]
    return Examined(double.connector.manifest.slug, (*verdicts, *_by_simulator(verdicts, chosen)))


def _by_simulator(verdicts: Sequence[Verdict], chosen: Sequence[Rule]) -> list[Verdict]:
    """Answer the one rule that is about all others: the double takes the same suite."""
    own = [rule for rule in registered() if rule.tier is not Tier.GOLD]
    if not {rule.id for rule in own} <= {rule.id for rule in chosen}:
        return []
    broken = [one.rule.id for one in verdicts if one.rule.tier is not Tier.GOLD and not one.passed]
    why = f"with its double, these do not hold: {', '.join(broken)}" if broken else ""
    return [Verdict(SIMULATOR, State.BROKEN if broken else State.HELD, why)]


async def _whole_suite(_bench: object) -> None:
    """Never asked by itself; see `_by_simulator`."""


SIMULATOR = Rule(
    "simulator_conforms", Tier.GOLD, "The simulator carries the connector through the whole suite.", _whole_suite
)
