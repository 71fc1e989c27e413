"""What every page is made with: templates, the token of its forms, what the last click did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from isthmus.bootstrap.answering import RowAnswers
from isthmus.engine.engine import Engine
from isthmus.web.guard import COOKIE, FIELD, HEADERS, Tokens
from isthmus.web.words import count

#: What the last click did, kept for the one page that follows it.
SAID = "isthmus_said"
SAID_FOR_S = 20
#: What follows from an answer to an unknown outcome.
ANSWERED = {
    "there": "Taken for ours; it is brought to what the store says.",
    "create": "Looked for once more, and then created.",
    "leave": "Left as it is, until another answer is given.",
}
#: What follows from a pause and from its end.
HELD = {
    "paused": "Paused. What has begun is brought to its end, what arrives is taken in and waits.",
    "resumed": "It goes on, the oldest first.",
    "not_paused": "It was not paused, so nothing has changed.",
}
STATIC = files("isthmus.web") / "static"


@dataclass(frozen=True, slots=True)
class Tab:
    """One entry of the navigation."""

    name: str
    path: str


TABS: Sequence[Tab] = (
    Tab("Home", "/"),
    Tab("Orders", "/orders"),
    Tab("Questions", "/parked"),
    Tab("Proof", "/proof"),
    Tab("Limits", "/limits"),
)


class Desk:
    """Makes pages of view models for one project."""

    def __init__(
        self, engine: Engine, project: str, public_url: str = "", key: bytes = b"", rows: RowAnswers | None = None
    ) -> None:
        """Show what `engine` knows; with `rows`, questions about words can be answered."""
        self.engine = engine
        self.rows = rows
        self.context = engine.context
        self.project = project
        self.tokens = Tokens(public_url, key)
        self._pages = Environment(
            loader=PackageLoader("isthmus.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._shared = {"static": static, "tabs": TABS, "project": project, "FIELD": FIELD}

    def page(
        self,
        request: Request,
        template: str,
        view: object,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Return a page: `view` is everything the template shows."""
        token = self.tokens.of(request)
        said = said_words(request.cookies.get(SAID, ""))
        shown = {**self._shared, "view": view, "token": token, "said": said, "path": request.url.path}
        body = self._pages.get_template(template).render(shown)
        response = HTMLResponse(body, status, {**HEADERS, "Cache-Control": "no-store", **(headers or {})})
        if request.cookies.get(COOKIE) != token:
            keep(response, request, COOKIE, token)
        if SAID in request.cookies:
            response.delete_cookie(SAID, httponly=True, samesite="strict")
        return response


def back(request: Request, path: str, said: str) -> Response:
    """Return to a page of ours that says what the click did. A path that is not ours leads home."""
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    response = RedirectResponse(path if ours else "/", status_code=303)
    keep(response, request, SAID, said, seconds=SAID_FOR_S)
    return response


def keep(response: Response, request: Request, name: str, value: str, seconds: int | None = None) -> None:
    """Set a cookie no script and no other site sees."""
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="strict", secure=secure)


#: What a click did, and what it is counted in.
_SAID = {
    "retried": "{} queued to run again.",
    "compared": "{} asked for; the results appear here.",
    "accepted": "{} taken as right; the next comparison says so.",
    "drift": "{} accepted; processes at work know within a minute.",
    "all": "{} answered; what follows is done now.",
    "mapped": "The row is written; {} let go on within seconds.",
}
_OF = {
    "retried": "record",
    "compared": "comparison",
    "accepted": "row",
    "drift": "difference",
    "all": "question",
    "mapped": "record",
}


def said_words(said: str) -> str:
    """Return in words what the last click did."""
    what, _, number = said.partition(":")
    if what in ("answered", "hold"):
        return (ANSWERED if what == "answered" else HELD).get(number, "")
    if what not in _SAID or not number.isascii() or not number.isdigit() or len(number) > 9:  # noqa: PLR2004
        return ""
    if number == "0":
        return "Nothing was queued: it is being worked on already, or is no longer waiting."
    return _SAID[what].format(count(int(number), _OF[what]))


_VERSIONS: dict[str, str] = {}


def static(name: str) -> str:
    """Return the address of a file of ours; it changes with the file, so browsers may keep it."""
    if name not in _VERSIONS:
        _VERSIONS[name] = sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={_VERSIONS[name]}"
