"""What both stores offer."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

from isthmus.store.statement import Dialect, Row, Step

#: How a process hears of work that others have committed.
WakeUps = Literal["notifications", "polling"]


class Store(Protocol):
    """Facts on disk. All times inside are microseconds since 1970 UTC."""

    dialect: Dialect

    async def read(self, name: str, /, **values: Any) -> list[Row]:
        """Return the rows of a reading statement, as last committed."""
        ...

    async def write(self, *steps: Step) -> list[list[Row]]:
        """Run the steps as one unit and return the rows of each. Durable when this returns.

        Raises `Unexpected` when a step's `expect` was not met: nothing of the unit is kept. Raises `StoreError`
        otherwise: nothing is kept, with one exception. When the connection to a database server breaks while the
        commit is on its way, nobody can know; the unit is then whole in the database or not in it at all. So a unit
        that failed may be there. That does no harm as long as each unit can be written again (marks count up, claims
        end with their lease, deliveries and intents are unique, finishing asks for the token), and a caller that
        writes something else looks before it repeats.
        """
        ...

    async def now(self, name: str, /, **values: Any) -> list[Row]:
        """Run one statement that changes rows, at once and by itself, and return its rows.

        It does not wait behind a group of units, wakes nobody, and may be forgotten in a power cut: for short-lived
        rows many processes draw from, such as what is left of a rate limit. Raises `StoreError`; after one the change
        may have been made.
        """
        ...

    async def listen(self, told: Callable[[], None]) -> None:
        """Call `told` in the event loop whenever another process may have committed work, until the store is closed.

        It may be called for nothing, and a notification may get lost; who listens also looks by himself every second.
        Returns as soon as it listens, or has found that it cannot yet.
        """
        ...

    @property
    def wake_ups(self) -> WakeUps:
        """Tell how this process hears of others' work just now: it is told, or finds it at its next look."""
        ...

    async def migrate(self, phase: str | None = None) -> Sequence[str]:
        """Bring the schema up to date (`pre`, `post` or both) and return what was applied."""
        ...

    async def pending(self) -> Sequence[str]:
        """Return the migrations not applied yet."""
        ...

    async def close(self) -> None:
        """Finish what is on its way and let go of the database."""
        ...


def one(rows: list[Row]) -> Row | None:
    """Return the only row, or None."""
    return rows[0] if rows else None
