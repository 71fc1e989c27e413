"""Fields of the merchant's own, as a record carries them: a name, and a value that JSON gives back as it was.

The same fields make the same `custom` however they were read: in the order of their names, a name that came several
times with all of its values. A field that is empty is not there. One that is too long is a document and not a fact, so
it is left out whole: what is cut off in the middle is worse than what is missing.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

import msgspec

#: Characters of a value, all of its parts together, and of a name.
LONGEST, LONGEST_NAME = 10_000, 255
#: Beyond this JSON gives a whole number back as a float.
_WHOLE = 2**63
Plain = str | bool | int


def custom(fields: Iterable[tuple[str, object]]) -> dict[str, Any]:
    """Return fields by name. Structures become compact JSON, numbers with decimals their text."""
    found: dict[str, list[Any]] = {}
    for name, said in fields:
        if name and len(name) <= LONGEST_NAME and (value := allowed(said)) not in ("", []):
            found.setdefault(name, []).append(value)
    merged = {name: values[0] if len(values) == 1 else _together(values) for name, values in found.items()}
    return {name: merged[name] for name in sorted(merged) if _length(merged[name]) <= LONGEST}


def allowed(said: object) -> Plain | list[Plain]:
    """Return a value as records may carry it; an empty text where there is none."""
    if isinstance(said, Sequence) and not isinstance(said, str | bytes):
        parts = [one for one in cast("Sequence[object]", said) if one is not None]
        return compact(parts) if any(map(_is_structure, parts)) else [_plain(one) for one in parts]
    return _plain(said)


def decimals(said: object) -> object:
    """Return numbers of a field with decimals as text, those that happen to be whole as well: all are of one type."""
    if isinstance(said, list):
        return [decimals(one) for one in cast("list[object]", said)]
    return str(said) if isinstance(said, int) and not isinstance(said, bool) else said


def compact(said: object) -> str:
    """Return JSON without spaces, the same for the same content."""
    return _ENCODER.encode(said).decode()


def names(entered: str) -> tuple[str, ...]:
    """Return the names of fields a person entered, separated by commas."""
    return tuple(dict.fromkeys(filter(None, (name.strip() for name in entered.split(",")))))


def _plain(said: object) -> Plain:
    match said:
        case None:
            return ""
        case bool() | str():
            return said
        case int():
            return said if -_WHOLE <= said < _WHOLE else str(said)
        case Decimal() | float():
            return str(said)
        case _:
            return compact(said)


def _is_structure(said: object) -> bool:
    return isinstance(said, Mapping | list | tuple)


def _together(values: Sequence[Any]) -> list[Plain]:
    return [one for value in values for one in (cast("list[Plain]", value) if isinstance(value, list) else [value])]


def _length(value: Plain | Sequence[Plain]) -> int:
    return sum(map(_length, value)) if isinstance(value, list) else len(str(value))


_ENCODER = msgspec.json.Encoder(order="deterministic", decimal_format="number")
