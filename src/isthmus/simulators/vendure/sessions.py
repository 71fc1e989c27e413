"""Who is signed in: a token each, that lives on by use.

Asking for something that needs a signature without one makes a session without a user, and its token is told like any
other (seen on 3.5.5): a token alone does not mean that somebody is signed in.
Source: https://docs.vendure.io/reference/typescript-api/auth/auth-options (3.5), api/middleware/auth-guard of 3.5.5
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from isthmus.simulators.vendure.people import Administrator

_SECRET = b"demo-cookie-secret"


@dataclass(slots=True)
class Session:
    """One session; `administrator` is none for a stranger's."""

    administrator: Administrator | None
    ends_at: float


class Sessions:
    """All sessions of one shop."""

    def __init__(self, life_s: float, clock: Callable[[], float]) -> None:
        """Start without any; `clock` counts seconds."""
        self._life_s, self._clock = life_s, clock
        self._sessions: dict[str, Session] = {}

    def open(self, administrator: Administrator | None) -> str:
        """Begin a session and return its token."""
        token = secrets.token_hex(32)
        self._sessions[token] = Session(administrator, self._clock() + self._life_s)
        return token

    def find(self, token: str) -> Session | None:
        """Return a session that still lives, which makes it live on."""
        found = self._sessions.get(token)
        if found is None or found.ends_at <= self._clock():
            self._sessions.pop(token, None)
            return None
        found.ends_at = self._clock() + self._life_s
        return found

    def close(self, token: str) -> None:
        """End a session."""
        self._sessions.pop(token, None)

    def clear(self) -> None:
        """End all sessions."""
        self._sessions.clear()

    def __len__(self) -> int:
        """Return how many there are: each sign-in makes one more."""
        return len(self._sessions)


def cookie(token: str) -> tuple[str, str]:
    """Return what stands in the cookies `session` and `session.sig`."""
    value = base64.b64encode(json.dumps({"token": token}).encode()).decode()
    return value, _signed(value)


def token_in(value: str, signature: str) -> str:
    """Return the token in a pair of cookies; empty when the signature is not ours."""
    if not value or not hmac.compare_digest(_signed(value).encode(), signature.encode()):
        return ""
    try:
        return str(json.loads(base64.b64decode(value)).get("token", ""))
    except (ValueError, AttributeError):
        return ""


def _signed(value: str) -> str:
    digest = hmac.new(_SECRET, f"session={value}".encode(), hashlib.sha1).digest()  # the library's own way
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
