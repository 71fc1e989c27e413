"""Stock figures, written to products and variations as `stock_quantity`.

WooCommerce takes an absolute figure and compares nothing, so the figures are read right before they are written: one
that is not what the engine decided upon is left alone, to be decided upon anew. What is sold in the moment between the
two calls is still overwritten, and put right by the order when it is read. The same look tells whether a record keeps
stock at all: a figure for one that does not would be taken and forgotten.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#batch-update-products,
.../#batch-update-product-variations (REST v3: 100 rows a call, a bad row fails alone)
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from isthmus.canonical.quantity import PIECE
from isthmus.canonical.stock import StockLevel
from isthmus.connectors.woocommerce import wire_catalog as catalog
from isthmus.connectors.woocommerce.client import Client
from isthmus.connectors.woocommerce.failures import TooLarge, row_refusal
from isthmus.connectors.woocommerce.ids import level_id, level_ref, parts
from isthmus.connectors.woocommerce.products import ROUTE
from isthmus.connectors.woocommerce.rounds import PAGE
from isthmus.connectors.woocommerce.sites import PLACE
from isthmus.connectors.woocommerce.stock import Keepers
from isthmus.ports.errors import Contended, ContractBroken, Invalid, NotFound, Trouble, WireDrift
from isthmus.ports.sink import Key, Put, Receipt

TRACK = "switch on 'Track stock quantity for this product' in WooCommerce, under Inventory of the product"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure to write; `at` is its place in the batch."""

    at: int
    ref: str
    quantity: int
    base: Decimal | None
    sku: str


@dataclass(slots=True)
class LevelSink:
    """Levels that can be set; setting the same figure again changes nothing, so no look-up is needed."""

    client: Client
    keepers: Keepers = field(repr=False)
    batch: int = PAGE
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
            message = f"{len(puts)} levels in one batch; WooCommerce takes {self.batch}"
            raise ContractBroken(message)
        answers: dict[int, Receipt | Trouble] = {}
        rows: list[Row] = []
        for at, put in enumerate(puts):
            row = to_row(at, put)
            if isinstance(row, Row):
                rows.append(row)
            else:
                answers[at] = row
        if rows:
            answers |= await self._set(rows)
        return [answers[at] for at in range(len(puts))]

    async def _set(self, rows: list[Row]) -> dict[int, Receipt | Trouble]:
        there = await self.keepers.of({row.ref for row in rows})
        answers: dict[int, Receipt | Trouble] = {}
        parcels: defaultdict[int, list[Row]] = defaultdict(list)
        for row in rows:
            answer = judged(row, there.get(row.ref), same_pool(row, rows))
            if answer is None:
                product, variation = parts(row.ref) or (0, 0)
                parcels[product if variation else 0].append(row)
            else:
                answers[row.at] = answer
        written = False
        for product, parcel in parcels.items():
            try:
                answers |= await self._parcel(product, parcel)
                written = True
            except Trouble as trouble:
                if not written and len(parcels) == 1 and not answers:
                    raise
                answers |= {row.at: trouble for row in parcel}
        return answers

    async def _parcel(self, product: int, rows: list[Row]) -> dict[int, Receipt | Trouble]:
        """Write rows of one product (0: products themselves) in one call, in smaller ones where that is too much."""
        try:
            return await self._call(product, rows)
        except TooLarge:
            if len(rows) == 1:
                raise
            middle = len(rows) // 2
            return await self._parcel(product, rows[:middle]) | await self._parcel(product, rows[middle:])

    async def _call(self, product: int, rows: list[Row]) -> dict[int, Receipt | Trouble]:
        route = f"{ROUTE}/{product}/variations/batch" if product else f"{ROUTE}/batch"
        name = "variations.batch" if product else "products.batch"
        body = {"update": [to_update(row) for row in rows]}
        key = f"stock of {rows[0].ref} and {len(rows) - 1} more"
        answer = await self.client.send("POST", route, body, catalog.Batch, key=key, name=name, repeatable=True)
        told = answer.content.update
        if len(told) != len(rows):
            message = f"{len(rows)} rows were sent in a batch and {len(told)} were answered"
            raise WireDrift(message, path="$.update")
        return {row.at: self._answer(row, said) for row, said in zip(rows, told, strict=True)}

    def _answer(self, row: Row, said: catalog.Answered) -> Receipt | Trouble:
        if said.error is not None:
            return row_refusal(said.error, row.ref, self.client.secrets)
        if said.manage_stock is not True:
            return untracked(row, said.manage_stock)
        if said.stock_quantity != row.quantity:
            # A sale in this very moment, or a plugin that keeps stock of its own.
            return Contended(f"the shop has {said.stock_quantity} after {row.quantity} were set")
        return receipt(row)


def to_row(at: int, put: Put[StockLevel]) -> Row | Invalid:
    """Translate one put, or say why it cannot be sent: an unknown figure is never written as zero."""
    record, base = put.record, put.base
    ref = record.item_ref or level_ref(record.external_id)
    if parts(ref) is None or record.warehouse != PLACE:
        message = "the level does not name a product of WooCommerce and its one place"
        return Invalid(message, fields={"item_ref": ref, "warehouse": record.warehouse})
    figure = record.available
    if figure is None:
        return Invalid("no available quantity to publish", fields={"available": "absent"})
    if figure.unit != PIECE or figure.value != figure.value.to_integral_value():
        message = f"WooCommerce counts whole pieces, not {figure.value} {figure.unit}"
        return Invalid(message, fields={"available": f"{figure.value} {figure.unit}"})
    before = base.available.value if base and base.available is not None else None
    return Row(at, ref, int(figure.value), before, record.sku)


def judged(row: Row, there: catalog.Stocked | None, others: Sequence[Row]) -> Receipt | Trouble | None:
    """Return what is to be said of a row without writing it, None where it is to be written."""
    if there is None:
        return NotFound(f"the shop has no product {row.ref}, or it is in the trash")
    if there.manage_stock is not True:
        return untracked(row, there.manage_stock)
    shared = shared_by(row, there)
    if shared or any(other.quantity != row.quantity for other in others):
        return Invalid(
            f"product {row.ref} keeps one stock for {shared or 'several'} variations, which the ERP counts apart: "
            "let each variation keep its own in WooCommerce, under Variations of the product",
            fields={"manage_stock": "parent"},
        )
    if there.stock_quantity == row.quantity:
        return receipt(row)
    if row.base is not None and there.stock_quantity != row.base:
        return Contended("the figure in the shop has changed since it was read")
    return None


def shared_by(row: Row, there: catalog.Stocked) -> int:
    """Return how many variations a product's own stock is shared by, when it is more than the one that is meant."""
    own = bool(there.sku) and there.sku == row.sku
    return 0 if own or len(there.variations) < 2 else len(there.variations)  # noqa: PLR2004 - one shares with nobody


def same_pool(row: Row, rows: Sequence[Row]) -> list[Row]:
    """Return the other rows of a batch that are kept under the same id."""
    return [other for other in rows if other.ref == row.ref and other is not row]


def untracked(row: Row, said: object) -> Invalid:
    """Return why a figure is not taken: the record keeps no stock, or its product does."""
    if said == "parent":
        why = f"the stock of {row.ref} is kept by its product now: it is read anew with the next change of the product"
        return Invalid(why, fields={"manage_stock": "parent"})
    why = f"product {row.ref} keeps no stock, so it is always for sale: {TRACK}"
    return Invalid(why, fields={"manage_stock": "no"})


def to_update(row: Row) -> dict[str, Any]:
    """Return what is sent of a row: the figure alone, so that nothing else changes."""
    product, variation = parts(row.ref) or (0, 0)
    return {"id": variation or product, "stock_quantity": row.quantity}


def receipt(row: Row) -> Receipt:
    """Return the shop's yes to one row."""
    return Receipt(external_id=level_id(row.ref), number=row.sku, details={"available": row.quantity})
