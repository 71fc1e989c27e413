"""Mutations on stock: all rows or none, guarded by comparison and by idempotency keys.

Sources: https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/inventorySetQuantities,
https://shopify.dev/docs/api/usage/idempotent-requests and the changelog entry "Adding idempotency for
inventory adjustments and refund mutations" (2026-04).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import get_directive_values

from isthmus.simulators.shopify import stock
from isthmus.simulators.shopify.call import Call, Fields, Info
from isthmus.simulators.shopify.catalog import InventoryLevel
from isthmus.simulators.shopify.idempotency import Attempt
from isthmus.simulators.shopify.paging import refuse
from isthmus.simulators.shopify.payloads import (
    ActivatePayload,
    AdjustmentGroup,
    InventoryChange,
    StockPayload,
    UserError,
)

MAX_ROWS = 250
MAX_QUANTITY = 1_000_000_000
REASONS = frozenset(
    (
        "correction", "cycle_count_available", "damaged", "movement_created",
        "movement_updated", "movement_received", "movement_canceled", "other",
        "promotion", "quality_control", "received", "reservation_created",
        "reservation_deleted", "reservation_updated", "restock", "safety_stock",
        "shrinkage",
    )
)  # fmt: skip
SETTABLE = ("available", "on_hand")
ADJUSTABLE = ("available", "damaged", "incoming", "quality_control", "reserved", "safety_stock")
_MESSAGES = {
    "INVALID_INVENTORY_ITEM": "The specified inventory item could not be found.",
    "INVALID_LOCATION": "The specified location could not be found.",
    "ITEM_NOT_STOCKED_AT_LOCATION": "The specified inventory item is not stocked at the location.",
    "INVALID_QUANTITY_NEGATIVE": "The quantity can't be negative.",
    "INVALID_QUANTITY_TOO_HIGH": "The total quantity can't be higher than 1,000,000,000.",
    "INVALID_QUANTITY_TOO_LOW": "The total quantity can't be lower than -1,000,000,000.",
    "CHANGE_FROM_QUANTITY_STALE": "The changeFromQuantity value does not match persisted value.",
    "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR": (
        "The combination of inventoryItemId and locationId must be unique."
    ),
    "INVALID_REASON": "The specified reason is invalid.",
    "INVALID_REFERENCE_DOCUMENT": "The specified reference document is invalid.",
}


@dataclass(frozen=True, slots=True)
class _Write:
    """One way to write quantities, and how its input is shaped."""

    mutation: str
    rows: str  # name of the input list
    row_type: str
    names: tuple[str, ...]
    wrong_name: tuple[str, str]
    #: what a row changes the named quantity by
    delta: Callable[[Mapping[str, Any], int], int]
    unique_rows: bool


_SET = _Write(
    "inventorySetQuantities",
    "quantities",
    "InventoryQuantityInput",
    SETTABLE,
    ("INVALID_NAME", "The quantity name must be either 'available' or 'on_hand'."),
    lambda row, now: row["quantity"] - now,
    unique_rows=True,
)
_ADJUST = _Write(
    "inventoryAdjustQuantities",
    "changes",
    "InventoryChangeInput",
    ADJUSTABLE,
    ("INVALID_QUANTITY_NAME", "The specified quantity name is invalid."),
    lambda row, _now: row["delta"],
    unique_rows=False,
)


def _resolve(write: _Write) -> Callable[..., StockPayload]:
    def resolve(_root: Any, info: Info, input: dict[str, Any]) -> StockPayload:  # noqa: A002 - the API's name
        call = info.context
        rows = input[write.rows]
        if len(rows) > MAX_ROWS:
            message = f"The input array size of {len(rows)} is greater than the maximum allowed of {MAX_ROWS}."
            raise refuse(message, "MAX_INPUT_SIZE_EXCEEDED")
        if call.strict_writes and any("changeFromQuantity" not in row for row in rows):
            message = f"{write.row_type} must include the following argument: changeFromQuantity."
            raise refuse(message, "INVALID_FIELD_ARGUMENTS")
        return _once(info, write.mutation, input, _refused_stock, lambda: _perform(call, write, input))

    return resolve


def _refused_stock(error: UserError) -> StockPayload:
    return StockPayload(None, [error])


def _once(
    info: Info,
    mutation: str,
    parameters: Mapping[str, Any],
    refused: Callable[[UserError], Any],
    act: Callable[[], Any],
) -> Any:
    """Do it unless this key has been seen, in which case answer as before. Raises for a missing key."""
    call = info.context
    key = _key(info)
    if key is None:
        if call.strict_writes:
            message = "The @idempotent directive is required for this mutation but was not provided."
            raise refuse(message)
        return act()
    earlier = call.attempts.earlier(mutation, key, parameters)
    if isinstance(earlier, Attempt):
        return earlier.result
    if earlier is not None:
        code, message = earlier
        return refused(UserError(None, message, code))
    result = act()
    call.attempts.keep(mutation, key, parameters, result, failed=bool(result.user_errors))
    return result


def _key(info: Info) -> str | None:
    directive = info.schema.get_directive("idempotent")
    values = get_directive_values(directive, info.field_nodes[0], info.variable_values) if directive else None
    if values is None:
        return None
    if not values["key"].strip():
        message = "The idempotency key can't be blank."
        raise refuse(message)
    return values["key"]


def _perform(call: Call, write: _Write, wish: dict[str, Any]) -> StockPayload:
    errors = _wrong_head(write, wish)
    seen: set[tuple[str, str]] = set()
    for index, row in enumerate(wish[write.rows]):
        errors += _wrong_row(call, write, wish["name"], index, row, repeated=write.unique_rows and _pair(row) in seen)
        seen.add(_pair(row))
    if errors:
        return StockPayload(None, errors)
    changes: list[InventoryChange] = []
    for row in wish[write.rows]:
        level = call.shop.items[row["inventoryItemId"]].levels[row["locationId"]]
        changes += _apply(call, level, wish["name"], write.delta(row, getattr(level, wish["name"])))
    if not changes:
        return StockPayload(None)
    group = AdjustmentGroup(
        call.shop.gid("InventoryAdjustmentGroup"),
        wish["reason"],
        wish.get("referenceDocumentUri"),
        call.shop.now(),
        changes,
    )
    return StockPayload(group)


def _wrong_head(write: _Write, wish: Mapping[str, Any]) -> list[UserError]:
    errors: list[UserError] = []
    if wish["name"] not in write.names:
        errors.append(UserError(["input", "name"], write.wrong_name[1], write.wrong_name[0]))
    if wish["reason"] not in REASONS:
        errors.append(_error("INVALID_REASON", "reason"))
    document = wish.get("referenceDocumentUri")
    if document is not None and "://" not in document:
        errors.append(_error("INVALID_REFERENCE_DOCUMENT", "referenceDocumentUri"))
    return errors


def _wrong_row(
    call: Call, write: _Write, name: str, index: int, row: Mapping[str, Any], *, repeated: bool
) -> list[UserError]:
    at = (write.rows, str(index))
    if call.shop.find(row["inventoryItemId"], "InventoryItem") is None:
        return [_error("INVALID_INVENTORY_ITEM", *at, "inventoryItemId")]
    if call.shop.find(row["locationId"], "Location") is None:
        return [_error("INVALID_LOCATION", *at, "locationId")]
    level = _level(call, row)
    if level is None:
        return [_error("ITEM_NOT_STOCKED_AT_LOCATION", *at, "locationId")]
    if repeated:
        return [_error("NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", *at)]
    if name not in write.names:
        return []
    now = getattr(level, name)
    after = now + write.delta(row, now)
    value = "quantity" if "quantity" in row else "delta"
    if after < 0 and write is _SET:
        return [_error("INVALID_QUANTITY_NEGATIVE", *at, value)]
    if abs(after) > MAX_QUANTITY:
        return [_error("INVALID_QUANTITY_TOO_HIGH" if after > 0 else "INVALID_QUANTITY_TOO_LOW", *at, value)]
    expected = row.get("changeFromQuantity")
    if expected is not None and expected != now:
        return [_error("CHANGE_FROM_QUANTITY_STALE", *at, "changeFromQuantity")]
    return []


def _apply(call: Call, level: InventoryLevel, name: str, delta: int) -> list[InventoryChange]:
    """Change one quantity; what an untracked item is told is accepted and forgotten, as live shops do."""
    if not delta or not level.item.tracked:
        return []
    # Physical stock that turns up or goes missing is stock that can or cannot be sold.
    target = "available" if name == "on_hand" else name
    setattr(level, target, getattr(level, target) + delta)
    stock.touch_item(call.shop, level)
    names = (target,) if target == "incoming" else (target, "on_hand")
    return [InventoryChange(one, delta, getattr(level, one), level.item, level.location) for one in names]


def _level(call: Call, row: Mapping[str, Any]) -> InventoryLevel | None:
    item = call.shop.items.get(row["inventoryItemId"])
    return item.levels.get(row["locationId"]) if item else None


def _pair(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["inventoryItemId"], row["locationId"]


def _error(code: str, *at: str) -> UserError:
    return UserError(["input", *at], _MESSAGES[code], code)


def _activate(_root: Any, info: Info, **wish: Any) -> ActivatePayload:
    def refused(error: UserError) -> ActivatePayload:
        return ActivatePayload(None, [UserError(None, error.message)])

    return _once(info, "inventoryActivate", wish, refused, lambda: _stock_at(info.context, wish))


def _stock_at(call: Call, wish: Mapping[str, Any]) -> ActivatePayload:
    item = call.shop.items.get(wish["inventoryItemId"])
    place = call.shop.locations.get(wish["locationId"])
    if item is None:
        return ActivatePayload(None, [UserError(["inventoryItemId"], _MESSAGES["INVALID_INVENTORY_ITEM"])])
    if place is None:
        return ActivatePayload(None, [UserError(["locationId"], _MESSAGES["INVALID_LOCATION"])])
    quantity = wish.get("available", wish.get("onHand"))
    if place.id in item.levels and quantity is not None:
        message = "Not allowed to set available quantity when the item is already active at the location."
        return ActivatePayload(None, [UserError(["available"], message)])
    known = place.id in item.levels
    level = stock.stocked(call.shop, item, place, quantity or 0)
    if not known:
        stock.touch_item(call.shop, level)
    return ActivatePayload(level)


TABLE: Fields = {
    "inventorySetQuantities": _resolve(_SET),
    "inventoryAdjustQuantities": _resolve(_ADJUST),
    "inventoryActivate": _activate,
}
