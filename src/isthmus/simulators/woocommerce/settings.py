"""What can be turned on a simulated shop, by argument or by environment (`ISTHMUS_SIM_WOOCOMMERCE_<NAME>`)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, cast
from zoneinfo import ZoneInfo

_PREFIX = "ISTHMUS_SIM_WOOCOMMERCE_"
_SPOKEN = {"yes": True, "1": True, "true": True, "no": False, "0": False, "false": False}


@dataclass(frozen=True, slots=True)
class Settings:
    """How one shop is set up, and how its host behaves."""

    version: str = "11.0.1"
    wordpress: str = "7.0.2"
    #: messages of errors are in it; their codes are not
    language: str = "en_US"
    #: `is_ssl()`: whether WordPress believes the request came by https. Off, keys in the open are not even looked at,
    #: and only OAuth 1.0a gets in; a request with `X-Forwarded-Proto: https` is secure all the same.
    secure: bool = True
    time_zone: str = "Europe/Berlin"
    currency: str = "EUR"
    #: where the store is, in the general settings
    city: str = "Berlin"
    decimals: int = 2
    prices_include_tax: bool = True
    taxes: bool = True
    #: the global switch "Enable stock management"
    stock_management: bool = True
    #: whether a sale moves the date of the product and is told as a change of it; 9.2.5 does both
    sales_touch_products: bool = False
    #: where orders live: in tables of their own (HPOS), or among the posts
    hpos: bool = True
    pretty_permalinks: bool = True
    #: the feature "Order fulfillments" and the extension Shipment Tracking
    fulfillments: bool = False
    shipment_tracking: bool = False
    #: what a numbering plugin puts before the id
    number_prefix: str = ""
    #: seen on real shops: a list of orders without any bound on dates comes back empty
    undated_orders_empty: bool = False
    #: WordPress delivers to ports 80, 443 and 8080 only; off, because receivers on this machine have others
    usual_ports_only: bool = False
    #: how long WP-Cron takes to look for what is due
    cron_s: float = 0.2
    webhook_answer_s: float = 60.0
    #: time over which the webhooks of the seeded orders are spread
    announce_s: float = 20.0

    @property
    def zone(self) -> ZoneInfo:
        """Return the site's time zone."""
        return ZoneInfo(self.time_zone)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Return the usual settings with what the environment changes. Raises `ValueError`."""
        changed: dict[str, Any] = {}
        for one in fields(cls):
            text = environment.get(_PREFIX + one.name.upper())
            if text:
                changed[one.name] = _read(one.name, text, cast("object", one.default))
        return cls(**changed)


def _read(name: str, text: str, usual: object) -> Any:
    if not isinstance(usual, bool):
        return float(text) if isinstance(usual, float) else int(text) if isinstance(usual, int) else text
    if text.lower() not in _SPOKEN:
        message = f"{_PREFIX}{name.upper()} must be yes or no"
        raise ValueError(message)
    return _SPOKEN[text.lower()]
