"""Connections: pages, cursors and their refusals.

A cursor names a place in the sort order, not a row number, so a page stays right when rows come and go.
Source: https://shopify.dev/docs/api/usage/pagination-graphql
"""

import base64
import binascii
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

MAX_PAGE = 250
Key = tuple[Any, ...]


def refuse(message: str, code: str = "BAD_REQUEST") -> GraphQLError:
    """Return a top-level error as Shopify words it."""
    return GraphQLError(message, extensions={"code": code})


@dataclass(frozen=True, slots=True)
class Edge:
    """A row and its place."""

    node: Any
    key: Key

    @property
    def cursor(self) -> str:
        """Return the place as opaque text."""
        return base64.b64encode(json.dumps(self.key, separators=(",", ":")).encode()).decode()


@dataclass(frozen=True, slots=True)
class PageInfo:
    """Where a page lies in the whole."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True, slots=True)
class Connection:
    """One page."""

    edges: list[Edge]
    has_next: bool
    has_previous: bool

    @property
    def nodes(self) -> list[Any]:
        """Return the rows alone."""
        return [edge.node for edge in self.edges]

    @property
    def page_info(self) -> PageInfo:
        """Return where this page lies."""
        return PageInfo(
            self.has_next,
            self.has_previous,
            self.edges[0].cursor if self.edges else None,
            self.edges[-1].cursor if self.edges else None,
        )


@dataclass(frozen=True, slots=True)
class Window:
    """What a caller asked for: from either end, after or before a place."""

    size: int
    backwards: bool
    after: Key | None
    before: Key | None
    reverse: bool

    @classmethod
    def of(cls, arguments: dict[str, Any]) -> "Window":
        """Read the usual arguments. Raises the refusal of a page that cannot be had."""
        first: int | None = arguments.get("first")
        last: int | None = arguments.get("last")
        if first is None and last is None:
            message = "you must provide one of first or last"
            raise refuse(message)
        if first is not None and last is not None:
            message = "providing both first and last is not supported"
            raise refuse(message)
        size = first if first is not None else last
        if size is None or not 0 <= size <= MAX_PAGE:
            message = f"Limit must be between 0 and {MAX_PAGE}, {size} given"
            raise refuse(message)
        return cls(
            size,
            last is not None,
            _place(arguments.get("after")),
            _place(arguments.get("before")),
            bool(arguments.get("reverse")),
        )


def page(
    rows: Sequence[Any],
    keys: Sequence[Key],
    window: Window,
    test: Callable[[Any], bool] | None = None,
    at_least: Key | None = None,
) -> Connection:
    """Cut a page out of `rows`, which are sorted by `keys`.

    `at_least` is a key below which no row can pass the test; rows under it are not even looked at.
    """
    low, high = _bounds(keys, window, at_least)
    downward = window.reverse is not window.backwards
    order = range(high - 1, low - 1, -1) if downward else range(low, high)
    edges: list[Edge] = []
    more = False
    for index in order:
        row = rows[index]
        if test is not None and not test(row):
            continue
        if len(edges) == window.size:
            more = True
            break
        edges.append(Edge(row, keys[index]))
    if window.backwards:
        return Connection(edges[::-1], has_next=window.before is not None, has_previous=more)
    return Connection(edges, has_next=more, has_previous=window.after is not None)


def plain(rows: Sequence[Any], arguments: dict[str, Any]) -> Connection:
    """Cut a page out of a short list in its own order."""
    return page(rows, [(index,) for index in range(len(rows))], Window.of(arguments))


def _bounds(keys: Sequence[Key], window: Window, at_least: Key | None) -> tuple[int, int]:
    above, below = (window.before, window.after) if window.reverse else (window.after, window.before)
    try:
        low = bisect_right(keys, above) if above is not None else 0
        high = bisect_left(keys, below) if below is not None else len(keys)
        if at_least is not None:
            low = max(low, bisect_left(keys, at_least))
    except TypeError:  # a cursor of another sort order
        message = "Invalid cursor for current pagination sort."
        raise refuse(message) from None
    return low, high


def _place(cursor: str | None) -> Key | None:
    if cursor is None:
        return None
    try:
        return tuple(json.loads(base64.b64decode(cursor, validate=True)))
    except (ValueError, TypeError, binascii.Error):
        message = "Invalid cursor for current pagination sort."
        raise refuse(message) from None
