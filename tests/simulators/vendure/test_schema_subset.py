"""The simulator's schema invents nothing: all of it is in Vendure's own."""

import json
import os
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, parse, print_ast

from isthmus.simulators.vendure.custom_fields import extended
from isthmus.simulators.vendure.settings import DECLARED, CustomField

OFFICIAL = "headless/vendure-admin-3.5-types.json"
#: not in the description, but shown by a running 3.5.5 (`tests/real/test_vendure_alike.py` compares all of them)
SEEN = {
    "AdjustmentType", "BooleanCustomFieldConfig", "ConfigArgInput", "CountryFilterParameter",
    "CountrySortParameter", "CustomField", "CustomFieldConfig", "CustomFields", "DateTimeCustomFieldConfig",
    "DeletionResult", "EntityCustomFields", "ErrorResult", "FloatCustomFieldConfig",
    "HistoryEntryFilterParameter", "HistoryEntrySortParameter", "HistoryEntryType", "IntCustomFieldConfig",
    "JobFilterParameter", "JobSortParameter", "JobState", "PromotionTranslation", "Region",
    "RegionTranslation", "ServerConfig", "StringCustomFieldConfig", "TextCustomFieldConfig",
    "ZoneFilterParameter", "ZoneSortParameter",
}  # fmt: skip
ROOT = Path(__file__).resolve().parents[3]


def text() -> str:
    return files("isthmus.simulators.vendure").joinpath("schema.graphql").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def official() -> dict[str, Any]:
    path = Path(os.environ.get("ISTHMUS_SPECS") or ROOT.parent / "shared" / "specs") / OFFICIAL
    if not path.exists():
        pytest.skip(f"no {OFFICIAL}: set ISTHMUS_SPECS to the folder of vendor descriptions")
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def ours() -> dict[str, Any]:
    return {one.name.value: one for one in parse(text(), no_location=True).definitions}


def shape(told: Any) -> tuple[str, dict[str, str]]:
    return (told["type"], told["args"]) if isinstance(told, dict) else (told, {})


def fields(definition: Any) -> dict[str, Any]:
    return {one.name.value: one for one in getattr(definition, "fields", None) or ()}


def test_every_field_argument_and_type_is_vendures(official: dict[str, Any], ours: dict[str, Any]) -> None:
    compared = 0
    for name in ours.keys() & official.keys():
        for field, part in fields(ours[name]).items():
            at = f"{name}.{field}"
            assert field in official[name]["fields"], f"{at} is not Vendure's"
            kind, arguments = shape(official[name]["fields"][field])
            assert print_ast(part.type) == kind, at
            for argument in getattr(part, "arguments", None) or ():
                assert arguments.get(argument.name.value) == print_ast(argument.type), f"{at}({argument.name.value}:)"
            compared += 1
    assert compared > 700


def test_unions_and_enums_hold_nothing_else(official: dict[str, Any], ours: dict[str, Any]) -> None:
    for name in ours.keys() & official.keys():
        assert {one.name.value for one in getattr(ours[name], "types", None) or ()} <= set(
            official[name].get("types", ())
        ), name
        # The server adds a code for each error type it finds, so the description's list of codes is shorter.
        if name != "ErrorCode":
            mine = {one.name.value for one in getattr(ours[name], "values", None) or ()}
            assert mine <= set(official[name].get("values", ())), name


def test_what_the_description_leaves_out_is_known_from_a_running_one(
    official: dict[str, Any], ours: dict[str, Any]
) -> None:
    named = set(re.findall(r"\w+", json.dumps(official)))
    assert set(ours) - named == SEEN


def test_an_input_we_accept_is_complete_enough_for_vendure(official: dict[str, Any], ours: dict[str, Any]) -> None:
    for name in ours.keys() & official.keys():
        if ours[name].kind == "input_object_type_definition":
            required = {field for field, told in official[name]["fields"].items() if shape(told)[0].endswith("!")}
            assert required <= set(fields(ours[name])), name


def test_no_text_of_vendures_is_in_it(ours: dict[str, Any]) -> None:
    assert not [name for name, mine in ours.items() if getattr(mine, "description", None)]


def test_custom_fields_get_types_inputs_and_filters_of_their_own() -> None:
    kinds: Any = build_schema(extended(text(), DECLARED)).type_map
    assert str(kinds["Order"].fields["customFields"].type) == "OrderCustomFields"
    assert str(kinds["OrderFilterParameter"].fields["erpRef"].type) == "StringOperators"
    assert str(kinds["OrderLineInput"].fields["customFields"].type) == "OrderLineCustomFieldsInput"
    bare: Any = build_schema(extended(text(), ())).type_map
    assert str(bare["Order"].fields["customFields"].type) == "JSON"
    assert "erpRef" not in bare["OrderFilterParameter"].fields
    with pytest.raises(KeyError):
        extended(text(), (CustomField("Moon", "phase"),))
