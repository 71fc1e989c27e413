"""What the shop tells of its own routes: the index of `wc/v3`, and the answer to OPTIONS.

Source: https://developer.wordpress.org/rest-api/extending-the-rest-api/schema/ (discovery, WordPress 6.x)
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from isthmus.simulators.woocommerce.call import Route
from isthmus.simulators.woocommerce.params import Param

View = dict[str, Any]
NAMESPACE = "wc/v3"


def index(routes: Iterable[Route]) -> View:
    """Return every path with its methods and what they take."""
    by_path: dict[str, list[Route]] = defaultdict(list)
    for route in routes:
        if route.path.startswith(f"/{NAMESPACE}"):
            by_path[_pattern(route.path)].append(route)
    return {"namespace": NAMESPACE, "routes": {path: described(some) for path, some in by_path.items()}}


def described(routes: Iterable[Route]) -> View:
    """Return what one path takes, method by method."""
    some = list(routes)
    endpoints = [
        {"methods": [route.method], "args": {name: _argument(spec) for name, spec in route.specs.items()}}
        for route in some
    ]
    return {"namespace": NAMESPACE, "methods": [route.method for route in some], "endpoints": endpoints}


def _pattern(path: str) -> str:
    return path.replace("#", "(?P<id>[\\d]+)").replace("*", "(?P<name>[\\w-]+)")


def _argument(spec: Param) -> View:
    told: View = {"type": spec.kind if spec.kind not in {"date-time", "email"} else "string", "required": spec.required}
    if spec.kind in {"date-time", "email"}:
        told["format"] = spec.kind
    for name, value in (("enum", list(spec.enum)), ("minimum", spec.least), ("maximum", spec.most)):
        if value:
            told[name] = value
    if spec.default is not None:
        told["default"] = spec.default
    if spec.items is not None:
        told["items"] = {name: value for name, value in _argument(spec.items).items() if name != "required"}
    return told
