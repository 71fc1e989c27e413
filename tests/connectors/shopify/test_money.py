"""Shares after an edit make the stated sum to the smallest unit, or are left alone."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.canonical.money import Money
from isthmus.connectors.shopify.money import settled, share


def usd(amount: str) -> Money:
    return Money.parse(amount, "USD")


@pytest.mark.parametrize(
    ("shares", "stated", "expected"),
    [
        pytest.param(["0.83", "0.83"], "1.66", ["0.83", "0.83"], id="exact"),
        pytest.param(["0.83", "0.85"], "1.67", ["0.83", "0.84"], id="one-too-many-off-the-largest"),
        pytest.param(["0.83", "0.83"], "1.68", ["0.84", "0.84"], id="one-short-each"),
        pytest.param(["0.83", "0.83"], "1.69", ["0.83", "0.83"], id="more-than-rounding"),
        pytest.param([], "1.00", [], id="nothing-to-settle"),
    ],
)
def test_settling(shares: list[str], stated: str, expected: list[str]) -> None:
    found = settled([usd(amount) for amount in shares], usd("0"), usd(stated))
    assert [str(amount) for amount in found] == [f"{amount} USD" for amount in expected]


@given(
    amounts=st.lists(st.integers(0, 10_000).map(lambda cents: Decimal(cents) / 100), min_size=1, max_size=8),
    left=st.integers(0, 9),
    currency=st.sampled_from(["USD", "JPY", "KWD"]),
)
def test_shares_meet_the_sum_the_shop_rounded_itself(amounts: list[Decimal], left: int, currency: str) -> None:
    wholes = [Money(amount, currency).rounded() for amount in amounts]
    shares = [share(whole, Decimal(left), Decimal(9)) for whole in wholes]
    stated = share(Money.total(wholes, currency), Decimal(left), Decimal(9))
    assert Money.total(settled(shares, Money.zero(currency), stated), currency) == stated


def test_a_share_of_everything_is_what_was_stated() -> None:
    assert share(Money.parse("1.005", "USD"), Decimal(3), Decimal(3)) == Money.parse("1.005", "USD")
    assert share(usd("1.00"), Decimal(0), Decimal(0)) == usd("1.00")
