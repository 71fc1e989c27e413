"""Who bought, and where it goes.

Source: https://shopify.dev/docs/api/admin-graphql/2026-07/objects/Customer, .../PurchasingCompany,
.../MailingAddress
"""

from typing import Any

from isthmus.canonical.party import Address, AddressRole, Company, Customer, TaxExemption
from isthmus.connectors.shopify import wire_orders as orders
from isthmus.connectors.shopify.fields import metafields
from isthmus.connectors.shopify.ids import legacy
from isthmus.craft.attributes import custom
from isthmus.craft.buyers import GUEST


def to_address(address: orders.MailingAddress | None, role: AddressRole) -> Address | None:
    """Translate an address; one with nothing in it is none."""
    if address is None:
        return None
    translated = Address(
        role=role,
        name=full_name(address.first_name, address.last_name) or address.name or "",
        company=address.company or "",
        lines=tuple(line for line in (address.address1, address.address2) if line),
        city=address.city or "",
        region=address.province_code or address.province or "",
        postal_code=address.zip or "",
        country=address.country_code or "",
        phone=address.phone or "",
    )
    return translated if translated != Address(role=role) else None


def to_customer(order: orders.Order, billing: Address | None, shipping: Address | None) -> Customer:
    """Translate the buyer; without a customer record the order itself is the only key a guest has.

    The customer's own name comes first, then the billing and the shipping address.
    """
    buyer = order.customer
    own = buyer or orders.Customer(id="")
    addresses = tuple(address for address in (billing, shipping) if address)
    name = full_name(own.first_name, own.last_name) or next((said.name for said in addresses if said.name), "")
    return Customer(
        external_id=legacy(own.id) if buyer else f"{GUEST}{legacy(order.id)}",
        name=name,
        first_name=own.first_name or "",
        last_name=own.last_name or "",
        email=(own.default_email_address.email_address if own.default_email_address else order.email) or "",
        phone=(own.default_phone_number.phone_number if own.default_phone_number else order.phone) or "",
        language=own.locale or order.customer_locale or "",
        is_guest=buyer is None,
        consent={"marketing": order.customer_accepts_marketing},
        company=to_company(order.purchasing_entity),
        exemption=to_exemption(order),
        addresses=addresses,
        note=own.note or "",
        custom=to_custom(order),
    )


def to_company(purchaser: orders.Purchaser | None) -> Company | None:
    """Translate the business behind a B2B order."""
    if purchaser is None or purchaser.company is None:
        return None
    location = purchaser.location
    return Company(
        name=purchaser.company.name,
        external_id=legacy(purchaser.company.id),
        tax_id=(location.tax_settings.tax_registration_id if location else "") or "",
        contacts=(purchaser.contact.title,) if purchaser.contact and purchaser.contact.title else (),
        payment_terms=payment_terms(purchaser),
    )


def payment_terms(purchaser: orders.Purchaser | None) -> str:
    """Return the name of the branch's terms, such as `Net 30`; the order's own need one more scope."""
    location = purchaser.location if purchaser else None
    experience = location.buyer_experience_configuration if location else None
    template = experience.payment_terms_template if experience else None
    return template.name if template else ""


def to_exemption(order: orders.Order) -> TaxExemption | None:
    """Translate why no tax is charged: the customer's exemptions, or that the order has one."""
    buyer = order.customer
    if buyer and (buyer.tax_exempt or buyer.tax_exemptions):
        return TaxExemption(status=" ".join(buyer.tax_exemptions) or "exempt")
    return TaxExemption(status="exempt") if order.tax_exempt else None


def to_custom(order: orders.Order) -> dict[str, Any]:
    """Return what a customer has beyond the canonical fields: tags, the ERP's numbers of a company, metafields."""
    purchaser = order.purchasing_entity or orders.Purchaser()
    company, location = purchaser.company, purchaser.location
    said = {
        "tags": ", ".join(order.customer.tags) if order.customer else "",
        "company_number": company.external_id if company else "",
        "company_location": legacy(location.id) if location else "",
        "company_location_name": location.name if location else "",
        "company_location_number": location.external_id if location else "",
    }
    fields = order.customer.metafields if order.customer else None
    return custom([*said.items(), *metafields(fields.nodes if fields else ())])


def full_name(first: str | None, last: str | None) -> str:
    """Return first and last name together."""
    return " ".join(part for part in (first, last) if part)
