"""Who buys: addresses, customers, companies with their locations and contacts.

Source: https://shopify.dev/docs/api/admin-graphql/2026-07/objects/Customer (and Company)
"""

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import ClassVar

from isthmus.simulators.shopify.money import MoneyV2

COUNTRIES = {"DE": "Germany", "FR": "France", "ES": "Spain", "NL": "Netherlands", "AT": "Austria", "JP": "Japan"}


@dataclass(slots=True)
class Address:
    """Where something is sent or billed to."""

    TYPENAME: ClassVar[str] = "MailingAddress"

    id: str
    first_name: str | None
    last_name: str | None
    address1: str | None
    city: str | None
    zip: str | None
    country_code_v2: str | None
    address2: str | None = None
    company: str | None = None
    phone: str | None = None
    province: str | None = None
    province_code: str | None = None
    coordinates_validated: bool = False
    latitude: None = None
    longitude: None = None

    @property
    def name(self) -> str:
        """Return first and last name together."""
        return " ".join(part for part in (self.first_name, self.last_name) if part)

    @property
    def country(self) -> str | None:
        """Return the country in English."""
        return COUNTRIES.get(self.country_code_v2 or "", self.country_code_v2)

    @property
    def formatted_area(self) -> str:
        """Return city and country in one line."""
        return ", ".join(part for part in (self.city, self.country) if part)

    def formatted(self, *, with_company: bool = True, with_name: bool = False) -> list[str]:
        """Return the lines of a label."""
        lines = [self.name if with_name else None, self.company if with_company else None]
        lines += [self.address1, self.address2, f"{self.zip} {self.city}", self.country]
        return [line for line in lines if line]

    def same_place(self, other: "Address") -> bool:
        """Say whether both are the same but for their id."""
        return all(getattr(self, f.name) == getattr(other, f.name) for f in fields(self) if f.name != "id")


@dataclass(slots=True)
class LocationAddress:
    """Where a location of the shop is."""

    address1: str
    city: str
    zip: str
    country: str
    country_code: str
    address2: str | None = None
    phone: str | None = None
    province: str | None = None
    province_code: str | None = None

    @property
    def formatted(self) -> list[str]:
        """Return the lines of a label."""
        return [self.address1, f"{self.zip} {self.city}", self.country]


@dataclass(slots=True)
class EmailAddress:
    """A customer's address for messages."""

    email_address: str
    valid_format: bool = True


@dataclass(slots=True)
class PhoneNumber:
    """A customer's number."""

    phone_number: str


@dataclass(slots=True)
class Customer:
    """A buyer the shop knows."""

    TYPENAME: ClassVar[str] = "Customer"

    id: str
    legacy_resource_id: int
    first_name: str
    last_name: str
    email: str | None
    phone: str | None
    created_at: datetime
    updated_at: datetime
    amount_spent: MoneyV2
    addresses_v2: list[Address] = field(default_factory=list[Address])
    note: str | None = None
    tags: list[str] = field(default_factory=list[str])
    tax_exempt: bool = False
    tax_exemptions: list[str] = field(default_factory=list[str])
    locale: str = "en"
    state: str = "ENABLED"
    verified_email: bool = True
    number_of_orders: int = 0
    company_contact_profiles: "list[Contact]" = field(default_factory=list["Contact"])

    @property
    def display_name(self) -> str:
        """Return the full name."""
        return f"{self.first_name} {self.last_name}"

    @property
    def default_address(self) -> Address | None:
        """Return the first address."""
        return self.addresses_v2[0] if self.addresses_v2 else None

    @property
    def default_email_address(self) -> EmailAddress | None:
        """Return the address for messages."""
        return EmailAddress(self.email) if self.email else None

    @property
    def default_phone_number(self) -> PhoneNumber | None:
        """Return the number."""
        return PhoneNumber(self.phone) if self.phone else None


@dataclass(slots=True)
class CompanyAddress:
    """An address of a company location."""

    TYPENAME: ClassVar[str] = "CompanyAddress"

    id: str
    company_name: str
    address1: str
    city: str
    zip: str
    country: str
    country_code: str
    created_at: datetime
    updated_at: datetime
    first_name: str | None = None
    last_name: str | None = None
    recipient: str | None = None
    address2: str | None = None
    phone: str | None = None
    province: str | None = None
    zone_code: str | None = None


@dataclass(slots=True)
class TaxSettings:
    """How a company location is taxed."""

    tax_registration_id: str | None
    tax_exempt: bool = False
    tax_exemptions: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class CompanyLocation:
    """A branch of a company: what it buys for."""

    TYPENAME: ClassVar[str] = "CompanyLocation"

    id: str
    name: str
    external_id: str | None
    company: "Company"
    billing_address: CompanyAddress
    shipping_address: CompanyAddress
    tax_settings: TaxSettings
    created_at: datetime
    updated_at: datetime
    currency: str
    note: str | None = None
    phone: str | None = None
    locale: str = "en"
    buyer_experience_configuration: None = None


@dataclass(slots=True)
class Contact:
    """A customer who buys for a company."""

    TYPENAME: ClassVar[str] = "CompanyContact"

    id: str
    company: "Company"
    customer: Customer
    created_at: datetime
    updated_at: datetime
    is_main_contact: bool = True
    locale: str = "en"
    title: str | None = None


@dataclass(slots=True)
class Company:
    """A business customer."""

    TYPENAME: ClassVar[str] = "Company"

    id: str
    name: str
    external_id: str | None
    created_at: datetime
    updated_at: datetime
    note: str | None = None
    contacts: list[Contact] = field(default_factory=list[Contact])
    locations: list[CompanyLocation] = field(default_factory=list[CompanyLocation])

    @property
    def customer_since(self) -> datetime:
        """Return when it became a customer."""
        return self.created_at

    @property
    def main_contact(self) -> Contact | None:
        """Return the first contact."""
        return self.contacts[0] if self.contacts else None


@dataclass(slots=True)
class PurchasingCompany:
    """The company side of an order."""

    TYPENAME: ClassVar[str] = "PurchasingCompany"

    company: Company
    location: CompanyLocation
    contact: Contact | None
