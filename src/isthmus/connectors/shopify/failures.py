"""From what Shopify answered to our errors, the one place that knows.

Order of the checks: HTTP status, body is JSON, `errors`; `userErrors` belong to each payload.
Sources: https://shopify.dev/docs/api/usage/response-codes,
https://shopify.dev/docs/api/admin-graphql/2026-07#status_and_error_codes
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from isthmus.kit.http import Response
from isthmus.kit.scrub import scrub
from isthmus.ports.errors import (
    AuthExpired,
    ContractBroken,
    Forbidden,
    InDoubt,
    Misconfigured,
    Throttled,
    Trouble,
    Unreachable,
    WireDrift,
)

#: Shopify's edge sends 429 without `Retry-After` now and then; its buckets refill within seconds.
UNSAID_WAIT_S = 2.0
_SHOWN = 300  # characters of the other side's words that fit a screen
_PATH = re.compile(r"`(\$[^`]*)`")


@dataclass(frozen=True, slots=True)
class Intent:
    """What a request means to do: `key` names a write, `repeatable` says sending it twice is one write."""

    key: str = ""
    repeatable: bool = False


READ = Intent()


class TooCostly(ContractBroken):
    """The request asks for more than one query may cost; the same in smaller pages will do."""


class Status(msgspec.Struct, frozen=True, rename="camel"):
    """`throttleStatus`: the bucket after this request."""

    maximum_available: float
    currently_available: float
    restore_rate: float


class Cost(msgspec.Struct, frozen=True, rename="camel"):
    """`extensions.cost`: https://shopify.dev/docs/api/usage/limits."""

    requested_query_cost: float = 0.0
    throttle_status: Status | None = None


class Extensions(msgspec.Struct, frozen=True):
    """`extensions` of an answer."""

    cost: Cost | None = None
    search: tuple[Mapping[str, Any], ...] = ()


class GraphError(msgspec.Struct, frozen=True):
    """One entry of `errors`."""

    message: str = ""
    extensions: Mapping[str, Any] = {}

    @property
    def code(self) -> str:
        """Return the error's code, empty when there is none."""
        return str(self.extensions.get("code") or "")


class Envelope(msgspec.Struct, frozen=True):
    """An answer with its data still unread."""

    data: msgspec.Raw = msgspec.Raw(b"null")
    errors: tuple[GraphError, ...] | str | None = None
    extensions: Extensions | None = None


def lost(intent: Intent, why: str) -> Trouble:
    """Return the error for an answer that did not arrive or cannot be used."""
    if intent.key and not intent.repeatable:
        return InDoubt(f"Shopify may have done this without saying so: {why}", key=intent.key)
    return Unreachable(f"Shopify gave no usable answer: {why}")


def check_status(response: Response, intent: Intent, now: datetime, secrets: Sequence[str] = ()) -> None:
    """Raise our error for an HTTP status that is no answer. `secrets` are what a refusal may not quote."""
    status = response.status
    if status < 300:  # noqa: PLR2004 - HTTP's own numbers
        return
    said = words(response.body, secrets)
    if status == 429:  # noqa: PLR2004
        message = "Shopify asks us to slow down"
        raise Throttled(message, retry_at=retry_at(response, now))
    if status == 408:  # noqa: PLR2004
        # It had not got the whole request when it lost patience, so nothing was done (RFC 9110, 15.5.9).
        message = "the request did not reach Shopify in time (HTTP 408)"
        raise Unreachable(message)
    if status >= 500:  # noqa: PLR2004
        raise lost(intent, f"HTTP {status}")
    if status in _OPERATOR:
        kind, advice = _OPERATOR[status]
        message = f"{advice} (HTTP {status}: {said})"
        raise kind(message)
    if status < 400:  # noqa: PLR2004
        message = f"this address sends us elsewhere (HTTP {status}); use the shop's myshopify.com address"
        raise Misconfigured(message)
    message = f"Shopify refused the form of the request (HTTP {status}: {said})"
    raise ContractBroken(message)


_OPERATOR: dict[int, tuple[type[AuthExpired | Forbidden | Misconfigured], str]] = {
    401: (AuthExpired, "Shopify does not accept the access token: create a new one and enter it here"),
    402: (Misconfigured, "this shop is frozen: its owner has to settle the Shopify bill"),
    403: (Forbidden, "the app may not do this: check its scopes and the shop's plan"),
    404: (Misconfigured, "there is no shop at this address, or no such API version"),
    423: (Misconfigured, "this shop is locked: its owner has to contact Shopify"),
}


def envelope(response: Response, intent: Intent) -> Envelope:
    """Read the outer form of an answer. Raises `Unreachable`, `InDoubt` or `WireDrift`."""
    try:
        return _ENVELOPE.decode(response.body)
    except msgspec.ValidationError as wrong:
        # JSON, but not an answer: whether a write happened stays unknown.
        if intent.key:
            raise lost(intent, "an answer of unknown form") from wrong
        raise drift(wrong) from wrong
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise lost(intent, "the answer is not JSON") from wrong


def check_errors(found: Envelope, intent: Intent) -> None:
    """Raise our error for the worst entry of `errors`. `THROTTLED` is the client's own affair."""
    errors = found.errors
    if not errors:
        return
    if isinstance(errors, str):
        message = f"Shopify refused the request: {errors[:_SHOWN]}"
        raise ContractBroken(message)
    # Several errors may come at once; the one a person or the engine can act on goes first.
    raise sorted_error(min(errors, key=lambda error: _FIRST.get(error.code, len(_FIRST))), intent)


_FIRST = {
    code: rank
    for rank, code in enumerate(
        ("SHOP_INACTIVE", "ACCESS_DENIED", "INTERNAL_SERVER_ERROR", "TIMEOUT", "MAX_COST_EXCEEDED")
    )
}


def sorted_error(error: GraphError, intent: Intent) -> Trouble:
    """Return our error for one entry of `errors`."""
    said = error.message[:_SHOWN]
    match error.code:
        case "INTERNAL_SERVER_ERROR" | "TIMEOUT":
            return lost(intent, said or error.code)
        case "ACCESS_DENIED":
            missing = str(error.extensions.get("requiredAccess") or "")
            return Forbidden(f"Shopify denies access: {said}", missing=missing)
        case "SHOP_INACTIVE":
            return Misconfigured(f"this shop is not active: {said}")
        case "MAX_COST_EXCEEDED":
            return TooCostly(said)
        case _:
            return ContractBroken(f"Shopify does not accept the request ({error.code or 'no code'}): {said}")


def drift(wrong: Exception) -> WireDrift:
    """Return the error for an answer that differs from the documented form; values are never quoted."""
    path = _PATH.search(str(wrong))
    return WireDrift(f"Shopify's answer has an unknown form: {wrong}", path=path[1] if path else "$")


def retry_at(response: Response, now: datetime) -> datetime:
    """Return when a 429 lets us try again; `Retry-After` is seconds or an HTTP date (RFC 9110)."""
    said = response.headers.get("Retry-After", "").strip()
    try:
        return now + timedelta(seconds=float(said))
    except (ValueError, OverflowError):
        pass
    try:
        return max(now, parsedate_to_datetime(said))
    except (ValueError, TypeError, OverflowError):
        return now + timedelta(seconds=UNSAID_WAIT_S)


def words(body: bytes, secrets: Sequence[str] = ()) -> str:
    """Return what a refusal says, short enough for a screen; neither a page nor a secret is quoted."""
    text = scrub(body[:2000], secrets).strip()
    return "a web page" if text.startswith("<") else text[:_SHOWN]


_ENVELOPE = msgspec.json.Decoder(Envelope)
