"""What can go wrong, as Tryton tells it: to callers of the RPC door by a name, elsewhere by an HTTP status.

Texts are those of a running trytond 8.2.1 in English; they are translated there, so nobody should read them.
"""

from typing import Any


class TrytonError(Exception):
    """An error that the RPC door answers as `[name, ...]`."""

    name = "TrytonException"
    status = 400

    def told(self) -> list[Any]:
        """Return what stands in `error`."""
        return [self.name, list(self.args)]


class UserError(TrytonError):
    """The record or its state does not allow it; args are message, description and domain."""

    name = "UserError"

    def __init__(self, message: str, description: str = "", domain: Any = None) -> None:
        """Take the texts as Tryton words them."""
        super().__init__(message, description, domain)
        self.message = message
        self.description = description

    def __str__(self) -> str:
        """Return what the page says that a bare call gets."""
        return f"{self.message} - {self.description}"


class AccessError(UserError):
    """A right is missing, a record is gone or a field is read-only; the RPC door calls it `UserError` as well."""


class ButtonRefused(UserError):
    """The button is not there for a record in this state."""


class UserWarned(TrytonError):
    """The user has to say yes first: `res.user.warning` with this name, then the same call again."""

    name = "UserWarning"
    status = 409

    def __init__(self, key: str, message: str, description: str = "") -> None:
        """Take the warning's name, by which it is accepted."""
        super().__init__(key, message, description)
        self.message = message
        self.description = description

    def __str__(self) -> str:
        """Return what the page says that a bare call gets."""
        return f"{self.message} - {self.description}"


class Outdated(TrytonError):
    """`_timestamp` in the context is not that of the record any more."""

    name = "ConcurrencyException"
    status = 423

    def __init__(self) -> None:
        """Tell it in Tryton's words."""
        super().__init__("Records were modified in the meanwhile")

    def told(self) -> list[Any]:
        """Return the bare sentence, not in a list."""
        return [self.name, self.args[0]]


class FactorMissing(TrytonError):
    """The login needs something more than it brought."""

    name = "LoginException"
    status = 403


class PythonError(Exception):
    """What a mistake of the caller becomes in Python code that did not expect it: an unknown model, a wrong type."""


class Page(Exception):
    """A bare HTTP answer, whatever the door: the status and the sentence of its page."""

    def __init__(self, status: int, text: str = "") -> None:
        """Take the status; `text` replaces the usual sentence."""
        super().__init__(status, text)
        self.status = status
        self.text = text
