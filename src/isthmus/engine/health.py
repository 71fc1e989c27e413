"""How each connection is: written down when it changes, not each time it is used."""

from isthmus.engine.context import Context
from isthmus.engine.disposition import sentence
from isthmus.ports.errors import AuthExpired, Forbidden, Misconfigured, Throttled, Trouble, Unreachable
from isthmus.store.statement import say

#: Trouble that says something about the whole connection and not about one record.
_TELLING = (AuthExpired, Forbidden, Misconfigured, Unreachable)


class Health:
    """Remembers the last word about each connection."""

    def __init__(self, context: Context) -> None:
        """Know nothing yet."""
        self._context = context
        self._last: dict[str, tuple[str, str]] = {}

    async def well(self, connection: str) -> None:
        """Say that it answered; what waited for it goes on."""
        if self._last.get(connection) == ("ok", ""):
            return
        self._last[connection] = ("ok", "")
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
        if self._last.get(connection) == word:
            return
        self._last[connection] = word
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
