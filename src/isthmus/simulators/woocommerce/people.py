"""Customers (users of the site), API keys, webhooks and tax rates.

Sources: https://woocommerce.github.io/woocommerce-rest-api-docs/#customer-properties, #webhook-properties,
#tax-rate-properties (REST v3)
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from isthmus.simulators.woocommerce.meta import Meta
from isthmus.simulators.woocommerce.orders import BILLING, SHIPPING, Address


@dataclass(slots=True, kw_only=True)
class Customer:
    """Somebody with an account; guests have none and leave no record."""

    id: int
    email: str
    username: str
    created_at: datetime
    modified_at: datetime
    first_name: str = ""
    last_name: str = ""
    role: str = "customer"
    paying: bool = False
    billing: Address = field(default_factory=lambda: dict.fromkeys(BILLING, ""))
    shipping: Address = field(default_factory=lambda: dict.fromkeys(SHIPPING, ""))
    meta: Meta = field(default_factory=list[dict[str, Any]])


@dataclass(frozen=True, slots=True)
class Key:
    """Credentials: what they may do, and whether their user may do anything at all."""

    consumer_key: str
    consumer_secret: str
    permissions: str = "read_write"
    manager: bool = True


@dataclass(slots=True, kw_only=True)
class Webhook:
    """A wish to be told."""

    id: int
    name: str
    topic: str
    delivery_url: str
    secret: str
    created_at: datetime
    modified_at: datetime
    status: str = "active"
    failure_count: int = 0

    @property
    def resource(self) -> str:
        """Return what it is about."""
        return self.topic.split(".", 1)[0]

    @property
    def event(self) -> str:
        """Return what has to happen."""
        return self.topic.split(".", 1)[1]


@dataclass(frozen=True, slots=True)
class Rate:
    """One tax rate; an empty country is every country."""

    id: int
    country: str
    percent: Decimal
    name: str
    tax_class: str = "standard"
    shipping: bool = True
    priority: int = 1
    compound: bool = False
    state: str = ""

    @property
    def code(self) -> str:
        """Return the code orders carry."""
        parts = (self.country, self.state, self.name, str(self.priority))
        return "-".join(part for part in parts if part).upper()
