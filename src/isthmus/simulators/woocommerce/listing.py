"""Lists: filters every kind has, sorting, and pages by number.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#pagination and #list-all-orders (REST v3)
"""

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, Protocol, TypeVar
from urllib.parse import quote, urlencode

from isthmus.simulators.faults import LAG
from isthmus.simulators.woocommerce import stamps
from isthmus.simulators.woocommerce.call import Call, Reply
from isthmus.simulators.woocommerce.params import BOOLEAN, DATE, INTEGERS, TEXT, Param, Specs

PAGES: Specs = {
    "page": Param("integer", least=1, default=1),
    "per_page": Param("integer", least=1, most=100, default=10),
    "offset": Param("integer", least=0),
    "search": TEXT,
    "include": INTEGERS,
    "exclude": INTEGERS,
    "order": Param(enum=("asc", "desc"), default="desc"),
}
DATES: Specs = {
    "after": DATE,
    "before": DATE,
    "modified_after": DATE,
    "modified_before": DATE,
    "dates_are_gmt": BOOLEAN,
}
POSTS: Specs = {
    **PAGES,
    **DATES,
    "orderby": Param(enum=("date", "id", "include", "title", "slug", "modified"), default="date"),
    "parent": INTEGERS,
    "parent_exclude": INTEGERS,
}
_BOUNDS = (
    ("after", "created_at", 1), ("before", "created_at", -1),
    ("modified_after", "modified_at", 1), ("modified_before", "modified_at", -1),
)  # fmt: skip
#: spreads records of one second, which the database returns in no order it promises
_SPREAD, _RANGE = 2654435761, 2**32


class Dated(Protocol):
    """A record that can be listed by its times."""

    id: int
    created_at: datetime
    modified_at: datetime


Record = TypeVar("Record", bound=Dated)
Row = TypeVar("Row")


def selected(call: Call, records: Iterable[Record]) -> list[Record]:
    """Return the records the general filters let through; bounds are exclusive and in site time unless told."""
    params = call.params
    rows = list(records)
    if lag := LAG.get():
        shown_until = call.shop.now() - timedelta(seconds=lag)
        rows = [one for one in rows if one.created_at <= shown_until]
    if params.get("include"):
        wanted = set(params["include"])
        rows = [one for one in rows if one.id in wanted]
    if params.get("exclude"):
        unwanted = set(params["exclude"])
        rows = [one for one in rows if one.id not in unwanted]
    zone = UTC if params.get("dates_are_gmt") else call.shop.settings.zone
    for name, attribute, sign in _BOUNDS:
        bound = stamps.read(params[name], zone) if name in params else None
        if bound is not None and sign > 0:
            rows = [one for one in rows if getattr(one, attribute) > bound]
        elif bound is not None:
            rows = [one for one in rows if getattr(one, attribute) < bound]
    return rows


def in_order(call: Call, records: list[Record], title: Callable[[Record], str]) -> list[Record]:
    """Sort by what `orderby` says."""
    backwards = call.params["order"] == "desc"
    match call.params["orderby"]:
        case "id":
            records.sort(key=attrgetter("id"), reverse=backwards)
        case "modified":
            records.sort(key=lambda one: (one.modified_at, one.id * _SPREAD % _RANGE), reverse=backwards)
        case "include":
            places = {number: place for place, number in enumerate(call.params.get("include", ()))}
            records.sort(key=lambda one: places.get(one.id, 0))
        case "title" | "slug":
            records.sort(key=lambda one: (title(one), one.id), reverse=backwards)
        case _:
            records.sort(key=lambda one: (one.created_at, one.id), reverse=backwards)
    return records


def page(call: Call, records: Sequence[Row], view: Callable[[Row], Any]) -> Reply:
    """Return one page and where the others are; a page past the end is empty."""
    size, number = call.params["per_page"], call.params["page"]
    start = call.params.get("offset", (number - 1) * size)
    pages = math.ceil(len(records) / size)
    headers = {"X-WP-Total": str(len(records)), "X-WP-TotalPages": str(pages)}
    links: list[str] = []
    if number > 1:
        links.append(_link(call, min(number - 1, pages), "prev"))
    if number < pages:
        links.append(_link(call, number + 1, "next"))
    if links:
        headers["Link"] = ", ".join(links)
    return Reply([view(one) for one in records[start : start + size]], headers=headers)


def _link(call: Call, number: int, relation: str) -> str:
    query = {**dict(call.query), "page": str(number)}
    return f'<{call.shop.home}/wp-json{call.path}?{urlencode(query, quote_via=quote)}>; rel="{relation}"'
