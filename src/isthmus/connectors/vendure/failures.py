"""From what Vendure answered to our errors: the only place that decides.

Almost everything is HTTP 200: an error stands in `errors` with a code of its own, and refusals of a mutation stand in
`data` as members of a union. Expired, unknown and missing sign-ins and missing permissions are all `FORBIDDEN`, which
the client tells apart by signing in once more.

Source: https://docs.vendure.io/guides/developer-guide/error-handling/; codes as a real 3.5.5 gave them.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TypeVar

import msgspec

from isthmus.connectors.vendure.wire import Rows
from isthmus.kit.http import Response
from isthmus.kit.scrub import scrub
from isthmus.ports.errors import (
    AuthExpired,
    ContractBroken,
    Forbidden,
    InDoubt,
    Invalid,
    Misconfigured,
    NotFound,
    Throttled,
    Trouble,
    Unreachable,
    WireDrift,
)

T = TypeVar("T")
FORBIDDEN = "FORBIDDEN"
#: What to wait where a proxy in front of the shop says 429 without `Retry-After`; Vendure itself has no limit.
UNSAID_WAIT_S = 2.0
_SHOWN = 300  # characters of the other side's words that fit a screen
#: "SqliteError: FOREIGN KEY constraint failed" (seen on 3.5.5), "... violates foreign key constraint" of PostgreSQL.
_CONSTRAINT = re.compile(r"\bconstraint\b", re.IGNORECASE)
_PATH = re.compile(r"`(\$[^`]*)`")


class Intent(msgspec.Struct, frozen=True):
    """What a call is for: `key` names a write, `repeatable` one that may be sent again as it is."""

    key: str = ""
    repeatable: bool = False


READ = Intent()


class Extensions(msgspec.Struct, frozen=True):
    """`extensions` of an error; a message of the database comes without a code."""

    code: str = ""


class GraphError(msgspec.Struct, frozen=True):
    """One entry of `errors`."""

    message: str = ""
    extensions: Extensions = Extensions()


class Envelope(msgspec.Struct, frozen=True):
    """Any answer of the API."""

    data: msgspec.Raw = msgspec.Raw(b"null")
    errors: tuple[GraphError, ...] = ()

    @property
    def forbidden(self) -> bool:
        """Tell whether the sign-in or a permission is missing; then nothing was done."""
        return any(error.extensions.code == FORBIDDEN for error in self.errors)


def lost(intent: Intent, why: str) -> Trouble:
    """Return the error for an answer that did not arrive or cannot be used."""
    if intent.key and not intent.repeatable:
        return InDoubt(f"Vendure may have done this without saying so: {why}", key=intent.key)
    return Unreachable(f"Vendure gave no usable answer: {why}")


def check_status(response: Response, intent: Intent, now: datetime, secrets: Sequence[str]) -> None:
    """Raise our error for a status that is no answer of the API. 400 with `errors` in it is one."""
    status = response.status
    if status < HTTPStatus.MULTIPLE_CHOICES or (status == HTTPStatus.BAD_REQUEST and told(response)):
        return
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        message = "the server in front of Vendure asks us to slow down"
        raise Throttled(message, retry_at=retry_at(response, now))
    if status == HTTPStatus.REQUEST_TIMEOUT:
        # It had not got the whole request when it lost patience, so nothing was done (RFC 9110, 15.5.9).
        message = "the request did not reach Vendure in time (HTTP 408)"
        raise Unreachable(message)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        # Also said of a body over 100 kB; batches are kept far below.
        raise lost(intent, f"HTTP {status}")
    if status < HTTPStatus.BAD_REQUEST:
        message = f"this address sends us elsewhere (HTTP {status}): check the setting Shop address"
        raise Misconfigured(message)
    kind, advice = _REFUSED.get(status, _OURS)
    message = f"{advice} (HTTP {status}: {words(response.body, secrets)})"
    raise kind(message)


def envelope(response: Response, intent: Intent) -> Envelope:
    """Return an answer taken apart."""
    try:
        return msgspec.json.decode(response.body, type=Envelope)
    except msgspec.ValidationError as wrong:
        raise _unknown_form(wrong, intent) from wrong
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise lost(intent, "the answer is not JSON") from wrong


def check_errors(found: Envelope, intent: Intent, secrets: Sequence[str]) -> None:
    """Raise our error for the first entry of `errors`; what is forbidden is the client's affair."""
    if not found.errors:
        return
    error = found.errors[0]
    code = error.extensions.code
    said = words(error.message.encode(), secrets)
    if code in _CODES:
        kind, advice = _CODES[code]
        if kind is Invalid and not intent.key:
            kind, advice = ContractBroken, "Vendure refuses the form of a question"
        message = f"{advice}: {said} ({code})"
        raise kind(message)
    if not code and intent.key and _CONSTRAINT.search(error.message):
        # A location that is not there, or a value that has to be unique: the same again would be refused again.
        message = f"Vendure's database refuses the record: {said}"
        raise Invalid(message)
    # An internal error, or something else of the database: what was done is rolled back, but that is not told.
    raise lost(intent, f"{said} ({code})" if code else said)


def denied(missing: str, *, signed_in: bool) -> Trouble:
    """Return the error for what stays forbidden after signing in anew; `signed_in`: we had a session to show."""
    if not signed_in:
        message = (
            "Vendure signs us in and gives neither a token nor a cookie: "
            "check tokenMethod and authTokenHeaderKey in its configuration"
        )
        return Misconfigured(message)
    message = (
        f"the account may not do this ({missing}): in Vendure, add the permissions named on the connector's page to "
        "its role, for every channel"
    )
    return Forbidden(message, missing=missing)


def decode(found: Envelope, into: type[T], intent: Intent) -> T:
    """Read the data of an answer. Raises `WireDrift`, for a write what `lost` returns."""
    try:
        return msgspec.json.decode(found.data, type=into)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise _unknown_form(wrong, intent) from wrong


def read_row(raw: msgspec.Raw, into: type[T]) -> T:
    """Read one row of a list. Raises `WireDrift`."""
    try:
        return msgspec.json.decode(raw, type=into)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise drift(wrong) from wrong


def rows_of(page: Rows, into: type[T]) -> list[T]:
    """Read every row of a list. Raises `WireDrift`."""
    return [read_row(raw, into) for raw in page.items]


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


def words(body: bytes, secrets: Sequence[str]) -> str:
    """Return what a refusal says, short enough for a screen; neither a page nor a secret is quoted."""
    text = scrub(body[:2000], secrets).strip()
    return "a web page" if text.startswith("<") else text[:_SHOWN]


def told(response: Response) -> bool:
    """Tell whether an answer names errors of the API, whatever its status."""
    try:
        return bool(msgspec.json.decode(response.body, type=Envelope).errors)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def _unknown_form(wrong: Exception, intent: Intent) -> Trouble:
    # A write may have happened, whatever is said of it: one that may be sent again is.
    return lost(intent, "an answer of unknown form") if intent.key else drift(wrong)


_REFUSED: dict[int, tuple[type[Trouble], str]] = {
    401: (AuthExpired, "a server in front of Vendure wants a sign-in of its own: check its settings"),
    403: (Forbidden, "a server in front of Vendure keeps us out: check its settings"),
    404: (Misconfigured, "there is no Admin API at this address: check the setting Shop address"),
    405: (Misconfigured, "there is no Admin API at this address: check the setting Shop address"),
}
#: What any other refusal is taken for: a mistake of ours.
_OURS: tuple[type[Trouble], str] = (ContractBroken, "Vendure refuses the form of the request")
_CODES: dict[str, tuple[type[Trouble], str]] = {
    "CHANNEL_NOT_FOUND": (Misconfigured, "Vendure knows no such channel: check the setting Channel token"),
    "USER_INPUT_ERROR": (Invalid, "Vendure refuses the record"),
    "ILLEGAL_OPERATION": (Invalid, "Vendure refuses the record"),
    "ENTITY_NOT_FOUND": (NotFound, "Vendure has no such record"),
    "GRAPHQL_PARSE_FAILED": _OURS,
    "GRAPHQL_VALIDATION_FAILED": _OURS,
    "BAD_USER_INPUT": _OURS,
    "QUERY_TOO_COMPLEX": (ContractBroken, "a limit of this shop is too low for what is asked"),
}
