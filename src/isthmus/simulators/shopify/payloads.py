"""What mutations answer with."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from isthmus.simulators.shopify.catalog import InventoryItem, InventoryLevel, Location


@dataclass(frozen=True, slots=True)
class UserError:
    """A complaint about the input; HTTP stays 200 and nothing was saved."""

    field: list[str] | None
    message: str
    code: str | None = None
    element_index: int | None = None


@dataclass(frozen=True, slots=True)
class InventoryChange:
    """One quantity that moved."""

    name: str
    delta: int
    quantity_after_change: int
    item: InventoryItem
    location: Location
    ledger_document_uri: str | None = None


@dataclass(frozen=True, slots=True)
class AdjustmentGroup:
    """The quantities that moved together."""

    TYPENAME: ClassVar[str] = "InventoryAdjustmentGroup"

    id: str
    reason: str
    reference_document_uri: str | None
    created_at: datetime
    changes: list[InventoryChange]


@dataclass(frozen=True, slots=True)
class StockPayload:
    """The answer to setting and adjusting quantities."""

    inventory_adjustment_group: AdjustmentGroup | None
    user_errors: list[UserError] = field(default_factory=list[UserError])


@dataclass(frozen=True, slots=True)
class ActivatePayload:
    """The answer to stocking an item somewhere."""

    inventory_level: InventoryLevel | None
    user_errors: list[UserError] = field(default_factory=list[UserError])


@dataclass(frozen=True, slots=True)
class RecordPayload:
    """The answer to a change of one record, under each name the API has for it."""

    record: Any
    user_errors: list[UserError] = field(default_factory=list[UserError])

    @property
    def node(self) -> Any:
        """Return the record as tag mutations name it."""
        return self.record

    @property
    def order(self) -> Any:
        """Return the record as order mutations name it."""
        return self.record

    @property
    def metafields(self) -> Any:
        """Return the records as `metafieldsSet` names them."""
        return self.record

    @property
    def created_definition(self) -> Any:
        """Return the record as `metafieldDefinitionCreate` names it."""
        return self.record

    @property
    def webhook_subscription(self) -> Any:
        """Return the record as webhook mutations name it."""
        return self.record

    @property
    def deleted_webhook_subscription_id(self) -> Any:
        """Return the id as `webhookSubscriptionDelete` names it."""
        return self.record
