"""The ways one call can go wrong: what the other side still does, and what comes back of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from isthmus.kit.http import Request, Response

PAGE = b"<html><body><h1>Something is in the way</h1></body></html>"
HTML = {"Content-Type": "text/html"}
Answered = Callable[[Request, Response | None], Response]


class Does(StrEnum):
    """What becomes of the request at the other side."""

    NOTHING = "nothing"
    IT = "it is done"
    LATER = "it is done later, after somebody has looked for it"


@dataclass(frozen=True, slots=True)
class Spoil:
    """One class of failure. Without an `answer` none comes back; `unsent` ones never had a connection."""

    name: str
    does: Does
    answer: Answered | None = None
    unsent: bool = False


def bare(status: int, **headers: str) -> Answered:
    """Answer as a proxy does, in place of the system."""

    def answered(_request: Request, _real: Response | None) -> Response:
        return Response(status, {**HTML, **{name.replace("_", "-"): value for name, value in headers.items()}}, PAGE)

    return answered


def with_page(_request: Request, _real: Response | None) -> Response:
    """Answer 200 with a page for people."""
    return Response(200, HTML, PAGE)


def half(_request: Request, real: Response | None) -> Response:
    """Answer with the first half of what was said."""
    assert real is not None
    return Response(real.status, real.headers, real.body[: len(real.body) // 2])


def of_another_type(_request: Request, real: Response | None) -> Response:
    """Answer the truth under the wrong name."""
    assert real is not None
    return Response(real.status, {**real.headers, "Content-Type": "text/plain"}, real.body)


def with_an_error_inside(request: Request, _real: Response | None) -> Response:
    """Answer 200 and say in the body that it failed, in the words of the system asked."""
    if "/graphql.json" in request.url:
        body = b'{"errors":[{"message":"Internal error","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}'
    elif request.url.endswith("/jsonrpc"):
        body = (
            b'{"jsonrpc":"2.0","id":1,"error":{"code":200,"message":"Odoo Server Error","data":'
            b'{"name":"odoo.exceptions.UserError","message":"Not today","arguments":["Not today"],"debug":""}}}'
        )
    else:
        body = b'{"error":"internal"}'
    return Response(200, {"Content-Type": "application/json"}, body)


SPOILS: Mapping[str, Spoil] = {
    each.name: each
    for each in (
        Spoil("connect", Does.NOTHING, unsent=True),
        Spoil("reset", Does.NOTHING),
        Spoil("read", Does.IT),
        Spoil("late", Does.LATER),
        *(Spoil(str(status), Does.NOTHING, bare(status)) for status in (400, 401, 403, 404, 408, 409, 412, 422)),
        Spoil("429 hint", Does.NOTHING, bare(429, Retry_After="7")),
        Spoil("429", Does.NOTHING, bare(429)),
        Spoil("500", Does.NOTHING, bare(500)),
        Spoil("502", Does.IT, bare(502)),
        Spoil("503", Does.NOTHING, bare(503)),
        Spoil("html", Does.IT, with_page),
        Spoil("half", Does.IT, half),
        Spoil("error inside", Does.NOTHING, with_an_error_inside),
        Spoil("type", Does.IT, of_another_type),
        Spoil("redirect", Does.NOTHING, bare(302, Location="https://elsewhere.example/login")),
    )
}
#: What each column of the table means.
MEANINGS: Mapping[str, str] = {
    "connect": "no connection within the time for it",
    "reset": "the connection is cut before the request arrives",
    "read": "the request is done, the answer never comes (a time-out after sending)",
    "late": "as `read`, but the request is done late: after the next try has looked for it",
    "400": "and the other numbers: that HTTP status with a page, as a proxy gives it; nothing is done",
    "429 hint": "429 with `Retry-After: 7`",
    "502": "as a gateway gives it that lost patience: the request **is** done",
    "html": "200 with a page for people; the request is done",
    "half": "200 with half the JSON; the request is done",
    "error inside": "200 with an error in the body, as the system words it; nothing is done",
    "type": "the right answer under a wrong `Content-Type`",
    "redirect": "302 to a login page",
}
