"""What stands between a caller and WordPress, and what of it goes wrong: PHP, caches, walls, proxies, redirects.

Ordered at `/__sim/host`: `{"trouble": "notice", "count": 3, "match": "orders"}`. They strike requests whose operation
contains `match`, so often, and then end by themselves.

- `notice`, `bom`: a PHP notice, or a byte order mark, before the JSON of an answer that is otherwise right
- `wall`: 403 with a challenge page of a security plugin, nothing done
- `mod_security`: 406 with a page, nothing done
- `limit`: 508 of a shared host, nothing done
- `redirect`: 301 to the canonical host name; whoever follows it with a write turns it into a reading
- `stripped`: the server eats the `Authorization` header
- `half_done`: 504 with a page, after two rows of the batch
- `gateway_timeout`: 504 with a page, and the work was done all the same
- `critical`: 500 of PHP (`internal_server_error`), and the work was done all the same
- `stale`: a cache answers a reading with what it answered to the same address before, unless told `no-cache`
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aiohttp import web

from isthmus.simulators.woocommerce.call import PATIENCE

Serve = Callable[[web.Request], Awaitable[web.Response]]
_PAGE = "<!DOCTYPE html>\n<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n"
_NOTICE = (
    b"<br />\n<b>Notice</b>:  Undefined index: demo in <b>wp-content/plugins/demo.php</b> on line <b>7</b><br />\n"
)
_CRITICAL = (
    b'{"code":"internal_server_error","message":"<p>There has been a critical error on this website.<\\/p>",'
    b'"data":{"status":500}}'
)
#: how many rows of a batch are done when time is up
_ROWS = 2
#: how many answers the cache holds
_CACHED = 50
#: who answers without asking WordPress
_PAGES = {
    "wall": (HTTPStatus.FORBIDDEN, "Attention Required! One more step"),
    "mod_security": (HTTPStatus.NOT_ACCEPTABLE, "Not Acceptable!"),
    "limit": (HTTPStatus.LOOP_DETECTED, "508 Resource Limit Is Reached"),
}
TROUBLES = frozenset(_PAGES) | {
    "notice",
    "bom",
    "redirect",
    "stripped",
    "half_done",
    "gateway_timeout",
    "critical",
    "stale",
}


class NoSuchTrouble(ValueError):
    """The order names a trouble there is not."""


@dataclass(slots=True)
class Trouble:
    """One standing order."""

    kind: str
    count: int
    match: str = ""


class Host:
    """Passes requests on to WordPress, or not."""

    def __init__(self) -> None:
        """Start without troubles and with an empty cache."""
        self._troubles: list[Trouble] = []
        self._cache: dict[str, web.Response] = {}

    def order(self, trouble: str, count: int = 1, match: str = "") -> None:
        """Let a trouble strike so often; 0 ends it. Raises `NoSuchTrouble`."""
        if trouble not in TROUBLES:
            message = f"'trouble' must be one of: {', '.join(sorted(TROUBLES))}"
            raise NoSuchTrouble(message)
        self._troubles = [one for one in self._troubles if (one.kind, one.match) != (trouble, match)]
        if count:
            self._troubles.append(Trouble(trouble, count, match))

    async def answer(self, request: web.Request, operation: str, serve: Serve) -> web.Response:
        """Answer a request, troubles and all."""
        kind = self._drawn(operation)
        if kind in _PAGES:
            status, title = _PAGES[kind]
            return _page(status, title)
        if kind == "redirect":
            target = f"{request.scheme}://www.{request.host}{request.rel_url}"
            return web.Response(status=HTTPStatus.MOVED_PERMANENTLY, headers={"Location": target})
        fresh = "no-cache" in request.headers.get("Cache-Control", "")
        if kind == "stale" and request.method == "GET" and not fresh and str(request.rel_url) in self._cache:
            return _copy(self._cache[str(request.rel_url)])
        if kind == "stripped":
            headers = request.headers.copy()
            headers.popall("Authorization", None)
            request = request.clone(headers=headers)
        patience = PATIENCE.set(_ROWS if kind == "half_done" else None)
        try:
            return self._spoiled(kind, request, await serve(request))
        finally:
            PATIENCE.reset(patience)

    def _spoiled(self, kind: str, request: web.Request, answer: web.Response) -> web.Response:
        body = answer.body if isinstance(answer.body, bytes) else b""
        match kind:
            case "notice":
                answer.body = _NOTICE + body
            case "bom":
                answer.body = b"\xef\xbb\xbf" + body
            case "gateway_timeout" | "half_done":
                return _page(HTTPStatus.GATEWAY_TIMEOUT, "504 Gateway Time-out")
            case "critical":
                return web.Response(
                    status=HTTPStatus.INTERNAL_SERVER_ERROR, body=_CRITICAL, content_type="application/json"
                )
            case _:
                if request.method == "GET" and answer.status == HTTPStatus.OK:
                    self._cache[str(request.rel_url)] = _copy(answer)
                    if len(self._cache) > _CACHED:
                        del self._cache[next(iter(self._cache))]
        return answer

    def _drawn(self, operation: str) -> str:
        for trouble in self._troubles:
            if trouble.match in operation:
                trouble.count -= 1
                if not trouble.count:
                    self._troubles.remove(trouble)
                return trouble.kind
        return ""


def _page(status: HTTPStatus, title: str) -> web.Response:
    return web.Response(status=status, text=_PAGE.format(title), content_type="text/html")


def _copy(answer: web.Response) -> web.Response:
    headers: dict[str, Any] = {name: value for name, value in answer.headers.items() if name != "Content-Length"}
    return web.Response(status=answer.status, body=answer.body, headers=headers)
