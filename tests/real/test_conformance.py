"""The conformance suite over a real Tryton: what it promises about writing, failing, signing in and reading on."""

import os

import pytest

from isthmus.testing.conformance import RULES, Rule, exemptions, hold
from tests.real.tryton_double import double

NAMES = ("ISTHMUS_TEST_TRYTON_URL", "ISTHMUS_TEST_TRYTON_POSTGRES", "ISTHMUS_TEST_TRYTON_DATABASE")
GIVEN = [os.environ.get(name, "") for name in NAMES]
#: Those that need as many records as make pages, or a server that makes a record unreadable, are the simulator's; so is
#: the one that signs in with a wrong password a dozen times, after each of which a real server waits longer.
ASKED = frozenset(
    {
        "probe_works",
        "probe_refused",
        "probe_unreachable",
        "ping_told_apart",
        "time_aware",
        "write_failures_sorted",
        "reading_recovers",
        "expiry_sorted",
        "throttling_sorted",
        "unknown_fields_safe",
        "same_key_once",
        "unknown_key_not_found",
        "lost_answers_found",
        "bad_record_alone",
        "token_refresh",
        "token_expiry",
    }
)
pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(not all(GIVEN), reason="no real Tryton given: `make test-real` starts one"),
]


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.id in ASKED], ids=str)
async def test_holds_on_a_real_one(rule: Rule) -> None:
    made = double(*GIVEN)
    assert rule.id not in exemptions(made.package)
    await hold(rule, made)


def test_every_rule_named_here_is_one() -> None:
    assert {rule.id for rule in RULES} >= ASKED
