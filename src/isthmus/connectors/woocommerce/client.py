"""One way to ask a shop: say who we are, keep to its pace, and sort what comes back.

WooCommerce has no quota; the host's PHP processes are the limit, so only the calls at a time are bounded.
Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#pagination, .../#request-response-format (REST v3)
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Generic, TypeVar

import msgspec

from isthmus.connectors.woocommerce.failures import READ, Intent, check_status, drift, lost
from isthmus.connectors.woocommerce.signing import Signer
from isthmus.connectors.woocommerce.sites import Query, Site, address
from isthmus.kit.clock import Clock
from isthmus.kit.http import AnswerLost, Http, NotSent, Request, Response
from isthmus.ports.errors import Throttled, Trouble, Unreachable
from isthmus.ports.pace import Pace

T = TypeVar("T")
YEARS = range(2000, 2100)
#: Beginnings of JSON that are tried in a body with something before it.
_TRIES = 20
#: PHP gives up after 30 to 60 seconds, hosts in front of it a little later.
TIMEOUT_S = 90.0


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What was asked for, the shop's clock when it answered, and how many there are in all, where it said so."""

    content: T
    server_time: datetime
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One request to be; `name` is what logs, traces and budgets call it, such as `orders.list`."""

    method: str
    route: str
    name: str
    query: Query = ()
    body: Any = None
    anonymous: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """The REST API of one shop."""

    site: Site
    http: Http
    clock: Clock
    pace: Pace
    signer: Signer
    #: What must not be quoted anywhere, whatever the other side says.
    secrets: Sequence[str] = field(default=(), repr=False)

    async def get(self, route: str, into: type[T], query: Query = (), *, name: str) -> Answer[T]:
        """Read. Raises anything but `InDoubt`."""
        return await self.ask(Call("GET", route, name, query), into, READ)

    async def index(self, into: type[T]) -> Answer[T]:
        """Read what WordPress says to anybody; a key of WooCommerce is refused there."""
        return await self.ask(Call("GET", "/", "site.index", anonymous=True), into, READ)

    async def send(
        self, method: str, route: str, body: Any, into: type[T], *, key: str, name: str, repeatable: bool = False
    ) -> Answer[T]:
        """Write once.

        Raises `InDoubt(key)` when the outcome is unknown, unless `repeatable` says that sending the very same again
        is one write: then `Unreachable`.
        """
        return await self.ask(Call(method, route, name, (), body), into, Intent(key, repeatable))

    async def ask(self, call: Call, into: type[T], intent: Intent) -> Answer[T]:
        """Make one request and read its answer."""
        async with self.pace.slot(operation=call.name):
            response = await self._send(call, intent)
            try:
                check_status(response, intent, self.clock.now(), self.secrets)
            except Throttled as throttled:
                self.pace.back_off((throttled.retry_at - self.clock.now()).total_seconds())
                raise
            content = decode(response.body, into, intent)
        return Answer(content, self._time(response), counted(response))

    async def _send(self, call: Call, intent: Intent) -> Response:
        headers = {"Accept": "application/json", "Cache-Control": "no-cache"}
        body = None
        if call.body is not None:
            body = _ENCODER.encode(call.body)
            headers["Content-Type"] = "application/json"
        base, query = self.site.parts(call.route, call.query)
        url = address(base, query)
        if not call.anonymous:
            url, who = self.signer.sign(call.method, self.site, base, query, self.clock.now())
            headers |= who
        request = Request(call.method, url, operation=call.name, headers=headers, body=body, timeout_s=TIMEOUT_S)
        try:
            return await self.http.send(request)
        except NotSent as failure:
            message = f"the shop cannot be reached: {failure}"
            raise Unreachable(message) from failure
        except AnswerLost as failure:
            raise lost(intent, str(failure)) from failure

    def _time(self, response: Response) -> datetime:
        """Return the shop's clock: the `Date` header, in whole seconds."""
        try:
            told = parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
        except (KeyError, ValueError, TypeError, OverflowError):
            return self.clock.now()
        # A clock of no year of ours would end outside of what a date can be.
        return told if told.year in YEARS else self.clock.now()


def decode(body: bytes, into: type[T], intent: Intent) -> T:
    """Read an answer. Raises `WireDrift` for an unknown form, for a write that must not be repeated `InDoubt`.

    Plugins print notices before the JSON, and files begin with marks of byte order; what follows them is the answer.
    """
    decoder = _decoder(into)
    for at in beginnings(body):
        try:
            return decoder.decode(body[at:])
        except msgspec.ValidationError as wrong:
            # A bracket in a page or a notice begins nothing; one that begins JSON does.
            if at and not _is_json(body[at:]):
                continue
            raise _unknown_form(wrong, intent) from wrong
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
    raise lost(intent, "the answer is not JSON")


def beginnings(body: bytes) -> Sequence[int]:
    """Return where JSON may begin in a body: at its start, or at a bracket further on."""
    places = [0]
    at = 0
    while len(places) < _TRIES:
        found = [place for place in (body.find(b"{", at), body.find(b"[", at)) if place >= 0]
        if not found:
            break
        at = min(found) + 1
        if at > 1:
            places.append(at - 1)
    return places


def counted(response: Response) -> int | None:
    """Return how many records the whole list has; caches and firewalls take the header away."""
    said = response.headers.get("X-WP-Total", "").strip()
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 12 else None  # noqa: PLR2004 - digits


def _unknown_form(wrong: Exception, intent: Intent) -> Trouble:
    """Return the error for JSON that is not what was asked for; of a write, what is no answer at all tells nothing."""
    told = drift(wrong)
    if intent.key and (not intent.repeatable or told.path == "$"):
        return lost(intent, "an answer of unknown form")
    return told


def _is_json(body: bytes) -> bool:
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _decoder(into: type[T]) -> msgspec.json.Decoder[T]:
    found = _DECODERS.get(into)
    if found is None:
        found = _DECODERS[into] = msgspec.json.Decoder(into, float_hook=Decimal)
    return found


_DECODERS: dict[Any, msgspec.json.Decoder[Any]] = {}
_ENCODER = msgspec.json.Encoder(decimal_format="number")
