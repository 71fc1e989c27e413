"""What WooCommerce and WordPress say of the shop itself, as far as we read it.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#system-status, .../#settings, .../#webhooks (REST v3);
https://developer.wordpress.org/rest-api/extending-the-rest-api/routes-and-endpoints/ (the index)
"""

from typing import Any

import msgspec

from isthmus.connectors.woocommerce.wire import Meta, Row, Wire


class Index(Wire, frozen=True, kw_only=True):
    """The index of the REST API, open to everybody."""

    name: str = ""
    timezone_string: str | None = ""
    gmt_offset: Any = 0


class Option(Wire, frozen=True, kw_only=True):
    """One setting of a group."""

    id: str
    value: Any = None


class Environment(Wire, frozen=True, kw_only=True):
    """`environment` of the system status."""

    version: str = ""
    wp_version: str = ""


class StatusSettings(Wire, frozen=True, kw_only=True):
    """`settings` of the system status; both are there since 7.x (unconfirmed since when)."""

    hpos: bool | None = msgspec.field(default=None, name="HPOS_enabled")
    synced: bool | None = msgspec.field(default=None, name="HPOS_sync_enabled")


class Status(Wire, frozen=True, kw_only=True):
    """The system status: for administrators and shop managers."""

    environment: Environment = Environment()
    settings: StatusSettings = StatusSettings()


class Webhook(Row, frozen=True, kw_only=True):
    """A webhook; its secret is never told."""

    name: str = ""
    topic: str = ""
    status: str = ""
    delivery_url: str = ""


class Person(Row, frozen=True, kw_only=True):
    """A customer of whom only the id matters."""


class Fields(Row, frozen=True, kw_only=True):
    """A customer, or a line of an order, of whom only the fields of plugins matter."""

    meta_data: tuple[Meta, ...] = ()


class Sample(Fields, frozen=True, kw_only=True):
    """An order, looked at for which fields there are."""

    customer_id: int = 0
    line_items: tuple[Fields, ...] = ()
    fee_lines: tuple[Fields, ...] = ()
