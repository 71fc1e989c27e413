"""What WooCommerce sends, as far as we read it; anything else in an answer is ignored.

Amounts are text with the decimals that were asked for (`dp`); `*_gmt` times have whole seconds and no zone.
Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#request-response-format (REST v3)
"""

from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import msgspec

#: A `*_gmt` time: UTC, though nothing says so.
Stamp = Annotated[datetime, msgspec.Meta(tz=False)]
W = TypeVar("W", bound="Row")


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an answer; unknown fields are skipped."""


class Row(Wire, frozen=True, kw_only=True):
    """Anything that is listed."""

    id: int


class Meta(Wire, frozen=True, kw_only=True):
    """One entry of `meta_data`: what plugins and checkouts add; `value` is any JSON."""

    key: str
    value: Any = None
    display_key: Any = None
    display_value: Any = None


class Problem(Wire, frozen=True, kw_only=True):
    """The body of a refusal, and `error` of one row of a batch; `data` is an object, or a bare status."""

    code: str = ""
    message: str = ""
    data: Any = None


def utc(stamp: datetime) -> datetime:
    """Return a `*_gmt` time as what it is."""
    return stamp.replace(tzinfo=UTC)


def written(moment: datetime) -> str:
    """Return a time as filters take it beside `dates_are_gmt=true`: UTC, whole seconds, no zone."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
