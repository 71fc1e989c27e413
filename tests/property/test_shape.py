"""Shapes are put together in any order, twice does no harm to what is known, and nothing grows without end."""

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.policies.drift import Drift, differences, presence
from isthmus.policies.shape import Node, absorb, count, facts, fingerprint, read, without_open

KEYS = st.sampled_from(["id", "state", "lines", "name", "4711", "key", "value", "__typename", "a_b", "kind"])
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.sampled_from(["open", "paid", "a b", ""])
)
ANSWERS: st.SearchStrategy[Any] = st.recursive(
    LEAVES,
    lambda below: st.one_of(st.lists(below, max_size=4), st.dictionaries(KEYS, below, max_size=5)),
    max_leaves=25,
)
MANY = st.lists(ANSWERS, max_size=6)
#: Few places, so that the bound is met.
SMALL = 12


def learned(answers: list[Any], most: int = 2_000) -> Node:
    known = Node()
    for each in answers:
        absorb(known, read(each), most)
    return known


def both(one: Node, other: Node, most: int = 2_000) -> Node:
    return absorb(copy.deepcopy(one), other, most)


@given(MANY, MANY)
def test_the_order_does_not_matter(one: list[Any], other: list[Any]) -> None:
    here, there = learned(one), learned(other)
    assert both(here, there) == both(there, here) == learned(one + other)


@given(MANY, MANY)
def test_the_order_does_not_matter_at_the_bound(one: list[Any], other: list[Any]) -> None:
    here, there = learned(one, SMALL), learned(other, SMALL)
    assert both(here, there, SMALL) == both(there, here, SMALL)


@given(MANY)
def test_what_is_known_does_not_change_by_seeing_it_twice(answers: list[Any]) -> None:
    known = learned(answers)
    twice = both(known, known)
    assert {path for path, _ in facts(twice)} == {path for path, _ in facts(known)}
    assert without_texts(twice) == without_texts(known)


@given(MANY, st.integers(1, 40))
def test_there_are_never_more_places_than_wanted(answers: list[Any], most: int) -> None:
    assert count(learned(answers, most)) <= most


@given(MANY, MANY)
def test_putting_together_leaves_the_other_as_it_was(one: list[Any], other: list[Any]) -> None:
    there = learned(other)
    before = copy.deepcopy(there)
    both(learned(one), there)
    assert there == before


@given(MANY)
def test_what_is_on_disk_reads_back(answers: list[Any]) -> None:
    kept = without_open(learned(answers))
    assert fingerprint(kept) == fingerprint(learned(answers))


@settings(max_examples=200)
@given(st.lists(ANSWERS, min_size=1, max_size=6), st.integers(0, 5))
def test_an_answer_that_was_learned_is_no_difference(answers: list[Any], which: int) -> None:
    known = learned(answers * 120)
    seen = read(answers[which % len(answers)])
    assert differences(known, seen) == []
    assert {each.drift for each in differences(known, seen)} <= set(Drift)
    # What lacks a field now was counted as lacking it once in at least six answers.
    assert all(presence(known, seen).values())


def without_texts(node: Node) -> list[tuple[str, set[str]]]:
    """Return what is known but for states: those are settled by being seen often enough."""
    return [(path, {each for each in words.split() if each[:1] != "="}) for path, words in facts(node)]
