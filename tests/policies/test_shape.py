"""Of answers their form is learned and never their content: fields, types, and the names of states."""

from typing import Any

import pytest

from isthmus.policies.shape import (
    MOST_ELEMENTS,
    MOST_NODES,
    Node,
    absorb,
    count,
    facts,
    fingerprint,
    only_open,
    read,
    without_open,
)
from isthmus.policies.shape_rules import MOST_KEYS, MOST_VALUES, is_code, is_name, is_private

EMAIL, PERSON = "jane@example.com", "Jane"


def learned(*answers: Any) -> Node:
    known = Node()
    for each in answers:
        absorb(known, read(each))
    return known


def paths(node: Node) -> dict[str, str]:
    return dict(facts(node))


def texts(node: Node) -> set[str]:
    return set(node.values).union(*(texts(each) for each in node.parts.values()))


def test_a_shape_names_each_place_its_types_and_what_may_be_absent() -> None:
    known = learned(
        {"orders": [{"id": 1, "paid": True, "note": None}, {"id": 2, "paid": False, "note": "x"}]}, {"orders": []}
    )
    assert paths(known) == {
        "$": "object",
        "$.orders": "list",
        "$.orders[]": "object",
        "$.orders[].id": "number",
        "$.orders[].note": "null string",
        "$.orders[].paid": "false true",
    }
    assert "$.orders[].id?" in paths(learned({"orders": [{"id": 1}, {}]}))


@pytest.mark.parametrize(
    "key", ["4711", "gid://shopify/Order/1", "2026-03-02", "o12", "jane@example.com", "line_20260302", "A-100", "a b"]
)
def test_keys_that_are_content_are_folded(key: str) -> None:
    assert not is_name(key)
    assert set(paths(learned({key: {"left": 1}}))) == {"$", "$.{}", "$.{}.left"}


@pytest.mark.parametrize("key", ["address1", "line_items", "__class__", "$ref", "party.", "displayFinancialStatus"])
def test_keys_that_are_names_are_kept(key: str) -> None:
    assert is_name(key)


def test_a_map_of_many_keys_is_folded_whether_they_come_together_or_one_by_one() -> None:
    keys = [f"{letter}{other}_key" for letter in "abcdefghijkl" for other in "mnopqrstuv"]
    assert len(keys) > MOST_KEYS
    at_once, by_and_by = learned(dict.fromkeys(keys, "open")), learned(*({each: "open"} for each in keys))
    assert set(paths(at_once)) == set(paths(by_and_by)) == {"$", "$.{}"}
    assert not texts(at_once) | texts(by_and_by)


def test_entries_of_a_map_written_as_a_list_may_hold_anything() -> None:
    known = learned({"meta_data": [{"id": 1, "key": "a", "value": 1}, {"id": 2, "key": "b", "value": {"x": [1]}}]})
    assert set(paths(known)) == {
        "$",
        "$.meta_data",
        "$.meta_data[]",
        "$.meta_data[].id",
        "$.meta_data[].key",
    }


def test_each_type_of_a_union_has_fields_of_its_own() -> None:
    known = learned(*({"buyer": {"__typename": name, name.lower(): 1}} for name in ("Person", "Company")))
    assert {"$.buyer<Person>.person", "$.buyer<Company>.company"} <= set(paths(known))


@pytest.mark.parametrize(
    "field",
    [
        "name",
        "firstName",
        "last_name",
        "email",
        "phone",
        "city",
        "address1",
        "billing_address",
        "note",
        "title",
        "sku",
        "customer_id",
        "partner",
        "login",
        "description",
        "barcode",
        "countryCode",
        "zip",
        "vat",
        "companyName",
        "customAttributes",
    ],
)
def test_no_text_is_kept_where_a_path_says_personal_or_free(field: str) -> None:
    assert is_private(field)
    known = learned(*({field: PERSON, "x": [{field: {"deep": PERSON}}]} for _ in range(1000)))
    assert texts(known) == set()


@pytest.mark.parametrize("field", ["state", "displayFinancialStatus", "kind", "status", "type", "invoice_status"])
def test_states_are_named_once_they_are_settled(field: str) -> None:
    assert not is_private(field)
    known = learned(*({field: state} for state in ("on-hold", "paid") * 100))
    assert texts(without_open(known)) == {"on-hold", "paid"}
    assert f"$.{field}" in paths(known)
    assert "=on-hold =paid" in paths(known)[f"$.{field}"]


def test_texts_that_are_not_settled_are_never_written() -> None:
    known = learned(*({"state": PERSON if number else "open"} for number in range(199)))
    assert texts(known) == {PERSON, "open"}
    assert texts(without_open(known)) == set()
    assert texts(only_open(known)) == {PERSON, "open"}
    once = learned(*({"state": "open"} for _ in range(500)), {"state": PERSON})
    assert texts(without_open(once)) == set()


@pytest.mark.parametrize("text", [EMAIL, "Jane Doe", "12345", "a/b", "x" * 41, "Grüße"])
def test_a_place_with_one_text_that_is_no_code_names_no_states_ever(text: str) -> None:
    assert not is_code(text)
    known = learned(*({"state": "open"} for _ in range(300)), {"state": text}, *({"state": "open"} for _ in range(300)))
    assert texts(known) == set()


def test_many_different_texts_are_content() -> None:
    known = learned(*({"state": "s" + "x" * number} for number in range(MOST_VALUES + 1)))
    assert texts(known) == set()


def test_a_long_list_is_looked_at_in_places_all_over_it() -> None:
    known = learned([{"early": 1}] * 500 + [{"late": 1}] * 500)
    assert {"$[].early?", "$[].late?"} <= set(paths(known))
    assert known.parts["[]"].objects <= MOST_ELEMENTS


def test_a_hostile_answer_stays_bounded() -> None:
    names = [f"k{a}{b}{c}" for a in "abcdefgh" for b in "abcdefgh" for c in "abcd"]
    wide = {one: {two: dict.fromkeys(names[:90], 1) for two in names[:90]} for one in names[:90]}
    assert count(read(wide)) <= MOST_NODES
    deep: Any = 1
    for _ in range(500):
        deep = {"a": deep}
    assert count(read(deep)) < 50


def test_the_fingerprint_is_of_what_is_known_and_not_of_how_often() -> None:
    one = {"id": 1, "lines": [{"sku": "A"}]}
    assert fingerprint(learned(one)) == fingerprint(learned(one, one))
    assert fingerprint(learned(one)) != fingerprint(learned(one, {**one, "id": "1"}))
    assert fingerprint(learned(one)) != fingerprint(learned(one, {"id": 1}))
