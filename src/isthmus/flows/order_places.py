"""Where an order ships from: the ERP warehouse that stands for each place of the shop."""

from datetime import datetime, timedelta

from isthmus.canonical.order import Order
from isthmus.canonical.stock import Warehouse
from isthmus.engine.context import Context
from isthmus.flows.rounds import after_first_rounds
from isthmus.flows.settings import OrderSettings

#: Places change less than once a month, and several orders a second ask for them. A change that another process has
#: read, or a delivery told of, shows after this.
KEEP = timedelta(seconds=10)


class OrderPlaces:
    """The ERP warehouse code of shop places: by table, else by the same name."""

    def __init__(self, context: Context, settings: OrderSettings) -> None:
        """Serve the flow of `settings`."""
        self._context = context
        self._settings = settings
        self._kept: dict[str, str] = {}
        self._since: datetime | None = None

    def forget(self) -> None:
        """Look everything up anew next time."""
        self._since = None

    async def of(self, order: Order, otherwise: str = "") -> dict[str, str]:
        """Return the ERP warehouse code of each place of an order. Raises `Later` before the first reading.

        `otherwise` is the code for places that have none, where it is another one than the flow's.
        """
        places = {line.warehouse for line in order.lines}
        if any(places):
            settings = self._settings
            await after_first_rounds(
                self._context, ((settings.source, "warehouse"), (settings.destination, "warehouse"))
            )
        now = self._context.now()
        if self._since is None or now - self._since > KEEP:
            self._kept, self._since = {}, now
        kept = self._kept
        for place in places:
            if place not in kept:
                kept[place] = await self.code(place) if place else self._settings.warehouse
        usual = self._settings.warehouse
        return {place: otherwise or usual if kept[place] == usual else kept[place] for place in places}

    async def code(self, place: str) -> str:
        """Return the ERP warehouse code of one place, as far as both sides' places were read."""
        mirrored = await self._context.mirrored(Warehouse, self._settings.source, place)
        name = mirrored.record.name if mirrored else ""
        return written(self._settings, place, name) or (await self._there()).get(
            name.casefold(), self._settings.warehouse
        )

    async def _there(self) -> dict[str, str]:
        """Return the ERP's warehouse codes by name."""
        ids = await self._context.store.read("record_ids", connection=self._settings.destination, kind="warehouse")
        found: dict[str, str] = {}
        for row in ids:
            mirrored = await self._context.mirrored(Warehouse, self._settings.destination, row["external_id"])
            if mirrored is not None:
                found[mirrored.record.name.casefold()] = mirrored.record.code
        return found


def written(settings: OrderSettings, place: str, name: str) -> str:
    """Return the ERP warehouse code that the flow's table says for a place, by its id or its name. Pure."""
    return settings.tables.get("warehouse", place) or settings.tables.get("warehouse", name)
