"""Fields of the merchant's own become what a record may carry, and always the same."""

from decimal import Decimal
from itertools import permutations

import pytest

from isthmus.canonical.record import Record, dump, fingerprint, load
from isthmus.craft.attributes import LONGEST, LONGEST_NAME, allowed, custom, decimals, names


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("text", "text"),
        (True, True),
        (0, 0),
        (2**63, "9223372036854775808"),
        (Decimal("1.10"), "1.10"),
        (1.5, "1.5"),
        (["a", 1, None], ["a", 1]),
        ([Decimal("0.50")], ["0.50"]),
        ([["a"]], '[["a"]]'),
        ({"b": Decimal("1.10"), "a": [1]}, '{"a":[1],"b":1.10}'),
    ],
)
def test_values_become_what_a_record_may_carry(said: object, kept: object) -> None:
    assert allowed(said) == kept
    record = Record(external_id="1", custom=custom([("field", said)]))
    assert record.custom["field"] == kept
    assert load(Record, dump(record)) == record


def test_what_is_empty_is_not_there_but_no_and_nought_are() -> None:
    nothing: list[str] = []
    fields: list[tuple[str, object]] = [("a", ""), ("b", None), ("c", nothing), ("", "x"), ("d", False), ("e", 0)]
    assert custom(fields) == {"d": False, "e": 0}


def test_a_name_that_comes_twice_keeps_every_value_in_the_order_told() -> None:
    assert custom([("a", "2"), ("b", "x"), ("a", "1"), ("a", "")]) == {"a": ["2", "1"], "b": "x"}


def test_a_list_and_a_value_of_one_name_are_one_list() -> None:
    assert custom([("a", ["1", "2"]), ("a", "3")]) == {"a": ["1", "2", "3"]}


def test_the_order_in_which_fields_are_told_makes_no_difference() -> None:
    fields = [("b", "2"), ("a", "1"), ("c", "3")]
    said = [custom(some) for some in permutations(fields)]
    assert {tuple(one) for one in said} == {("a", "b", "c")}
    assert len({fingerprint(Record(external_id="1", custom=one)) for one in said}) == 1


def test_what_is_too_long_is_left_out_whole() -> None:
    fields: list[tuple[str, object]] = [
        ("fits", "x" * LONGEST),
        ("long", "x" * (LONGEST + 1)),
        ("many", ["x" * LONGEST, "x"]),
        ("twice", "x" * LONGEST),
        ("twice", "x"),
        ("n" * (LONGEST_NAME + 1), "x"),
    ]
    assert list(custom(fields)) == ["fits"]


def test_whole_numbers_of_a_field_with_decimals_are_text_as_the_others_are() -> None:
    assert [decimals(one) for one in (2, Decimal("2.50"), [1, Decimal("0.5")], "2", True, None)] == [
        "2",
        Decimal("2.50"),
        ["1", Decimal("0.5")],
        "2",
        True,
        None,
    ]


def test_names_are_entered_with_commas() -> None:
    assert names(" _a, b ,,_a") == ("_a", "b")
