"""Runs GraphQL: parse and validate once per text, execute, word the answer as Apollo Server does.

Source: https://www.apollographql.com/docs/apollo-server/data/errors (4); status codes as a running Vendure 3.5.5 gave
them: 400 for a text that does not fit the schema, 200 for variables that do not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import graphql
from graphql import DocumentNode, FieldNode, GraphQLError, OperationDefinitionNode, build_schema, parse, validate

from isthmus.simulators.vendure import resolvers
from isthmus.simulators.vendure.call import Call
from isthmus.simulators.vendure.custom_fields import extended
from isthmus.simulators.vendure.settings import CustomField

_TEXTS_KEPT = 512
ENGINES: "dict[tuple[CustomField, ...], Engine]" = {}
Answer = tuple[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A text made ready, or the answer that says why it cannot be."""

    document: DocumentNode | None = None
    refusal: dict[str, Any] | None = None
    operations: dict[str, OperationDefinitionNode] = field(default_factory=dict[str, OperationDefinitionNode])

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """Return the operation meant; without a name, the only one."""
        if name:
            return self.operations.get(name)
        return next(iter(self.operations.values())) if len(self.operations) == 1 else None

    def label(self, name: str | None) -> str:
        """Return the root fields of the operation meant, joined."""
        found = self.operation(name)
        if found is None:
            return "graphql"
        return "+".join(one.name.value for one in found.selection_set.selections if isinstance(one, FieldNode))


class Engine:
    """The schema of shops with the same custom fields, and what is known about texts seen before."""

    def __init__(self, declared: tuple[CustomField, ...]) -> None:
        """Build the schema and tie its fields to the records."""
        text = files("isthmus.simulators.vendure").joinpath("schema.graphql").read_text(encoding="utf-8")
        self.schema = build_schema(extended(text, declared))
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
            return Prepared(refusal={"errors": [_shown(error, "GRAPHQL_PARSE_FAILED")]})
        errors = validate(self.schema, document)
        if errors:
            return Prepared(refusal={"errors": [_shown(one, "GRAPHQL_VALIDATION_FAILED") for one in errors]})
        nodes = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
        return Prepared(document, operations={one.name.value if one.name else "": one for one in nodes})

    def run(self, prepared: Prepared, name: str | None, variables: Mapping[str, Any], call: Call) -> Answer:
        """Execute and return status and body."""
        if prepared.refusal is not None or prepared.document is None:
            return 400, prepared.refusal or {}
        if prepared.operation(name) is None:
            told = f'Unknown operation named "{name}".' if name else "Must provide operation name."
            return 400, {"errors": [{"message": told, "extensions": {"code": "OPERATION_RESOLUTION_FAILURE"}}]}
        result = graphql.execute_sync(  # pyright: ignore[reportUnknownMemberType] - as the library declares it
            self.schema,
            prepared.document,
            context_value=call,
            variable_values=dict(variables),
            operation_name=name or None,
        )
        body: dict[str, Any] = {}
        errors = result.errors or []
        if errors:
            body["errors"] = [_failed(one) for one in errors]
        if result.data is not None or any(one.path for one in errors) or not errors:
            body["data"] = result.data
        return 200, body


def engine(declared: tuple[CustomField, ...]) -> Engine:
    """Return the engine of shops with these custom fields, built once for this process."""
    if declared not in ENGINES:
        ENGINES[declared] = Engine(declared)
    return ENGINES[declared]


def _shown(error: GraphQLError, code: str) -> dict[str, Any]:
    places = [{"line": one.line, "column": one.column} for one in error.locations or ()]
    extensions: dict[str, Any] = {"http": {"status": 400, "headers": {}}, "code": code}
    return {"message": quoted(error.message), "locations": places, "extensions": extensions}


def _failed(error: GraphQLError) -> dict[str, Any]:
    """Return an error a resolver raised, or a variable that does not fit."""
    told: dict[str, Any] = {
        "message": quoted(error.message) if not error.path else error.message,
        "locations": [{"line": one.line, "column": one.column} for one in error.locations or ()],
    }
    if error.path:
        told["path"] = list(error.path)
        code = (error.extensions or {}).get("code")
        if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
            code = "INTERNAL_SERVER_ERROR"
        if code:
            told["extensions"] = {"code": code}
        return told
    return {**told, "extensions": {"code": "BAD_USER_INPUT"}}


def quoted(message: str) -> str:
    """Return a message of the library with names quoted as its JavaScript elder does."""
    return message.replace("'", '"')
