"""What Vendure sends: only the fields we read.

Unknown fields are ignored, so that new ones break nothing.
To cite: for each type the page it is described on, with the version of the API.
Source: https://docs.vendure.io/reference/graphql-api/admin/
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec

#: A time without a zone could be anybody's: it is refused, not guessed.
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Id = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /account`: whose token this is and what it may do."""

    id: Id
    name: str
    version: str
    currency: str
    prices_include_tax: bool
    time_zone: str
    permissions: tuple[str, ...] = ()


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `GET /variants`. `price` is text with as many digits as it needs."""

    id: Id
    sku: str
    name: str
    barcode: str | None = None
    price: Decimal
    currency: str
    active: bool
    updated_at: Moment
    deleted_at: Moment | None = None


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """As much of a row as is needed to say which one cannot be understood."""

    id: Id
    sku: str = ""


class Variants(msgspec.Struct, frozen=True, kw_only=True):
    """One page of `GET /variants`; each row is read by itself, so that a bad one fails alone."""

    variants: tuple[msgspec.Raw, ...]
    next: str | None = None
