"""Who may come in: sessions, application keys, and the lock after too many wrong passwords.

A login that failed more than five times within `session.timeout` seconds is refused, right password or not; sessions
that run go on. A session lives for `session.max_age` and only at the address it was made from.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

MOST_WRONG = 5  # session.max_attempt
LOCK_SECONDS = 300.0  # session.timeout
SESSION_SECONDS = 30 * 24 * 3600.0  # session.max_age
TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Account:
    """One user with the password that opens the door."""

    uid: int
    login: str
    password: str


#: the public credentials of the demonstration
FULL = Account(3, "demo", "demo-password")
LIMITED = Account(4, "limited", "limited-password")  # reads everything, writes only parties


class Refusal(Enum):
    """Why a login got no session."""

    WRONG = auto()
    LOCKED = auto()


@dataclass(frozen=True, slots=True)
class Session:
    """One running session."""

    uid: int
    source: str
    began: float


class Accounts:
    """The users of one database."""

    def __init__(self, users: tuple[Account, ...], clock: Callable[[], float] = time.monotonic) -> None:
        """Take the users; `clock` counts seconds."""
        self._users = {user.login: user for user in users}
        self._clock = clock
        self._wrong: dict[str, list[float]] = {}
        self._sessions: dict[str, Session] = {}
        self._refusals = 0

    def expire(self) -> None:
        """End every session and refuse the next key."""
        self._sessions.clear()
        self._refusals += 1

    def check(self, login: str, password: object) -> Account | Refusal:
        """Return the user whose password this is; wrong tries are counted per login."""
        now = self._clock()
        tries = [at for at in self._wrong.get(login, []) if now - at < LOCK_SECONDS]
        self._wrong[login] = tries
        if len(tries) > MOST_WRONG:
            tries.append(now)
            return Refusal.LOCKED
        user = self._users.get(login)
        if user is None or not isinstance(password, str) or not secrets.compare_digest(user.password, password):
            tries.append(now)
            return Refusal.WRONG
        del self._wrong[login]
        return user

    def open(self, uid: int, source: str) -> str:
        """Return the token of a new session for a caller's address."""
        token = secrets.token_hex(TOKEN_BYTES)
        self._sessions[token] = Session(uid, source, self._clock())
        return token

    def user_of(self, uid: int, token: str, source: str) -> int | None:
        """Return the user of a session, nothing when it is over, unknown or used from elsewhere."""
        session = self._sessions.get(token)
        if session is None or session.uid != uid or session.source != source:
            return None
        if self._clock() - session.began >= SESSION_SECONDS:
            del self._sessions[token]
            return None
        return uid

    def close(self, token: str) -> None:
        """End a session."""
        self._sessions.pop(token, None)

    def key_refused(self) -> bool:
        """Say whether the next application key is to be refused, once for each `expire`."""
        if not self._refusals:
            return False
        self._refusals -= 1
        return True
