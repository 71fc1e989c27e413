"""GraphQL errors in Shopify's words and codes instead of the library's.

Source: https://shopify.dev/docs/api/usage/response-codes and answers of live shops for the wording.
"""

import re
from collections.abc import Callable
from typing import Any

from graphql import GraphQLError, OperationDefinitionNode

Shape = tuple[str, dict[str, Any]]


def _undefined_field(found: re.Match[str]) -> Shape:
    name, kind = found.groups()
    extensions = {"code": "undefinedField", "typeName": kind, "fieldName": name}
    return f"Field '{name}' doesn't exist on type '{kind}'", extensions


def _undefined_argument(found: re.Match[str]) -> Shape:
    argument, kind, name = found.groups()
    extensions = {"code": "argumentNotAccepted", "name": name, "typeName": "Field", "argumentName": argument}
    return f"Field '{name}' doesn't accept argument '{argument}'", extensions | {"parentType": kind}


def _missing_argument(found: re.Match[str]) -> Shape:
    name, argument = found.groups()
    field = name.rsplit(".", 1)[-1]
    extensions = {
        "code": "missingRequiredArguments",
        "className": "Field",
        "name": field,
        "arguments": argument,
    }
    return f"Field '{field}' is missing required arguments: {argument}", extensions


def _missing_selection(found: re.Match[str]) -> Shape:
    name, kind = found.groups()
    bare = kind.strip("[]!")
    hint = f"field '{name}' returns {bare} but has no selections. Did you mean '{name} {{ ... }}'?"
    message = f"Field must have selections ({hint})"
    return message, {"code": "selectionMismatch", "nodeName": f"field '{name}'", "typeName": bare}


def _undefined_input(found: re.Match[str]) -> Shape:
    name, kind = found.groups()
    message = f"InputObject '{kind}' doesn't accept argument '{name}'"
    return message, {"code": "argumentNotAccepted", "name": kind, "typeName": "InputObject", "argumentName": name}


def _missing_input(found: re.Match[str]) -> Shape:
    kind, name, wanted = found.groups()
    message = f"Argument '{name}' on InputObject '{kind}' is required."
    message += f" Expected type {wanted}" if wanted else ""
    return message, {"code": "missingRequiredInputObjectAttribute", "argumentName": name, "inputObjectType": kind}


_SHAPES: tuple[tuple[str, Callable[[re.Match[str]], Shape]], ...] = (
    (r"Cannot query field '(\w+)' on type '(\w+)'", _undefined_field),
    (r"Unknown argument '(\w+)' on field '(\w+)\.(\w+)'", _undefined_argument),
    (r"Argument '([\w.]+)\((\w+):\)' of type '\S+' is required", _missing_argument),
    (r"Field '([\w.]+)' argument '(\w+)' of type '\S+' is required", _missing_argument),
    (r"Field '(\w+)' of type '(\S+)' must have a selection", _missing_selection),
    (r"Field '(\w+)' is not defined by type '(\w+)'", _undefined_input),
    (r"Field '(\w+)\.(\w+)' of required type '(\S+)' was not provided", _missing_input),
    (r"Expected value of type '(\w+)' to include required field '(\w+)'()", _missing_input),
)


def invalid(error: GraphQLError, operation: OperationDefinitionNode | None) -> dict[str, Any]:
    """Return a syntax or validation error as Shopify would send it."""
    message, extensions = error.message, {"code": "argumentLiteralsIncompatible"}
    for pattern, shape in _SHAPES:
        found = re.search(pattern, error.message)
        if found:
            message, extensions = shape(found)
            break
    else:
        if error.message.startswith("Syntax Error"):
            message, extensions = error.message.replace("Syntax Error: ", "syntax error, "), {"code": "parseError"}
    answer: dict[str, Any] = {"message": message, "locations": _places(error), "extensions": extensions}
    if operation is not None:
        name = operation.name.value if operation.name else ""
        answer["path"] = [f"{operation.operation.value} {name}".strip()]
    return answer


def wrong_variable(error: GraphQLError) -> dict[str, Any]:
    """Return a variable's refusal with its problems listed."""
    found = re.match(r"Variable '\$(\w+)' (?:has|got) invalid value(?: at (.+?))?[:;] (.+)", error.message, re.DOTALL)
    name = re.search(r"\$(\w+)", error.message)
    path, why = (found.group(2) or "", found.group(3)) if found else ("", error.message)
    steps: list[str | int] = [int(s) if s.isdigit() else s for s in re.findall(r"\w+", path)]
    steps = steps[1:] if steps and name and steps[0] == name.group(1) else steps
    variable = name.group(1) if name else "variable"
    at = ".".join(str(step) for step in steps)
    message = f"Variable ${variable} was provided invalid value" + (f" for {at} ({why})" if at else f" ({why})")
    return {
        "message": message,
        "locations": _places(error),
        "extensions": {"code": "INVALID_VARIABLE", "problems": [{"path": steps, "explanation": why}]},
    }


def failed(error: GraphQLError) -> dict[str, Any]:
    """Return an error a resolver raised."""
    answer: dict[str, Any] = {"message": error.message, "locations": _places(error)}
    if error.path:
        answer["path"] = list(error.path)
    answer["extensions"] = error.extensions or {"code": "INTERNAL_SERVER_ERROR"}
    return answer


def too_costly(cost: int, most: int) -> dict[str, Any]:
    """Return the refusal of one query that costs too much by itself."""
    return {
        "message": f"Query cost is {cost}, which exceeds the single query max cost limit ({most}).",
        "extensions": {
            "code": "MAX_COST_EXCEEDED",
            "cost": cost,
            "maxCost": most,
            "documentation": "https://shopify.dev/api/usage/rate-limits",
        },
    }


def throttled() -> dict[str, Any]:
    """Return the refusal for want of points."""
    return {
        "message": "Throttled",
        "extensions": {"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"},
    }


def _places(error: GraphQLError) -> list[dict[str, int]]:
    return [{"line": place.line, "column": place.column} for place in error.locations or ()]
