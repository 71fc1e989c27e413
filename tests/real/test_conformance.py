"""The conformance suite over a real Tryton: what it promises about writing, failing, signing in and reading on."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from isthmus.testing.conformance import RULES, Double, Rule, exemptions, hold
from tests.real.tryton import fresh_company, not_given, reached
from tests.real.tryton_double import double

#: Asked first, and all that CI has the time for.
CORE = frozenset(
    {
        "probe_works",
        "probe_refused",
        "probe_unreachable",
        "ping_told_apart",
        "time_aware",
        "unknown_fields_safe",
        "same_key_once",
        "unknown_key_not_found",
        "bad_record_alone",
        "token_expiry",
    }
)
#: Those that need as many records as make pages, or a server that makes a record unreadable, are the simulator's; so is
#: the one that signs in with a wrong password a dozen times, after each of which a real server waits longer.
ASKED = CORE | {
    "write_failures_sorted",
    "reading_recovers",
    "expiry_sorted",
    "throttling_sorted",
    "lost_answers_found",
    "token_refresh",
}
#: These write dozens of whole orders, each of which Tryton takes most of a second for: asked a step at a time.
BY_STEP = frozenset({"lost_answers_found"})
pytestmark = [pytest.mark.real, pytest.mark.skipif(bool(not_given()), reason=not_given())]


def cases() -> Iterator[object]:
    """Yield each rule, or each step of one that takes long."""
    for rule in RULES:
        marks = () if rule.id in CORE else (pytest.mark.slow,)
        if rule.id in BY_STEP:
            for kind, operations in steps().items():
                for operation in operations:
                    yield pytest.param(rule, (kind, operation), id=f"{rule}-{operation}", marks=marks)
        elif rule.id in ASKED:
            yield pytest.param(rule, None, id=str(rule), marks=marks)


def steps() -> dict[str, tuple[str, ...]]:
    return {kind: writing.operations for kind, writing in double("", "", "").writes.items()}


def only(made: Double, step: tuple[str, str]) -> Double:
    """Return the double with one kind to write, by one operation."""
    kind, operation = step
    return replace(made, writes={kind: replace(made.writes[kind], operations=(operation,))})


@pytest.fixture(scope="module")
def company() -> Iterator[str]:
    """A company of its own: the suite shuts our user out, which nobody else is to notice."""
    real = reached()
    with fresh_company(real.url, real.admin_url, real.template) as database:
        yield database


@pytest.mark.parametrize(("rule", "step"), list(cases()))
async def test_holds_on_a_real_one(company: str, rule: Rule, step: tuple[str, str] | None) -> None:
    real = reached()
    made = double(real.url, real.admin_url, company)
    assert rule.id not in exemptions(made.package)
    await hold(rule, made if step is None else only(made, step))


def test_every_rule_named_here_is_one() -> None:
    assert {rule.id for rule in RULES} >= ASKED
