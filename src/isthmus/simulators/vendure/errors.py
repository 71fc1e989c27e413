"""What goes wrong: results that are errors, and refusals that break off an operation.

Business errors are members of a mutation's union, in `data`. Everything else stands under `errors`, with a code in
`extensions`; what comes from the database has no code at all.
Source: https://docs.vendure.io/guides/developer-guide/error-handling/ (3.5); codes and wording of short messages
as a running 3.5.5 gave them.
"""

import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

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

    def __init__(self, message: str, code: str | None = None) -> None:
        """Keep both; without a code it came from the database."""
        super().__init__(message, extensions={"code": code} if code else None)


def failed(kind: str, message: str = "", **details: Any) -> Failed:
    """Return a business error."""
    return Failed(kind, message, details)


def refuse_stranger() -> NoReturn:
    """Refuse whoever is not signed in, no longer signed in, or not allowed."""
    raise Refused(FORBIDDEN, code="FORBIDDEN")


def refuse_missing(entity: str, number: object) -> NoReturn:
    """Refuse a record that is not there."""
    message = f'No {entity} with the id "{number}" could be found'
    raise Refused(message, code="ENTITY_NOT_FOUND")


def refuse_input(message: str) -> NoReturn:
    """Refuse what makes no sense."""
    raise Refused(message, code="USER_INPUT_ERROR")


def refuse_step(message: str) -> NoReturn:
    """Refuse a step that cannot be taken."""
    raise Refused(message, code="ILLEGAL_OPERATION")


def refuse_inside(message: str) -> NoReturn:
    """Say what Vendure says of itself when it does not understand its own state."""
    raise Refused(message, code="INTERNAL_SERVER_ERROR")


def refuse_twin(table: str, column: str, *, postgres: bool) -> NoReturn:
    """Refuse in the database's own words for a value that is there already."""
    message = (
        f'duplicate key value violates unique constraint "UQ_{table}_{column}"'
        if postgres
        else f"SqliteError: UNIQUE constraint failed: {table}.{column}"
    )
    raise Refused(message)


def refuse_key(table: str, *, postgres: bool) -> NoReturn:
    """Refuse in the database's own words for a reference to nothing."""
    message = (
        f'insert or update on table "{table}" violates foreign key constraint "FK_{table}"'
        if postgres
        else "SqliteError: FOREIGN KEY constraint failed"
    )
    raise Refused(message)


def refuse_null(table: str, column: str, *, postgres: bool) -> NoReturn:
    """Refuse in the database's own words for a value that is missing."""
    message = (
        f'null value in column "{column}" of relation "{table}" violates not-null constraint'
        if postgres
        else f"SqliteError: NOT NULL constraint failed: {table}.{column}"
    )
    raise Refused(message)
