"""People and companies, and where they live. (R-REC-15..20)"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import blake2b
from typing import Any

import msgspec

from isthmus.canonical.money import Money
from isthmus.canonical.record import Part, Record


class AddressRole(StrEnum):
    """What an address is for."""

    BILLING = "billing"
    SHIPPING = "shipping"


class Address(Part):
    """A postal address; `country` is ISO 3166-1 alpha-2, `region` the country's own code."""

    role: AddressRole = AddressRole.BILLING
    name: str = ""
    company: str = ""
    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    phone: str = ""

    def __post_init__(self) -> None:
        """Refuse a country that is no code. Raises `ValueError`."""
        if self.country and not (len(self.country) == 2 and self.country.isalpha() and self.country.isupper()):  # noqa: PLR2004 - alpha-2
            message = f"not an ISO 3166-1 alpha-2 country code: {self.country!r}"
            raise ValueError(message)

    def fingerprint(self) -> str:
        """Return a key that ignores case, spacing and the role: the same place twice is one place."""
        said = (
            self.name,
            self.company,
            *self.lines,
            self.city,
            self.region,
            self.postal_code,
            self.country,
            self.phone,
        )
        plain = "\x1f".join(" ".join(part.split()).casefold() for part in said if part.strip())
        return blake2b(plain.encode(), digest_size=8).hexdigest()


class TaxExemption(Part):
    """Why no tax is charged."""

    status: str
    certificate_number: str = ""
    jurisdiction: str = ""
    valid_to: date | None = None
    file_ref: str = ""


class Company(Part):
    """The business behind a B2B customer."""

    name: str
    external_id: str = ""
    tax_id: str = ""
    contacts: tuple[str, ...] = ()
    price_list: str = ""
    payment_terms: str = ""
    credit_terms: str = ""
    assortments: tuple[str, ...] = ()
    approval_limits: Mapping[str, Any] = msgspec.field(default_factory=dict[str, Any])


class Customer(Record):
    """Someone who buys. `email` is a hint for matching, never a key."""

    name: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""
    group: str = ""
    is_guest: bool = False
    consent: Mapping[str, bool] = msgspec.field(default_factory=dict[str, bool])
    company: Company | None = None
    exemption: TaxExemption | None = None
    addresses: tuple[Address, ...] = ()
    note: str = ""


class CustomerSummary(Record):
    """Purchase history across channels; read-only."""

    order_count: int = 0
    bought: tuple[Money, ...] = ()  # one amount per currency
    last_order_on: date | None = None


class AccountStatus(Record):
    """What a customer owes and may still owe, as of a moment."""

    as_of: datetime
    credit_limit: Money | None = None
    balance: Money | None = None
    overdue: Money | None = None
    available_credit: Money | None = None
    blocked: bool = False
    terms: str = ""
    discount_rate: Decimal | None = None
