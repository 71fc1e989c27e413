"""The search language of `query:` arguments.

`field:value`, `>=`, quotes, AND (or a blank), OR, `-` and NOT, brackets. Without quotes a time breaks at its
colons and the rest becomes a term of its own, as on the real API. An unknown field is ignored with a warning.
Source: https://shopify.dev/docs/api/usage/search-syntax
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<bracket>[()])
    | (?P<minus>-(?=\S))
    | (?P<term>(?:(?P<field>[^\s:()'"]+):(?P<op>>=|<=|>|<)?)?
        (?P<value>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[^\s:()]+):?)
    | (?P<stray>\S)
    )""",
    re.VERBOSE,
)
_RANGES = {">=": "range_gte", "<=": "range_lte", ">": "range_gt", "<": "range_lt"}


@dataclass(frozen=True, slots=True)
class Term:
    """One condition; without a field it looks at the usual texts."""

    field: str
    op: str
    value: str


@dataclass(frozen=True, slots=True)
class Group:
    """Several conditions: `and`, `or`, or `not` with exactly one."""

    kind: str
    parts: "tuple[Term | Group, ...]"


Condition = Term | Group
#: turns a term into a test, or says why it cannot
Maker = Callable[[str, str], Callable[[Any], bool]]


class NotAccepted(ValueError):
    """The value means nothing for this field."""


@dataclass(frozen=True, slots=True)
class Search:
    """A query made ready: the test, and what Shopify would have warned about."""

    condition: Condition | None
    test: Callable[[Any], bool]
    warnings: tuple[dict[str, str], ...]

    def parsed(self) -> dict[str, Any]:
        """Return how the query was understood, as `extensions.search` shows it."""
        return _shown(self.condition) if self.condition else {}


def compile_search(text: str | None, fields: Mapping[str, Maker]) -> Search:
    """Return the test of a query; `fields` has a maker per filter name and one under `` for bare words."""
    condition = parse(text or "")
    if condition is None:
        return Search(None, lambda _row: True, ())
    warnings: list[dict[str, str]] = []
    return Search(condition, _test(condition, fields, warnings) or (lambda _row: True), tuple(warnings))


def parse(text: str) -> Condition | None:
    """Return the conditions in a query, nothing when it is blank."""
    tokens = [match for match in _TOKEN.finditer(text) if match.group().strip()]
    condition, _rest = _either(tokens, 0)
    return condition


def lower_bound(condition: Condition | None, field: str) -> str | None:
    """Return the least value of `field` that can match, when the query demands one."""
    if isinstance(condition, Term):
        return condition.value if condition.field == field and condition.op in {">=", ">"} else None
    if condition is not None and condition.kind == "and":
        return next((bound for part in condition.parts if (bound := lower_bound(part, field))), None)
    return None


def _either(tokens: list[re.Match[str]], at: int) -> tuple[Condition | None, int]:
    parts: list[Condition] = []
    part, at = _both(tokens, at)
    if part:
        parts.append(part)
    while at < len(tokens) and tokens[at].group("value") == "OR" and not tokens[at].group("field"):
        part, at = _both(tokens, at + 1)
        if part:
            parts.append(part)
    if len(parts) > 1:
        return Group("or", tuple(parts)), at
    return (parts[0] if parts else None), at


def _both(tokens: list[re.Match[str]], at: int) -> tuple[Condition | None, int]:
    parts: list[Condition] = []
    while at < len(tokens):
        token = tokens[at]
        word = token.group("value") if not token.group("field") else None
        if word == "OR" or token.group("bracket") == ")":
            break
        if word == "AND":
            at += 1
            continue
        part, at = _single(tokens, at)
        if part:
            parts.append(part)
    if len(parts) > 1:
        return Group("and", tuple(parts)), at
    return (parts[0] if parts else None), at


def _single(tokens: list[re.Match[str]], at: int) -> tuple[Condition | None, int]:
    token = tokens[at]
    if token.group("minus") or (token.group("value") == "NOT" and not token.group("field")):
        if at + 1 >= len(tokens):
            return None, at + 1
        part, at = _single(tokens, at + 1)
        return (Group("not", (part,)) if part else None), at
    if token.group("bracket") == "(":
        part, at = _either(tokens, at + 1)
        return part, at + 1
    if token.group("term"):
        return Term(token.group("field") or "", token.group("op") or "", _bare(token.group("value"))), at + 1
    return None, at + 1


def _bare(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        value = value[1:-1]
    return re.sub(r"\\(.)", r"\1", value)


def _test(
    condition: Condition, fields: Mapping[str, Maker], warnings: list[dict[str, str]]
) -> Callable[[Any], bool] | None:
    """Return the test of a condition, nothing when it is to be ignored."""
    if isinstance(condition, Term):
        return _term(condition, fields, warnings)
    tests = [test for part in condition.parts if (test := _test(part, fields, warnings)) is not None]
    if not tests:
        return None
    if condition.kind == "not":
        inner = tests[0]
        return lambda row: not inner(row)
    if len(tests) == 1:
        return tests[0]
    if condition.kind == "or":
        return lambda row: any(test(row) for test in tests)
    return lambda row: all(test(row) for test in tests)


def _term(term: Term, fields: Mapping[str, Maker], warnings: list[dict[str, str]]) -> Callable[[Any], bool] | None:
    maker = fields.get(term.field)
    if maker is None:
        message = "Invalid search field for this query."
        warnings.append({"field": term.field, "message": message, "code": "invalid_field"})
        return None
    try:
        return maker(term.op, term.value)
    except NotAccepted:
        message = f"Input `{term.value}` is not an accepted value."
        warnings.append({"field": term.field, "message": message, "code": "invalid_value"})
        return None


def _shown(condition: Condition) -> dict[str, Any]:
    if isinstance(condition, Term):
        return {"field": condition.field or "default", _RANGES.get(condition.op, "match_all"): condition.value}
    return {condition.kind: [_shown(part) for part in condition.parts]}
