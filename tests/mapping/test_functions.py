"""Every function: its example works, what is empty, and what it refuses."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from isthmus.canonical.order import Order, Payment, PaymentStatus
from isthmus.mapping import numbers, texts
from isthmus.mapping.errors import CannotWork, NoAnswer
from isthmus.mapping.expression import expression
from isthmus.mapping.functions import FUNCTIONS
from isthmus.mapping.scope import Scope
from isthmus.testing.builders import an_address, an_order, money

ORDER = Scope({"order": Order}, "order")
SAMPLE = replace(
    an_order("#1001-W"), note="gift; VAT: DE123456789", email="anna@example.edu", phone="+49 89 12", tags=("b", "a"),
    shipping_to=an_address(),
    payments=(Payment(transaction_id="t", amount=money(5), status=PaymentStatus.PAID, method="card"),),
)  # fmt: skip


def of(text: str, **said: Any) -> Any:
    return expression(text, ORDER).of(replace(SAMPLE, **said), None)


EXAMPLES: dict[str, Any] = {
    "upper": "BERLIN", "lower": "anna@example.edu", "title": "Berlin", "trim": "gift; VAT: DE123456789",
    "plain": "Anna Muster", "left": "gift; VAT: DE123456789", "right": "01-W", "middle": "100", "length": Decimal(22),
    "replace": "1001-W", "without": "1001-W", "without_end": "#1001", "contains": True, "starts": True, "ends": True,
    "digits": "498912", "padded": "00001001", "split": ("gift", "VAT: DE123456789"),
    "words": ("gift;", "VAT:", "DE123456789"), "join": "b a", "find": "DE123456789", "matches": False,
    "text": "12.50 EUR", "number": Decimal("12.50"), "round": Decimal("12.5"), "floor": Decimal(12),
    "ceiling": Decimal(13), "abs": Decimal("12.50"), "money": money("9.90"), "min": Decimal("12.50"),
    "max": Decimal("12.50"), "sum": Decimal(1), "count": Decimal(1), "first": "b", "last": "card",
    "unique": ("MUG-0010",), "any": False, "all": True, "coalesce": "+49 89 12", "empty": False,
    "day": date(2026, 3, 2), "moment": datetime(2026, 11, 22, 8, 30, tzinfo=UTC), "add_days": date(2026, 3, 5),
    "days_between": Decimal(60), "weekday": Decimal(1), "written": "02.03.2026",
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_example_of_a_function_works(name: str) -> None:
    assert of(FUNCTIONS[name].example) == EXAMPLES[name]
    assert FUNCTIONS[name].says


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("upper(None)", ""), ("trim(note)", ""), ("left(note, 0)", ""), ("right(note, 0)", ""),
        ("middle(number, 0, 2)", "#1"), ("length(None)", 0), ('without(note, "x")', ""), ("digits(None)", ""),
        ("padded(note, 3)", "000"), ("split(note)", ()), ("words(None)", ()), ("join(None)", ""),
        ('join(["a", "", None, 1.50])', "a, 1.50"), ('find(note, "x(y)?")', ""), ('find("x", "x(y)?")', ""),
        ("text(None)", ""), ("text(is_test)", "no"), ("text(tags)", ""), ("sum([])", 0), ("count(None)", 0),
        ("first(None)", None), ("last([])", None), ("unique(None)", ()), ("any([])", False), ("all(None)", True),
        ("coalesce(note, None)", None), ("empty(0)", False), ('empty("  ")', True), ("day(None)", None),
        ("moment(note)", None), ("written(None)", ""), ("text(1e3)", "1000"), ("text(0.10)", "0.10"),
    ],
)  # fmt: skip
def test_what_is_empty_stays_so(text: str, value: object) -> None:
    assert of(text, note="", tags=()) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('day("2026-03-02T23:30:00Z", "Europe/Tallinn")', date(2026, 3, 3)),
        ('day("2026-03-02T23:30:00", "Europe/Tallinn")', date(2026, 3, 2)),
        ('moment("2026-03-29T08:30:00", "Europe/Berlin")', datetime(2026, 3, 29, 6, 30, tzinfo=UTC)),
        ('written(placed_at, "DD.MM.YY HH:mm:ss", "Asia/Tokyo")', "02.03.26 18:58:12"),
        ("add_days(placed_at, 1)", datetime(2026, 3, 3, 9, 58, 12, tzinfo=UTC)), ("round(2.5)", Decimal(3)),
        ("round(-2.5)", Decimal(-3)), ("floor(-2.5)", Decimal(-3)), ("ceiling(2.01, 1)", Decimal("2.1")),
        ('plain("Müller & Søn, Straße")', "Muller & Sn, Strasse"), ('find("Ab12", "([a-z]+)([0-9]+)", 2)', "12"),
        ('contains("STRASSE", "straße")', True), ('min("b", "a")', "a"), ("max([1, 3, 2])", Decimal(3)),
        ("unique([1, 1.0, 2])", (Decimal(1), Decimal(2))), ('number(" -1250.50 ")', Decimal("-1250.50")),
    ],
)  # fmt: skip
def test_it_gives_what_people_expect(text: str, value: object) -> None:
    assert of(text) == value


@pytest.mark.parametrize(
    "text",
    [
        'day("2026-11-22garbage")', 'day("22.11.2026")', 'moment("yesterday")', 'number("12,50")', 'number("")',
        'number("NaN")', 'number("1e999")', 'number("٣")', 'number("1_0")', "left(number, 1.5)", "left(number, -1)",
        "left(number, 20001)", "round(1, 21)", "round(1, 0.5)", "round(1, 1e40)", 'replace(number, "", "x")',
        'split(number, "")', 'padded(number, 9, "ab")', "add_days(day(placed_at), 0.5)",
        "add_days(day(placed_at), 36526)", 'find(number, "#", 1)', "number(is_test)", "add_days(ordered_on, 1)",
        "min([1, None])", "number(total)", "text(order)", "words(email)",
    ],
)  # fmt: skip
def test_what_has_no_answer_is_said(text: str) -> None:
    with pytest.raises(CannotWork):
        of(text, email="a " * 2_001)


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**15), max_value=10**15),
    st.integers(0, 6),
)
def test_rounding_is_never_further_off_than_half_a_unit(number: Decimal, places: int) -> None:
    unit = Decimal(1).scaleb(-places)
    assert abs(numbers.rounded(number, Decimal(places)) - number) * 2 <= unit
    assert numbers.floor(number, Decimal(places)) <= number <= numbers.ceiling(number, Decimal(places))


@given(st.text(max_size=60), st.text(min_size=1, max_size=5), st.text(max_size=5))
def test_functions_of_texts_keep_what_they_do_not_name(text: str, one: str, other: str) -> None:
    assert texts.replace(text, one, other) == text.replace(one, other)
    assert all(part in text and part == part.strip() for part in texts.split(text, one))
    assert texts.padded(text, Decimal(9), one[0]).endswith(text)


def test_a_pattern_takes_time_in_proportion_to_the_text() -> None:
    assert of('find(note, "(x+x+)+y")', note="x" * 19_000) == ""
    for pattern in ("(a{1,99}){1,99}", "[", "(?=a)", r"(a)\1"):
        with pytest.raises(NoAnswer):
            texts.compiled(pattern)
