"""The conformance suite: what every connector promises, checked against a running double of its system.

A connector describes its double once (`double.Double`); the suite does the rest:

    from isthmus.testing.conformance import RULES, hold

    @pytest.mark.parametrize("rule", RULES, ids=str)
    async def test_holds(rule):
        await hold(rule, DOUBLE)

The rules stand in the modules beside this one, each a coroutine over a `Bench`, its docstring the promise.
docs/explanation/quality-tiers.md lists them by tier.
"""

from isthmus.testing.conformance import (
    complete,
    exact,
    failing,
    golden,
    listing,
    measured,
    pacing,
    paging,
    passing,
    probing,
    said,
    secrecy,
    told,
    writing,
)
from isthmus.testing.conformance.bench import Bench
from isthmus.testing.conformance.double import Double, Reading, Told, Writing
from isthmus.testing.conformance.find import doubles
from isthmus.testing.conformance.rule import Broken, NotThere, Rule, Tier, registered
from isthmus.testing.conformance.suite import Examined, State, Verdict, ask, examine, exemptions, hold

#: Imported so that their rules are registered.
_GROUPS = (
    said,
    probing,
    secrecy,
    exact,
    golden,
    failing,
    paging,
    writing,
    pacing,
    told,
    passing,
    measured,
    listing,
    complete,
)
RULES = registered()

__all__ = [
    "RULES", "Bench", "Broken", "Double", "Examined", "NotThere", "Reading", "Rule", "State", "Tier", "Told",
    "Verdict", "Writing", "ask", "doubles", "examine", "exemptions", "hold",
]  # fmt: skip
