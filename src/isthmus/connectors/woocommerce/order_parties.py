"""Who bought, and where it goes.

Guests have no record of their own: what is known of them stands in the order's billing address.
Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#order-billing-properties (REST v3)
"""

from html import unescape
from typing import Any

from isthmus.canonical.party import Address, AddressRole, Company, Customer
from isthmus.connectors.woocommerce import wire_orders as orders
from isthmus.connectors.woocommerce.fields import Wanted, carried
from isthmus.connectors.woocommerce.order_lines import plain
from isthmus.craft.attributes import custom
from isthmus.craft.buyers import GUEST


def to_address(said: orders.Address, role: AddressRole) -> Address | None:
    """Translate an address; one with nothing in it is none. Raises `ValueError` for a country that is no code."""
    translated = Address(
        role=role,
        name=full_name(said),
        company=unescape(said.company or ""),
        lines=tuple(unescape(line) for line in (said.address_1, said.address_2) if line),
        city=unescape(said.city or ""),
        region=said.state or "",
        postal_code=said.postcode or "",
        country=said.country or "",
        phone=said.phone or "",
    )
    return translated if translated != Address(role=role) else None


def buyer_id(order: orders.Order) -> str:
    """Return the buyer's key: the customer's, else the order itself."""
    return str(order.customer_id) if order.customer_id > 0 else f"{GUEST}{order.id}"


def to_customer(
    order: orders.Order, billing: Address | None, shipping: Address | None, tax_number_field: str
) -> Customer:
    """Translate the buyer as the order knows them."""
    said = order.billing
    addresses = tuple(address for address in (billing, shipping) if address)
    name = full_name(said) or next((address.name for address in addresses if address.name), "")
    return Customer(
        external_id=buyer_id(order),
        name=name,
        first_name=unescape(said.first_name or ""),
        last_name=unescape(said.last_name or ""),
        email=said.email or "",
        phone=said.phone or "",
        is_guest=order.customer_id <= 0,
        company=to_company(order, tax_number_field),
        addresses=addresses,
    )


def to_company(order: orders.Order, tax_number_field: str) -> Company | None:
    """Translate the business named in the billing address, with its tax number where a plugin asks for it."""
    name = unescape(order.billing.company or "")
    if not name:
        return None
    told = {field.key: plain(field.value) for field in order.meta_data}
    return Company(name=name, tax_id=told.get(tax_number_field, ""))


def to_custom(order: orders.Order, wanted: Wanted) -> dict[str, Any]:
    """Return states that have no field of their own, and what plugins and the checkout added, as `meta.<key>`."""
    said = {
        "status": order.status,
        "prices_include_tax": "yes" if order.prices_include_tax else "no",
        "refund_reasons": "; ".join(refund.reason for refund in order.refunds if refund.reason),
    }
    return custom([*said.items(), *carried(order.meta_data, wanted)])


def full_name(said: orders.Address) -> str:
    """Return first and last name together."""
    return unescape(" ".join(part for part in (said.first_name, said.last_name) if part))
