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
    parse,
    validate,
)

from isthmus.simulators.vendure import VendureWorld
from isthmus.simulators.vendure.call import Call
from isthmus.simulators.vendure.engine import engine
from isthmus.simulators.vendure.mutations import TABLE
from isthmus.simulators.vendure.permissions import NEEDED
from isthmus.simulators.vendure.settings import DECLARED, CustomField, Settings

EVERY_KIND = tuple(
    CustomField("Product", f"one_{kind}", kind) for kind in ("string", "text", "int", "float", "boolean", "datetime")
)
SETTINGS = Settings(custom_fields=(*DECLARED, *EVERY_KIND))
SCHEMA = engine(SETTINGS.custom_fields).schema
QUERY: Any = SCHEMA.type_map["Query"]
MUTATION: Any = SCHEMA.type_map["Mutation"]


@pytest.fixture(scope="module")
def world() -> VendureWorld:
    made = VendureWorld("demo", None, SETTINGS)
    orders = [one for one in made.shop.orders.values() if one.state == "PaymentSettled"]
    made.ship(orders[0].code)
    made.deliver(orders[0].code)
    made.refund(orders[0].code, amount="1.00")
    made.refund(orders[1].code, sku=orders[1].lines[0].product_variant.sku)
    return made


def selections(kind: GraphQLObjectType, path: tuple[str, ...]) -> Iterator[str]:
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        call = f"{name}(options: {{take: 2}})" if "options" in field.args and "skip" in str(field.args) else name
        call = name if not field.args else f"{name}(options: {{take: 2}})"
        if is_leaf_type(inner):
            yield call
        elif is_object_type(inner) and inner.name not in path and len(path) < 5:
            yield f"{call} {{ {' '.join(selections(inner, (*path, inner.name)))} __typename }}"
        else:
            yield f"{call} {{ __typename }}"


@pytest.mark.parametrize("root", list(QUERY.fields))
def test_every_field_answers(world: VendureWorld, root: str) -> None:
    field = QUERY.fields[root]
    kind: Any = get_named_type(field.type)
    arguments = ""
    if "options" in field.args:
        arguments = f"(options: {{take: {40 if root == 'orders' else 100}}})"
    elif field.args and "filterTerm" not in field.args:
        arguments = f"({next(iter(field.args))}: {json.dumps('1')})"
    document = parse(f"{{ {root}{arguments} {{ {' '.join(selections(kind, (kind.name,)))} }} }}")
    assert validate(SCHEMA, document) == []
    owner = next(one for one in world.shop.administrators.values() if one.user.identifier == "superadmin")
    sessions = world.gateway.sessions
    call = Call(world.shop, sessions, world.shop.default_channel, "en", sessions.open(owner))
    result = execute_sync(SCHEMA, document, context_value=call)
    assert result.errors is None
    assert result.data is not None
    assert result.data[root] is not None


def test_every_operation_is_played_and_guarded() -> None:
    assert set(TABLE) == set(MUTATION.fields)
    assert set(NEEDED) == set(MUTATION.fields) | set(QUERY.fields)
