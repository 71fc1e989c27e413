"""Runs GraphQL: parse and validate once per text, meter, execute, word the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import graphql
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    IntValueNode,
    OperationDefinitionNode,
    build_schema,
    parse,
    validate,
)

from isthmus.simulators.shopify import complaints, cost, resolvers
from isthmus.simulators.shopify.bucket import Bucket
from isthmus.simulators.shopify.call import Call

_TEXTS_KEPT = 512


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document, priced."""

    document: DocumentNode
    node: OperationDefinitionNode
    label: str  # root fields, joined
    priced: list[cost.Priced]
    defaults: dict[str, int]

    @property
    def writes(self) -> bool:
        """Say whether it is a mutation."""
        return self.node.operation.value == "mutation"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A text made ready, or the reasons why it cannot be."""

    errors: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    operations: dict[str, Operation] = field(default_factory=dict[str, Operation])

    def operation(self, name: str | None) -> Operation | None:
        """Return the operation meant; without a name, the only one."""
        if name:
            return self.operations.get(name)
        return next(iter(self.operations.values())) if len(self.operations) == 1 else None


class Engine:
    """The schema and everything known about texts seen before. State comes with each call."""

    def __init__(self) -> None:
        """Build the schema and tie its fields to the records."""
        text = files("isthmus.simulators.shopify").joinpath("schema.graphql").read_text(encoding="utf-8")
        self.schema: GraphQLSchema = build_schema(text)
        resolvers.bind(self.schema)
        self._texts: dict[str, Prepared] = {}

    def prepare(self, text: str) -> Prepared:
        """Return the document of a text, from memory when it was seen before."""
        prepared = self._texts.get(text)
        if prepared is None:
            if len(self._texts) >= _TEXTS_KEPT:
                self._texts.clear()
            prepared = self._texts[text] = self._prepare(text)
        return prepared

    def _prepare(self, text: str) -> Prepared:
        try:
            document = parse(text)
        except GraphQLError as error:
            return Prepared([complaints.invalid(error, None)])
        nodes = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
        errors = validate(self.schema, document)
        if errors:
            first = nodes[0] if nodes else None
            return Prepared([complaints.invalid(error, first) for error in errors])
        operations = {node.name.value if node.name else "": self._operation(document, node) for node in nodes}
        return Prepared([], operations)

    def _operation(self, document: DocumentNode, node: OperationDefinitionNode) -> Operation:
        roots = [one.name.value for one in node.selection_set.selections if isinstance(one, FieldNode)]
        defaults = {
            one.variable.name.value: int(one.default_value.value)
            for one in node.variable_definitions or ()
            if isinstance(one.default_value, IntValueNode)
        }
        return Operation(document, node, "+".join(roots), cost.price(self.schema, document, node), defaults)

    def run(self, operation: Operation, variables: Mapping[str, Any], call: Call, bucket: Bucket) -> dict[str, Any]:
        """Execute within the bucket and return the whole answer body."""
        known = {**operation.defaults, **variables}
        asked = cost.requested(operation.priced, known)
        if asked > cost.MAX_QUERY_COST:
            return {"errors": [complaints.too_costly(asked, cost.MAX_QUERY_COST)]}
        if not bucket.take(asked):
            call.throttled = True
            return {"errors": [complaints.throttled()], "extensions": _extensions(asked, None, bucket)}
        result = graphql.execute_sync(  # pyright: ignore[reportUnknownMemberType] - as the library declares it
            self.schema,
            operation.document,
            context_value=call,
            variable_values=dict(variables),
            operation_name=operation.node.name.value if operation.node.name else None,
        )
        used = call.points = min(asked, cost.actual(operation.priced, result.data))
        bucket.give_back(asked - used)
        return _answer(result.data, result.errors or [], _extensions(asked, used, bucket), call)


def _answer(
    content: dict[str, Any] | None, errors: list[GraphQLError], extensions: dict[str, Any], call: Call
) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    unread = content is None and bool(errors) and not errors[0].path
    if errors:
        answer["errors"] = [complaints.failed(one) if one.path else complaints.wrong_variable(one) for one in errors]
    if not unread:  # variables that do not fit leave no `data` behind
        answer["data"] = content
    if call.searches:
        extensions["search"] = call.searches
    answer["extensions"] = extensions
    return answer


def _extensions(asked: int, used: int | None, bucket: Bucket) -> dict[str, Any]:
    return {"cost": {"requestedQueryCost": asked, "actualQueryCost": used, "throttleStatus": bucket.status()}}
