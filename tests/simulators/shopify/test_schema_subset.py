"""The simulator's schema invents nothing: all of it is in Shopify's own."""

import os
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from graphql import DocumentNode, parse, print_ast

OFFICIAL = "shopify/admin-2026-07.graphql"
ROOT = Path(__file__).resolve().parents[3]


def definitions(document: DocumentNode) -> dict[str, Any]:
    return {one.name.value: one for one in document.definitions if getattr(one, "name", None)}


@pytest.fixture(scope="session")
def official() -> dict[str, Any]:
    path = Path(os.environ.get("ISTHMUS_SPECS") or ROOT.parent / "shared" / "specs") / OFFICIAL
    if not path.exists():
        pytest.skip(f"no {OFFICIAL}: set ISTHMUS_SPECS to the folder of vendor descriptions")
    return definitions(parse(path.read_text(encoding="utf-8"), no_location=True))


@pytest.fixture(scope="session")
def ours() -> dict[str, Any]:
    text = files("isthmus.simulators.shopify").joinpath("schema.graphql").read_text(encoding="utf-8")
    return definitions(parse(text, no_location=True))


def members(definition: Any) -> dict[str, Any]:
    parts = getattr(definition, "fields", None) or getattr(definition, "values", None) or ()
    return {part.name.value: part for part in parts}


def shape(value: Any) -> tuple[str, str | None]:
    default = getattr(value, "default_value", None)
    return print_ast(value.type), print_ast(default) if default else None


def test_every_name_type_and_nullability_is_shopifys(official: dict[str, Any], ours: dict[str, Any]) -> None:
    assert len(ours) > 100
    for name, mine in ours.items():
        theirs = official.get(name)
        assert theirs is not None, f"{name} is not Shopify's"
        assert mine.kind == theirs.kind, name
        known = members(theirs)
        for field, part in members(mine).items():
            at = f"{name}.{field}"
            assert field in known, f"{at} is not Shopify's"
            if not hasattr(part, "type"):
                continue  # a value of an enum
            assert shape(part) == shape(known[field]), at
            arguments = {one.name.value: one for one in getattr(known[field], "arguments", None) or ()}
            for argument in getattr(part, "arguments", None) or ():
                assert argument.name.value in arguments, f"{at}({argument.name.value}:) is not Shopify's"
                assert shape(argument) == shape(arguments[argument.name.value]), f"{at}({argument.name.value}:)"


def test_unions_interfaces_and_one_of_are_shopifys(official: dict[str, Any], ours: dict[str, Any]) -> None:
    for name, mine in ours.items():
        for attribute in ("types", "interfaces"):
            mine_names = {one.name.value for one in getattr(mine, attribute, None) or ()}
            their_names = {one.name.value for one in getattr(official[name], attribute, None) or ()}
            assert mine_names <= their_names, name
        for kind in ("directives",):
            mine_marks = {one.name.value for one in getattr(mine, kind, None) or ()}
            their_marks = {one.name.value for one in getattr(official[name], kind, None) or ()}
            assert mine_marks == their_marks, name


def test_an_input_we_accept_is_complete_enough_for_shopify(official: dict[str, Any], ours: dict[str, Any]) -> None:
    for name, mine in ours.items():
        if mine.kind != "input_object_type_definition":
            continue
        required = {
            field
            for field, part in members(official[name]).items()
            if part.type.kind == "non_null_type" and part.default_value is None
        }
        assert required <= set(members(mine)), name


def test_no_text_of_shopifys_is_in_it(ours: dict[str, Any]) -> None:
    assert not [name for name, mine in ours.items() if getattr(mine, "description", None)]
