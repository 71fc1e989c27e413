"""The API of the simulated system: who may call, how fast, and what each path answers.

Source: https://docs.vendure.io/reference/graphql-api/admin/
"""

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import msgspec
from aiohttp import web

from isthmus.simulators.vendure.catalog import Catalog, Variant
from isthmus.simulators.vendure.limits import Bucket

TOKEN = "demo-token"  # noqa: S105 - public, and opens nothing but this double
PREFIX = "/api/v1"
MOST = 100
OPERATIONS = {f"{PREFIX}/account": "account.get", f"{PREFIX}/variants": "variants.list"}
_ASKED = frozenset({"limit", "after", "updated_since", "ids", "sku"})


class Refusal(Exception):
    """What this API says no to, in its own words."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Keep the status and the code."""
        super().__init__(message)
        self.status, self.code = status, code


class Gateway:
    """One account's API."""

    def __init__(self, catalog: Catalog, bucket: Bucket, now: Callable[[], datetime]) -> None:
        """Serve this catalog by this clock."""
        self.catalog = catalog
        self.tokens = {TOKEN}
        self.throttled = 0
        self._bucket = bucket
        self._now = now
        self._expiring = False

    def expire(self) -> None:
        """Refuse the next request that brings a token; the one after it passes again."""
        self._expiring = True

    def revoke(self) -> None:
        """Take every token away for good."""
        self.tokens.clear()

    def too_fast(self, *, hint: bool) -> web.Response:
        """Return what a caller hears that is too fast."""
        self.throttled += 1
        headers = {"Retry-After": str(self._bucket.wait_s())} if hint else {}
        return self._answer({"error": {"code": "rate_limited", "message": "Too many requests"}}, 429, headers)

    async def account(self, request: web.Request) -> web.Response:
        """Tell whose token this is."""
        return self._guarded(request, lambda: ACCOUNT)

    async def variants(self, request: web.Request) -> web.Response:
        """List items."""
        return self._guarded(request, lambda: self._listed(request.query))

    def _guarded(self, request: web.Request, answer: Callable[[], Any]) -> web.Response:
        if not self._bucket.take():
            return self.too_fast(hint=True)
        try:
            self._admit(request.headers.get("Authorization", ""))
            return self._answer(answer())
        except Refusal as refusal:
            said = {"code": refusal.code, "message": str(refusal)}
            return self._answer({"error": said}, refusal.status)

    def _admit(self, credential: str) -> None:
        expiring, self._expiring = self._expiring, False
        scheme, _, token = credential.partition(" ")
        if expiring or scheme != "Bearer" or token not in self.tokens:
            raise Refusal(401, "unauthorized", "The token is not valid")

    def _listed(self, asked: Mapping[str, str]) -> dict[str, Any]:
        if unknown := sorted(set(asked) - _ASKED):
            raise Refusal(400, "bad_request", f"Unknown parameter: {unknown[0]}")
        limit = whole(asked.get("limit", "20"))
        if not 1 <= limit <= MOST:
            raise Refusal(400, "bad_request", f"limit must be 1 to {MOST}")
        since = moment(asked["updated_since"]) if "updated_since" in asked else None
        rows = [one for one in self.catalog.listed(since) if wanted(one, asked)]
        if "after" in asked:
            rows = [one for one in rows if place(one) > behind(asked["after"])]
        page = rows[:limit]
        return {"variants": [shown(one) for one in page], "next": token_of(page[-1]) if len(rows) > limit else None}

    def _answer(self, content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
        dated = {"Date": format_datetime(self._now(), usegmt=True), **(headers or {})}
        return web.Response(
            body=msgspec.json.encode(content), status=status, headers=dated, content_type="application/json"
        )


ACCOUNT: Mapping[str, Any] = {
    "id": 7001,
    "name": "Demo",
    "version": "2026.1",
    "currency": "EUR",
    "prices_include_tax": False,
    "time_zone": "Europe/Berlin",
    "permissions": ["variants:read"],
}


def wanted(variant: Variant, asked: Mapping[str, str]) -> bool:
    """Tell whether an item is among those that were named. Raises `Refusal` for too many names."""
    if "ids" in asked:
        ids = asked["ids"].split(",")
        if len(ids) > MOST:
            raise Refusal(400, "bad_request", f"ids takes up to {MOST}")
        if str(variant.id) not in ids:
            return False
    return "sku" not in asked or variant.sku == asked["sku"]


def shown(variant: Variant) -> dict[str, Any]:
    """Return an item as the API shows it."""
    return {
        "id": variant.id,
        "sku": variant.sku,
        "name": variant.name,
        "barcode": variant.barcode,
        "price": variant.price,
        "currency": variant.currency,
        "active": variant.active,
        "updated_at": written(variant.updated_at),
        "deleted_at": written(variant.deleted_at) if variant.deleted_at else None,
    }


def place(variant: Variant) -> tuple[str, int]:
    """Return where an item stands in the list."""
    return written(variant.updated_at), variant.id


def token_of(variant: Variant) -> str:
    """Return the token of the page behind an item."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place(variant))).decode()


def behind(token: str) -> tuple[str, int]:
    """Return the place a token names. Raises `Refusal`."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(token), type=tuple[str, int])
    except ValueError as wrong:
        raise Refusal(400, "bad_request", "after is not a token of this list") from wrong


def whole(text: str) -> int:
    """Read a whole number. Raises `Refusal`."""
    if not (text.isascii() and text.isdecimal()):
        raise Refusal(400, "bad_request", f"Not a number: {text}")
    return int(text)


def moment(text: str) -> datetime:
    """Read a time with a zone. Raises `Refusal`."""
    try:
        told = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise Refusal(400, "bad_request", "updated_since is not a time") from wrong
    if told.tzinfo is None:
        raise Refusal(400, "bad_request", "updated_since has no time zone")
    return told


def written(told: datetime) -> str:
    """Write a time as this API does."""
    return told.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
