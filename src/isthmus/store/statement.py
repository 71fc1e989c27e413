"""Named SQL, and the units of work made of it.

A `.sql` file holds statements under `-- name: claim_jobs`; where the two databases must differ,
two variants stand side by side: `-- name: claim_jobs [sqlite]` and `-- name: claim_jobs [postgres]`.
`-- name: mark_job [wakes]` makes work that another process may be waiting for (see `Store.listen`).
Parameters are written `:name` in both; `IN (:ids...)` takes a JSON list of texts.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Dialect = Literal["sqlite", "postgres"]
Row = Mapping[str, Any]

_HEADER = re.compile(
    r"^-- name: (?P<name>\w+)(?: \[(?P<dialect>sqlite|postgres)\])?(?P<wakes> \[wakes\])?\s*$", re.MULTILINE
)
_COMMENT = re.compile(r"^\s*--.*\n?", re.MULTILINE)
# A colon that starts a parameter: not half of a cast, not inside a word or a quoted literal.
_PARAMETER = re.compile(r"'[^']*'|(?<![:\w]):(?P<name>[a-z_]\w*)(?P<list>\.\.\.)?")
_LIST: Mapping[Dialect, str] = {
    "sqlite": "SELECT value FROM json_each({})",
    "postgres": "SELECT json_array_elements_text(CAST({} AS json))",
}
#: PostgreSQL joins `IN (SELECT ...)`, and where nothing was ever counted (a fresh database) that may read every record
#: of a kind for each value. An array is looked up in the index; before version 17 only once the table was counted, and
#: until then the kind is read once for the whole list.
_IN = re.compile(r"\bIN \((:[a-z_]\w*\.\.\.)\)")


@dataclass(frozen=True, slots=True)
class Sql:
    """One statement ready for a driver: text, and parameter names in the order it wants them."""

    text: str
    parameters: tuple[str, ...]
    wakes: bool = False

    @property
    def returns(self) -> bool:
        """Tell whether it says by its rows what it changed."""
        return "RETURNING" in self.text


@dataclass(frozen=True, slots=True)
class Statement:
    """Run one statement once. With `expect`, any other number of rows undoes the whole unit."""

    name: str
    values: Mapping[str, Any]
    expect: int | None = None


@dataclass(frozen=True, slots=True)
class Many:
    """Run one statement for each set of values; its rows are not read."""

    name: str
    rows: Sequence[Mapping[str, Any]]


Step = Statement | Many


def say(name: str, /, *, expect: int | None = None, **values: Any) -> Statement:
    """Return a statement by name; `say("mark_job", flow=..., subject=...)`."""
    return Statement(name, values, expect)


def listed(values: Iterable[str]) -> str:
    """Return texts as a list parameter `(:name...)` takes them."""
    return json.dumps(list(values))


@cache
def library(dialect: Dialect) -> Mapping[str, Sql]:
    """Return every statement as `dialect` wants it."""
    found: dict[str, Sql] = {}
    for entry in sorted(files("isthmus.store.sql").iterdir(), key=lambda each: each.name):
        if entry.name.endswith(".sql"):
            found.update(_read(entry.read_text("utf-8"), dialect))
    return found


def _read(text: str, dialect: Dialect) -> dict[str, Sql]:
    headers = list(_HEADER.finditer(text))
    ends = [header.start() for header in headers[1:]] + [len(text)]
    return {
        header["name"]: _compile(text[header.end() : end].strip().rstrip(";"), dialect, wakes=bool(header["wakes"]))
        for header, end in zip(headers, ends, strict=True)
        if header["dialect"] in (None, dialect)
    }


def _compile(text: str, dialect: Dialect, *, wakes: bool) -> Sql:
    order: list[str] = []

    def place(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None:
            return match[0]
        if name not in order:
            order.append(name)
        value = f":{name}" if dialect == "sqlite" else f"${order.index(name) + 1}"
        return _LIST[dialect].format(value) if match["list"] else value

    # Comments go first: an apostrophe in one is no quote.
    plain = _COMMENT.sub("", text)
    if dialect == "postgres":
        plain = _IN.sub(r"= ANY (ARRAY(\1))", plain)
    return Sql(_PARAMETER.sub(place, plain), tuple(order), wakes)
