"""Which shop location stands for which ERP warehouse."""

from collections.abc import Sequence

from isthmus.canonical.stock import Warehouse
from isthmus.engine.context import Context
from isthmus.flows.settings import StockSettings
from isthmus.ports.errors import Misconfigured

#: So many names stand in a message; who has more knows them.
SHOWN = 5


class StockPlaces:
    """The table from ERP warehouse codes to shop locations: as written, else by the same name."""

    def __init__(self, context: Context, settings: StockSettings) -> None:
        """Serve the flow of `settings`."""
        self._context = context
        self._settings = settings
        self._table: dict[str, str] | None = None

    def forget(self) -> None:
        """Work the table out anew next time."""
        self._table = None

    async def known(self) -> dict[str, str]:
        """Return warehouse code to location id. Raises `Misconfigured` when nothing can be matched."""
        if self._table is None:
            self._table = await self._work_out()
        return self._table

    async def _work_out(self) -> dict[str, str]:
        here = await self._all(self._settings.source)
        there = [each for each in await self._all(self._settings.destination) if each.active]
        by_word = {word.casefold(): each.external_id for each in there for word in (each.name, each.external_id)}
        table: dict[str, str] = {}
        for warehouse in here:
            wish = self._settings.places.get(warehouse.code)
            place = by_word.get((wish or warehouse.name).casefold())
            if wish and place is None:
                row = f"[flows.{self._settings.name}.places] {warehouse.code} = {wish!r}"
                message = f"{row}: the shop has no such location"
                raise Misconfigured(message)
            if place is not None:
                table[warehouse.code] = place
        if not table and len(here) == len(there) == 1:
            table[here[0].code] = there[0].external_id
        if not table:
            message = self._unmatched(here, there)
            raise Misconfigured(message)
        return table

    def _unmatched(self, here: Sequence[Warehouse], there: Sequence[Warehouse]) -> str:
        """Return what to write: the names both sides have, in rows that can be copied."""
        section = f"[flows.{self._settings.name}.places]"
        if not here or not there:
            side = "the ERP has no warehouse with a code" if not here else "the shop has no active location"
            return f"No ERP warehouse is matched to a shop location: {side}"
        names = sorted(each.name for each in there)
        rows = ", ".join(f'{code} = "{names[0]}"' for code in sorted(each.code for each in here)[:SHOWN])
        shop = ", ".join(names[:SHOWN])
        return (
            f"No ERP warehouse is matched to a shop location: name them in {section}, such as {rows}; "
            f"the shop has: {shop}"
        )

    async def _all(self, connection: str) -> list[Warehouse]:
        ids = await self._context.store.read("record_ids", connection=connection, kind="warehouse")
        found: list[Warehouse] = []
        for row in ids:
            mirrored = await self._context.mirrored(Warehouse, connection, row["external_id"])
            if mirrored is not None:
                found.append(mirrored.record)
        return found
