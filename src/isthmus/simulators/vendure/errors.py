"""What goes wrong: results that are errors, and refusals that break off an operation.

Business errors are members of a mutation's union, in `data`. Everything else stands under `errors`, with a code in
`extensions`; what comes from the database has no code at all.
Source: https://docs.vendure.io/guides/developer-guide/error-handling/ (3.5); codes and wording of short messages
as a running 3.5.5 gave them.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLError

FORBIDDEN = "You are not currently authorized to perform this action"


@dataclass(slots=True)
class Failed:
    """An `ErrorResult`: its GraphQL type, what people read, and the fields of that type (snake case)."""

    kind: str
    message: str = ""
    details: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def error_code(self) -> str:
        """Return the code, which is the type's name in capitals."""
        return re.sub(r"(?<=[a-z])([A-Z])", r"_\1", self.kind).upper()

    def told(self) -> str:
        """Return the message; where Vendure has none, the key of a translation shows through."""
        return self.message or f"errorResult.{self.error_code}"


class Refused(GraphQLError):
    """An operation broken off, with a code."""

    def __init__(self, code: str | None, message: str) -> None:
        """Keep both; without a code it came from the database."""
        super().__init__(message, extensions={"code": code} if code else None)


def failed(kind: str, message: str = "", **details: Any) -> Failed:
    """Return a business error."""
    return Failed(kind, message, details)


def forbidden() -> Refused:
    """Return the answer to whoever is not signed in, no longer signed in, or not allowed."""
    return Refused("FORBIDDEN", FORBIDDEN)


def not_there(entity: str, number: object) -> Refused:
    """Return the refusal of a record that is not there."""
    return Refused("ENTITY_NOT_FOUND", f'No {entity} with the id "{number}" could be found')


def wrong(message: str) -> Refused:
    """Return the refusal of what makes no sense."""
    return Refused("USER_INPUT_ERROR", message)


def illegal(message: str) -> Refused:
    """Return the refusal of a step that cannot be taken."""
    return Refused("ILLEGAL_OPERATION", message)


def internal(message: str) -> Refused:
    """Return what Vendure says of itself when it does not understand its own state."""
    return Refused("INTERNAL_SERVER_ERROR", message)


def broken_index(table: str, column: str, *, postgres: bool) -> Refused:
    """Return the database's own words for a value that is there already."""
    if postgres:
        return Refused(None, f'duplicate key value violates unique constraint "UQ_{table}_{column}"')
    return Refused(None, f"SqliteError: UNIQUE constraint failed: {table}.{column}")


def broken_key(table: str, *, postgres: bool) -> Refused:
    """Return the database's own words for a reference to nothing."""
    if postgres:
        return Refused(None, f'insert or update on table "{table}" violates foreign key constraint "FK_{table}"')
    return Refused(None, "SqliteError: FOREIGN KEY constraint failed")


def broken_null(table: str, column: str, *, postgres: bool) -> Refused:
    """Return the database's own words for a value that is missing."""
    if postgres:
        return Refused(None, f'null value in column "{column}" of relation "{table}" violates not-null constraint')
    return Refused(None, f"SqliteError: NOT NULL constraint failed: {table}.{column}")
