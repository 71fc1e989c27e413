"""Ties every field of the schema to the records.

A field answers the attribute of the same name in snake case, unless a table below says otherwise.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
)

from isthmus.simulators.shopify import hook_writes, order_fields, queries, record_fields, record_writes, stock_writes
from isthmus.simulators.shopify.call import Fields, Info, Resolver
from isthmus.simulators.shopify.paging import plain

_TABLES: tuple[Mapping[str, Fields], ...] = (
    order_fields.TABLE,
    record_fields.TABLE,
    {"QueryRoot": queries.TABLE},
    {"Mutation": {**stock_writes.TABLE, **record_writes.TABLE, **hook_writes.TABLE}},
)


def bind(schema: GraphQLSchema) -> None:
    """Give every field, scalar and abstract type of the schema its behaviour."""
    for kind in schema.type_map.values():
        if kind.name.startswith("__"):
            continue
        if isinstance(kind, GraphQLObjectType):
            for name, field in kind.fields.items():
                field.resolve = _resolver(kind.name, name, field)
        elif isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            kind.resolve_type = _typename
        elif isinstance(kind, GraphQLScalarType) and kind.name in SCALARS:
            # The library reads the newer of the two names and ignores the other.
            kind.serialize = kind.coerce_output_value = SCALARS[kind.name]  # pyright: ignore[reportAttributeAccessIssue]


def snake(name: str) -> str:
    """Return a GraphQL name the way attributes are written: `countryCodeV2` is `country_code_v2`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def _resolver(kind: str, name: str, field: GraphQLField) -> Resolver:
    own: Resolver | str | None = next((table[kind][name] for table in _TABLES if name in table.get(kind, ())), None)
    if callable(own):
        return own
    get = attrgetter(own or snake(name))
    if name in {"metafield", "metafields"} and "namespace" in field.args:
        return _metafield if name == "metafield" else _metafields
    kind_of_field = str(field.type)  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType] - likewise
    if kind_of_field.rstrip("!").endswith("Connection"):
        return _connection(get)
    return _first_of(get) if "first" in field.args and kind_of_field.startswith("[") else _attribute(get)


def _attribute(get: Callable[[Any], Any]) -> Resolver:
    def resolve(source: Any, _info: Info, **_arguments: Any) -> Any:
        return get(source)

    return resolve


def _first_of(get: Callable[[Any], Any]) -> Resolver:
    def resolve(source: Any, _info: Info, first: int | None = None, **_arguments: Any) -> Any:
        return get(source)[:first]

    return resolve


def _connection(get: Callable[[Any], Any]) -> Resolver:
    def resolve(source: Any, _info: Info, **arguments: Any) -> Any:
        return plain(get(source), arguments)

    return resolve


def _metafield(source: Any, info: Info, key: str, namespace: str | None = None) -> Any:
    return record_writes.metafield_of(info.context.shop, source, namespace, key)


def _metafields(source: Any, info: Info, **arguments: Any) -> Any:
    return record_writes.metafields_of(info.context.shop, source, arguments)


def _typename(value: Any, *_rest: Any) -> str:
    return getattr(value, "kind", None) or value.TYPENAME


def _date_time(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _decimal(value: Decimal) -> str:
    """Return an amount the way `MoneyV2.amount` shows it: `12.5` and `0.0`, and `1200` where there are no cents."""
    text = format(value, "f")
    if "." not in text:
        return text
    text = text.rstrip("0")
    return f"{text}0" if text.endswith(".") else text


SCALARS: Mapping[str, Callable[[Any], Any]] = {
    "DateTime": _date_time,
    "Decimal": _decimal,
    "Money": lambda value: format(value, "f"),
    "UnsignedInt64": str,
    "URL": str,
    "HTML": str,
    "JSON": lambda value: value,
}
