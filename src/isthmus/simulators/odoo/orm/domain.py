"""Search domains: `["&", ["state", "=", "sale"], ["partner_id.ref", "=", "C-57"]]`.

A domain becomes a test for a row and, where a dictionary can answer, the few rows worth testing.
"""

import operator as py
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from isthmus.simulators.odoo import versions
from isthmus.simulators.odoo.errors import WrongValue
from isthmus.simulators.odoo.orm.fields import NUMBERS, TEXTS, X2MANY, Field, Row, number, to_moment
from isthmus.simulators.patterns import like
from isthmus.simulators.shapes import is_list, listed

if TYPE_CHECKING:
    from isthmus.simulators.odoo.orm.model import Model

Test = Callable[[Row], bool]
LIKES = ("like", "ilike", "=like", "=ilike", "not like", "not ilike")
ORDERS: dict[str, Callable[[Any, Any], bool]] = {"<": py.lt, "<=": py.le, ">": py.gt, ">=": py.ge}
FAMILY = ("child_of", "parent_of")
OPERATORS = frozenset({"=", "!=", "<>", "==", "=?", "in", "not in", "any", "not any", *LIKES, *ORDERS, *FAMILY})
LEAF = 3  # field, operator, value


@dataclass(frozen=True, slots=True)
class Condition:
    """A test, and the ids it can at most hold for (`None`: no shortcut known)."""

    test: Test
    ids: frozenset[int] | None = None


def compile_domain(model: "Model", domain: Any) -> Condition:
    """Return the condition of a domain in prefix notation. Raises `WrongValue`."""
    if not is_list(domain):
        msg = f"Domain() invalid item in domain: {domain!r}"
        raise WrongValue(msg)
    stack: list[Condition] = []
    for item in reversed(domain):
        if item in ("&", "|"):
            if not stack[1:]:
                msg = f"Domain() malformed domain {domain!r}"
                raise WrongValue(msg)
            first, second = stack.pop(), stack.pop()
            stack.append(_and([first, second]) if item == "&" else _or(first, second))
        elif item == "!":
            if not stack:
                msg = f"Domain() malformed domain {domain!r}"
                raise WrongValue(msg)
            stack.append(_not(stack.pop()))
        else:
            stack.append(_leaf(model, item))
    return _and(stack[::-1])


def mentions(domain: Any, name: str) -> bool:
    """Whether a domain names a field, which switches the automatic `active` filter off."""
    return any(is_list(item) and bool(item) and item[0] == name for item in domain)


def _and(parts: list[Condition]) -> Condition:
    if not parts:
        return Condition(lambda _row: True)
    if len(parts) == 1:
        return parts[0]
    known = [part.ids for part in parts if part.ids is not None]
    tests = [part.test for part in parts]
    return Condition(lambda row: all(test(row) for test in tests), min(known, key=len) if known else None)


def _or(first: Condition, second: Condition) -> Condition:
    ids = None if first.ids is None or second.ids is None else first.ids | second.ids
    return Condition(lambda row: first.test(row) or second.test(row), ids)


def _not(part: Condition) -> Condition:
    return Condition(lambda row: not part.test(row))


def _leaf(model: "Model", item: Any) -> Condition:
    if not is_list(item) or len(item) != LEAF:
        msg = f"Domain() invalid item in domain: {item!r}"
        raise WrongValue(msg)
    path, sign, value = item
    if path in (0, 1) and sign == "=":  # the always true and never true leaves, [1, "=", 1] and [0, "=", 1]
        fixed = bool(path == value)
        return Condition(lambda _row: fixed)
    sign = {"<>": "!=", "==": "="}.get(sign, sign)
    name, _, rest = str(path).partition(".")
    field = model.fields.get(name)
    if field is None or sign not in OPERATORS:
        raise _wrong(model, name, item, known=field is not None)
    if rest:
        return _among(model, field, model.env[field.relation].matching([[rest, sign, value]]))
    if sign in ("any", "not any"):
        inside = _among(model, field, model.env[field.relation].matching(value))
        return inside if sign == "any" else _not(inside)
    if sign == "=?":
        return _leaf(model, [path, "=", value]) if value else Condition(lambda _row: True)
    if field.type == "many2one" or field.name == "id":
        return _linked(model, field, sign, value)
    if field.type in X2MANY:
        return _x2many(model, field, sign, value)
    return _plain(model, field, sign, value)


def _wrong(model: "Model", name: str, item: Any, *, known: bool) -> WrongValue:
    leaf = "(" + ", ".join(repr(part) for part in item) + ")"
    modern = model.env.version >= versions.NEW_WORDING
    if known:
        return WrongValue(f"Invalid operator in condition {leaf}" if modern else f"Invalid leaf {list(item)!r}")
    return WrongValue(f"Invalid field {model.name}.{name} in {'condition' if modern else 'leaf'} {leaf}")


def _among(model: "Model", field: Field, ids: Iterable[int]) -> Condition:
    """Return the condition that a relation reaches one of `ids`."""
    wanted = frozenset(ids)
    if field.type == "many2one":
        return _in(model, field, wanted)
    return Condition(lambda row: not wanted.isdisjoint(model.value(row, field)))


def _in(model: "Model", field: Field, wanted: frozenset[Any]) -> Condition:
    if field.name == "id":
        return Condition(lambda row: row["id"] in wanted, wanted)
    test: Test = (lambda row: model.value(row, field) in wanted) if not field.kept else _kept_in(field.key, wanted)
    if field.kept and model.table.indexed(field.key):
        found = {i for value in wanted for i in model.table.where(field.key, value)}
        return Condition(test, frozenset(found))
    return Condition(test)


def _kept_in(key: str, wanted: frozenset[Any]) -> Test:
    return lambda row: row.get(key) in wanted


def _linked(model: "Model", field: Field, sign: str, value: Any) -> Condition:
    if sign in FAMILY:
        other = model if field.name == "id" else model.env[field.relation]
        return _in(model, field, other.family(_ids(other, value), up=sign == "parent_of"))
    if sign in ORDERS:
        compare = ORDERS[sign]
        return Condition(lambda row: (v := model.value(row, field)) is not None and compare(v, value))
    if isinstance(value, str):
        other = model if field.name == "id" else model.env[field.relation]
        positive = sign.removeprefix("not ").replace("!=", "=")
        found = _in(model, field, frozenset(other.named(value, positive)))
        return found if positive == sign else _not(found)
    values = value if is_list(value) else [value]
    wanted = frozenset(None if v is False else v for v in values)
    inside = _in(model, field, wanted)
    return inside if sign in ("=", "in") else _not(inside)


def _ids(other: "Model", value: Any) -> list[int]:
    if isinstance(value, str):
        return list(other.named(value, "ilike"))
    return listed(value)


def _x2many(model: "Model", field: Field, sign: str, value: Any) -> Condition:
    other = model.env[field.relation]
    if sign in FAMILY:
        return _among(model, field, other.family(_ids(other, value), up=sign == "parent_of"))
    positive = sign in ("=", "in", "like", "ilike", "=like", "=ilike")
    values = value if is_list(value) else [value]
    texts = [v for v in values if isinstance(v, str)]
    wanted = {i for t in texts for i in other.named(t, "ilike" if "like" in sign else "=")} | {
        v for v in values if isinstance(v, int) and not isinstance(v, bool)
    }
    empty_too = False in values

    def holds(row: Row) -> bool:
        reached = model.value(row, field)
        return not wanted.isdisjoint(reached) or (empty_too and not reached)

    return Condition(holds if positive else lambda row: not holds(row))


def _plain(model: "Model", field: Field, sign: str, value: Any) -> Condition:
    if sign in LIKES:
        wanted = like(str(value or ""), sign)
        negative = sign.startswith("not ")
        return Condition(lambda row: wanted(str(model.value(row, field) or "")) is not negative)
    if sign in ORDERS:
        return _ordered(model, field, sign, value)
    values = value if is_list(value) else [value]
    if field.type == "datetime" and model.env.version >= versions.WHOLE_SECONDS:
        return _same_second(model, field, sign, values)
    inside = _in(model, field, frozenset(_inner(field, v) for v in values))
    return inside if sign in ("=", "in") else _not(inside)


def _same_second(model: "Model", field: Field, sign: str, values: Iterable[Any]) -> Condition:
    wanted = {v.replace(microsecond=0) if isinstance(v, datetime) else v for v in (_inner(field, x) for x in values)}

    def holds(row: Row) -> bool:
        mine = model.value(row, field)
        return (mine.replace(microsecond=0) if mine else None) in wanted

    return Condition(holds if sign in ("=", "in") else lambda row: not holds(row))


def _ordered(model: "Model", field: Field, sign: str, value: Any) -> Condition:
    if value is False or value is None:
        return Condition(lambda _row: False)
    bound = _inner(field, value)
    if field.type == "datetime":
        bound = _time_bound(model.env.version, sign, value, bound)
    compare = ORDERS[sign]
    if field.kept:
        key = field.key
        return Condition(lambda row: (v := row.get(key)) is not None and compare(v, bound))
    return Condition(lambda row: (v := model.value(row, field)) is not None and compare(v, bound))


def _time_bound(version: int, sign: str, value: Any, bound: datetime) -> datetime:
    day_only = isinstance(value, str) and len(value) == len("2026-03-02")
    if version >= versions.WHOLE_SECONDS:
        # "> 08:00:00" means from 08:00:01 on and "<= 08:00:00" means before 08:00:01.
        bound = bound.replace(microsecond=0)
        last = timedelta(days=1) if day_only else timedelta(seconds=1)
        return bound + last - timedelta(microseconds=1) if sign in (">", "<=") else bound
    return datetime.combine(bound, time.max) if day_only and sign in (">", "<=") else bound


def _moment(value: Any) -> datetime:
    """Return a time; unlike a value to be saved it may have a "T" and microseconds, but no zone."""
    if not isinstance(value, str):
        return to_moment(value)
    whole, dot, fraction = value.replace("T", " ").partition(".")
    return to_moment(whole).replace(microsecond=int(fraction[:6].ljust(6, "0")) if dot and fraction.isdigit() else 0)


def _inner(field: Field, value: Any) -> Any:
    """Return a value of a domain as the row would hold it; `false` is an empty value."""
    if field.type == "boolean":
        return bool(value)
    if field.type in NUMBERS or field.type == "integer":
        return number(value)
    if value is None or value is False:
        return None
    if field.type == "datetime":
        return _moment(value)
    if field.type == "date":
        return to_moment(value).date()
    return str(value) if field.type in TEXTS else value
