"""Custom fields: what a shop declares changes the schema.

A type with none answers JSON under `customFields`; a type with some has a type of its own for them, inputs to match,
and each field can be filtered and sorted by.
Source: https://docs.vendure.io/guides/developer-guide/custom-fields/ (3.5); names as a running 3.5.5 shows them.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from isthmus.simulators.vendure.settings import CustomField

_SCALARS = {
    "string": "String", "text": "String", "int": "Int", "float": "Float", "boolean": "Boolean", "datetime": "DateTime",
}  # fmt: skip
_OPERATORS = {"String": "String", "Int": "Number", "Float": "Number", "Boolean": "Boolean", "DateTime": "Date"}
#: inputs that write custom fields of a type, and what their type is called then
_INPUTS = {
    "Order": {"UpdateOrderInput": "Update{}CustomFieldsInput", "ModifyOrderInput": "Update{}CustomFieldsInput"},
    "OrderLine": dict.fromkeys(
        ("AddItemInput", "OrderLineInput", "AddItemToDraftOrderInput", "AdjustDraftOrderLineInput"),
        "{}CustomFieldsInput",
    ),
    "ProductVariant": {
        "CreateProductVariantInput": "Create{}CustomFieldsInput",
        "UpdateProductVariantInput": "Update{}CustomFieldsInput",
    },
    "Product": {"CreateProductInput": "Create{}CustomFieldsInput", "UpdateProductInput": "Update{}CustomFieldsInput"},
    "Customer": {
        "CreateCustomerInput": "Create{}CustomFieldsInput",
        "UpdateCustomerInput": "Update{}CustomFieldsInput",
    },
    # The API has no way to write them: only a handler of the shop's own can.
    "Fulfillment": {},
}
_LISTED = frozenset({"Order", "ProductVariant", "Product", "Customer"})
ENTITIES = tuple(sorted(_INPUTS))


def extended(text: str, declared: Sequence[CustomField]) -> str:
    """Return the schema of a shop that declares these fields. Raises `KeyError` for an entity that has none here."""
    by_entity: dict[str, list[CustomField]] = defaultdict(list)
    for one in declared:
        by_entity[one.entity].append(one)
    for entity, found in by_entity.items():
        text = _put(text, "type", entity, f"{entity}CustomFields")
        text += _block("type", f"{entity}CustomFields", found)
        made: set[str] = set()
        for name, pattern in _INPUTS[entity].items():
            kind = pattern.format(entity)
            text = _put(text, "input", name, kind)
            if kind not in made:
                made.add(kind)
                text += _block("input", kind, [one for one in found if not one.readonly])
        if entity in _LISTED:
            text += _lists(entity, found)
    return text


def described(declared: Sequence[CustomField], entity: str) -> list[dict[str, Any]]:
    """Return what `globalSettings.serverConfig` says of an entity's fields."""
    return [
        {
            "kind": f"{one.type.capitalize() if one.type != 'datetime' else 'DateTime'}CustomFieldConfig",
            "name": one.name,
            "type": one.type,
            "list": False,
            "readonly": one.readonly,
            "internal": False,
            "nullable": True,
        }
        for one in declared
        if one.entity == entity
    ]


def _put(text: str, word: str, name: str, kind: str) -> str:
    """Give the block of a type a field `customFields` of a kind, in the place of JSON or anew."""
    found = re.search(rf"^{word} {name} (?:implements [^{{]*)?\{{\n(.*?)^\}}", text, re.MULTILINE | re.DOTALL)
    if found is None:
        message = f"the schema has no {word} {name}"
        raise KeyError(message)
    lines = [line for line in found.group(1).splitlines() if line.strip() != "customFields: JSON"]
    body = "\n".join([*lines, f"  customFields: {kind}"]) + "\n"
    return text[: found.start(1)] + body + text[found.end(1) :]


def _block(word: str, name: str, fields: Sequence[CustomField]) -> str:
    rows = "".join(f"  {one.name}: {_SCALARS[one.type]}\n" for one in fields)
    return f"\n{word} {name} {{\n{rows}}}\n"


def _lists(entity: str, fields: Sequence[CustomField]) -> str:
    filters = "".join(f"  {one.name}: {_OPERATORS[_SCALARS[one.type]]}Operators\n" for one in fields)
    sorts = "".join(f"  {one.name}: SortOrder\n" for one in fields if one.type != "boolean")
    made = f"\nextend input {entity}FilterParameter {{\n{filters}}}\n"
    return made + (f"\nextend input {entity}SortParameter {{\n{sorts}}}\n" if sorts else "")
