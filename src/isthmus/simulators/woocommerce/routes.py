"""The table of all routes, found by method and path."""

from collections.abc import Iterable
from typing import Any

from isthmus.simulators.woocommerce import (
    customer_routes,
    hook_routes,
    order_routes,
    product_routes,
    refund_routes,
    site,
    term_routes,
)
from isthmus.simulators.woocommerce.call import Route

#: what every shop serves
ROUTES = (
    *site.ROUTES,
    *order_routes.ROUTES,
    *refund_routes.ROUTES,
    *product_routes.ROUTES,
    *term_routes.ROUTES,
    *customer_routes.ROUTES,
    *hook_routes.ROUTES,
)

#: the version in which a path appeared (that of `/variations` is unconfirmed)
SINCE = {
    "/wc/v3/refunds": (9, 0),
    "/wc/v3/variations": (9, 0),
    "/wc/v3/products/custom-fields/names": (9, 2),
    "/wc/v3/orders/#/fulfillments": (10, 1),
}


class Routes:
    """Finds who answers a path. What is switched off, or newer than the shop, is simply not in the table."""

    def __init__(self, routes: Iterable[Route], version: str) -> None:
        """Take the routes a version has."""
        numbers = tuple(int(part) for part in version.split(".")[:2])
        self._table: dict[tuple[str, tuple[str, ...]], Route] = {}
        for route in routes:
            if numbers >= next((since for path, since in SINCE.items() if route.path.startswith(path)), (0,)):
                self._table[route.method, _parts(route.path)] = route

    def find(self, method: str, path: str) -> tuple[Route, tuple[Any, ...]] | None:
        """Return the route and the variable parts of the path, or nothing."""
        parts = _parts(path)
        asked = "GET" if method == "HEAD" else method
        numbers = tuple("#" if part.isdigit() else part for part in parts)
        for form in (parts, numbers, *(_with_words(numbers, places) for places in ((-1,), (-2, -1), (-2,)))):
            route = self._table.get((asked, form))
            if route is not None:
                variable = zip(form, parts, strict=True)
                return route, tuple(int(part) if mark == "#" else part for mark, part in variable if mark in {"#", "*"})
        return None

    def at(self, path: str) -> list[Route]:
        """Return every route a path has, one for each method it takes."""
        found = [self.find(method, path) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")]
        return [one[0] for one in found if one is not None]

    def all(self) -> Iterable[Route]:
        """Return every route there is."""
        return self._table.values()


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part)


def _with_words(parts: tuple[str, ...], places: tuple[int, ...]) -> tuple[str, ...]:
    if len(parts) < 2:  # noqa: PLR2004 - nothing so short has a word in it
        return parts
    words = list(parts)
    for place in places:
        words[place] = "*"
    return tuple(words)
