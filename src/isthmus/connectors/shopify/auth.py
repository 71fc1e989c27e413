"""The access token: a fixed one, or one fetched with the app's own credentials.

Source: https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant
(a token lives 24 hours and has no refresh token: we ask again once a 401 says the old one is over).
"""

import asyncio
from dataclasses import dataclass, field
from urllib.parse import urlencode

import msgspec

from isthmus.connectors.shopify.failures import READ, check_status, lost, words
from isthmus.kit.clock import Clock
from isthmus.kit.http import Http, HttpFailure, Request
from isthmus.ports.errors import AuthExpired, Misconfigured, WireDrift


class Grant(msgspec.Struct, frozen=True):
    """The answer to a client credentials grant."""

    access_token: str
    scope: str = ""
    expires_in: int = 0


@dataclass(slots=True)
class Auth:
    """The token in use. With `client_id` and `client_secret` a lost token is fetched anew."""

    url: str
    http: Http
    clock: Clock
    fixed: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    fetched: str = field(default="", repr=False)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return what must not be quoted anywhere."""
        return tuple(secret for secret in (self.fixed, self.fetched, self.client_secret) if secret)

    async def token(self) -> str:
        """Return a token to try. Raises `Misconfigured` when there is nothing to make one from."""
        if self.fixed or self.fetched:
            return self.fixed or self.fetched
        if not (self.client_id and self.client_secret):
            message = "enter an access token, or the client id and client secret of the app"
            raise Misconfigured(message)
        return await self._fetch(instead_of="")

    async def renewed(self, refused: str) -> str:
        """Return a token other than the `refused` one, empty when there is no way to get one."""
        if self.fixed or not (self.client_id and self.client_secret):
            return ""
        return await self._fetch(instead_of=refused)

    async def _fetch(self, instead_of: str) -> str:
        # Many calls meet the same 401: the first one fetches, the others take what it got.
        async with self._turn:
            if self.fetched == instead_of:
                self.fetched = await self._grant()
            return self.fetched

    async def _grant(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        request = Request(
            "POST",
            f"{self.url}/admin/oauth/access_token",
            operation="AccessToken",
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            body=urlencode(form).encode(),
        )
        try:
            response = await self.http.send(request)
        except HttpFailure as failure:
            raise lost(READ, str(failure)) from failure
        if response.status == 429 or response.status >= 500:  # noqa: PLR2004 - HTTP's own numbers
            check_status(response, READ, self.clock.now(), self.secrets)
        if response.status != 200:  # noqa: PLR2004
            # JSON, plain text or a page, as Shopify pleases: `shop_not_permitted`, `invalid_client`, ...
            message = f"Shopify gives this app no token (HTTP {response.status}: {words(response.body, self.secrets)})"
            raise AuthExpired(message)
        try:
            return msgspec.json.decode(response.body, type=Grant).access_token
        except msgspec.ValidationError as wrong:
            message = "Shopify's answer to the token request has an unknown form"
            raise WireDrift(message, path="$.access_token") from wrong
        except msgspec.DecodeError as wrong:
            raise lost(READ, "the answer to the token request is not JSON") from wrong
