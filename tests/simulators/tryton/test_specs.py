"""What the double says of its fields is what Tryton says of them, as far as it has them."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from isthmus.simulators.tryton.models import ALL
from isthmus.simulators.tryton.orm.fields import Field

SPECS = Path(os.environ.get("ISTHMUS_SPECS") or Path(__file__).parents[3] / "../shared/specs") / "tryton"
#: Tryton offers every time zone of the world, the double those it needs.
SHORTENED = {("company.company", "timezone"), ("party.identifier", "type"), ("product.identifier", "type")}


@pytest.fixture(scope="module")
def spec() -> dict[str, dict[str, Any]]:
    path = SPECS / "fields-8.2.json"
    if not path.exists():
        pytest.skip(f"no field list at {path}: set ISTHMUS_SPECS")
    return json.loads(path.read_text())


def described(field: Field) -> dict[str, Any]:
    told = {"type": field.type, "required": field.required, "readonly": field.readonly, "relation": field.relation}
    return {**told, "relation_field": field.inverse}


def test_fields_are_a_subset_of_trytons(spec: dict[str, dict[str, Any]]) -> None:
    usual = {"type": None, "required": False, "readonly": False, "relation": "", "relation_field": ""}
    wrong, compared = {}, 0
    for model in (one for one in ALL if one.name in spec):
        for field in model.all_fields():
            theirs = spec[model.name].get(field.name, {})
            expected = {name: theirs.get(name, default) for name, default in usual.items()}
            if expected["type"] != "one2many":  # a link may be told with the list on its other side
                expected["relation_field"] = ""
            compared += 1
            if described(field) != expected:
                wrong[model.name, field.name] = (described(field), expected)
    assert (wrong, compared > 400) == ({}, True)


def test_choices_are_trytons(spec: dict[str, dict[str, Any]]) -> None:
    wrong = {}
    for model in (one for one in ALL if one.name in spec):
        for field in model.all_fields():
            theirs = spec[model.name].get(field.name, {}).get("selection")
            if not field.choices or not isinstance(theirs, list) or (model.name, field.name) in SHORTENED:
                continue
            unknown = {key for key, _ in field.choices} - {key for key, _ in theirs}
            if unknown:
                wrong[model.name, field.name] = unknown
    assert wrong == {}
