"""Every trouble has one consequence, written down here, and no new one slips in undecided."""

from datetime import timedelta

import pytest

from isthmus.engine import backoff
from isthmus.engine.disposition import RETRY, Circumstances, dispose
from isthmus.engine.lacking import Lack, lack_of
from isthmus.engine.outcome import Parked, Snoozed
from isthmus.mapping.tables import KNOWN, Tables
from isthmus.ports import errors
from isthmus.ports.errors import Trouble
from isthmus.testing.builders import PLACED_AT as NOW
from isthmus.testing.builders import money

SETTLE = timedelta(seconds=10)
LATER = NOW + timedelta(minutes=7)

EXAMPLES: dict[type[Trouble], Trouble] = {
    each: each("no")
    for each in (
        errors.Trouble,
        errors.Transient,
        errors.Unreachable,
        errors.Contended,
        errors.LeaseLost,
        errors.NeedsOperator,
        errors.AuthExpired,
        errors.Misconfigured,
        errors.Rejected,
        errors.NotFound,
        errors.Gone,
        errors.Defect,
        errors.ContractBroken,
    )
} | {
    errors.Throttled: errors.Throttled("slow down", retry_at=LATER),
    errors.InDoubt: errors.InDoubt("no answer", key="shop:1"),
    errors.Held: errors.Held("paused", connection="erp", until=LATER),
    errors.Forbidden: errors.Forbidden("no", missing="write_orders"),
    errors.Unmapped: errors.Unmapped("tax", "VAT 20"),
    errors.Invalid: errors.Invalid("no", fields={"email": "is too long"}),
    errors.Duplicate: errors.Duplicate("twice", external_ids=["1", "2"]),
    errors.TotalsDiffer: errors.TotalsDiffer("no", ours=money(1), theirs=money(2)),
    errors.WireDrift: errors.WireDrift("no", path="$.a"),
}
#: snoozes without spending, snoozes and spends, or parks; and whether it parks once the horizon has passed
DECIDED: dict[str, tuple[str, bool]] = {
    "throttled": ("waits", False),
    "auth_expired": ("waits", False),
    "held": ("waits", False),
    "lease_lost": ("waits", False),
    "transient": ("spends", True),
    "unreachable": ("spends", True),
    "contended": ("spends", True),
    "in_doubt": ("spends", True),
    "trouble": ("parks", False),
    "needs_operator": ("parks", False),
    "forbidden": ("parks", False),
    "misconfigured": ("parks", False),
    "unmapped": ("parks", False),
    "rejected": ("parks", False),
    "invalid": ("parks", False),
    "not_found": ("parks", False),
    "gone": ("parks", False),
    "duplicate": ("parks", False),
    "totals_differ": ("parks", False),
    "defect": ("parks", False),
    "wire_drift": ("parks", False),
    "contract_broken": ("parks", False),
}


def every(kind: type[Trouble] = Trouble) -> list[type[Trouble]]:
    return [
        kind,
        *(below for each in kind.__subclasses__() for below in every(each) if below.__module__ == kind.__module__),
    ]


ALL = every()


def at(*, attempts: int = 0, days: float | None = None) -> Circumstances:
    since = None if days is None else NOW - timedelta(days=days)
    return Circumstances(flow="orders", now=NOW, attempts=attempts, first_failed_at=since, settle=SETTLE)


def test_every_trouble_there_is_has_been_decided() -> None:
    assert {each.code for each in ALL} == set(DECIDED)
    assert set(ALL) == set(EXAMPLES)
    assert len({each.code for each in ALL}) == len(ALL)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.code)
def test_what_follows_from_each(kind: type[Trouble]) -> None:
    what, horizon = DECIDED[kind.code]
    outcome = dispose(EXAMPLES[kind], at())
    if what == "parks":
        assert isinstance(outcome, Parked)
        assert outcome.code == kind.code
        assert RETRY in outcome.answers
        assert outcome.because
    else:
        assert isinstance(outcome, Snoozed)
        assert (outcome.code, outcome.spends) == (kind.code, what == "spends")
        assert outcome.until > NOW
    after = dispose(EXAMPLES[kind], at(attempts=99, days=3.1))
    assert (isinstance(after, Parked) and after.code == "exhausted") is horizon


@pytest.mark.parametrize("kind", [kind for kind in ALL if DECIDED[kind.code][1]], ids=lambda kind: kind.code)
def test_a_weekend_without_the_erp_parks_nothing(kind: type[Trouble]) -> None:
    assert isinstance(dispose(EXAMPLES[kind], at(attempts=200, days=2.9)), Snoozed)


def test_the_other_sides_word_on_when_to_come_back_is_kept() -> None:
    outcome = dispose(EXAMPLES[errors.Throttled], at())
    assert isinstance(outcome, Snoozed)
    assert outcome.until == LATER


def test_doubt_is_looked_into_after_the_settle_time() -> None:
    outcome = dispose(EXAMPLES[errors.InDoubt], at())
    assert isinstance(outcome, Snoozed)
    assert outcome.until == NOW + SETTLE


def test_what_was_tried_for_days_says_since_when() -> None:
    outcome = dispose(EXAMPLES[errors.Unreachable], at(days=3.5))
    assert "Tried since 2026-02-26 without success: no" in outcome.because


def test_refused_fields_are_named() -> None:
    assert dispose(EXAMPLES[errors.Invalid], at()).because == "no (email: is too long)"


@pytest.mark.parametrize("table", sorted(KNOWN))
def test_a_missing_row_is_shown_as_it_is_to_be_written(table: str) -> None:
    outcome = dispose(errors.Unmapped(table, "VAT 20"), at())
    assert isinstance(outcome, Parked)
    assert f"isthmus tables set {table} 'VAT 20' OTHER" in outcome.answers[0]
    assert lack_of(outcome.waits_for) == Lack(table, ("VAT 20",))


def test_a_word_of_a_table_that_the_mapping_looked_into_may_get_a_row() -> None:
    with pytest.raises(errors.Unmapped) as missing:
        Tables({"region": {}}).must("region", "-BY")
    outcome = dispose(missing.value, at())
    assert isinstance(outcome, Parked)
    assert "isthmus tables set -- region -BY OTHER" in outcome.answers[0]
    assert lack_of(outcome.waits_for) == Lack("region", ("-BY",))


def test_no_row_is_asked_for_in_a_table_that_does_not_exist() -> None:
    outcome = dispose(errors.Unmapped("price_list", "JPY"), at())
    assert isinstance(outcome, Parked)
    assert not any("tables set" in answer for answer in outcome.answers)
    assert outcome.waits_for is None
    assert "'JPY'" in outcome.answers[0]


def test_a_missing_permission_is_named() -> None:
    outcome = dispose(EXAMPLES[errors.Forbidden], at())
    assert isinstance(outcome, Parked)
    assert outcome.answers[0].startswith("Grant write_orders")


def test_waits_grow_are_spread_and_stay_under_half_an_hour() -> None:
    for attempts in range(1, 40):
        waits = {backoff.wait(attempts).total_seconds() for _ in range(50)}
        middle = min(1800.0, 2.0**attempts)
        assert all(0.8 * middle <= each <= 1.2 * middle for each in waits)
        assert len(waits) > 1


def test_an_absurd_count_of_attempts_is_still_a_wait() -> None:
    assert backoff.wait(10**9).total_seconds() <= 2160


def test_the_horizon_is_counted_from_the_first_failure() -> None:
    assert not backoff.exhausted(None, NOW)
    assert not backoff.exhausted(NOW - backoff.HORIZON, NOW)
    assert backoff.exhausted(NOW - backoff.HORIZON - timedelta(seconds=1), NOW)
    assert timedelta(hours=27.6) <= backoff.HORIZON  # the longest planned outage that was found
