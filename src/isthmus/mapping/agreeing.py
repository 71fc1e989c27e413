"""Which kinds of values go together."""

import ast
from collections.abc import Sequence

from isthmus.mapping.shapes import ANY, EMPTY, Kind, Shape

#: Kinds with fields of their own.
GROUPS = frozenset({Kind.PART, Kind.MONEY, Kind.QUANTITY})
WITHIN = (ast.In, ast.NotIn)
_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_EQUAL = (ast.Eq, ast.NotEq)
#: Kinds of which none is more than another.
_WITHOUT_ORDER = frozenset({*GROUPS, Kind.LIST, Kind.TRUTH, Kind.CUSTOM, Kind.EMPTY})


def either(shapes: Sequence[Shape]) -> Shape:
    """Return the shape of one of several values."""
    full = [each for each in shapes if each.kind is not Kind.EMPTY]
    if not full:
        return EMPTY
    head = full[0]
    if any(each.kind is not head.kind or each.part is not head.part for each in full):
        return ANY
    within = [each.inner for each in full if each.inner is not None]
    inner = either(within) if within else None
    options = tuple(dict.fromkeys(option for each in full for option in each.options))
    optional = len(full) < len(shapes) or any(each.optional for each in full)
    known = options if all(each.options for each in full) else ()
    return Shape(head.kind, inner, head.part, optional=optional, options=known)


def amounts(name: str, one: Shape, other: Shape) -> bool:
    """Tell whether amounts or quantities can be reckoned with so."""
    if one.kind is other.kind:
        return name in ("_plus", "_minus")
    return one.kind is Kind.MONEY and other.kind is Kind.NUMBER and name == "_times"


def incomparable(operator: ast.cmpop, one: Shape, other: Shape) -> str:
    """Return why two values cannot be compared, or why the answer is always the same; empty where all is well."""
    kinds = {one.kind, other.kind}
    if isinstance(operator, WITHIN):
        if other.kind not in (Kind.LIST, Kind.TEXT, Kind.ANY):
            return f"nothing can be in {other}"
        return _never(one, other.inner) if other.kind is Kind.LIST and other.inner else ""
    if not isinstance(operator, (*_EQUAL, *_ORDER)):
        return f"{type(operator).__name__} has no place in an expression"
    if isinstance(operator, _ORDER) and kinds & _WITHOUT_ORDER:
        return f"{one} and {other} have no order: name a field, such as .amount"
    if not kinds & {Kind.ANY, Kind.EMPTY} and len(kinds) > 1:
        return f"{one} and {other} are never alike"
    return "" if isinstance(operator, _ORDER) else _never(one, other)


def _never(one: Shape, other: Shape) -> str:
    """Return that a field never has a word that is written out, where it has only some."""
    known, said = sorted((one.options, other.options), key=len, reverse=True)
    if not said or len(known) < 2 or one.kind is not Kind.TEXT:  # noqa: PLR2004 - a single one is written out as well
        return ""
    impossible = sorted(set(said) - set(known))
    return f"it is never {impossible[0]!r}: there are {', '.join(known)}" if impossible else ""
