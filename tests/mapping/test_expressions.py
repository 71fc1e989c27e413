"""What an expression may say, what it may not, and where an error points."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from isthmus.canonical.money import Money
from isthmus.canonical.order import Order, OrderLine
from isthmus.canonical.party import Address, Company, Customer
from isthmus.mapping.errors import CannotRead, CannotWork
from isthmus.mapping.expression import expression
from isthmus.mapping.scope import Scope
from isthmus.mapping.tables import Tables
from isthmus.testing.builders import a_line, an_order, money

ORDER = Scope({"order": Order}, "order", tables=Tables({"region": {"BY": "MUC"}}))
LINE = Scope({"order": Order, "line": OrderLine}, "line")


def bought(**said: Any) -> Order:
    return replace(an_order("7"), **said)


def of(text: str, order: Order | None = None, **said: Any) -> Any:
    return expression(text, ORDER).of(order or bought(**said), None)


def refused(text: str, scope: Scope = ORDER) -> CannotRead:
    with pytest.raises(CannotRead) as wrong:
        expression(text, scope)
    return wrong.value


def failed(text: str, **said: Any) -> CannotWork:
    found = expression(text, ORDER)
    with pytest.raises(CannotWork) as wrong:
        found.of(bought(**said), None)
    return wrong.value


# --- What it says -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("number", "7"),
        ("order.number", "7"),
        ('f"WEB-{number}"', "WEB-7"),
        ('f"{total}, {is_test}, {status}, {placed_at}"', "12.50 EUR, no, received, 2026-03-02T09:58:12+00:00"),
        ("1.10 + 2.20", Decimal("3.30")),
        ("0.1 * 3 == 0.3", True),
        ("10 / 4", Decimal("2.5")),
        ("-total.amount", Decimal("-12.50")),
        ("total + total", Money(Decimal("25.00"), "EUR")),
        ("total * 2 - total", Money(Decimal("12.50"), "EUR")),
        ('"a" if total.amount > 5 else "b"', "a"),
        ('status == "received" and not is_test', True),
        ('"MUG" in lines[0].sku', True),
        ('currency in ("EUR", "USD")', True),
        ("[line.sku for line in lines if line.kind == 'goods']", ("MUG-0010",)),
        ("sum(line.quantity.value for line in lines)", Decimal(1)),
        ("lines[1].sku", None),
        ("lines[-9]", None),
        ("shipping_to.region", None),
        ("customer.company.tax_id", None),
        ("first(lines).unit_price.amount", Decimal("12.50")),
        ("last(payments).method", None),
        ('custom["Gift wrap"]', "yes"),
        ("custom.count + 1", Decimal(8)),
        ("custom.nothing", None),
        ('custom["__class__"]', None),
        ('lookup("region", "BY")', "MUC"),
        ('lookup("region", "HH", "other")', "other"),
        ('known("region", "HH")', False),
        ("1 < 2 < 3", True),
        ("number # what people call it", "7"),
    ],
)
def test_it_has_a_value(text: str, value: object) -> None:
    found = of(text, custom={"Gift wrap": "yes", "count": 7})
    assert (found, type(found)) == (value, type(value))


def test_what_is_not_there_is_read_as_nothing_all_the_way() -> None:
    company = Customer(external_id="c", company=Company(name="Muster GmbH", tax_id="DE1"))
    assert of("customer.company.tax_id", customer=company) == "DE1"
    assert of("customer.company.tax_id", customer=replace(company, company=None)) is None


def test_lists_are_alike_however_they_were_made() -> None:
    for text in ('custom.sizes == ["a", "b"]', "[tag for tag in tags] == tags", "custom.sizes == [t for t in tags]"):
        assert of(text, custom={"sizes": ["a", "b"]}, tags=("a", "b")) is True


def test_a_part_that_may_be_missing_is_worked_out_once() -> None:
    found = expression(
        "first([money(first([money(first(lines).quantity.value, currency)]).amount, currency)]).amount", ORDER
    )
    assert found.of(an_order("7"), None) == 1


# --- Exactness --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1e30 + 1e-39", "needs more digits"),
        ("0.000000000000000000000000000001 * 1e-20", "too fine"),
        ("1e39 * 1e39", "too large"),
        ("1e38 * 1000", "too large"),
        ("1 / 0", "divided by zero"),
        ("0 / 0", "cannot be reckoned"),
        ("total * 1e20", "no amount of money"),
        ('money(1, "XXQ")', "no amount of money"),
        ('total + money(1, "USD")', "different currencies"),
        ("sum([total, money(1, 'USD')])", "different currencies"),
        ("sum([total, 1])", "something else"),
        ("-custom.flag", "not a number"),
        ("max(custom.flag, 0)", "no order"),
        ("custom.huge", "too large"),
        ("custom.half", "cannot be reckoned with"),
        ("custom.deep", "cannot be reckoned with"),
        ("min([])", "empty"),
        ("min([total, total])", "no order"),
        ("custom.word + 1", "not two numbers"),
        ("custom.word > 1", "different kinds"),
        ("round(custom.word)", "not a number"),
        ("unique(lines)", "name one of their fields"),
        ("add_days(custom.word, 1)", "not a day"),
    ],
)
def test_what_is_not_exact_or_not_there_has_no_answer(text: str, says: str) -> None:
    deep: Any = 1
    for _ in range(900):
        deep = [deep]
    custom = {"flag": True, "huge": 10**5_000, "half": 0.5, "word": "seven", "deep": deep}
    assert says in failed(text, custom=custom).says


def test_amounts_keep_every_digit() -> None:
    fine = money("0.000000000000000000000000000001")
    line = a_line(price=money("999999999999999999"))
    assert of("total + lines[0].unit_price", an_order("7", line, total=fine)) == Money(
        Decimal("999999999999999999.000000000000000000000000000001"), "EUR"
    )


# --- What is refused, and where ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("nmber", 1),
        ("  nmber", 3),
        ("upper(note) + nmber", 15),
        ('"äöü€🫖" + nmber', 11),
        ("note if nmber else number", 9),
        ('f"{number}-{nmber}"', 13),
        ("[line.skk for line in lines]", 2),
        ("order.__class__", 1),
        ("note.upper()", 1),
        ("total > 5", 9),
        ('status == "receved"', 11),
        ('status in ("open",)', 11),
        ("number + 1", 1),
        ("is_test == number", 12),
        ('written(placed_at, "YYYY", "Mars/Base")', 28),
        ('day(placed_at, "../../etc/passwd")', 16),
        ('find(note, "[")', 12),
        ('lookup("regoin", number)', 8),
        ("1 +", 4),
        ("note note", 6),
        ('number ==\n  "7" and nmber', 21),
        ('number ==\r"7" and nmber', 19),
    ],
)
def test_an_error_points_at_the_column(text: str, column: int) -> None:
    assert refused(text).where.column == column


def test_an_error_of_one_record_points_at_the_column() -> None:
    assert failed('"äöü" + upper(note) + text(1 / 0)').where.column == 28
    assert failed("  [1 / length(note) for line in lines]").where.column == 4
    assert failed('f"{number}-{1 / 0}"').where.column == 13


@pytest.mark.parametrize(
    "text",
    [
        "lambda: 1", "(lambda: 1)()", "(x := 1)", "[*tags]", "upper(*tags)", "upper(text=note)", "{}", "{1}",
        "{a for a in tags}", "await note", "(yield)", "tags[0:1]", "note[0]", "tags[note]", "note.upper()",
        "().__class__", "order.__class__", "order.__struct_fields__", "total.rounded()", "placed_at.tzinfo",
        "custom.get('a')", "status.name", "note.__len__", 'f"{note!r}"', 'f"{note:>9999}"', 'f"{note=}"',
        "f\"{f'{note!s}'}\"", "note % 5", "2 ** 9", "1 << 9", "~1", "+note", "note is None",
        "[a for a in tags for b in tags]", "[[b for b in tags] for a in tags]", "[(a, b) for a, b in tags]",
        "[a async for a in tags]", "[value for value in tags]", "[order for order in tags]",
        "[upper for upper in tags]", "[hooks for hooks in tags]", "[lookup for lookup in tags]", "[_a for _a in tags]",
        "[line for line in lines] + line", "__import__('os')", "open('x')", "eval('1')", "print(note)",
        "_custom(order, 'a')", "_n0", "v_line", "hooks.run(note)", "hooks", "upper", "1j", "0x10", "1e400", "...",
        'b"x"', '"\\x00"', 'f"\\x1b{note}"', '"\\ud800"', 'f"\\ud800{note}"', '"\\u202e"', "note\x00", "note\ud800",
        "note; note", "note = 1", "import os", "", "   ", "#", "a" * 2_001, "-" * 1_900 + "1", "not " * 450 + "1",
        "(" * 900, "[" * 99 + "]" * 99, "1" + " + 1" * 400, "a." * 900 + "a", "f'" + "{note}" * 320 + "'",
        "[a for a in [b for b in [c for c in [d for d in [e for e in tags]]]]]", "find(note, note)",
        "day(placed_at, currency)", 'matches(note, "' + "(a{1,99}){1,99}" + '")', " + ".join(['find(note, "a")'] * 9),
        "upper(1)", "round(note)", "count(note)", "[order, shipping_to][0].number", "nothing in total", "total == 5",
        "lines < lines", "is_test > 1",
    ],
)  # fmt: skip
def test_what_has_no_place_is_refused(text: str) -> None:
    refused(text)


# ruff: noqa: RUF001
def test_names_of_another_form_are_the_same_names_and_no_way_out() -> None:
    assert of("ｎｕｍｂｅｒ") == "7"
    refused("order.＿＿class＿＿")
    refused("[ｖａｌｕｅ for ｖａｌｕｅ in tags]")


def test_the_item_of_a_list_has_its_name_only_there() -> None:
    refused("[tag for tag in tags] == tag")
    assert of("[note for note in tags]", tags=("a",), note="remark") == ("a",)
    assert expression("[tax.amount for tax in line.taxes]", LINE).of(an_order(), a_line(), None) == ()


def test_letters_that_people_see_may_be_written() -> None:
    assert of('replace(note, "\u00a0", " ")', note="a\u00a0b") == "a b"
    assert of('"👩\u200d💻"') == "👩\u200d💻"
    assert of('split(note, "\\r\\n")', note="a\r\nb") == ("a", "b")


# --- Bounds -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "[words(note) for word in words(note)]",
        "[note + word for word in words(note)]",
        "[[upper(note), lower(note)] for word in words(note)]",
        '[f"{note}{note}" for word in words(note)]',
        "[plain(note) + title(note) for word in words(note)]",
        '[find(note, "(.?){99}x") for word in words(note)]',
        "[custom.many for word in words(note)]",
        '["x" in note for word in words(note)]',
    ],
)
def test_a_list_costs_no_more_than_so_much(text: str) -> None:
    assert "too much work" in failed(text, note="word " * 1_900, custom={"many": [1] * 1_900}).says


@pytest.mark.parametrize(
    "text",
    [
        'replace(note, "w", number)',
        "join([note, note, note], note)",
        'padded("x", 20001)',
        'f"{note}{note}{note}"',
        'f"{note}{note}{number}{total}"',
        "note + note + note",
        'join(split(note, "w"), note)',
    ],
)
def test_no_text_grows_beyond_what_a_field_holds(text: str) -> None:
    assert failed(text, note="word " * 1_900, number="1" * 1_000).says


@pytest.mark.parametrize(
    "text", ["words(note)", 'split(note, " ")', "upper(note)", "plain(note)", 'contains(note, "a")']
)
def test_what_is_longer_than_any_field_is_not_gone_through(text: str) -> None:
    assert failed(text, note="a " * 50_000).says
    assert of("left(note, 3)", note="a " * 50_000) == "a a"


def test_no_error_holds_what_a_record_says() -> None:
    said = "S3CRET"
    order = an_order(
        "7", note=said, tags=(said,), custom={"a": said, "b": [said]},
        shipping_to=Address(region=said, country="DE"), placed_at=datetime.max.replace(tzinfo=UTC),
    )  # fmt: skip
    for text in (
        "day(note)", "moment(note)", "number(note)", 'money(note, "EUR")', "money(1, note)", "add_days(custom.a, 1)",
        "custom.a + 1", "custom.a > 1", "custom.b > 1", "sum(tags)", "min([custom.a, 1])", "left(note, custom.a)",
        "padded(note, 9, note)", 'find(note, "(S)", 7)', "add_days(day(placed_at), 9)", 'written(custom.a, "YYYY")',
        "round(custom.a)", "custom.a - 1", "join(custom.a)", "[tag for tag in custom.a]", "-custom.a", "abs(custom.a)",
    ):  # fmt: skip
        with pytest.raises(CannotWork) as wrong:
            expression(text, ORDER).of(order, None)
        assert said not in str(wrong.value)
