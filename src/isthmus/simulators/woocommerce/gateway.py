"""The HTTP side: from a request to a route, and from what it says to an answer as PHP would print it.

Sources: https://woocommerce.github.io/woocommerce-rest-api-docs/#requests-responses (REST v3) and
https://developer.wordpress.org/rest-api/using-the-rest-api/global-parameters/
"""

import inspect
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import parse_qsl

from aiohttp import web

from isthmus.simulators.woocommerce import describe, params
from isthmus.simulators.woocommerce.auth import Asked, Doorkeeper, may
from isthmus.simulators.woocommerce.call import Call, Reply, Route
from isthmus.simulators.woocommerce.errors import Refused, bad, no_route
from isthmus.simulators.woocommerce.people import Key
from isthmus.simulators.woocommerce.routes import Routes
from isthmus.simulators.woocommerce.shop import Shop

_WORDS = {
    "list": ("woocommerce_rest_cannot_view", "Sorry, you cannot list resources."),
    "view": ("woocommerce_rest_cannot_view", "Sorry, you cannot view this resource."),
    "create": ("woocommerce_rest_cannot_create", "Sorry, you are not allowed to create resources."),
    "edit": ("woocommerce_rest_cannot_edit", "Sorry, you are not allowed to edit this resource."),
    "delete": ("woocommerce_rest_cannot_delete", "Sorry, you are not allowed to delete this resource."),
    "batch": ("woocommerce_rest_cannot_batch", "Sorry, you are not allowed to batch manipulate this resource."),
}
_HEADERS = {
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Expose-Headers": "X-WP-Total, X-WP-TotalPages, Link",
}
_NOT_FOUND = "<!DOCTYPE html>\n<html><head><title>Page not found</title></head><body>Page not found</body></html>\n"
#: Since this version a key counts by the route that is asked for, however it is written.
_BY_ROUTE = (11, 1)
Fields = dict[str, Any]


class Gateway:
    """Answers HTTP requests for one shop."""

    def __init__(self, shop: Shop, routes: Routes, seconds: Callable[[], float] = time.time) -> None:
        """Open; `seconds` is the time since 1970 by which signatures are judged."""
        self.ignored: Counter[str] = Counter()
        self._shop = shop
        self._routes = routes
        self._doorkeeper = Doorkeeper(shop.keys, seconds)

    def serve(self, routes: Routes) -> None:
        """Serve other routes from now on."""
        self._routes = routes

    def operation(self, request: web.Request) -> str:
        """Name a request by its route, such as `orders.list`."""
        path = _path(request)
        found = self._routes.find(_method(request), path) if path else None
        return found[0].operation if found else "unknown"

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one request."""
        path = _path(request)
        if path is None or (not request.path.startswith("/wp-json") and "rest_route" not in request.query):
            return web.Response(status=HTTPStatus.NOT_FOUND, text=_NOT_FOUND, content_type="text/html")
        if request.path.startswith("/wp-json") and not self._shop.settings.pretty_permalinks:
            return web.Response(status=HTTPStatus.NOT_FOUND, text=_NOT_FOUND, content_type="text/html")
        secure = self._shop.settings.secure or _forwarded(request) == "https"
        self._shop.home = f"{_forwarded(request) or 'http'}://{request.host}"
        try:
            reply = await self._reply(request, path, secure=secure)
        except Refused as refused:
            reply = Reply(self._spoken(refused.body()), refused.status)
        content = narrowed(reply.content, request.query.get("_fields"))
        return web.Response(
            text=printed(content),
            status=reply.status,
            headers={**_HEADERS, **reply.headers},
            content_type="application/json",
            charset="UTF-8",
        )

    async def _reply(self, request: web.Request, path: str, *, secure: bool) -> Reply:
        query = php_query(request.query_string)
        url = f"{_forwarded(request) or 'http'}://{request.host}{request.rel_url.raw_path}"
        asked = Asked(request.method, url, query, request.headers.get("Authorization", ""), secure)
        key = self._doorkeeper.caller(asked) if self._is_looked_at(request) else None
        method = _method(request)
        if key is not None:
            may(key, method)
        if method == "OPTIONS" or path == f"/{describe.NAMESPACE}":
            return self._described(method, path)
        found = self._routes.find(method, path)
        if found is None:
            raise no_route()
        route, ids = found
        fields = {**dict(query), **(await _body(request))}
        taken = params.accepted(route.specs, fields)
        self.ignored.update(f"{route.operation}: {name}" for name in params.ignored(route.specs, fields))
        _allow(route, key)
        shown = tuple((name, value) for name, value in query if name not in params.CREDENTIALS)
        reply = route.handler(Call(self._shop, taken, ids, shown, path))
        return await reply if inspect.isawaitable(reply) else reply

    def _is_looked_at(self, request: web.Request) -> bool:
        """Tell whether anybody asks for a key: up to 11.0 by what stands in the address, from then on by the route.

        Source: class-wc-rest-authentication.php (`is_request_to_rest_api`); seen on WooCommerce 9.2.5.
        """
        if version_of(self._shop.settings.version) >= _BY_ROUTE:
            return (_path(request) or "").startswith(("/wc/", "/wc-"))
        return "wp-json/wc/" in request.raw_path or "wp-json/wc-" in request.raw_path

    def _spoken(self, body: Fields) -> Fields:
        """Put a message into the site's language: what it says then only people can tell."""
        language = self._shop.settings.language
        return body if language.startswith("en") else {**body, "message": f"[{language}]"}

    def _described(self, method: str, path: str) -> Reply:
        """Tell anybody what there is: of one path, or of all of them."""
        if method == "GET":
            return Reply(describe.index(self._routes.all()))
        routes = self._routes.at(path)
        if not routes:
            raise no_route()
        return Reply(describe.described(routes), headers={"Allow": ", ".join(route.method for route in routes)})


def _allow(route: Route, key: Key | None) -> None:
    if route.right == "open" or (key is not None and key.manager):
        return
    status = HTTPStatus.UNAUTHORIZED if key is None else HTTPStatus.FORBIDDEN
    code, message = _WORDS[route.right]
    raise Refused(status, code, message)


def _path(request: web.Request) -> str | None:
    """Return the REST path, from a pretty address or from `rest_route`; nothing for other pages of the site."""
    asked = request.query.get("rest_route") if not request.path.startswith("/wp-json") else request.path[8:]
    if asked is None:
        return None
    return "/" + asked.strip("/")


def _method(request: web.Request) -> str:
    if request.method == "POST":
        told = request.query.get("_method") or request.headers.get("X-HTTP-Method-Override")
        return told.upper() if told else "POST"
    return request.method


def version_of(text: str) -> tuple[int, ...]:
    """Return a version's numbers."""
    return tuple(int(one) for one in text.split(".") if one.isdecimal())


def _forwarded(request: web.Request) -> str:
    return request.headers.get("X-Forwarded-Proto", "")


def php_query(text: str) -> list[tuple[str, str]]:
    """Read a query as PHP does: of two with one name the last counts, and `name[]` becomes `name[0]`, `name[1]`."""
    pairs: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for name, value in parse_qsl(text, keep_blank_values=True):
        if name.endswith("[]"):
            bare = name[:-2]
            pairs[f"{bare}[{counts[bare]}]"] = value
            counts[bare] += 1
        else:
            pairs[name] = value
    return list(pairs.items())


async def _body(request: web.Request) -> Fields:
    raw = await request.read()
    if not raw.strip():
        return {}
    if request.content_type != "application/json":
        return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        told = json.loads(raw)
    except ValueError as wrong:
        raise bad(
            code="rest_invalid_json",
            message="Invalid JSON body passed.",
            json_error_code=4,
            json_error_message="Syntax error",
        ) from wrong
    return cast("Fields", told) if isinstance(told, dict) else {}


def narrowed(content: Any, wanted: str | None) -> Any:
    """Keep the fields `_fields` names, dots for fields of fields; everything when it names none."""
    if not wanted or not isinstance(content, dict | list):
        return content
    paths = [name.strip().split(".") for name in wanted.split(",")]
    if isinstance(content, list):
        return [_kept(row, paths) for row in cast("list[Fields]", content)]
    return _kept(cast("Fields", content), paths)


def _kept(row: Mapping[str, Any], paths: list[list[str]]) -> Fields:
    kept: Fields = {}
    for name, value in row.items():
        inner = [path[1:] for path in paths if path[0] == name]
        if not inner:
            continue
        whole = any(not path for path in inner) or not isinstance(value, dict)
        kept[name] = value if whole else _kept(cast("Fields", value), inner)
    return kept


def printed(content: Any) -> str:
    """Print JSON as PHP does: slashes and everything beyond ASCII escaped, no spaces."""
    return json.dumps(content, separators=(",", ":")).replace("/", "\\/")
