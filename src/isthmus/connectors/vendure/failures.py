"""From what Vendure answered to our errors: the only place that decides.

Who acts next decides the class, not the status: the engine (`Unreachable`, `Throttled`), a person (`AuthExpired`,
`Forbidden`, `Misconfigured`), the record's owner (`Invalid`), a developer (`ContractBroken`, `WireDrift`). A write
whose answer is lost is `InDoubt`: nobody acts before it has been looked for.
Source: https://docs.vendure.io/reference/graphql-api/admin/
"""

import re
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TypeVar

import msgspec

from isthmus.kit.http import Response
from isthmus.kit.scrub import scrub
from isthmus.ports.errors import (
    AuthExpired,
    ContractBroken,
    Forbidden,
    InDoubt,
    Invalid,
    Misconfigured,
    Throttled,
    Trouble,
    Unreachable,
    WireDrift,
)

T = TypeVar("T")
#: To cite: what to wait where a 429 comes without `Retry-After`.
UNSAID_WAIT_S = 2.0
_SHOWN = 300  # characters of the other side's words that fit a screen
_PATH = re.compile(r"`(\$[^`]*)`")

#: To cite: the page with the error codes.
_REFUSED: dict[int, tuple[type[Trouble], str]] = {
    401: (AuthExpired, "Vendure does not accept the token: create a new one and enter it here"),
    403: (Forbidden, "the token may not do this: check its permissions"),
    # No path of this API names a record, so it is never a record that is missing.
    404: (Misconfigured, "this API is not at this address: check the setting Address"),
    422: (Invalid, "Vendure refuses the record"),
}
#: What any other refusal is taken for: a mistake of ours.
_OURS = (ContractBroken, "Vendure refuses the form of the request")


def lost(key: str, why: str) -> Trouble:
    """Return the error for an answer that did not arrive or cannot be used; `key` names a write."""
    if key:
        return InDoubt(f"Vendure may have done this without saying so: {why}", key=key)
    return Unreachable(f"Vendure gave no usable answer: {why}")


def check(response: Response, key: str, now: datetime, token: str) -> None:
    """Raise our error for a status that is no answer; `token` is what a refusal may not quote."""
    status = response.status
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        message = "Vendure asks us to slow down"
        raise Throttled(message, retry_at=retry_at(response, now))
    if status == HTTPStatus.REQUEST_TIMEOUT:
        # It had not got the whole request when it lost patience, so nothing was done (RFC 9110, 15.5.9).
        message = "the request did not reach Vendure in time (HTTP 408)"
        raise Unreachable(message)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise lost(key, f"HTTP {status}")
    if status < HTTPStatus.BAD_REQUEST:
        message = f"this address sends us elsewhere (HTTP {status}): check the setting Address"
        raise Misconfigured(message)
    kind, advice = _REFUSED.get(status, _OURS)
    message = f"{advice} (HTTP {status}: {words(response.body, token)})"
    raise kind(message)


def decode(response: Response, into: type[T], key: str) -> T:
    """Read the content of an answer. Raises `Unreachable` or `WireDrift`, for a write `InDoubt`."""
    try:
        return msgspec.json.decode(response.body, type=into)
    except msgspec.ValidationError as wrong:
        if key:  # it is JSON and no answer to what was asked: whether the write happened stays unknown
            raise lost(key, "an answer of unknown form") from wrong
        raise drift(wrong) from wrong
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise lost(key, "the answer is not JSON") from wrong


def drift(wrong: Exception) -> WireDrift:
    """Return the error for what differs from the documented form; values are never quoted."""
    path = _PATH.search(str(wrong))
    message = f"an answer of Vendure has an unknown form: {wrong}"
    return WireDrift(message, path=path[1] if path else "$")


def retry_at(response: Response, now: datetime) -> datetime:
    """Return when a 429 lets us try again; `Retry-After` is seconds or an HTTP date (RFC 9110, 10.2.3)."""
    said = response.headers.get("Retry-After", "").strip()
    try:
        return now + timedelta(seconds=max(0.0, float(said)))
    except (ValueError, OverflowError):
        pass
    try:
        return max(now, parsedate_to_datetime(said))
    except (ValueError, TypeError, OverflowError):
        return now + timedelta(seconds=UNSAID_WAIT_S)


def words(body: bytes, token: str) -> str:
    """Return what a refusal says, short enough for a screen; neither a page nor the token is quoted."""
    text = scrub(body[:2000], (token,)).strip()
    return "a web page" if text.startswith("<") else text[:_SHOWN]
