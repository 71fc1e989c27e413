"""Who bought, and where it goes.

A guest is a customer without a user; all guests with one e-mail address are one customer.
Source: https://docs.vendure.io/reference/graphql-api/admin/object-types#customer, .../#orderaddress (3.5)
"""

from collections.abc import Sequence

from isthmus.canonical.party import Address, AddressRole, Company, Customer
from isthmus.connectors.vendure import wire_orders as orders
from isthmus.connectors.vendure.fields import own_fields
from isthmus.connectors.vendure.wire import FieldConfig
from isthmus.craft.attributes import custom
from isthmus.craft.buyers import GUEST


def to_address(said: orders.Address | None, role: AddressRole) -> Address | None:
    """Translate an address; one with nothing in it is none. Raises `ValueError` for a country that is no code."""
    if said is None:
        return None
    translated = Address(
        role=role,
        name=said.full_name or "",
        company=said.company or "",
        lines=tuple(line for line in (said.street_line1, said.street_line2) if line),
        city=said.city or "",
        region=said.province or "",
        postal_code=said.postal_code or "",
        country=(said.country_code or "").upper(),
        phone=said.phone_number or "",
    )
    return translated if translated != Address(role=role) else None


def addresses_of(order: orders.Order) -> tuple[Address | None, Address | None]:
    """Return the billing and the shipping address; where the buyer gave one only, it is both."""
    shipping = to_address(order.shipping_address, AddressRole.SHIPPING)
    billing = to_address(order.billing_address, AddressRole.BILLING)
    return billing or to_address(order.shipping_address, AddressRole.BILLING), shipping


def buyer_id(order: orders.Order) -> str:
    """Return the buyer's key: the customer's; one whose record was deleted for good is known by the order."""
    return order.customer.id if order.customer else f"{GUEST}{order.id}"


def to_customer(order: orders.Order, own: Sequence[FieldConfig] = ()) -> Customer:
    """Translate the buyer as the order knows them, with the `own` fields customers have in this shop."""
    billing, shipping = addresses_of(order)
    addresses = tuple(one for one in (billing, shipping) if one)
    said = order.customer
    company = next((one.company for one in addresses if one.company), "")
    name = " ".join(part for part in (said.first_name, said.last_name) if part) if said else ""
    return Customer(
        external_id=buyer_id(order),
        name=name or next((one.name for one in addresses if one.name), ""),
        first_name=said.first_name if said else "",
        last_name=said.last_name if said else "",
        email=said.email_address if said else "",
        phone=(said.phone_number if said else "") or next((one.phone for one in addresses if one.phone), ""),
        is_guest=said is None or said.user is None,
        company=Company(name=company) if company else None,
        addresses=addresses,
        custom=custom(own_fields(said.custom_fields if said else None, own)),
    )
