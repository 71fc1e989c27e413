"""Signing in: a token in a header where the shop gives one, otherwise its cookies.

`tokenMethod` of a shop is `cookie` (the default), `bearer` or both. A session ends after a year without use
(`sessionDuration`), each sign-in makes a new one: it is kept for as long as it is taken.
Source: https://docs.vendure.io/guides/core-concepts/auth/ (3.5); a wrong password is HTTP 200 with an `ErrorResult`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from isthmus.connectors.vendure.failures import READ, decode
from isthmus.connectors.vendure.failures import Envelope as Taken
from isthmus.connectors.vendure.wire import LoginAnswer
from isthmus.kit.http import Response
from isthmus.ports.errors import AuthExpired

HEADER = "vendure-auth-token"
SIGNED_IN = "CurrentUser"
Ask = Callable[[Mapping[str, str]], Awaitable[tuple[Response, Taken]]]


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a signed-in call carries."""

    token: str = field(default="", repr=False)
    cookies: str = field(default="", repr=False)

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the header that shows it."""
        if self.token:
            return {"Authorization": f"Bearer {self.token}"}
        return {"Cookie": self.cookies} if self.cookies else {}


@dataclass(slots=True)
class Auth:
    """One administrator's account and the session in use."""

    login: str
    password: str = field(repr=False)
    held: Ticket | None = field(default=None, repr=False)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return what must not be quoted anywhere."""
        held = self.held or Ticket()
        return tuple(one for one in (self.password, held.token, held.cookies) if one)

    async def ticket(self, ask: Ask, refused: Ticket | None = None) -> Ticket:
        """Return a session other than the `refused` one, signing in with `ask` where there is none.

        Raises `AuthExpired` for an account the shop does not take.
        """
        # Many calls meet the same refusal: the first one signs in, the others take what it got.
        async with self._turn:
            if self.held is None or self.held is refused:
                self.held = None
                self.held = await self._sign_in(ask)
            return self.held

    async def _sign_in(self, ask: Ask) -> Ticket:
        response, found = await ask({"username": self.login, "password": self.password})
        answer = decode(found, LoginAnswer, READ).login
        if answer.typename != SIGNED_IN:
            message = (
                f"Vendure does not sign this account in ({answer.error_code or answer.typename}): "
                "check the settings Login and Password"
            )
            raise AuthExpired(message)
        return issued(response.headers)


def issued(headers: Mapping[str, str]) -> Ticket:
    """Return the session a sign-in gave; one that shows nothing where there is neither a token nor a cookie."""
    if token := headers.get(HEADER, ""):
        return Ticket(token=token)
    # A header that comes several times is several items.
    said = [value for name, value in headers.items() if name.lower() == "set-cookie"]
    cookies = "; ".join(pair for value in said if (pair := value.partition(";")[0].strip()))
    return Ticket(cookies=cookies)
