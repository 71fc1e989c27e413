"""What both stores offer."""

from collections.abc import Sequence
from typing import Any, Protocol

from isthmus.store.statement import Dialect, Row, Step


class Store(Protocol):
    """Facts on disk. All times inside are microseconds since 1970 UTC."""

    dialect: Dialect

    async def read(self, name: str, /, **values: Any) -> list[Row]:
        """Return the rows of a reading statement, as last committed."""
        ...

    async def write(self, *steps: Step) -> list[list[Row]]:
        """Run the steps as one unit and return the rows of each. Durable when this returns.

        Raises `Unexpected` when a step's `expect` was not met and `StoreError` otherwise; in
        both cases nothing of the unit is kept.
        """
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
