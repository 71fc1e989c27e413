"""Values of a mapping become what a field takes, or are refused in words."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from isthmus.canonical.money import Money
from isthmus.craft import custom
from isthmus.craft.custom import Unfit

EAST = timezone(timedelta(hours=2))
LATE = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
EUROS = Money(Decimal("12.50"), "EUR")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("as it is", "as it is"),
        (True, "true"),
        (7, "7"),
        (Decimal("1E+2"), "100"),
        (EUROS, "12.50"),
        ({"amount": "12.50", "currency": "EUR"}, "12.50"),
        (date(2026, 3, 2), "2026-03-02"),
        (LATE, "2026-03-02T23:30:00+00:00"),
        (["a", 1], "a, 1"),
    ],
)
def test_everything_a_mapping_gives_has_a_text(value: Any, shown: str) -> None:
    assert custom.text(value) == shown


@pytest.mark.parametrize(("value", "truth"), [(True, True), (0, False), ("Yes", True), ("", False), ("false", False)])
def test_a_truth_may_be_written(value: Any, truth: bool) -> None:  # noqa: FBT001
    assert custom.truth(value) is truth


def test_an_amount_is_its_number() -> None:
    kept = {"amount": "12.50", "currency": "JPY"}
    assert custom.exact(EUROS, 2) == custom.exact(kept) == Decimal("12.5")
    assert (custom.decimals_of(EUROS), custom.decimals_of(kept), custom.decimals_of("1", "KWD")) == (2, 0, 3)
    assert custom.decimals_of("1") is None


def test_a_time_is_the_day_it_is_where_the_erp_is() -> None:
    assert custom.day(LATE, EAST) == custom.day("2026-03-02T23:30:00+00:00", EAST) == date(2026, 3, 3)
    assert custom.day(date(2026, 3, 2), EAST) == date(2026, 3, 2)
    assert custom.moment("2026-03-02") == datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_list_of_one_is_that_one() -> None:
    assert custom.single(["a"]) == custom.single("a") == "a"


MANY = [str(n) for n in range(99)]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: custom.text("abcdef", 5), "6 letters and the field keeps 5"),
        (lambda: custom.text({"a": 1}), "type dict"),
        (lambda: custom.truth("maybe"), "neither true nor false"),
        (lambda: custom.exact("Infinity"), "no number"),
        (lambda: custom.exact(EUROS, 0), "more decimals than the 0"),
        (lambda: custom.whole("2.5"), "no whole number"),
        (lambda: custom.single([]), "list of 0"),
        (lambda: custom.day("soon", UTC), "neither a date"),
        (lambda: custom.moment("2026-03-02T09:00:00"), "without a zone"),
        (lambda: custom.choice("x" * 50, MANY), "x" * 40 + "...' is not among"),
        (lambda: custom.choice("x", MANY), "35, ..."),
        (lambda: custom.choice("x", ()), "which are: none"),
    ],
)
def test_what_does_not_fit_is_said(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(Unfit) as refused:
        make()
    assert words in str(refused.value)


def test_options_only_the_erp_knows_are_left_to_it() -> None:
    assert custom.choice("anything", None) == "anything"
