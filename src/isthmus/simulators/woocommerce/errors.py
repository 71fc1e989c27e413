"""Refusals, with the body WordPress gives them: `{"code", "message", "data": {"status"}}`.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#errors (REST v3)
"""

from http import HTTPStatus
from typing import Any


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, code: str, message: str, **more: Any) -> None:
        """Say what is wrong; `more` joins `data`."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.more = more

    def body(self) -> dict[str, Any]:
        """Return the answer's JSON."""
        return {"code": self.code, "message": self.message, "data": {"status": self.status, **self.more}}


def bad(*, code: str, message: str, **more: Any) -> Refused:
    """Return a refusal with status 400."""
    return Refused(HTTPStatus.BAD_REQUEST, code, message, **more)


def unknown(*, kind: str, writing: bool = False) -> Refused:
    """Return the refusal of an id nobody has: 404 on GET and DELETE, 400 on PUT."""
    status = HTTPStatus.BAD_REQUEST if writing else HTTPStatus.NOT_FOUND
    return Refused(status, f"woocommerce_rest_{kind}_invalid_id", "Invalid ID.")


def no_route() -> Refused:
    """Return the refusal of a path or method nobody serves."""
    return Refused(HTTPStatus.NOT_FOUND, "rest_no_route", "No route was found matching the URL and request method.")
