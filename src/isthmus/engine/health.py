"""How each connection is: written down when it changes, not each time it is used."""

from datetime import datetime, timedelta

from isthmus.engine.context import Context
from isthmus.engine.disposition import sentence
from isthmus.ports.errors import AuthExpired, Forbidden, Misconfigured, Throttled, Trouble, Unreachable
from isthmus.store.statement import say

#: Trouble that says something about the whole connection and not about one record.
_TELLING = (AuthExpired, Forbidden, Misconfigured, Unreachable)
#: Others write down how a connection is too (a check by hand, another worker), so a word is said again after this.
AGAIN = timedelta(seconds=60)


class Health:
    """Remembers the last word about each connection."""

    def __init__(self, context: Context) -> None:
        """Know nothing yet."""
        self._context = context
        self._last: dict[str, tuple[tuple[str, str], datetime]] = {}

    async def well(self, connection: str) -> None:
        """Say that it answered; what waited for it goes on."""
        if not self._news(connection, ("ok", "")):
            return
        now = self._context.micros()
        await self._context.store.write(
            say("connection_state", name=connection, state="ok", code="", because="", now=now),
            say("wake_waiting", what=f"connection:{connection}", now=now),
        )

    async def trouble(self, connection: str, trouble: Trouble) -> None:
        """Say what is wrong with it, unless this was only about one record or about speed."""
        if isinstance(trouble, Throttled) or not isinstance(trouble, _TELLING):
            return
        word = (trouble.code, sentence(trouble))
        if not self._news(connection, word):
            return
        await self._context.store.write(
            say(
                "connection_state",
                name=connection,
                state="trouble",
                code=word[0],
                because=word[1],
                now=self._context.micros(),
            )
        )

    def _news(self, connection: str, word: tuple[str, str]) -> bool:
        last = self._last.get(connection)
        now = self._context.now()
        if last is not None and last[0] == word and now - last[1] < AGAIN:
            return False
        self._last[connection] = (word, now)
        return True
