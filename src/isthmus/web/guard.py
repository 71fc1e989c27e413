"""Who may use the pages from where. Until people sign in, whoever reaches them may press the buttons.

So they answer only under names this machine is known by (another name means that a foreign
page had its own name point here), and a button counts only when the click was made on our own page.
Health checks come from programs, under any name. Deliveries do, too, and never come here: see `face.py`.
"""

import hmac
import secrets
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
#: Paths of programs. Everything else is for people.
OPEN_PATHS = ("/health/",)
COOKIE = "isthmus_page"
FIELD = "page_token"
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: with that, browsers say `Origin: null` even to ourselves.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


class Guard:
    """ASGI middleware: refuses foreign names and puts the security headers on every answer."""

    def __init__(self, app: ASGIApp, public_url: str = "") -> None:
        """Let through the local names and the host of `public_url`."""
        self._app = app
        self._hosts = LOCAL | {host for host in (urlsplit(public_url).hostname,) if host}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if scope["path"].startswith(OPEN_PATHS) or self._known(Request(scope)):
            await self._app(scope, receive, send_guarded)
        else:
            await _foreign(scope, receive, send_guarded)

    def _known(self, request: Request) -> bool:
        names = request.headers.getlist("host")
        return len(names) == 1 and hostname(names[0]) in self._hosts


_foreign = PlainTextResponse(
    "Isthmus does not answer under this name. Open it as http://127.0.0.1 and its port, or set public_url in "
    "isthmus.toml to the address people use.\n",
    status_code=421,
)


def hostname(host: str) -> str:
    """Return the name in a Host header without its port, empty when it is malformed."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return ""
    return parts.hostname or "" if parts.netloc == host and "@" not in host else ""


class Tokens:
    """Proof that a form was made by us for this browser: the same signed value in its cookie and in its form."""

    def __init__(self, public_url: str = "", key: bytes = b"") -> None:
        """Sign with `key`, or with one that lives as long as this process; `public_url` names us behind a proxy."""
        self._key = key or secrets.token_bytes(32)
        self._public = urlsplit(public_url).netloc.lower()

    def of(self, request: Request) -> str:
        """Return the token of this browser, a new one when it has none of ours."""
        kept = request.cookies.get(COOKIE, "")
        if self._ours(kept):
            return kept
        nonce = secrets.token_urlsafe(24)
        return f"{nonce}.{self._sign(nonce)}"

    def doubt(self, request: Request, field: str) -> str:
        """Say why a form may not be ours, empty when it is."""
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return "it was sent from another site"
        origin = urlsplit(request.headers.get("origin", "")).netloc.lower()
        if not origin or origin not in (request.headers.get("host", "").lower(), self._public):
            return "it was sent from another site"
        kept = request.cookies.get(COOKIE, "")
        if not (self._ours(kept) and hmac.compare_digest(kept.encode(), field.encode())):
            return "it was opened before Isthmus started, or in another browser"
        return ""

    def _ours(self, token: str) -> bool:
        nonce, _, signature = token.partition(".")
        return bool(nonce) and hmac.compare_digest(signature.encode(), self._sign(nonce).encode())

    def _sign(self, nonce: str) -> str:
        return hmac.new(self._key, nonce.encode(), sha256).hexdigest()
