"""Ties every field of the schema to the records.

A field answers the attribute of the same name in snake case, unless a table says otherwise. Every field a query or
mutation starts from asks for its permission first.
"""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    ValueNode,
    value_from_ast_untyped,
)

from isthmus.simulators.vendure import mutations, queries, record_fields
from isthmus.simulators.vendure.call import Fields, Info, Resolver, of
from isthmus.simulators.vendure.errors import refuse_stranger
from isthmus.simulators.vendure.lists import at
from isthmus.simulators.vendure.permissions import NEEDED, allowed
from isthmus.simulators.vendure.text import snake

#: what a stranger could own: asking for it makes a session without a user, with a token (seen on 3.5.5)
OWNED = frozenset({"me", "activeAdministrator", "adjustDraftOrderLine"})


def bind(schema: GraphQLSchema) -> None:
    """Give every field, scalar and abstract type of the schema its behaviour."""
    roots: Mapping[str, Fields] = {"Query": queries.TABLE, "Mutation": mutations.TABLE}
    for kind in schema.type_map.values():
        if kind.name.startswith("__"):
            continue
        if isinstance(kind, GraphQLObjectType):
            names = list(kind.fields)
            is_error = any(one.name == "ErrorResult" for one in kind.interfaces)
            own = record_fields.error_fields(names) if is_error else record_fields.TABLE.get(kind.name, {})
            for name, field in kind.fields.items():
                if name == "customFields" and str(field.type) == "JSON":
                    field.resolve = of(lambda _source: None)  # nothing is declared for it
                elif kind.name in roots:
                    field.resolve = _guarded(name, roots[kind.name][name])
                elif kind.name.endswith("CustomFields") and kind.name not in record_fields.TABLE:
                    field.resolve = (
                        own.get(name) or _attribute(name) if kind.name == "EntityCustomFields" else _custom(name)
                    )
                else:
                    field.resolve = own.get(name) or _attribute(name)
        elif isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            kind.resolve_type = _typename
        elif isinstance(kind, GraphQLScalarType) and kind.name in SCALARS:
            _scalar(kind, *SCALARS[kind.name])


def _guarded(name: str, resolve: Resolver) -> Resolver:
    def guard(root: Any, info: Info, **arguments: Any) -> Any:
        call = info.context
        session = call.sessions.find(call.token)
        if NEEDED[name] and (session is None or session.administrator is None):
            if session is None and name in OWNED:
                call.tell_token = call.sessions.open(None)
            elif session is None and call.token:
                call.tell_token = ""  # that token counts no more
            refuse_stranger()
        if session and session.administrator and not allowed(name, session.administrator.permissions):
            refuse_stranger()
        return resolve(root, info, **arguments)

    return guard


def _attribute(name: str) -> Resolver:
    attribute = snake(name)

    def resolve(source: Any, _info: Info, **_arguments: Any) -> Any:
        if isinstance(source, dict):
            row = cast("dict[str, Any]", source)
            return row.get(attribute, row.get(name))
        return getattr(source, attribute, None)

    return resolve


def _custom(name: str) -> Resolver:
    def resolve(source: Mapping[str, Any], _info: Info, **_arguments: Any) -> Any:
        return source.get(name)

    return resolve


def _typename(value: Any, *_rest: Any) -> str:
    if isinstance(value, dict):
        return str(cast("dict[str, Any]", value)["kind"])
    named = getattr(value, "kind", None) or value.TYPENAME
    return "CurrentUser" if named == "Administrator" else named


def _scalar(kind: GraphQLScalarType, serialize: Callable[[Any], Any], parse: Callable[[Any], Any]) -> None:
    def literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
        return parse(value_from_ast_untyped(node, variables))

    # The library reads the newer of the two names and ignores the other.
    kind.serialize = kind.coerce_output_value = serialize  # pyright: ignore[reportAttributeAccessIssue]
    kind.parse_value = kind.coerce_input_value = parse  # pyright: ignore[reportAttributeAccessIssue]
    kind.parse_literal = literal


def moment(value: datetime) -> str:
    """Return a time as JavaScript writes it, in milliseconds."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _money(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        message = f"Money cannot represent {value}"
        raise TypeError(message)
    return value


SCALARS: Mapping[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "DateTime": (moment, at),
    "Money": (_money, _money),
    "JSON": (lambda value: value, lambda value: value),
}
