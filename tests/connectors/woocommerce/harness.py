"""What the tests of the WooCommerce connector stand on: a shop in a few lines, and the answers it gives."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from isthmus.connectors.woocommerce import CONNECTOR
from isthmus.kit.http import Http, Request, Response
from isthmus.ports.connector import Session, Tools
from isthmus.testing.clock import HandClock
from isthmus.testing.pace import OpenPace

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
URL = "https://shop.example.com"
KEY, SECRET, HOOK = "ck_canary", "cs_canary", "hook-canary"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as a shop sees it: method, route below `wc/v3`, query, body."""

    method: str
    route: str
    query: dict[str, str]
    body: Any
    request: Request


Handler = Callable[[Asked], Response | Exception]


class Desk(Http):
    """Answers in a shop's place and keeps what it was asked."""

    def __init__(self, handler: Handler) -> None:
        """Answer by `handler`; an exception it returns is raised."""
        super().__init__()
        self.handler = handler
        self.asked: list[Asked] = []

    async def _send(self, request: Request) -> Response:
        await asyncio.sleep(0)
        parts = urlsplit(request.url)
        route = parts.path.removeprefix("/wp-json").removeprefix("/wc/v3/")
        body = json.loads(request.body) if request.body else None
        asked = Asked(request.method, route, dict(parse_qsl(parts.query, keep_blank_values=True)), body, request)
        self.asked.append(asked)
        answer = self.handler(asked)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def of(self, method: str, route: str) -> list[Asked]:
        """Return what was asked of one route."""
        return [one for one in self.asked if (one.method, one.route) == (method, route)]


def answer(content: Any, status: int = 200, *, total: int | None = None, **headers: str) -> Response:
    """Return an answer as WordPress gives it."""
    said = {
        "Date": format_datetime(NOW, usegmt=True),
        **{name.replace("_", "-"): each for name, each in headers.items()},
    }
    if total is not None:
        said["X-WP-Total"] = str(total)
    return Response(status, said, json.dumps(content).encode())


def refused(status: int, code: str, **more: Any) -> Response:
    """Return a refusal of WordPress or WooCommerce."""
    return answer({"code": code, "message": "Nein.", "data": {"status": status, **more}}, status)


def opened(desk: Http, **settings: str) -> Session:
    """Open the connector on a desk."""
    form = {"url": URL, "consumer_key": KEY, "consumer_secret": SECRET, "webhook_secret": HOOK}
    tools = Tools("shop", desk, HandClock(NOW), OpenPace())
    return CONNECTOR.open(form | settings, tools)


def shelves(**lists: list[dict[str, Any]]) -> Handler:
    """Return a shop that has these lists; `products__7__variations` stands for that route."""
    held = {name.replace("__", "/"): rows for name, rows in lists.items()}

    def handle(asked: Asked) -> Response:
        if asked.route not in held:
            return refused(404, "rest_no_route")
        return answer(*_page(held[asked.route], asked.query))

    return handle


def _page(rows: list[dict[str, Any]], query: dict[str, str]) -> Any:
    found = rows
    if "include" in query:
        wanted = {int(one) for one in query["include"].split(",")}
        found = [row for row in found if row["id"] in wanted]
    if "modified_after" in query:
        assert query["dates_are_gmt"] == "true"
        found = [row for row in found if row["date_modified_gmt"] > query["modified_after"]]
    if query.get("status") == "trash":
        found = [row for row in found if row.get("status") == "trash"]
    elif query.get("status") == "any":
        found = [row for row in found if row.get("status") != "trash"]
    start = int(query.get("offset", "0"))
    return (sorted(found, key=lambda row: row["id"])[start : start + int(query.get("per_page", "10"))],)
