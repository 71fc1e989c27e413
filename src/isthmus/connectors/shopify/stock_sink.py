"""Stock figures, written to Shopify as `available`.

An absolute figure, guarded by the figure we last saw (`changeFromQuantity`), so a sale in between is
never overwritten. One bad row makes Shopify refuse the whole call: rows it names are answered alone
and the others are sent again.

Source: https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/inventorySetQuantities,
https://shopify.dev/docs/api/usage/idempotent-requests
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from typing import Any
from uuid import uuid4

import msgspec

from isthmus.canonical.quantity import PIECE
from isthmus.canonical.stock import StockLevel
from isthmus.connectors.shopify import operations as ask
from isthmus.connectors.shopify import wire
from isthmus.connectors.shopify import wire_catalog as catalog
from isthmus.connectors.shopify.client import Client
from isthmus.connectors.shopify.ids import gid, level_id, level_parts
from isthmus.ports.errors import Contended, ContractBroken, Invalid, NotFound, Trouble, Unreachable
from isthmus.ports.sink import Key, Put, Receipt

NOT_STOCKED = "ITEM_NOT_STOCKED_AT_LOCATION"
#: Where an earlier request with the same key stands in the way, a new key may be used.
_NEW_KEY = frozenset({"IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"})
_STALE = frozenset({"CHANGE_FROM_QUANTITY_STALE", "COMPARE_QUANTITY_STALE"})
_MISSING = frozenset({"INVALID_INVENTORY_ITEM", "INVALID_LOCATION"})
#: How often one batch is sent again without the rows Shopify named; the rest waits for the next batch.
ROUNDS = 12


class Row(msgspec.Struct, frozen=True):
    """One figure to write; `at` is its place in the batch, `news` what tells this intent from an equal one."""

    at: int
    item: str
    location: str
    quantity: int
    base: int | None
    news: tuple[str, ...]

    @property
    def pair(self) -> tuple[str, str]:
        """Return the level's key; a call may hold each only once."""
        return self.item, self.location


@dataclass(slots=True)
class LevelSink:
    """Levels that can be set; setting the same figure again changes nothing, so no look-up is needed."""

    client: Client
    batch: int = 250
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
            message = f"{len(puts)} levels in one batch; Shopify takes {self.batch}"
            raise ContractBroken(message)
        answers: dict[int, Receipt | Trouble] = {}
        rows: list[Row] = []
        for at, put in enumerate(puts):
            row = to_row(at, put)
            if isinstance(row, Row):
                rows.append(row)
            else:
                answers[at] = row
        await Batch(self.client, puts, answers).send(rows)
        return [answers[at] for at in range(len(puts))]


@dataclass(slots=True)
class Batch:
    """One `put_many` on its way: rows leave it as answers."""

    client: Client
    puts: Sequence[Put[StockLevel]]
    answers: dict[int, Receipt | Trouble]
    activated: frozenset[tuple[str, str]] = frozenset()
    salt: int = 0

    async def send(self, rows: list[Row]) -> None:
        """Answer every row. Raises what concerns the connection, as long as no row was sent with success."""
        for _ in range(ROUNDS):
            if not rows:
                return
            now, later = once_each(rows)
            try:
                rows = [*await self._round(now), *later]
            except Trouble as trouble:
                if not any(isinstance(answer, Receipt) for answer in self.answers.values()):
                    raise
                self.answers |= {row.at: trouble for row in rows}
                return
        left = Unreachable("not sent: too many rows of this batch were refused one by one")
        self.answers |= {row.at: left for row in rows}

    async def _round(self, rows: list[Row]) -> list[Row]:
        """Send rows once, answer those that are settled and return those to send again."""
        key = intent_key(rows, self.salt)
        answer = await self.client.mutate(
            ask.SET_QUANTITIES, to_variables(rows, key), catalog.SetAnswer, key=key, repeatable=True
        )
        errors = answer.content.inventory_set_quantities.user_errors
        if not errors:
            self.answers |= {row.at: to_receipt(row, self.puts[row.at].record) for row in rows}
            return []
        codes = {error.code for error in errors}
        if codes & _NEW_KEY:
            self.salt += 1
            return rows
        if "IDEMPOTENCY_CONCURRENT_REQUEST" in codes:
            message = "the same write is still running at Shopify; its outcome has to be read"
            raise Contended(message)
        named = {at: error for error in errors if (at := row_index(error)) is not None and at < len(rows)}
        if not named:
            message = f"Shopify refuses the whole batch: {said(errors[0])}"
            raise ContractBroken(message)
        again = [row for at, row in enumerate(rows) if at not in named]
        for at, error in named.items():
            if await self._settle(rows[at], error):
                again.append(rows[at])
        return sorted(again, key=lambda row: row.at)

    async def _settle(self, row: Row, error: wire.UserError) -> bool:
        """Answer a refused row, or make it possible; True to send it again."""
        if error.code != NOT_STOCKED or row.pair in self.activated:
            self.answers[row.at] = refusal(error)
            return False
        self.activated |= {row.pair}
        try:
            refused = await self._activate(row)
        except Trouble as trouble:
            self.answers[row.at] = trouble
            return False
        if refused:
            self.answers[row.at] = Invalid(
                f"Shopify does not stock this item at the location: {said(refused[0])}",
                fields={"warehouse": refused[0].message},
            )
        return not refused

    async def _activate(self, row: Row) -> Sequence[wire.UserError]:
        key = intent_key([row], self.salt, "activate")
        variables = {"item": gid("InventoryItem", row.item), "location": gid("Location", row.location), "key": key}
        answer = await self.client.mutate(ask.ACTIVATE, variables, catalog.ActivateAnswer, key=key, repeatable=True)
        return answer.content.inventory_activate.user_errors


def to_row(at: int, put: Put[StockLevel]) -> Row | Invalid:
    """Translate one put, or say why it cannot be sent: an unknown figure is never written as zero."""
    record = put.record
    item, location = record.item_ref or level_parts(record.external_id)[0], record.warehouse
    if not (item.isdigit() and location.isdigit()):
        message = "the level does not name a Shopify inventory item and location"
        return Invalid(message, fields={"item_ref": item, "warehouse": location})
    figure = record.available
    if figure is None:
        return Invalid("no available quantity to publish", fields={"available": "absent"})
    if figure.unit != PIECE or figure.value != figure.value.to_integral_value():
        message = f"Shopify counts whole pieces, not {figure.value} {figure.unit}"
        return Invalid(message, fields={"available": f"{figure.value} {figure.unit}"})
    base = put.base
    return Row(
        at=at,
        item=item,
        location=location,
        quantity=int(figure.value),
        base=int(base.available.value) if base and base.available is not None else None,
        news=(put.key.unique, *marks(record), *(marks(base) if base else ())),
    )


def marks(record: StockLevel) -> tuple[str, ...]:
    """Return what tells this reading of a level from another one that says the same."""
    times = (record.changed_at, record.read_at)
    return tuple(said for said in (record.revision, *(time.isoformat() for time in times if time)) if said)


def once_each(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Return the first row of each level, and the rest for a later call."""
    first: dict[tuple[str, str], Row] = {}
    later = [row for row in rows if first.setdefault(row.pair, row) is not row]
    return list(first.values()), later


def intent_key(rows: Sequence[Row], salt: int, purpose: str = "set") -> str:
    """Return the key under which Shopify does this once, the same for the same rows.

    An answer is remembered for a day. The figure alone must not be the key: 5, then 0, then 5 again
    would be answered from memory and never done. So the readings behind the figures are part of it,
    and where there are none, each call is its own.
    """
    told = [row for row in rows if len(row.news) > 1]
    body = msgspec.json.encode([purpose, salt, rows, "" if len(told) == len(rows) else uuid4().hex])
    return blake2b(body, digest_size=16).hexdigest()


def to_variables(rows: Sequence[Row], key: str) -> dict[str, Any]:
    """Return the variables of `SET_QUANTITIES`; `changeFromQuantity` must be there even when null."""
    return {
        "key": key,
        "input": {
            "name": "available",
            "reason": "correction",
            "referenceDocumentUri": f"gid://isthmus/StockSync/{key}",
            "quantities": [
                {
                    "inventoryItemId": gid("InventoryItem", row.item),
                    "locationId": gid("Location", row.location),
                    "quantity": row.quantity,
                    "changeFromQuantity": row.base,
                }
                for row in rows
            ],
        },
    }


def to_receipt(row: Row, record: StockLevel) -> Receipt:
    """Return Shopify's yes to one row."""
    return Receipt(external_id=level_id(row.item, row.location), number=record.sku, details={"available": row.quantity})


def row_index(error: wire.UserError) -> int | None:
    """Return which row an error names: `["input","quantities","3","changeFromQuantity"]` is row 3."""
    path = error.field or ()
    for before, part in pairwise(path):
        if before == "quantities" and part.isdigit():
            return int(part)
    return None


def refusal(error: wire.UserError) -> Trouble:
    """Return our error for a refused row."""
    if error.code in _STALE:
        return Contended("the figure in Shopify has changed since it was read")
    if error.code in _MISSING:
        return NotFound(f"Shopify has no such inventory item or location: {said(error)}")
    return Invalid(f"Shopify refuses this figure: {said(error)}", fields={(error.field or ("",))[-1]: error.message})


def said(error: wire.UserError) -> str:
    """Return Shopify's own words, with its code."""
    return f"{error.message} ({error.code})" if error.code else error.message
