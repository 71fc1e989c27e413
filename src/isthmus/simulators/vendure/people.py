"""Who buys, and who may sign in.

Source: https://docs.vendure.io/reference/typescript-api/entities/customer (3.5)
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from isthmus.simulators.vendure.catalog import Country, Record

#: an address as an order keeps it; every field may be missing
OrderAddress = dict[str, str | None]
FIELDS = (
    "fullName", "company", "streetLine1", "streetLine2", "city", "province", "postalCode", "phoneNumber",
)  # fmt: skip


@dataclass(slots=True, kw_only=True, eq=False)
class User(Record):
    """Somebody with a password."""

    TYPENAME: ClassVar[str] = "User"

    identifier: str
    verified: bool = True
    last_login: datetime | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Administrator(Record):
    """Somebody who works in the shop; the permissions hold on every channel."""

    TYPENAME: ClassVar[str] = "Administrator"

    user: User
    password: str
    permissions: tuple[str, ...]
    first_name: str = "Demo"
    last_name: str = "Administrator"
    #: channels by number; none means all of them
    channels: frozenset[int] = frozenset()

    @property
    def email_address(self) -> str:
        """Return what they sign in with."""
        return self.user.identifier


@dataclass(slots=True, kw_only=True, eq=False)
class Address(Record):
    """An address in a customer's book."""

    TYPENAME: ClassVar[str] = "Address"

    country: Country
    street_line1: str
    full_name: str | None = None
    company: str | None = None
    street_line2: str | None = None
    city: str | None = None
    province: str | None = None
    postal_code: str | None = None
    phone_number: str | None = None
    default_shipping_address: bool = False
    default_billing_address: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Note(Record):
    """One line of a history."""

    TYPENAME: ClassVar[str] = "HistoryEntry"

    type: str
    data: dict[str, object]
    is_public: bool = True
    administrator: Administrator | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Group(Record):
    """Customers of one kind."""

    TYPENAME: ClassVar[str] = "CustomerGroup"

    name: str
    members: "list[Customer]" = field(default_factory=list)


@dataclass(slots=True, kw_only=True, eq=False)
class Customer(Record):
    """Who bought, or registered. Guests with one e-mail address are one customer without a user."""

    TYPENAME: ClassVar[str] = "Customer"

    first_name: str
    last_name: str
    email_address: str
    title: str | None = None
    phone_number: str | None = None
    addresses: list[Address] = field(default_factory=list[Address])
    groups: list[Group] = field(default_factory=list[Group])
    entries: list[Note] = field(default_factory=list[Note])
    user: User | None = None
    channels: set[int] = field(default_factory=set[int])
    deleted_at: datetime | None = None
