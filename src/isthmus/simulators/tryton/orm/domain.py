"""Search domains: `[["state", "=", "draft"], ["OR", [["code", "=", "A"]], [["party.name", "ilike", "b%"]]]]`.

A domain becomes a test for a row and, where a dictionary can answer, the few rows worth testing. An empty value fits
no comparison, as in SQL, but for texts, where it counts as `""`.
"""

import operator as py
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from isthmus.simulators.patterns import like
from isthmus.simulators.rows import Row
from isthmus.simulators.shapes import is_list
from isthmus.simulators.tryton.errors import PythonError
from isthmus.simulators.tryton.orm.fields import TEXTS, X2MANY, Field, accept

if TYPE_CHECKING:
    from isthmus.simulators.tryton.orm.model import Model

Test = Callable[[Row], bool]
ORDERS: dict[str, Callable[[Any, Any], bool]] = {"<": py.lt, "<=": py.le, ">": py.gt, ">=": py.ge}
LIKES = frozenset({"like", "not like", "ilike", "not ilike"})
FAMILY = frozenset({"child_of", "parent_of", "not child_of", "not parent_of"})
OPERATORS = frozenset({"=", "!=", "in", "not in", "where", "not where", *LIKES, *ORDERS, *FAMILY})
LEAF = 3  # field, operator, value


@dataclass(frozen=True, slots=True)
class Condition:
    """A test, and the ids it can at most hold for (`None`: no shortcut known)."""

    test: Test
    ids: frozenset[int] | None = None


def is_leaf(item: Any) -> bool:
    """Whether this is a clause and not a list of them."""
    return is_list(item) and len(item) >= LEAF and isinstance(item[1], str) and item[1] in OPERATORS


def compile_domain(model: "Model", domain: Any) -> Condition:
    """Return the condition of a domain. Raises `PythonError`."""
    if is_leaf(domain):
        return _leaf(model, list(domain))
    if not is_list(domain):
        message = f"{type(domain).__name__!r} object is not subscriptable"
        raise PythonError(message)
    if not domain:
        return Condition(lambda _row: True)
    joined = domain[0] if domain[0] in ("AND", "OR") else None
    parts = [compile_domain(model, item) for item in (domain[1:] if joined else domain)]
    if not parts:
        return Condition(lambda _row: True)
    return _or(parts) if joined == "OR" else _and(parts)


def mentions(domain: Any, name: str) -> bool:
    """Whether a domain names a field anywhere, which switches the automatic `active` filter off."""
    if is_leaf(domain):
        return domain[0] == name
    return is_list(domain) and any(mentions(item, name) for item in domain)


def _and(parts: list[Condition]) -> Condition:
    if len(parts) == 1:
        return parts[0]
    known = [part.ids for part in parts if part.ids is not None]
    tests = [part.test for part in parts]
    return Condition(lambda row: all(test(row) for test in tests), min(known, key=len) if known else None)


def _or(parts: list[Condition]) -> Condition:
    known = [part.ids for part in parts]
    tests = [part.test for part in parts]
    ids = None if None in known else frozenset[int]().union(*(part for part in known if part is not None))
    return Condition(lambda row: any(test(row) for test in tests), ids)


def _not(part: Condition) -> Condition:
    return Condition(lambda row: not part.test(row))


def _leaf(model: "Model", clause: list[Any]) -> Condition:
    path, sign, value = clause[:3]
    name, _, rest = str(path).partition(".")
    field = model.fields.get(name)
    if field is None:
        raise PythonError(repr(name))
    if field.through:
        return _leaf(model, [".".join(filter(None, (field.through, rest))), *clause[1:]])
    if field.searcher:
        return compile_domain(model, getattr(model, field.searcher)(rest, sign, value))
    if field.getter or field.multi:
        message = f'Missing search function for field "{field.label}" in "{model.title}".'
        raise PythonError(message)
    if field.type == "reference" and (rest or sign in ("where", "not where")):
        return _referred(model, field, rest, clause)
    if field.relation and sign in ("where", "not where"):
        found = _among(model, field, model.env[field.relation].matching(value, active_test=False))
        return found if sign == "where" else _not(found)
    if rest:
        return _dotted(model, field, rest, clause)
    if sign in FAMILY:
        return _family(model, field, sign, value)
    if field.type == "many2one" and isinstance(value, str):
        return _dotted(model, field, "rec_name", clause)
    return _x2many(model, field, sign, value) if field.type in X2MANY else _plain(model, field, sign, value)


def _referred(model: "Model", field: Field, rest: str, clause: list[Any]) -> Condition:
    """Return the condition that a reference leads to a record of the model named in the clause's fourth item."""
    if len(clause) <= LEAF:
        message = "list index out of range"
        raise PythonError(message)
    target = str(clause[LEAF])
    domain = clause[2] if clause[1] == "where" else [[rest, clause[1], clause[2], *clause[LEAF + 1 :]]]
    wanted = frozenset(f"{target},{i}" for i in model.env[target].matching(domain, active_test=False))
    return _in(model, field, wanted)


def _dotted(model: "Model", field: Field, rest: str, clause: list[Any]) -> Condition:
    if not field.relation:
        raise PythonError(repr(rest))
    other = model.env[field.relation]
    negative = clause[1].startswith("not") or (clause[1] == "!=" and clause[2] is not None)
    if field.type != "many2one":
        some = _among(model, field, other.matching([[rest, *clause[1:]]]))
        # Who has no address at all lives "not in X" as well, like who has one elsewhere.
        return Condition(lambda row: some.test(row) or not model.value(row, field)) if negative else some
    inside = _among(model, field, other.matching([[rest, *clause[1:]]], active_test=False))
    return Condition(lambda row: inside.test(row) or model.value(row, field) is None) if negative else inside


def _among(model: "Model", field: Field, ids: Iterable[int]) -> Condition:
    """Return the condition that a relation reaches one of `ids`."""
    wanted = frozenset(ids)
    if field.type == "many2one":
        return _in(model, field, wanted)
    if field.type == "one2many":
        rows = model.env.table(field.relation).rows
        owners = frozenset(model.owner(rows[i][field.inverse]) for i in wanted)
        return Condition(lambda row: row["id"] in owners, frozenset(i for i in owners if i is not None))
    return Condition(lambda row: not wanted.isdisjoint(model.value(row, field)))


def _in(model: "Model", field: Field, wanted: frozenset[Any]) -> Condition:
    if field.name == "id":
        return Condition(lambda row: row["id"] in wanted, wanted)
    name = field.name
    test: Test = lambda row: row.get(name) in wanted  # noqa: E731 - one test of several
    if model.table.indexed(name):
        return Condition(test, frozenset(i for value in wanted for i in model.table.where(name, value)))
    return Condition(test)


def _family(model: "Model", field: Field, sign: str, value: Any) -> Condition:
    other = model if field.name == "id" else model.env[field.relation]
    ids = value if is_list(value) else [value]
    if isinstance(value, str):
        ids = other.matching([["rec_name", "ilike", value]])
    found = other.family((i for i in ids if i is not None), up=sign.endswith("parent_of"))
    if field.relation == model.name and field.type == "many2one":
        # Below itself: "parent child_of X" holds for X too.
        inside = Condition(lambda row: row["id"] in found, found)
    else:
        inside = _among(model, field, found) if field.type in X2MANY else _in(model, field, found)
    return _not(inside) if sign.startswith("not") else inside


def _x2many(model: "Model", field: Field, sign: str, value: Any) -> Condition:
    if isinstance(value, str):
        return _dotted(model, field, "rec_name", [field.name, sign, value])
    values = list(value) if is_list(value) else [value]
    wanted = frozenset(v for v in values if v is not None)
    empty_too = None in values

    def holds(row: Row) -> bool:
        reached = model.value(row, field)
        return not wanted.isdisjoint(reached) or (empty_too and not reached)

    return Condition(holds if sign in ("=", "in") else lambda row: not holds(row))


def _plain(model: "Model", field: Field, sign: str, value: Any) -> Condition:
    blank = "" if field.type in TEXTS else None

    def mine(row: Row) -> Any:
        found = model.value(row, field)
        return blank if found is None else found

    if sign in LIKES:
        wanted = like(str(value or ""), "=ilike" if "ilike" in sign else "=like")
        positive = not sign.startswith("not")
        return Condition(lambda row: (v := mine(row)) is not None and wanted(str(v)) is positive)
    if sign in ORDERS:
        bound, compare = accept(field, value), ORDERS[sign]
        if bound is None:
            return Condition(lambda _row: False)
        return Condition(lambda row: (v := mine(row)) is not None and compare(v, bound))
    return _equal(model, field, sign, value, mine)


def _equal(model: "Model", field: Field, sign: str, value: Any, mine: Callable[[Row], Any]) -> Condition:
    if sign.endswith("in") and not is_list(value):
        message = f"{type(value).__name__!r} object is not iterable"
        raise PythonError(message)
    values = [accept(field, v) for v in (value if sign.endswith("in") else [value])]
    if field.type in TEXTS:
        wanted = frozenset(v or "" for v in values)
        if sign in ("=", "in"):
            return Condition(lambda row: mine(row) in wanted, _indexed(model, field, wanted))
        return Condition(lambda row: mine(row) not in wanted)
    wanted = frozenset(values)
    if sign in ("=", "in"):
        return _in(model, field, wanted)
    # SQL: an empty value differs from nothing but is not unequal to anything either.
    return Condition(lambda row: (v := mine(row)) not in wanted and (v is not None or not wanted))


def _indexed(model: "Model", field: Field, wanted: frozenset[Any]) -> frozenset[int] | None:
    if not model.table.indexed(field.name):
        return None
    kept = (wanted | {None}) if "" in wanted else wanted
    return frozenset(i for value in kept for i in model.table.where(field.name, value))
