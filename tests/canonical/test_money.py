"""Money is exact, in every currency's own smallest unit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.canonical.money import Money, exponent, smallest_unit
from isthmus.testing.builders import money

CURRENCIES = {"JPY": 0, "EUR": 2, "KWD": 3}
amounts = st.decimals(min_value=-(10**12), max_value=10**12, places=3)
currencies = st.sampled_from(sorted(CURRENCIES))


@pytest.mark.parametrize(("currency", "decimals"), [*CURRENCIES.items(), ("HUF", 2), ("ISK", 0), ("TND", 3)])
def test_the_smallest_unit_is_the_one_of_iso_4217(currency: str, decimals: int) -> None:
    assert exponent(currency) == decimals
    assert smallest_unit(currency) == Decimal(10) ** -decimals


@given(currencies, st.integers(min_value=-(10**14), max_value=10**14))
def test_a_payable_amount_survives_being_written_and_read(currency: str, units: int) -> None:
    amount = Money(Decimal(units) * smallest_unit(currency), currency)
    number, _, code = str(amount).partition(" ")
    assert Money.parse(number, code) == amount
    assert -Decimal(number).as_tuple().exponent == exponent(currency)  # type: ignore[operator]


@given(currencies, amounts)
def test_a_finer_amount_is_shown_with_all_its_decimals(currency: str, amount: Decimal) -> None:
    shown = str(Money(amount, currency)).removesuffix(f" {currency}")
    assert Decimal(shown) == amount


@given(currencies, st.lists(amounts, max_size=30))
def test_sums_are_exact_in_any_order(currency: str, parts: list[Decimal]) -> None:
    money_parts = [Money(part, currency) for part in parts]
    thousandths = sum(int(part.scaleb(3)) for part in parts)
    assert Money.total(money_parts, currency).amount == Decimal(thousandths).scaleb(-3)
    assert Money.total(reversed(money_parts), currency) == Money.total(money_parts, currency)


@given(amounts, amounts)
def test_taking_away_undoes_adding(one: Decimal, other: Decimal) -> None:
    first, second = Money(one, "EUR"), Money(other, "EUR")
    assert first + second - second == first
    assert first - second == -(second - first)


@given(currencies, amounts)
def test_rounding_moves_an_amount_by_half_a_unit_at_most(currency: str, amount: Decimal) -> None:
    rounded = Money(amount, currency).rounded()
    assert abs(rounded.amount - amount) * 2 <= smallest_unit(currency)
    assert rounded.rounded() == rounded
    assert (-Money(amount, currency)).rounded() == -rounded


@pytest.mark.parametrize(
    ("amount", "currency", "payable"),
    [("10.995", "EUR", "11.00"), ("-10.995", "EUR", "-11.00"), ("2.5", "JPY", "3"), ("0.0005", "KWD", "0.001")],
)
def test_half_a_unit_goes_away_from_zero(amount: str, currency: str, payable: str) -> None:
    assert str(money(amount, currency).rounded()) == f"{payable} {currency}"


def test_no_money_is_false_and_any_money_true() -> None:
    assert not Money.zero("EUR")
    assert money("-0.01")


@pytest.mark.parametrize("text", ["", "12,50", "1.2.3", "NaN", "Infinity", "EUR 5", "twelve"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        Money.parse(text, "EUR")


@pytest.mark.parametrize("code", ["", "eur", "EURO", "€", "ZZZ"])
def test_what_is_no_currency_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="not an ISO 4217 currency code"):
        Money.parse("1", code)


def test_two_currencies_do_not_add_up() -> None:
    with pytest.raises(ValueError, match="EUR and USD do not add up"):
        money(1) + money(1, "USD")
    with pytest.raises(ValueError, match="do not add up"):
        Money.total([money(1, "USD")], "EUR")
