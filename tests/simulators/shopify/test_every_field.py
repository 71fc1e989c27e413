"""Whatever the schema promises can be asked for: every field of every record answers."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLObjectType,
    execute_sync,
    get_named_type,
    is_leaf_type,
    is_object_type,
    is_required_argument,
    parse,
    validate,
)

from isthmus.simulators.shopify import ShopifyWorld
from isthmus.simulators.shopify.call import Call
from isthmus.simulators.shopify.gateway import engine

SCHEMA = engine().schema
LISTED = [
    name
    for name, field in SCHEMA.type_map["QueryRoot"].fields.items()
    if name not in {"node", "nodes"} and not name.endswith("ByIdentifier")
]


@pytest.fixture(scope="module")
def world() -> ShopifyWorld:
    return ShopifyWorld("demo", "http://127.0.0.1:9")


def selections(kind: GraphQLObjectType, world: ShopifyWorld, path: tuple[str, ...]) -> Iterator[str]:
    known = {
        "key": '"k"',
        "names": '["available", "on_hand"]',
        "locationId": json.dumps(next(iter(world.shop.locations))),
        "inventoryItemId": json.dumps(next(iter(world.shop.items))),
    }
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        required = [argument for argument, spec in field.args.items() if is_required_argument(spec)]
        given = [f"{argument}: {known[argument]}" for argument in required]
        given += ["first: 2"] if inner.name.endswith("Connection") else []
        call = f"{name}({', '.join(given)})" if given else name
        if is_leaf_type(inner):
            yield call
        elif is_object_type(inner) and inner.name not in path and len(path) < 5:
            yield f"{call} {{ {' '.join(selections(inner, world, (*path, inner.name)))} __typename }}"
        elif not is_object_type(inner):
            yield f"{call} {{ __typename }}"


@pytest.mark.parametrize("root", LISTED)
def test_every_field_answers(world: ShopifyWorld, root: str) -> None:
    field = SCHEMA.type_map["QueryRoot"].fields[root]
    kind: Any = get_named_type(field.type)
    arguments = ""
    if kind.name.endswith("Connection"):
        arguments = "(first: 250, ownerType: ORDER)" if root == "metafieldDefinitions" else "(first: 250)"
        arguments = "(first: 40)" if root == "orders" else arguments
    elif "id" in field.args:
        arguments = f"(id: {json.dumps(next(iter(world.shop.table(kind.name)), 'gid://shopify/X/1'))})"
    query = f"{{ {root}{arguments} {{ {' '.join(selections(kind, world, (kind.name,)))} }} }}"
    document = parse(query)
    assert validate(SCHEMA, document) == []
    gateway = world.gateway
    call = Call(world.shop, gateway._listings, gateway._attempts, "2026-07", ("read_orders",))
    result = execute_sync(SCHEMA, document, context_value=call)
    assert result.errors is None
