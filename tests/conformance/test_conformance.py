"""Every installed connector keeps the promises of bronze and silver."""

from pathlib import Path

import pytest

from isthmus.bootstrap.connectors import installed
from isthmus.testing.conformance import RULES, Rule, Tier, doubles, exemptions, hold

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
#: Measured by `make quality`, over all tests of a connector.
ELSEWHERE = frozenset({"branch_coverage"})
ASKED = [rule for rule in RULES if rule.tier is not Tier.GOLD and rule.id not in ELSEWHERE]


@pytest.mark.parametrize("slug", installed())
@pytest.mark.parametrize("rule", ASKED, ids=str)
async def test_holds(slug: str, rule: Rule) -> None:
    double = doubles(slug, ROOT)
    assert double is not None, f"{slug} tells the suite nothing: write tests/conformance/{slug}.py"
    reason = exemptions(double.package).get(rule.id)
    if reason is not None:
        pytest.skip(f"exempt: {reason}")
    await hold(rule, double)
