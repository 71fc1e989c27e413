"""Stock figures, written to Vendure as what is on hand at a location.

Isthmus decides what may be sold; Vendure takes what is there and subtracts what orders have set aside
(`stockAllocated`) by itself. So what is written is the figure plus what is set aside right now:

    on hand = may be sold + allocated

A sale between our look and our write is subtracted by the shop and is right at once. A shipment or a cancellation in
that moment is not: less is set aside then than we added, and too much would be on sale. The answer tells, and the
figure is put right with what it tells.

Vendure compares nothing. A figure that is not what the engine decided upon is left alone, to be decided upon anew. A
batch is done whole or not at all: one that is refused is halved until the row that is not wanted stands alone.

Source: https://docs.vendure.io/reference/graphql-api/admin/mutations#updateproductvariants (3.5; tried on 3.5.5)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from isthmus.canonical.quantity import PIECE
from isthmus.canonical.stock import StockLevel
from isthmus.connectors.vendure import operations as ask
from isthmus.connectors.vendure import wire_catalog as catalog
from isthmus.connectors.vendure.client import Client
from isthmus.connectors.vendure.features import Shop
from isthmus.connectors.vendure.lists import is_id
from isthmus.connectors.vendure.stock import level_id, level_parts, stocked
from isthmus.ports.errors import Contended, ContractBroken, Invalid, NotFound, Rejected, Trouble, Unreachable
from isthmus.ports.sink import Key, Put, Receipt

#: About 5 kB, far below the 100 kB a request may have; one transaction of the shop's database.
BATCH = 50
#: How often a figure is put right that a shipment has overtaken, before it is decided upon anew.
ROUNDS = 3
#: The shop keeps it as a 32-bit integer.
LARGEST = 2**31 - 1
TRACK = "switch on 'Track inventory' of the variant in Vendure, or of the whole shop under Settings > Global settings"
Levels = Mapping[str, catalog.Level]
Answers = dict[int, Receipt | Trouble]


@dataclass(frozen=True, slots=True)
class Row:
    """One figure to write; `at` is its place in the batch, `allocated` what is set aside as far as we know."""

    at: int
    variant: str
    location: str
    quantity: int
    base: Decimal | None
    sku: str
    allocated: int = 0

    @property
    def on_hand(self) -> int:
        """Return what is to be there so that `quantity` may be sold."""
        return self.quantity + self.allocated

    @property
    def level(self) -> str:
        """Return the key of the level."""
        return level_id(self.variant, self.location)


@dataclass(slots=True)
class LevelSink:
    """Levels that can be set; setting the same figure again changes nothing, so no look-up is needed."""

    client: Client
    shop: Shop
    batch: int = BATCH
    upserts: bool = True

    async def find(self, key: Key) -> Receipt | None:
        """Return None: a level carries no key of ours, and setting it again is the same write."""
        del key
        return None

    async def put(self, record: StockLevel, *, key: Key, existing: Receipt | None = None) -> Receipt:
        """Set one level."""
        del existing
        [answer] = await self.put_many([Put(record, key)])
        if isinstance(answer, Trouble):
            raise answer
        return answer

    async def put_many(self, puts: Sequence[Put[StockLevel]]) -> Sequence[Receipt | Trouble]:
        """Set many levels. A row that is stale comes back as `Contended` and must be read again."""
        if len(puts) > self.batch:
            message = f"{len(puts)} levels in one batch; {self.batch} are written at a time"
            raise ContractBroken(message)
        answers: Answers = {}
        rows: list[Row] = []
        for at, put in enumerate(puts):
            row = to_row(at, put)
            if isinstance(row, Row):
                rows.append(row)
            else:
                answers[at] = row
        while rows:
            now = once_each(rows)
            answers |= await self._set(now)
            rows = [row for row in rows if row.at not in answers]
        return [answers[at] for at in range(len(puts))]

    async def _set(self, rows: Sequence[Row]) -> Answers:
        """Write rows of different levels and return what became of each."""
        tracked = (await self.shop.known()).global_settings.track_inventory
        there = {one.id: one for one in await stocked(self.client, (row.variant for row in rows))}
        answers: Answers = {}
        due: list[Row] = []
        for row in rows:
            found = judged(row, there.get(row.variant), tracked=tracked)
            if isinstance(found, Row):
                due.append(found)
            else:
                answers[row.at] = found
        for _ in range(ROUNDS):
            if not due:
                return answers
            done, due = await self._round(due)
            answers |= done
        return answers | {row.at: Contended("orders of this item are being shipped right now") for row in due}

    async def _round(self, rows: Sequence[Row]) -> tuple[Answers, list[Row]]:
        """Send rows once; return what is settled, and the rows a shipment has overtaken."""
        answers: Answers = {}
        again: list[Row] = []
        for parcel in await self._sent(rows):
            if isinstance(parcel.told, Trouble):
                answers |= {row.at: parcel.told for row in parcel.rows}
                continue
            for row in parcel.rows:
                answer = settled(row, parcel.told.get(row.level))
                if isinstance(answer, Row):
                    again.append(answer)
                else:
                    answers[row.at] = answer
        return answers, again

    async def _sent(self, rows: Sequence[Row]) -> list["Parcel"]:
        """Send rows in one call, or in halves of it where that is refused. Raises what concerns the connection."""
        try:
            return [Parcel(rows, await self._call(rows))]
        except (Rejected, ContractBroken) as refused:
            if len(rows) == 1:
                return [Parcel(rows, refused)]
        middle = len(rows) // 2
        parcels = await self._sent(rows[:middle])
        try:
            return [*parcels, *await self._sent(rows[middle:])]
        except Trouble as trouble:
            # The first half is written and must not be told as if it were not.
            return [*parcels, Parcel(rows[middle:], trouble)]

    async def _call(self, rows: Sequence[Row]) -> Levels:
        key = f"stock of {rows[0].level} and {len(rows) - 1} more"
        variables = {"input": to_input(rows)}
        answer = await self.client.mutate(ask.SET_STOCK, variables, catalog.SetAnswer, key=key, repeatable=True)
        return {
            level_id(one.id, level.stock_location_id): level
            for one in answer.content.update_product_variants
            if one is not None
            for level in one.stock_levels
        }


@dataclass(frozen=True, slots=True)
class Parcel:
    """Rows that went in one call, and the levels it told of, or why it was refused."""

    rows: Sequence[Row]
    told: Levels | Trouble


def to_row(at: int, put: Put[StockLevel]) -> Row | Invalid:
    """Translate one put, or say why it cannot be sent: an unknown figure is never written as zero."""
    record, base = put.record, put.base
    variant, location = record.item_ref or level_parts(record.external_id)[0], record.warehouse
    if not (is_id(variant) and is_id(location)):
        message = "the level does not name a variant and a stock location of Vendure"
        return Invalid(message, fields={"item_ref": variant, "warehouse": location})
    figure = record.available
    if figure is None:
        return Invalid("no available quantity to publish", fields={"available": "absent"})
    exact = figure.unit == PIECE and figure.value == figure.value.to_integral_value()
    if not exact or abs(figure.value) > LARGEST:
        message = f"Vendure counts whole pieces, not {figure.value} {figure.unit}"
        return Invalid(message, fields={"available": f"{figure.value} {figure.unit}"})
    before = base.available.value if base and base.available is not None else None
    return Row(at, variant, location, int(figure.value), before, record.sku)


def judged(row: Row, there: catalog.Stocked | None, *, tracked: bool) -> Row | Receipt | Trouble:
    """Return the row as it is to be written, or what is to be said without writing it."""
    if there is None:
        return NotFound(f"the shop has no variant {row.variant}")
    if there.track_inventory == "FALSE" or (there.track_inventory == "INHERIT" and not tracked):
        message = f"variant {row.sku or row.variant} keeps no stock, so it is always for sale: {TRACK}"
        return Invalid(message, fields={"trackInventory": there.track_inventory})
    level = next((one for one in there.stock_levels if one.stock_location_id == row.location), None)
    if level is None:
        return row
    offered = level.stock_on_hand - level.stock_allocated
    if offered == row.quantity:
        return receipt(row)
    if row.base is not None and offered != row.base:
        return Contended("the figure in the shop has changed since it was read")
    return replace(row, allocated=level.stock_allocated)


def settled(row: Row, told: catalog.Level | None) -> Row | Receipt | Trouble:
    """Return the shop's yes to one row, or the row to send again where too much would be on sale."""
    if told is None or told.stock_on_hand != row.on_hand:
        # Not a yes; the same figure may be sent again.
        return Unreachable(f"Vendure does not say that level {row.level} was set")
    if told.stock_allocated < row.allocated:
        return replace(row, allocated=told.stock_allocated)
    return receipt(row)


def once_each(rows: Sequence[Row]) -> list[Row]:
    """Return the first row of each level; a call may name each only once."""
    first: dict[str, Row] = {}
    return [row for row in rows if first.setdefault(row.level, row) is row]


def to_input(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return what is sent: each variant once, with its levels; locations that are not named stay as they are."""
    levels: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        levels.setdefault(row.variant, []).append({"stockLocationId": row.location, "stockOnHand": row.on_hand})
    return [{"id": variant, "stockLevels": some} for variant, some in levels.items()]


def receipt(row: Row) -> Receipt:
    """Return the shop's yes to one row."""
    return Receipt(external_id=row.level, number=row.sku, details={"available": row.quantity})
