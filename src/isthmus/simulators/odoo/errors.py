"""The exceptions Odoo shows its callers, under the names it shows them.

Names and HTTP statuses: `odoo/exceptions.py`, `odoo/http.py` (19.0). A caller classifies by name,
never by message: messages are translated to the user's language.
"""

from typing import Any


class OdooError(Exception):
    """Anything a call can fail with; `name` is what arrives in `data.name`."""

    name = "builtins.Exception"
    status = 500  # of JSON-2; the older protocols answer 200 to everything

    def __init__(self, message: str, *arguments: Any) -> None:
        """Keep the message and the arguments, which default to the message alone."""
        super().__init__(message)
        self.message = message
        self.arguments = list(arguments) or [message]


class UserError(OdooError):
    """A rule of the business was broken."""

    name = "odoo.exceptions.UserError"
    status = 422


class ValidationError(UserError):
    """A constraint was broken: a required value is missing, a barcode is taken."""

    name = "odoo.exceptions.ValidationError"


class AccessDenied(UserError):
    """Wrong login, password or key."""

    name = "odoo.exceptions.AccessDenied"
    status = 403

    def __init__(self, message: str = "Access Denied") -> None:
        """Take Odoo's own wording unless told otherwise."""
        super().__init__(message)


class AccessError(UserError):
    """The user is known and may not do this."""

    name = "odoo.exceptions.AccessError"
    status = 403


class MissingError(UserError):
    """The record is gone."""

    name = "odoo.exceptions.MissingError"
    status = 404


class WrongValue(OdooError):
    """A field, an operator or a value Odoo does not know (a Python `ValueError` there)."""

    name = "builtins.ValueError"


class WrongType(OdooError):
    """A call with arguments the method does not take (a Python `TypeError` there)."""

    name = "builtins.TypeError"


class NoSuchKey(OdooError):
    """A service or key that does not exist (a Python `KeyError` there)."""

    name = "builtins.KeyError"


class NoSuchMethod(OdooError):
    """A method the model does not have (a Python `AttributeError` there)."""

    name = "builtins.AttributeError"


class NoSuchDatabase(OdooError):
    """The database is unknown: PostgreSQL refused the connection."""

    name = "psycopg2.OperationalError"


class Unauthorized(OdooError):
    """JSON-2 only: no key, or a wrong one."""

    name = "werkzeug.exceptions.Unauthorized"
    status = 401


class NotFound(OdooError):
    """JSON-2 only: no such model or method."""

    name = "werkzeug.exceptions.NotFound"
    status = 404


class Unprocessable(OdooError):
    """JSON-2 only: arguments are missing or unknown."""

    name = "werkzeug.exceptions.UnprocessableEntity"
    status = 422


class BadRequest(OdooError):
    """JSON-2 only: the body is not JSON."""

    name = "werkzeug.exceptions.BadRequest"
    status = 400


class SessionExpired(OdooError):
    """The web client's cookie is not known (any more)."""

    name = "odoo.http.SessionExpiredException"
    status = 403


def described(error: OdooError) -> dict[str, Any]:
    """Return the body all JSON protocols share: name, message, arguments, context, debug."""
    arguments = list(error.arguments)
    if error.name.startswith("werkzeug."):
        arguments.append(error.status)
    return {
        "name": error.name,
        "message": error.message,
        "arguments": arguments,
        "context": {},
        "debug": debug(error),
    }


def debug(error: OdooError) -> str:
    """Return what stands for the traceback; its last line names the exception as Python does."""
    name = error.name.removeprefix("builtins.")
    return f"Traceback (most recent call last):\n  (simulated)\n{name}: {error.message}\n"
