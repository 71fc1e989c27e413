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
        """Return warehouse code to location id.

        Raises `Misconfigured` when nothing can be matched, or when another flow writes the same location: each would
        undo what the other has written.
        """
        if self._table is None:
            table = await self._matched(self._settings)
            await self._apart(table)
            if not table:
                raise Misconfigured(await self._unmatched())
            self._table = table
        return self._table

    async def _apart(self, table: dict[str, str]) -> None:
        for other in self._settings.beside:
            if shared := set(table.values()) & set((await self._matched(other)).values()):
                where, own = ", ".join(sorted(shared)), self._settings
                message = (
                    f"The location {where} of {own.destination} would get its stock from {own.source} and "
                    f"{other.source}: say in [flows.{own.name}.places] and [flows.{other.name}.places] which warehouse "
                    "stands for which location"
                )
                raise Misconfigured(message)

    async def _matched(self, settings: StockSettings) -> dict[str, str]:
        return matched(settings, await self._all(settings.source), await self._active())

    async def _unmatched(self) -> str:
        return unmatched(self._settings, await self._all(self._settings.source), await self._active())

    async def _active(self) -> list[Warehouse]:
        """Return the shop's locations that are in use."""
        return [each for each in await self._all(self._settings.destination) if each.active]

    async def _all(self, connection: str) -> list[Warehouse]:
        ids = await self._context.store.read("record_ids", connection=connection, kind="warehouse")
        found: list[Warehouse] = []
        for row in ids:
            mirrored = await self._context.mirrored(Warehouse, connection, row["external_id"])
            if mirrored is not None:
                found.append(mirrored.record)
        return found


def matched(settings: StockSettings, warehouses: Sequence[Warehouse], locations: Sequence[Warehouse]) -> dict[str, str]:
    """Return warehouse code to location id, for the locations in use. Raises `Misconfigured`. Pure."""
    # An empty name keeps a warehouse out, though the shop has a location of the same name.
    here = [each for each in warehouses if settings.places.get(each.code) != ""]
    by_word = {word.casefold(): each.external_id for each in locations for word in (each.name, each.external_id)}
    table: dict[str, str] = {}
    for warehouse in here:
        wish = settings.places.get(warehouse.code)
        place = by_word.get((wish or warehouse.name).casefold())
        if wish and place is None:
            row = f"[flows.{settings.name}.places] {warehouse.code} = {wish!r}"
            message = f"{row}: the shop has no such location"
            raise Misconfigured(message)
        if place is not None:
            table[warehouse.code] = place
    if not table and len(here) == len(locations) == 1:
        table[here[0].code] = locations[0].external_id
    return table


def unmatched(settings: StockSettings, warehouses: Sequence[Warehouse], locations: Sequence[Warehouse]) -> str:
    """Return what to write: the names both sides have, in rows that can be copied. Pure."""
    section = f"[flows.{settings.name}.places]"
    if not warehouses or not locations:
        side = "the ERP has no warehouse with a code" if not warehouses else "the shop has no active location"
        return f"No ERP warehouse is matched to a shop location: {side}"
    names = sorted(each.name for each in locations)
    rows = ", ".join(f'{code} = "{names[0]}"' for code in sorted(each.code for each in warehouses)[:SHOWN])
    shop = ", ".join(names[:SHOWN])
    return (
        f"No ERP warehouse is matched to a shop location: name them in {section}, such as {rows}; the shop has: {shop}"
    )
