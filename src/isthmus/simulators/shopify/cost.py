"""What a query costs, before it runs (requested) and after (actual).

Documented: scalar 0, object 1, mutation 10, connection by its size, at most 1000 points in one query.
Source: https://shopify.dev/docs/api/usage/limits
The connection formula is Shopify staff's, checked against answers of live shops:
https://community.shopify.dev/t/how-to-calculate-graphql-cost-estimates/24364 and
https://community.shopify.dev/t/unexpectedly-low-graphql-query-cost-in-shopify-admin-api-seeking-clarification/23101
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_composite_type,
)

MAX_QUERY_COST = 1000
MUTATION_COST = 10
CONNECTION_COST = 2
#: value objects a live shop was seen not to charge for (second source above), and what carries complaints
_FREE = frozenset({"PageInfo", "MailingAddress", "LocationAddress", "MoneyV2", "InventoryItemMeasurement"})


@dataclass(slots=True)
class Priced:
    """One selected field and what it costs."""

    key: str
    own: int
    only: str | None  # charged for this concrete type alone
    children: "list[Priced]" = field(default_factory=list["Priced"])
    connection: bool = False
    size: ValueNode | None = None  # `first` or `last`
    count: ValueNode | None = None  # the list of ids of `nodes`


def price(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> list[Priced]:
    """Return the priced fields of a valid operation."""
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    root = "Mutation" if operation.operation is OperationType.MUTATION else "QueryRoot"
    fields = list(_priced(schema, fragments, operation.selection_set, root, None))
    if operation.operation is OperationType.MUTATION:
        for one in fields:
            one.own = MUTATION_COST
    return fields


def requested(fields: Sequence[Priced], variables: Mapping[str, Any]) -> int:
    """Return the most a query can cost with these variables."""
    always = sum(_requested(one, variables) for one in fields if one.only is None)
    by_type: dict[str, int] = {}
    for one in fields:
        if one.only is not None:
            by_type[one.only] = by_type.get(one.only, 0) + _requested(one, variables)
    return always + max(by_type.values(), default=0)


def actual(fields: Sequence[Priced], answer: Mapping[str, Any] | None) -> int:
    """Return what the answer was worth; something is charged always."""
    return max(1, math.ceil(_actual_all(fields, answer or {})))


def charged_items(size: int) -> int:
    """Return how many items a connection of `size` is charged for: fewer than it has."""
    return math.floor(2 * math.log(max(2, size))) if size > 0 else 0


def _requested(one: Priced, variables: Mapping[str, Any]) -> int:
    inner = requested(one.children, variables)
    if one.connection:
        size = _number(one.size, variables)
        return CONNECTION_COST + charged_items(min(size, 250)) * inner
    if one.count is not None:
        return _length(one.count, variables) * (one.own + inner)
    return one.own + inner


def _actual_all(fields: Sequence[Priced], answer: Mapping[str, Any]) -> float:
    return sum(_actual(one, answer[one.key]) for one in fields if one.key in answer)


def _actual(one: Priced, value: Any) -> float:
    if value is None:
        return one.own if one.own == MUTATION_COST else 0
    if one.connection:
        return CONNECTION_COST + _actual_items(one, value)
    if isinstance(value, list):
        found = cast("list[Any]", value)
        items = [one.own + _actual_all(one.children, item) for item in found if item is not None]
        return sum(items) if one.count is not None else max(items, default=0)
    if isinstance(value, dict):
        record = cast("dict[str, Any]", value)
        return one.own + _actual_all(one.children, record)
    return 0


def _actual_items(one: Priced, value: Mapping[str, Any]) -> float:
    """Return the items' cost, scaled down the way requested items are."""
    charge = 0.0
    for child in one.children:
        items: Any = value.get(child.key)
        if isinstance(items, list) and items:
            items = cast("list[Any]", items)
            whole = sum(child.own + _actual_all(child.children, item) for item in items if item is not None)
            charge += whole * min(1.0, charged_items(len(items)) / len(items))
    return charge


def _priced(
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    selections: SelectionSetNode,
    parent: str,
    only: str | None,
) -> Iterator[Priced]:
    for selection in selections.selections:
        if isinstance(selection, FieldNode):
            if not selection.name.value.startswith("__"):
                yield _field(schema, fragments, selection, parent, only)
            continue
        fragment = fragments[selection.name.value] if isinstance(selection, FragmentSpreadNode) else selection
        if not isinstance(fragment, FragmentDefinitionNode | InlineFragmentNode):
            continue
        name = fragment.type_condition.name.value if fragment.type_condition else parent
        condition = only if name == parent else name
        yield from _priced(schema, fragments, fragment.selection_set, name, condition)


def _field(
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    node: FieldNode,
    parent: str,
    only: str | None,
) -> Priced:
    key = node.alias.value if node.alias else node.name.value
    owner = schema.type_map[parent]
    if not isinstance(owner, GraphQLObjectType | GraphQLInterfaceType):
        return Priced(key, 0, only)
    kind = cast("Any", get_named_type(owner.fields[node.name.value].type))
    if not is_composite_type(kind) or node.selection_set is None:
        return Priced(key, 0, only)
    arguments = {argument.name.value: argument.value for argument in node.arguments or ()}
    free = kind.name in _FREE or kind.name.endswith("Edge") or node.name.value == "userErrors"
    priced = Priced(key, 0 if free else 1, only)
    priced.connection = kind.name.endswith("Connection")
    priced.size = arguments.get("first", arguments.get("last"))
    priced.count = arguments.get("ids") if node.name.value == "nodes" else None
    priced.children = list(_priced(schema, fragments, node.selection_set, kind.name, None))
    return priced


def _number(value: ValueNode | None, variables: Mapping[str, Any]) -> int:
    if isinstance(value, VariableNode):
        given = variables.get(value.name.value)
        return given if isinstance(given, int) else 1
    return int(value.value) if isinstance(value, IntValueNode) else 1


def _length(value: ValueNode, variables: Mapping[str, Any]) -> int:
    if isinstance(value, VariableNode):
        given = variables.get(value.name.value)
        return len(cast("list[Any]", given)) if isinstance(given, list) else 1
    return len(value.values) if isinstance(value, ListValueNode) else 1
