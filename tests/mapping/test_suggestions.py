"""A suggestion says why, and only what cannot mean anything else is certain."""

import pytest

from isthmus.mapping.suggestions import MOST, Names, Suggestion, best


@pytest.mark.parametrize(
    ("word", "names", "expected"),
    [
        pytest.param("mug-10", ["MUG-10"], [("MUG-10", "same SKU in other case or spaces", True)], id="case"),
        pytest.param(
            "Mug 10",
            ["MUG  10", "mug 10"],
            [("MUG  10", "same SKU in other case or spaces", False)] * 1,
            id="two-alike",
        ),
        pytest.param("MUG10", ["MUG-10"], [("MUG-10", "same SKU but for spaces and signs", False)], id="signs"),
        pytest.param("MUG-11", ["MUG-10"], [("MUG-10", "nearest SKU (distance 1)", False)], id="another-letter"),
        pytest.param("MUG-1", ["MUG-10"], [("MUG-10", "nearest SKU (distance 1)", False)], id="one-missing"),
        pytest.param("MGU-10", ["MUG-10"], [("MUG-10", "nearest SKU (distance 1)", False)], id="changed-places"),
        pytest.param("A1", ["A2"], [], id="too-short-to-tell"),
        pytest.param("LAMP", ["MUG-10"], [], id="nothing-near"),
        pytest.param("", ["MUG-10"], [], id="no-word"),
    ],
)
def test_near_names_are_found_with_a_reason(word: str, names: list[str], expected: list[tuple[str, str, bool]]) -> None:
    found = list(Names().add(names).near(word, "SKU"))
    assert found[: len(expected)] == expected
    assert bool(found) == bool(expected)


def test_two_that_are_certain_contradict_each_other() -> None:
    both = [Suggestion("A", "same SKU", sure=True), Suggestion("B", "same barcode", sure=True)]
    assert [each.sure for each in best(both)] == [False, False]
    assert [each.sure for each in best([*both[:1], *both[:1]])] == [True]


def test_no_more_than_a_few_are_shown_and_the_certain_one_first() -> None:
    many = [Suggestion(str(number), "near") for number in range(9)] + [Suggestion("X", "same", sure=True)]
    assert [each.other for each in best(many)] == ["X", "0", "1"]
    assert len(best(many)) == MOST
