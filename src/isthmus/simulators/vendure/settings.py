"""What can be turned on a simulated shop, by argument or by environment (`ISTHMUS_SIM_VENDURE_<NAME>`)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, cast

_PREFIX = "ISTHMUS_SIM_VENDURE_"
_SPOKEN = {"yes": True, "1": True, "true": True, "no": False, "0": False, "false": False}
#: the year a session lives when nobody configures it
YEAR_S = 365 * 24 * 3600.0


#: what may have custom fields here, and of which types
ENTITIES = ("Order", "OrderLine", "ProductVariant", "Fulfillment", "Customer", "Product")
TYPES = ("string", "text", "int", "float", "boolean", "datetime")


@dataclass(frozen=True, slots=True)
class CustomField:
    """One custom field as a shop's config declares it."""

    entity: str  # one of `ENTITIES`
    name: str
    type: str = "string"  # one of `TYPES`
    unique: bool = False
    readonly: bool = False


#: what the page of set-up asks the shop to declare
DECLARED = (
    CustomField("Order", "erpRef"),
    CustomField("OrderLine", "erpLine"),
    CustomField("ProductVariant", "erpRef", unique=True),
    CustomField("Fulfillment", "erpRef"),
    CustomField("Customer", "erpRef"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """How one shop is set up."""

    #: `tokenMethod`: `bearer`, `cookie` (Vendure's default) or `both`
    token_method: str = "both"  # noqa: S105 - the name of a way, no secret
    #: `sessionDuration`, begun anew by use
    session_s: float = YEAR_S
    #: the answer header that carries the token (`authTokenHeaderKey`)
    token_header: str = "vendure-auth-token"  # noqa: S105 - likewise
    #: whether `__schema` and `__type` are answered; production shops often switch it off
    introspection: bool = True
    prices_include_tax: bool = True
    #: what a channel asks for besides EUR
    currencies: tuple[str, ...] = ("EUR", "JPY", "USD")
    #: `adminListQueryLimit`
    list_limit: int = 1000
    #: what the body parser takes
    body_bytes: int = 102400
    #: SQLite keeps `createdAt` and `updatedAt` in whole seconds, PostgreSQL does not
    whole_seconds: bool = False
    #: SQLite or PostgreSQL: they word a broken unique index differently
    postgres: bool = True
    #: the event plugin's job queue: its name, how often it looks, how many jobs at a time, how often it tries again
    #: and when
    queue: str = "isthmus-webhook"
    poll_s: float = 0.2
    concurrency: int = 5
    retries: int = 20
    retry_s: float = 1.0
    webhook_answer_s: float = 10.0
    #: time over which the webhooks of the seeded orders are spread
    announce_s: float = 20.0
    custom_fields: tuple[CustomField, ...] = field(default=DECLARED)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Return the usual settings with what the environment changes. Raises `ValueError`."""
        changed: dict[str, Any] = {}
        for one in fields(cls):
            text = environment.get(_PREFIX + one.name.upper())
            if text and one.name == "custom_fields":
                changed[one.name] = (*DECLARED, *declared(text))
            elif text and isinstance(one.default, str | int | float):
                changed[one.name] = _read(one.name, text, cast("object", one.default))
        return cls(**changed)


def declared(text: str) -> tuple[CustomField, ...]:
    """Read fields a shop declares besides, such as `Order.giftNote:text, OrderLine.engraving`. Raises `ValueError`."""
    found: list[CustomField] = []
    for each in filter(None, (part.strip() for part in text.split(","))):
        where, _, kind = each.partition(":")
        entity, _, name = where.partition(".")
        if entity not in ENTITIES or not name.isidentifier() or (kind or "string") not in TYPES:
            message = f"{_PREFIX}CUSTOM_FIELDS: {each!r} is not of the form 'Order.giftNote:text'"
            raise ValueError(message)
        found.append(CustomField(entity, name, kind or "string"))
    return tuple(found)


def _read(name: str, text: str, usual: object) -> Any:
    if not isinstance(usual, bool):
        return float(text) if isinstance(usual, float) else int(text) if isinstance(usual, int) else text
    if text.lower() not in _SPOKEN:
        message = f"{_PREFIX}{name.upper()} must be yes or no"
        raise ValueError(message)
    return _SPOKEN[text.lower()]
