"""A record without the person in it: for examples and tests that are kept beside a project."""

import re
from typing import TypeVar

from msgspec.structs import replace

from isthmus.canonical.order import Order
from isthmus.canonical.party import Address, Company, Customer

C = TypeVar("C", Address, Company, Customer)
#: Words that say of themselves that they stand for others.
NAME, FIRST, LAST, COMPANY, EMAIL, STREET, REMARK = (
    "First Last",
    "First",
    "Last",
    "Company",
    "buyer@example.com",
    "Street",
    "Remark",
)


def neutral(order: Order) -> Order:
    """Return an order that names nobody: names, e-mail, phone, street, tax numbers, remarks and ids of people.

    What is empty stays empty, and numbers keep their form (+49 30 1 is +00 00 0). City, region, postal code and country
    stay, since prices, taxes and warehouses hang on them; so do tags and custom fields, which only the merchant knows.
    """
    return replace(
        order,
        customer=_customer(order.customer) if order.customer else None,
        email=EMAIL if order.email else "",
        phone=_zeros(order.phone),
        billing=_address(order.billing) if order.billing else None,
        shipping_to=_address(order.shipping_to) if order.shipping_to else None,
        note=REMARK if order.note else "",
        special_instructions=REMARK if order.special_instructions else "",
        lines=tuple(replace(line, note=REMARK if line.note else "") for line in order.lines),
        payments=tuple(
            replace(
                each,
                transaction_id=f"payment-{place}",
                authorization_reference=_zeros(each.authorization_reference),
                gift_card_ref=_zeros(each.gift_card_ref),
            )
            for place, each in enumerate(order.payments, 1)
        ),
    )


def _customer(customer: Customer) -> Customer:
    return replace(
        customer,
        external_id="customer",
        number=_zeros(customer.number),
        name=NAME if customer.name else "",
        first_name=FIRST if customer.first_name else "",
        last_name=LAST if customer.last_name else "",
        email=EMAIL if customer.email else "",
        phone=_zeros(customer.phone),
        note=REMARK if customer.note else "",
        company=_company(customer.company) if customer.company else None,
        addresses=tuple(_address(each) for each in customer.addresses),
        exemption=replace(
            customer.exemption, certificate_number=_zeros(customer.exemption.certificate_number), file_ref=""
        )
        if customer.exemption
        else None,
    )


def _company(company: Company) -> Company:
    return replace(
        company,
        name=COMPANY if company.name else "",
        external_id="company" if company.external_id else "",
        tax_id=_zeros(company.tax_id),
        contacts=tuple(NAME for _ in company.contacts),
    )


def _address(address: Address) -> Address:
    return replace(
        address,
        name=NAME if address.name else "",
        company=COMPANY if address.company else "",
        lines=tuple(f"{STREET} {place}" for place, _line in enumerate(address.lines, 1)),
        phone=_zeros(address.phone),
    )


def _zeros(text: str) -> str:
    return re.sub(r"\d", "0", text)
