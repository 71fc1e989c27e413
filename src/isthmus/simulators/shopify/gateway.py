"""The HTTP side of the Admin API: tokens, the GraphQL endpoint, refusals.

Sources: https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant,
https://shopify.dev/docs/api/usage/versioning, https://shopify.dev/docs/api/usage/response-codes
"""

import asyncio
import re
import secrets
import time
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any, cast

import msgspec
from aiohttp import web

from isthmus.simulators.shopify import complaints
from isthmus.simulators.shopify.bucket import Bucket
from isthmus.simulators.shopify.call import Call, served
from isthmus.simulators.shopify.engine import Engine, Operation
from isthmus.simulators.shopify.idempotency import Attempts
from isthmus.simulators.shopify.listings import Listings
from isthmus.simulators.shopify.settings import Settings
from isthmus.simulators.shopify.shop import Shop

CLIENT_ID = "demo-client"
SECRET = "demo-secret"  # noqa: S105 - the simulator's, known to all
TOKEN = "demo-token"  # noqa: S105 - likewise
#: What the app was installed with; `/__sim/scopes` changes it.
SCOPES = (
    "read_products", "read_inventory", "write_inventory", "read_locations", "read_orders", "read_all_orders",
    "read_customers", "read_merchant_managed_fulfillment_orders",
)  # fmt: skip
_UNKNOWN_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"  # noqa: S105
_VERSION = re.compile(r"\d{4}-\d{2}|unstable")
ENGINE: list[Engine] = []


def engine() -> Engine:
    """Return the engine, built once for all shops of this process."""
    if not ENGINE:
        ENGINE.append(Engine())
    return ENGINE[0]


class Wish(msgspec.Struct, rename="camel"):
    """The body of a GraphQL request."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None


_WISH: web.RequestKey[Wish | None] = web.RequestKey("wish", Wish)  # pyright: ignore[reportAssignmentType]
_WISHES = msgspec.json.Decoder(Wish)


class Gateway:
    """Answers HTTP requests for one shop."""

    def __init__(self, shop: Shop, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        """Open with a full bucket and no tokens issued."""
        self.throttled = 0
        self.scopes: tuple[str, ...] = SCOPES
        self.points: Counter[str] = Counter()  # what each operation has cost, all calls together
        self.bucket = Bucket(settings.restore_per_s, settings.bucket_size, clock)
        self._shop = shop
        self._settings = settings
        self._clock = clock
        self._engine = engine()
        self._listings = Listings(shop)
        self._attempts = Attempts(settings.write_s, clock)
        self._issued: dict[str, float] = {}
        self._installed = True

    def expire_tokens(self) -> None:
        """Make every issued token invalid; the static one never expires."""
        self._issued.clear()

    def uninstall(self) -> None:
        """Refuse every token from now on, the static one too."""
        self._installed = False
        self._issued.clear()

    async def operation(self, request: web.Request) -> str:
        """Name a request by its root fields, or by its path."""
        if not request.path.endswith("/graphql.json"):
            return request.path.rsplit("/", 1)[-1]
        wish = await self._wish(request)
        operation = self._engine.prepare(wish.query).operation(wish.operation_name) if wish else None
        return operation.label if operation else "graphql"

    async def access_token(self, request: web.Request) -> web.Response:
        """Grant a token to the app itself."""
        wish = await _form_or_json(request)
        if wish.get("grant_type") != "client_credentials" or not wish.get("client_id"):
            return _json({"error": "invalid_request"}, 400)
        if not self._installed:
            return _json({"error": "app_not_installed"}, 400)
        if (wish["client_id"], wish.get("client_secret")) != (CLIENT_ID, SECRET):
            return _json({"error": "invalid_client", "error_description": "Client authentication failed"}, 400)
        token = f"shpat_{secrets.token_hex(16)}"
        self._issued[token] = self._clock() + self._settings.token_s
        expires_in = max(int(self._settings.token_s) - 1, 0)
        return _json({"access_token": token, "scope": ",".join(self.scopes), "expires_in": expires_in})

    async def graphql(self, request: web.Request) -> web.Response:
        """Run one GraphQL request."""
        asked = request.match_info["version"]
        if not _VERSION.fullmatch(asked):
            return _json({"errors": "Not Found"}, 404)
        version = served(asked)
        headers = {"X-Shopify-API-Version": version, "X-Request-Id": str(uuid.uuid4())}
        if not self._known(request.headers.get("X-Shopify-Access-Token", "")):
            return _json({"errors": _UNKNOWN_TOKEN}, 401, headers)
        wish = await self._wish(request)
        if wish is None:
            return _json({"errors": {"query": "Required parameter missing or invalid"}}, 400, headers)
        return _json(await self._answer(wish, version), 200, headers)

    async def _answer(self, wish: Wish, version: str) -> dict[str, Any]:
        prepared, name = self._engine.prepare(wish.query), wish.operation_name
        operation = prepared.operation(name)
        if prepared.errors:
            return {"errors": prepared.errors}
        if operation is None:
            message = f'No operation named "{name}"' if name else "An operation name is required"
            return {"errors": [{"message": message, "extensions": {"code": "BAD_REQUEST"}}]}
        body = self._run(operation, wish.variables or {}, version)
        if operation.writes and self._settings.write_s:
            # The write is done and counts as running until its answer is out.
            await asyncio.sleep(self._settings.write_s)
        return body

    def _run(self, operation: Operation, variables: dict[str, Any], version: str) -> dict[str, Any]:
        call = Call(self._shop, self._listings, self._attempts, version, self.scopes)
        body = self._engine.run(operation, variables, call, self.bucket)
        self.throttled += call.throttled
        self.points[operation.label] += call.points
        return body

    def refusal(self, *, hint: bool) -> web.Response:
        """Return the answer to a caller that is too fast; without a hint it comes from the edge, bare."""
        if not hint:
            return web.Response(status=429, text="Too Many Requests")
        status = self.bucket.status()
        cost = {
            "requestedQueryCost": 100,
            "actualQueryCost": None,
            "throttleStatus": {**status, "currentlyAvailable": 0},
        }
        return _json({"errors": [complaints.throttled()], "extensions": {"cost": cost}})

    def _known(self, token: str) -> bool:
        if token == TOKEN:
            return self._installed
        expires_at = self._issued.get(token)
        return expires_at is not None and expires_at > self._clock()

    async def _wish(self, request: web.Request) -> Wish | None:
        """Return the GraphQL request in the body, decoded once; nothing when it is none."""
        if _WISH not in request:
            try:
                request[_WISH] = _WISHES.decode(await request.read())
            except msgspec.MsgspecError:
                request[_WISH] = None
        return request[_WISH]


async def _form_or_json(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        try:
            wish = msgspec.json.decode(await request.read())
        except msgspec.DecodeError:
            return {}
        return cast("dict[str, Any]", wish) if isinstance(wish, dict) else {}
    return dict(await request.post())


def _json(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(content),
        status=status,
        headers=headers,
        content_type="application/json",
        charset="utf-8",
    )
