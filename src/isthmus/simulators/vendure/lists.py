"""Lists: filter, sort, cut.

Source: https://docs.vendure.io/guides/developer-guide/list-queries (3.5); as a running 3.5.5 does it: letter case does
not matter to `contains`, `after` leaves its own moment out, and a page of 0 is as good as none: everything comes.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Generic, TypeVar, cast

from isthmus.simulators.faults import LAG
from isthmus.simulators.vendure.call import Call
from isthmus.simulators.vendure.catalog import Record
from isthmus.simulators.vendure.errors import refuse_input

R = TypeVar("R", bound=Record)
Options = Mapping[str, Any]
#: what a filter or a sort looks at, by the field's GraphQL name
Look = Callable[[Any, str], Any]


@dataclass(frozen=True, slots=True)
class Listed(Generic[R]):
    """A page and how many there are in all."""

    items: Sequence[R]
    total_items: int


def cut(call: Call, rows: Iterable[R], options: Options | None, look: Look) -> Listed[R]:
    """Return the page that is asked for. Raises `Refused` for one that is too long.

    A look-up that lags does not see what is newer than its lag.
    """
    asked = options or {}
    most, take = call.settings.list_limit, asked.get("take")
    if take is not None and take > most:
        refuse_input(f"Cannot take more than {most} results from a list query")
    found = list(rows)
    if LAG.get():
        until = call.shop.now() - timedelta(seconds=LAG.get())
        found = [one for one in found if one.created_at <= until]
    if asked.get("filter"):
        either = asked.get("filterOperator") == "OR"
        found = [one for one in found if _passes(one, asked["filter"], look, either=either)]
    wanted: Mapping[str, str] = asked.get("sort") or {}
    for name, order in reversed(list(wanted.items())):
        found.sort(key=partial(_key, look, name), reverse=order == "DESC")
    start = max(0, asked.get("skip") or 0)
    length = max(0, take) if take else most
    return Listed(found[start : start + length], len(found))


def _key(look: Look, name: str, record: Any) -> tuple[bool, Any]:
    """Let what is missing stand first, as SQLite has it."""
    value = look(record, name)
    return (value is not None, value if value is not None else 0)


def _passes(record: Any, wanted: Mapping[str, Any], look: Look, *, either: bool) -> bool:
    tests: list[bool] = []
    for name, operators in wanted.items():
        if operators is None:
            continue
        if name in {"_and", "_or"}:
            inner = [_passes(record, one, look, either=False) for one in operators]
            tests.append(all(inner) if name == "_and" else any(inner))
        else:
            tests += [_holds(look(record, name), operator, value) for operator, value in operators.items()]
    return (any(tests) if either else all(tests)) if tests else True


def _holds(value: Any, operator: str, wanted: Any) -> bool:
    if operator == "isNull":
        return (value is None) == wanted
    if wanted is None:
        return True
    return value is not None and OPERATORS[operator](value, wanted)


def _between(value: Any, wanted: Mapping[str, Any]) -> bool:
    return cast("bool", wanted["start"] <= value <= wanted["end"])


def _same(value: Any, wanted: Any) -> bool:
    return str(value) == wanted if isinstance(wanted, str) else value == wanted


OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": _same,
    "notEq": lambda value, wanted: not _same(value, wanted),
    "in": lambda value, wanted: str(value) in wanted,
    "notIn": lambda value, wanted: str(value) not in wanted,
    "contains": lambda value, wanted: wanted.lower() in str(value).lower(),
    "notContains": lambda value, wanted: wanted.lower() not in str(value).lower(),
    "regex": lambda value, wanted: re.search(wanted, str(value)) is not None,
    "lt": lambda value, wanted: value < wanted,
    "lte": lambda value, wanted: value <= wanted,
    "gt": lambda value, wanted: value > wanted,
    "gte": lambda value, wanted: value >= wanted,
    "before": lambda value, wanted: value < wanted,
    "after": lambda value, wanted: value > wanted,
    "between": _between,
}


def at(moment: Any) -> datetime:
    """Read a moment as the API takes it: date, time and zone, nothing less. Raises `ValueError`."""
    text = str(moment)
    if not _MOMENT.fullmatch(text):
        message = f"DateTime cannot represent an invalid date-time-string {text}."
        raise ValueError(message)
    return datetime.fromisoformat(text.upper())


_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})")
