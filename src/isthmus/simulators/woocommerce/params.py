"""Parameters of a request, held against what its route takes.

WordPress ignores a name it does not know, and so does this shop; but it counts them (`meter()["ignored"]`), because
whoever sends one has usually mistyped it. A value of the wrong kind is refused with `rest_invalid_param`.
Source: https://developer.wordpress.org/rest-api/extending-the-rest-api/schema/ and the codes of WordPress 6.x.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from isthmus.simulators.woocommerce import stamps
from isthmus.simulators.woocommerce.errors import Refused, bad

#: Parameters that belong to WordPress itself and go with every route.
GLOBAL = frozenset({"_fields", "_embed", "_envelope", "_method", "_", "context", "_locale", "rest_route"})
CREDENTIALS = frozenset({"consumer_key", "consumer_secret"})
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False, "": False}


@dataclass(frozen=True, slots=True)
class Param:
    """What one parameter may be."""

    kind: str = "string"  # string, integer, number, boolean, date-time, email, array, object, mixed
    enum: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    default: Any = None
    required: bool = False
    items: "Param | None" = None
    fields: Mapping[str, "Param"] = field(default_factory=dict[str, "Param"])


Specs = Mapping[str, Param]
TEXT, INTEGER, NUMBER, BOOLEAN = Param(), Param("integer"), Param("number"), Param("boolean")
DATE, MIXED, OBJECT = Param("date-time"), Param("mixed"), Param("object")
INTEGERS, TEXTS = Param("array", items=INTEGER), Param("array", items=TEXT)


class _Wrong(Exception):
    def __init__(self, *, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def accepted(specs: Specs, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters a route takes, with its defaults. Raises `Refused`."""
    missing = [name for name, spec in specs.items() if spec.required and given.get(name) is None]
    if missing:
        raise bad(
            code="rest_missing_callback_param", message=f"Missing parameter(s): {', '.join(missing)}", params=missing
        )
    taken: dict[str, Any] = {}
    wrong: dict[str, _Wrong] = {}
    for name, spec in specs.items():
        if given.get(name) is None:  # null counts as not given
            if spec.default is not None:
                taken[name] = spec.default
            continue
        try:
            taken[name] = _value(spec, given[name], name)
        except _Wrong as error:
            wrong[name] = error
    if wrong:
        raise _invalid(wrong)
    return taken


def ignored(specs: Specs, given: Mapping[str, Any]) -> set[str]:
    """Return the names no route or WordPress itself knows what to do with."""
    names = {name for name in given if not name.startswith("oauth_")}
    return names - set(specs) - GLOBAL - CREDENTIALS


def _invalid(wrong: Mapping[str, _Wrong]) -> Refused:
    return bad(
        code="rest_invalid_param",
        message=f"Invalid parameter(s): {', '.join(wrong)}",
        params={name: str(error) for name, error in wrong.items()},
        details={name: {"code": one.code, "message": str(one), "data": None} for name, one in wrong.items()},
    )


def _value(spec: Param, value: Any, name: str) -> Any:
    match spec.kind:
        case "integer":
            return _bounded(spec, _number(value, name, "integer"), name)
        case "number":
            return _number(value, name, "number")
        case "boolean":
            return _boolean(value, name)
        case "array":
            return _array(spec, value, name)
        case "object":
            return _object(spec, value, name)
        case "mixed":
            return value
        case _:
            return _text(spec, value, name)


def _text(spec: Param, value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise _Wrong(code="rest_invalid_type", message=f"{name} is not of type string.")
    if spec.enum and value not in spec.enum:
        raise _Wrong(code="rest_not_in_enum", message=f"{name} is not one of {_list(spec.enum)}.")
    if spec.kind == "date-time" and not stamps.is_date(value):
        raise _Wrong(code="rest_invalid_date", message="Invalid date.")
    if spec.kind == "email" and not ("@" in value[1:] and "." in value.rsplit("@", 1)[1]):
        raise _Wrong(code="rest_invalid_email", message="Invalid email address.")
    return value


def _number(value: Any, name: str, kind: str) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and (kind == "number" or value.is_integer()):
        return int(value) if kind == "integer" else value
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            number = None
        if number is not None and (kind == "number" or number.is_integer()):
            return int(number) if kind == "integer" else number
    raise _Wrong(code="rest_invalid_type", message=f"{name} is not of type {kind}.")


def _bounded(spec: Param, number: int, name: str) -> int:
    low, high = spec.least, spec.most
    if (low is None or number >= low) and (high is None or number <= high):
        return number
    if low is not None and high is not None:
        message = f"{name} must be between {low} (inclusive) and {high} (inclusive)"
    elif low is not None:
        message = f"{name} must be greater than or equal to {low}"
    else:
        message = f"{name} must be less than or equal to {high}"
    raise _Wrong(code="rest_out_of_bounds", message=message)


def _boolean(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return value
    known = _BOOLEANS.get(str(value).lower()) if isinstance(value, str | int) else None
    if known is None:
        raise _Wrong(code="rest_invalid_type", message=f"{name} is not of type boolean.")
    return known


def _array(spec: Param, value: Any, name: str) -> list[Any]:
    if isinstance(value, str):
        value = [part for part in value.replace(",", " ").split() if part]
    if not isinstance(value, list):
        raise _Wrong(code="rest_invalid_type", message=f"{name} is not of type array.")
    inner = spec.items or MIXED
    return [_value(inner, one, f"{name}[{index}]") for index, one in enumerate(cast("list[Any]", value))]


def _object(spec: Param, value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Wrong(code="rest_invalid_type", message=f"{name} is not of type object.")
    row = cast("dict[str, Any]", value)
    checked = {
        key: _value(one, row[key], f"{name}[{key}]") for key, one in spec.fields.items() if row.get(key) is not None
    }
    return {**row, **checked}


def _list(names: tuple[str, ...]) -> str:
    *most, last = names
    return f"{', '.join(most)}, and {last}" if most else last
