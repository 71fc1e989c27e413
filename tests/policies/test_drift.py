"""Each difference is told by the answer that shows it, and an honest answer shows none."""

from collections.abc import Mapping
from typing import Any

import pytest

from isthmus.policies.drift import LONGEST_PATH, NO_CODE, Difference, Drift, differences, presence
from isthmus.policies.shape import Node, absorb, read

ORDER = {"id": 1, "state": "paid", "total": "10.00", "guest": False, "memo": None, "lines": [{"sku": "A", "left": 2}]}


def learned(times: int = 300, **said: Any) -> Node:
    known = Node()
    for number in range(times):
        state = "open" if number % 3 == 0 else "paid"
        absorb(known, read({"order": {**ORDER, "state": state, "guest": number % 2 == 0, **said}}))
    return known


KNOWN = learned()


def lacking(known: Node, seen: Node) -> set[str]:
    return {path for path, there in presence(known, seen).items() if not there}


def told(**said: Any) -> list[Difference]:
    return differences(KNOWN, read({"order": {**ORDER, **said}}))


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"memo": "first words"},  # was empty so far: filled for the first time
        {"memo": False},
        {"lines": []},
        {"lines": [{"sku": "B", "left": 0.5}]},
        {"guest": True},
        {"state": ""},
        {"total": "a word"},
    ],
)
def test_what_an_honest_answer_may_say_is_no_difference(said: Mapping[str, Any]) -> None:
    assert told(**said) == []


@pytest.mark.parametrize(
    ("said", "difference"),
    [
        ({"total": 10}, Difference(Drift.TYPE_CHANGED, "$.order.total", "string", "number")),
        ({"lines": {"0": {}}}, Difference(Drift.TYPE_CHANGED, "$.order.lines", "list", "object")),
        (
            {"lines": [{"sku": "A", "left": "2"}]},
            Difference(Drift.TYPE_CHANGED, "$.order.lines[].left", "number", "string"),
        ),
        ({"guest": "no"}, Difference(Drift.TYPE_CHANGED, "$.order.guest", "boolean", "string")),
        ({"total": None}, Difference(Drift.NULL_WHERE_NEVER, "$.order.total", "string", "null")),
        ({"total": False}, Difference(Drift.NULL_WHERE_NEVER, "$.order.total", "string", "false")),
        ({"guest": None}, Difference(Drift.NULL_WHERE_NEVER, "$.order.guest", "boolean", "null")),
        ({"state": "on-hold"}, Difference(Drift.NEW_ENUM_VALUE, "$.order.state", "open, paid", "on-hold")),
        ({"state": "Jane Doe"}, Difference(Drift.NEW_ENUM_VALUE, "$.order.state", "open, paid", NO_CODE)),
        ({"channel": "app"}, Difference(Drift.NEW_FIELD, "$.order.channel", "", "string")),
        ({"channel": {"deep": [1]}}, Difference(Drift.NEW_FIELD, "$.order.channel", "", "object")),
    ],
)
def test_each_difference_is_told_with_its_path_before_and_after(
    said: Mapping[str, Any], difference: Difference
) -> None:
    assert told(**said) == [difference]
    assert difference.drift.breaking == (difference.drift is not Drift.NEW_FIELD)


def test_one_answer_may_show_several() -> None:
    assert [each.drift for each in told(total=1, state="void", channel=1)] == [
        Drift.NEW_ENUM_VALUE,
        Drift.TYPE_CHANGED,
        Drift.NEW_FIELD,
    ]


def test_nothing_is_claimed_of_what_was_seldom_seen() -> None:
    few = learned(10)
    assert differences(few, read({"order": {**ORDER, "total": 1, "state": "void", "id": None, "channel": 1}})) == []
    assert lacking(few, read({"order": {}})) == set()


def test_states_and_emptiness_are_judged_after_a_while_only() -> None:
    seen = read({"order": {**ORDER, "state": "void", "total": None, "id": "x"}})
    assert [each.drift for each in differences(KNOWN, seen, aged=False)] == [Drift.TYPE_CHANGED]


def test_a_field_is_lacking_where_its_object_is_and_it_is_not() -> None:
    seen = {"order": {key: value for key, value in ORDER.items() if key != "total"}}
    assert lacking(KNOWN, read(seen)) == {"$.order.total"}
    assert lacking(KNOWN, read({"order": {**ORDER, "lines": [{"sku": "A"}, {"sku": "A"}]}})) == {"$.order.lines[].left"}
    assert lacking(KNOWN, read({"order": None})) == set()
    assert lacking(KNOWN, read({"order": {**ORDER, "lines": []}})) == set()
    # Less than half of the lines lack it: some are of another kind.
    assert lacking(KNOWN, read({"order": {**ORDER, "lines": [*[{"sku": "A", "left": 1}] * 3, {"sku": "B"}]}})) == set()
    assert presence(KNOWN, read({"order": ORDER}))["$.order.total"]


def test_a_field_that_was_optional_is_not_missed() -> None:
    known = learned()
    for _ in range(10):
        absorb(known, read({"order": {key: value for key, value in ORDER.items() if key != "total"}}))
    assert lacking(known, read({"order": {"id": 1}})) == {"$.order.state", "$.order.lines", "$.order.guest"} | {
        "$.order.memo"
    }


def test_the_type_of_a_union_is_a_state() -> None:
    known = Node()
    for _ in range(200):
        absorb(known, read({"buyer": {"__typename": "Person", "age": 1}}))
    (one,) = differences(known, read({"buyer": {"__typename": "Company", "seats": 1}}))
    assert one == Difference(Drift.NEW_ENUM_VALUE, "$.buyer.__typename", "Person", "Company")
    assert lacking(known, read({"buyer": {"__typename": "Company", "seats": 1}})) == set()


def test_a_very_long_path_is_cut() -> None:
    known, inner = Node(), {"x": 1}
    for depth in range(15):
        inner = {f"{'long' * 10}_{chr(97 + depth)}": inner}
    for _ in range(50):
        absorb(known, read(inner))
    broken = read(inner)
    node = broken
    while node.parts:
        node = next(iter(node.parts.values()))
    node.kinds = {"string": 1}
    (one,) = differences(known, broken)
    assert len(one.path) <= LONGEST_PATH + 3 + len(".x")
