"""From an answer of Tryton to its content, or to one of our errors: the only place that decides.

What went wrong is told by the name of an exception (`error[0]`), never by the text, which is in the user's language.
A missing access right is a `UserError` like any other; who asks for rights tells them apart (`client.py`). A Python
error of the server has a message in place of the name; what it says is not passed on, for it may quote rows.
Source: trytond/protocols/jsonrpc.py, trytond/protocols/dispatcher.py, trytond/exceptions.py (8.2), and an 8.2 server.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Any, NoReturn, cast

from isthmus.connectors.tryton.values import plain
from isthmus.kit.http import Response
from isthmus.ports.errors import (
    AuthExpired,
    Contended,
    Forbidden,
    InDoubt,
    Invalid,
    Misconfigured,
    Throttled,
    Trouble,
    Unreachable,
    WireDrift,
)

LOGIN = "common.db.login"
#: A proxy that says 429 without a hint is asked again after this long.
PAUSE_S = 5.0
#: Too many wrong passwords: the right one is refused for this long, too (`session.timeout`, trytond/config.py).
LOCKED_S = 300.0
STRANGER = "Tryton does not accept the login or the password: check both in the connection"
#: Letters of a `Retry-After` in seconds: three years, at most.
LONGEST_HINT = 9
#: In which a server's clock may stand: beyond, reckoning with it ends outside of what a date can be.
YEARS = range(2000, 2100)
#: A Python error that only names a model, a field or a method.
_A_NAME = re.compile(r"'[\w.]{1,80}'")


class SessionEnded(Trouble):
    """The session is over; nothing was done. Signing in again is all it takes, so nobody hears of it."""


class Warned(Invalid):
    """Tryton asks whether we mean it; `name` is what a yes is filed under."""

    def __init__(self, message: str, *, name: str) -> None:
        """Keep the name of the question."""
        super().__init__(message, fields={"warning": name})
        self.name = name


@dataclass(frozen=True, slots=True)
class Asked:
    """What an answer answers: enough to judge it. `writes` is the key of the record a write is about."""

    operation: str
    writes: str | None
    database: str
    now: datetime
    pause_s: float = PAUSE_S
    signed_in: bool = False


def unwrap(answer: Response, asked: Asked) -> Any:
    """Return the result of an answer, or raise what it means. A method that returns nothing says null."""
    _check_transport(answer, asked)
    envelope = _body(answer, asked)
    if not isinstance(envelope, dict) or not {"result", "error"} & envelope.keys():
        lost(asked, f"{asked.operation}: the answer is not JSON-RPC", WireDrift)
    told = cast("dict[str, Any]", envelope)
    if told.get("error") is not None:
        refuse(told["error"], asked)
    try:
        return plain(told.get("result"))
    except WireDrift as strange:
        lost(asked, f"{asked.operation}: {strange}", WireDrift)


def lost(asked: Asked, message: str, otherwise: type[Trouble]) -> NoReturn:
    """Raise `InDoubt` for a write whose outcome is unknown, and `otherwise` for a read."""
    if asked.writes is not None:
        raise InDoubt(message, key=asked.writes)
    raise otherwise(message)


def refuse(error: Any, asked: Asked) -> NoReturn:
    """Raise what an error in the envelope means to us; the transaction was rolled back in every case."""
    parts = cast("list[Any]", error) if isinstance(error, list) else [error]
    name, said = str(parts[0] if parts else ""), parts[1] if len(parts) > 1 else ""
    words = _words(said)
    if name == "UserError":
        raise Invalid(words, fields={asked.operation: words})
    if name == "UserWarning":
        text = " ".join(filter(None, (str(part) for part in parts[2:4] if part)))
        message = f"Tryton asks: {text or words}"
        raise Warned(message, name=words)
    if name == "ConcurrencyException":
        message = f"{asked.operation}: another change was in the way"
        raise Contended(message)
    if name == "LoginException":
        message = "Tryton asks for more than a password to sign in: give this user password authentication alone"
        raise AuthExpired(message)
    # The rest are Python errors: we spoke wrongly, or Tryton changed.
    shown = name if _A_NAME.fullmatch(name) else "an error of the server"
    message = f"{asked.operation}: {shown}"
    raise WireDrift(message, path=asked.operation)


def retry_at(answer: Response, asked: Asked) -> datetime:
    """Return when to ask again, from `Retry-After` in seconds or as a date, or a pause without it."""
    hint = answer.headers.get("Retry-After", "").strip()
    if hint.isdecimal() and hint.isascii() and len(hint) < LONGEST_HINT:
        return asked.now + timedelta(seconds=int(hint))
    return server_date(hint) or asked.now + timedelta(seconds=asked.pause_s)


@lru_cache(maxsize=16)  # it changes once a second, and every answer has it
def server_date(text: str) -> datetime | None:
    """Read an HTTP date, such as the `Date` header's; None when it is not one, or of no year of ours."""
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment if moment.tzinfo and moment.year in YEARS else None


def _words(said: Any) -> str:
    """Return a message: a text, or a list that begins with it."""
    parts = cast("list[Any]", said) if isinstance(said, list) else [said]
    first = parts[0] if parts else ""
    return str(first or "Tryton refused without a word")


def _check_transport(answer: Response, asked: Asked) -> None:
    status = answer.status
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        message = f"{asked.operation}: the server asks for a pause"
        raise Throttled(message, retry_at=retry_at(answer, asked))
    if status == HTTPStatus.UNAUTHORIZED:
        raise _unauthorized(asked)
    if status == HTTPStatus.REQUEST_TIMEOUT:
        # It had not got the whole request when it lost patience, so nothing was done (RFC 9110, 15.5.9).
        message = f"{asked.operation}: the request did not arrive in time (HTTP {status})"
        raise Unreachable(message)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        lost(asked, f"{asked.operation}: HTTP {status}", Unreachable)
    if status == HTTPStatus.FORBIDDEN:
        message = f"Tryton refuses {asked.operation} (HTTP {status}): install the module it belongs to"
        raise Forbidden(message, missing=asked.operation)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST or status in {
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
    }:
        message = (
            f"Tryton does not answer for the database {asked.database!r} at this address (HTTP {status}): check the "
            "settings URL and Database"
        )
        raise Misconfigured(message)
    if status >= HTTPStatus.BAD_REQUEST:
        message = f"{asked.operation}: HTTP {status}"
        raise WireDrift(message, path=asked.operation)


def _unauthorized(asked: Asked) -> Trouble:
    if asked.operation == LOGIN:
        return AuthExpired(STRANGER)
    if asked.signed_in:
        return SessionEnded(STRANGER)
    return Forbidden("a server in front of Tryton asks for credentials of its own: check the setting URL")


def _body(answer: Response, asked: Asked) -> Any:
    try:
        return answer.json()
    except ValueError:
        # Half an answer, or a proxy's page in place of one; either may come after the work was done.
        lost(asked, f"{asked.operation}: the answer is not JSON (HTTP {answer.status})", Unreachable)
