"""From an answer of Odoo to its content, or to one of our errors: the only place that decides.

Odoo says what went wrong by the Python name of its exception (`data.name`), never by the text, which is in the
user's language. Over JSON-RPC every failure has HTTP status 200; JSON-2 uses real statuses with the same names. The
traceback in `debug` is never looked at: it holds paths and values of rows.
Source: odoo/http.py (`serialize_exception`), odoo/service/model.py, addons/rpc/controllers (19.0);
https://www.odoo.com/documentation/19.0/developer/reference/external_api.html#error-handling
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Any, NoReturn

from isthmus.connectors.odoo.wire import mapping
from isthmus.kit.http import Response
from isthmus.ports.errors import (
    AuthExpired,
    Contended,
    Forbidden,
    Gone,
    InDoubt,
    Invalid,
    Misconfigured,
    Throttled,
    Trouble,
    Unreachable,
    WireDrift,
)

#: A proxy that says 429 without a hint (Odoo Online) is asked again after this long.
PAUSE_S = 5.0
#: JSON-RPC's own code of an expired session; every other failure has 200 (14 to 18) or 0 (19).
SESSION_EXPIRED = 100

#: Another transaction was in the way; Odoo itself has tried five times by then.
_CONTENDED = frozenset(
    {
        "odoo.exceptions.LockError",
        "odoo.exceptions.ConcurrencyError",
        "psycopg2.errors.SerializationFailure",
        "psycopg2.errors.DeadlockDetected",
        "psycopg2.errors.LockNotAvailable",
        "psycopg2.extensions.TransactionRollbackError",
    }
)
#: The database went away below Odoo: whether a commit got through cannot be told from here.
_DATABASE_LOST = frozenset({"psycopg2.OperationalError", "psycopg2.InterfaceError", "psycopg2.errors.AdminShutdown"})
_REFUSED = frozenset(
    {"odoo.exceptions.ValidationError", "odoo.exceptions.UserError", "odoo.exceptions.RedirectWarning"}
)
_STRANGER = frozenset(
    {
        "odoo.exceptions.AccessDenied",
        "odoo.http.SessionExpiredException",
        "werkzeug.exceptions.Unauthorized",
    }
)
_STRANGER_MESSAGE = "Odoo does not accept the login or the API key: create a new key and put it into the connection"


@dataclass(frozen=True, slots=True)
class Asked:
    """What an answer answers: enough to judge it. `writes` is the key of the record a write is about."""

    operation: str
    writes: str | None
    database: str
    now: datetime


def unwrap(answer: Response, asked: Asked) -> Any:
    """Return the result of a JSON-RPC answer, or raise what it means.

    A method that returned None answers without `result`: that is a success, not a fault.
    """
    _check_transport(answer, asked)
    envelope = mapping(_body(answer, asked))
    if envelope is None or "jsonrpc" not in envelope:
        lost(asked, f"{asked.operation}: the answer is not JSON-RPC", WireDrift)
    failure = mapping(envelope.get("error"))
    if failure is not None:
        refuse(failure.get("code"), mapping(failure.get("data")) or {}, asked)
    return envelope.get("result")


def unwrap_json2(answer: Response, asked: Asked) -> Any:
    """Return the body of a JSON-2 answer, or raise what it means."""
    if answer.status >= HTTPStatus.BAD_REQUEST and "json" in answer.headers.get("Content-Type", ""):
        failure = mapping(_body(answer, asked))
        if failure is not None and "name" in failure:
            refuse(None, failure, asked)
    if answer.status == HTTPStatus.NOT_FOUND:
        message = f"Odoo does not know the database {asked.database!r} here: check the settings Database and URL"
        raise Misconfigured(message)
    _check_transport(answer, asked)
    return _body(answer, asked)


def lost(asked: Asked, message: str, otherwise: type[Trouble]) -> NoReturn:
    """Raise `InDoubt` for a write whose outcome is unknown, and `otherwise` for a read."""
    if asked.writes is not None:
        raise InDoubt(message, key=asked.writes)
    raise otherwise(message)


def refuse(code: Any, failure: Mapping[str, Any], asked: Asked) -> NoReturn:
    """Raise the error that Odoo's exception means to us."""
    name, said = str(failure.get("name", "")), str(failure.get("message", ""))
    if code == SESSION_EXPIRED or name in _STRANGER:
        raise AuthExpired(_STRANGER_MESSAGE)
    if name == "odoo.exceptions.AccessError":
        raise Forbidden(said, missing=asked.operation)
    if name == "odoo.exceptions.MissingError":
        raise _missing(said, asked)
    if name in _REFUSED:
        raise Invalid(said, fields={asked.operation: said})
    if name in _CONTENDED:
        message = f"{asked.operation}: another change was in the way"
        raise Contended(message)
    if name in _DATABASE_LOST:
        _database_lost(said, asked)
    if name == "werkzeug.exceptions.NotFound" or code == HTTPStatus.NOT_FOUND:
        message = f"Odoo does not have {asked.operation}: is the app installed?"
        raise Misconfigured(message)
    # ValueError, KeyError, TypeError and their like: we spoke wrongly, or Odoo changed. What the database's own
    # errors say stays out, for it quotes rows.
    message = f"{asked.operation}: {name}" + (f": {said}" if name.startswith("builtins.") else "")
    raise WireDrift(message, path=asked.operation)


def retry_at(answer: Response, now: datetime) -> datetime:
    """Return when to ask again, from `Retry-After` in seconds or as a date, or a short pause without it."""
    hint = answer.headers.get("Retry-After", "").strip()
    if hint.isdecimal() and hint.isascii() and len(hint) < LONGEST_HINT:
        return now + timedelta(seconds=int(hint))
    return server_date(hint) or now + timedelta(seconds=PAUSE_S)


#: Letters of a `Retry-After` in seconds: three years, at most.
LONGEST_HINT = 9
#: In which a server's clock may stand: beyond, reckoning with it ends outside of what a date can be.
YEARS = range(2000, 2100)


@lru_cache(maxsize=16)  # it changes once a second, and every answer has it
def server_date(text: str) -> datetime | None:
    """Read an HTTP date, such as the `Date` header's; None when it is not one, or of no year of ours."""
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment if moment.tzinfo and moment.year in YEARS else None


def _check_transport(answer: Response, asked: Asked) -> None:
    status = answer.status
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        message = f"{asked.operation}: the server asks for a pause"
        raise Throttled(message, retry_at=retry_at(answer, asked.now))
    if status == HTTPStatus.REQUEST_TIMEOUT:
        # It had not got the whole request when it lost patience, so nothing was done (RFC 9110, 15.5.9).
        message = f"{asked.operation}: the request did not arrive in time (HTTP {status})"
        raise Unreachable(message)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        lost(asked, f"{asked.operation}: HTTP {status}", Unreachable)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        message = f"a server in front of Odoo refused the call (HTTP {status})"
        raise Forbidden(message)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST or status == HTTPStatus.NOT_FOUND:
        message = f"Odoo does not answer at this address (HTTP {status}): check the setting URL"
        raise Misconfigured(message)
    if status >= HTTPStatus.BAD_REQUEST:
        message = f"{asked.operation}: HTTP {status}"
        raise WireDrift(message, path=asked.operation)


def _body(answer: Response, asked: Asked) -> Any:
    try:
        return answer.json()
    except ValueError:
        # Half an answer, or a proxy's page in place of one; either may come after the work was done.
        lost(asked, f"{asked.operation}: the answer is not JSON (HTTP {answer.status})", Unreachable)


def _missing(said: str, asked: Asked) -> Trouble:
    # While something is written, the missing record is one the values point to (seen on 19.0).
    if asked.operation.endswith((".create", ".write")):
        return Invalid(said, fields={asked.operation: said})
    return Gone(said)


def _database_lost(said: str, asked: Asked) -> NoReturn:
    # PostgreSQL quotes the database's name only when the name itself is the trouble; our own setting is what
    # is looked for here, the words around it may be in any language.
    if asked.database and re.search(rf"[\"'«“„]\s?{re.escape(asked.database)}\s?[\"'»”“]", said):
        message = f"Odoo has no database {asked.database!r}: check the setting Database"
        raise Misconfigured(message)
    lost(asked, f"{asked.operation}: Odoo lost its own database", Unreachable)
