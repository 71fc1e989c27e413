"""The doctor's round: every system asked about itself, then the two of each flow compared."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta, tzinfo

from isthmus.admin.doctor import agreement, codes, orders, places, systems
from isthmus.admin.doctor.agreement import Side
from isthmus.admin.doctor.diagnosis import Diagnosis, Told, Visit, problem, worst_first
from isthmus.admin.doctor.reading import Read, Reader
from isthmus.canonical.product import Variant
from isthmus.canonical.stock import Warehouse
from isthmus.engine.context import Context
from isthmus.flows.settings import OrderSettings, StockSettings
from isthmus.ports.errors import Trouble
from isthmus.ports.pace import Caller, calling

Settings = OrderSettings | StockSettings
#: How long one catalog is read.
PATIENCE = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class Wish:
    """What to look at; empty names: everything. `limit` is for each catalog that is read."""

    connection: str = ""
    flow: str = ""
    limit: timedelta = PATIENCE


def _quiet(_what: str, _records: int) -> None:
    return None


@dataclass(slots=True)
class Doctor:
    """One round through a project. It reads, and writes nothing anywhere."""

    context: Context
    flows: Sequence[Settings]
    zone: tzinfo
    public_url: str
    wish: Wish = field(default_factory=Wish)
    told: Told = _quiet
    _found: list[Diagnosis] = field(init=False, default_factory=list[Diagnosis])
    _sides: dict[str, Side] = field(init=False, default_factory=dict[str, Side])
    _seen: list[str] = field(init=False, default_factory=list[str])
    _catalogs: dict[str, Read[Variant]] = field(init=False, default_factory=dict[str, Read[Variant]])
    _places: dict[str, tuple[Warehouse, ...]] = field(init=False, default_factory=dict[str, tuple[Warehouse, ...]])

    async def round(self) -> Visit:
        """Return everything found, the worst first. A system that does not answer is one finding."""
        flows = [each for each in self.flows if self._concerns(each)]
        # A hold is for the flows; a person's question goes through it.
        with calling(Caller(regardless=True)):
            for name in self._names(flows):
                await self._ask(name)
            for name in self._sides:
                await self._catalog_of(name)
            for flow in flows:
                await self._compare(flow)
        return Visit(worst_first(self._found), self._seen)

    def _concerns(self, flow: Settings) -> bool:
        named = self.wish.flow in ("", flow.name)
        return named and self.wish.connection in ("", flow.source, flow.destination)

    def _names(self, flows: Sequence[Settings]) -> list[str]:
        if self.wish.connection and not self.wish.flow:
            return [self.wish.connection]
        if not self.wish.flow:
            return list(self.context.connections)
        return list(dict.fromkeys(name for each in flows for name in (each.source, each.destination)))

    async def _ask(self, name: str) -> None:
        connection = self.context.connection(name)
        self.told(f"asking {name} who it is", 0)
        try:
            report = await connection.session.probe.probe()
        except Trouble as trouble:
            self._found.append(systems.unanswered(name, trouble))
            return
        side = self._sides[name] = Side(name, connection.manifest, report)
        self._seen.append(systems.who(name, report))
        enabled = systems.needs_of(name, self.flows)
        now = self.context.now()
        self._found += systems.of_report(connection, report, enabled, now)
        self._found += agreement.of_zone(side, self.zone, now)
        self._found += await systems.of_webhooks(connection, self.public_url)

    async def _catalog_of(self, name: str) -> None:
        connection, side = self.context.connection(name), self._sides[name]
        if "variant" not in connection.session.sources:
            return
        try:
            read = await self._reader.all_of(Variant, "variant", connection)
        except Trouble as trouble:
            self._stopped(name, "products", trouble)
            return
        self._catalogs[name] = read
        self._found += [*codes.of_side(side, read, self._codes(name)), *codes.unread(side, read)]

    async def _compare(self, flow: Settings) -> None:
        source, destination = self._sides.get(flow.source), self._sides.get(flow.destination)
        if isinstance(flow, OrderSettings):
            self._found += await orders.unconfirmed(self.context, flow)
        if source is None or destination is None:
            return  # one of them did not answer, or was not asked
        here, there = await self._places_of(flow.source), await self._places_of(flow.destination)
        if isinstance(flow, StockSettings):
            if here is not None and there is not None:
                self._found += places.of_stock(flow, source, destination, here, there)
            return
        self._found += agreement.of_orders(flow.name, source, destination)
        if here is not None and there is not None:
            self._found += places.of_orders(flow, source, destination, here, there)
        if flow.source in self._catalogs and flow.destination in self._catalogs:
            mine, theirs = self._catalogs[flow.source], self._catalogs[flow.destination]
            self._found += codes.of_pair(flow, source, destination, mine, theirs)

    async def _places_of(self, name: str) -> tuple[Warehouse, ...] | None:
        if name not in self._places:
            try:
                read = await self._reader.all_of(Warehouse, "warehouse", self.context.connection(name))
            except Trouble as trouble:
                self._stopped(name, "places", trouble)
                return None
            self._places[name] = read.records
        return self._places[name]

    def _stopped(self, name: str, what: str, trouble: Trouble) -> None:
        """Keep that a part was not looked at; the probe may have named the same permission in better words."""
        message = f"its {what} could not be read: {trouble}"
        fix = systems.unanswered(name, trouble).fix
        self._found.append(problem(name, "not_read", message, fix))

    def _codes(self, name: str) -> Collection[str]:
        return {one.code for one in self._found if one.about == name}

    @property
    def _reader(self) -> Reader:
        return Reader(self.context.clock, self.told, self.wish.limit)
