"""Who may come in: logins, API keys, and the pause after too many wrong tries.

The pause counts the wrong tries of one address. Since 16 it guards the web login only: a running 19
answered the right key at once after 40 wrong ones over RPC.

A key is valid wherever a password is. `expire` makes the next check of any credential fail, once
for each call; such a refusal does not count as a wrong try.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from isthmus.simulators.odoo.errors import AccessDenied

COOLDOWN_AFTER = 10  # base.login_cooldown_after
COOLDOWN_SECONDS = 60.0  # base.login_cooldown_duration


@dataclass(frozen=True, slots=True)
class Account:
    """One user with the key that opens the door."""

    uid: int
    login: str
    key: str


#: the public credentials of the demonstration
FULL = Account(2, "demo", "demo-key")
LIMITED = Account(6, "limited", "limited-key")  # reads everything, writes only contacts


class Accounts:
    """The users of one database."""

    def __init__(self, users: tuple[Account, ...], clock: Callable[[], float] = time.monotonic) -> None:
        """Take the users; `clock` counts seconds."""
        self._users = users
        self._clock = clock
        self._failures: dict[str, tuple[int, float]] = {}
        self._refusals = 0

    def expire(self) -> None:
        """Refuse the next check, whatever the credential."""
        self._refusals += 1

    def login(self, login: object, secret: object, source: str | None) -> int | None:
        """Return the uid for a login, `None` when it is wrong or the caller has to pause.

        `source` is the caller's address, `None` where wrong tries are not counted.
        """
        user = next((user for user in self._users if user.login == login and user.key == secret), None)
        return user.uid if self._passes(user is not None, source) and user else None

    def check(self, uid: object, secret: object, source: str | None) -> int:
        """Return the uid when the secret fits. Raises `AccessDenied`."""
        user = next((user for user in self._users if user.uid == uid and user.key == secret), None)
        if self._paused(source):
            message = "Too many login failures, please wait a bit before trying again."
            raise AccessDenied(message)
        if not self._passes(user is not None, source) or user is None:
            raise AccessDenied
        return user.uid

    def by_key(self, key: str | None) -> int | None:
        """Return the uid of a bearer key; wrong keys are not counted there."""
        if self._refused():
            return None
        return next((user.uid for user in self._users if user.key == key), None)

    def _passes(self, fits: bool, source: str | None) -> bool:  # noqa: FBT001
        if self._paused(source) or self._refused():
            return False
        if fits:
            self._failures.pop(source or "", None)
            return True
        if source is not None:
            failures, _ = self._failures.get(source, (0, 0.0))
            self._failures[source] = (failures + 1, self._clock())
        return False

    def _paused(self, source: str | None) -> bool:
        failures, last = self._failures.get(source or "", (0, 0.0))
        return failures >= COOLDOWN_AFTER and self._clock() - last < COOLDOWN_SECONDS

    def _refused(self) -> bool:
        if not self._refusals:
            return False
        self._refusals -= 1
        return True
