"""The people and companies who buy in the demonstration: numbered, at example.com."""

import random
from decimal import Decimal

from isthmus.simulators.shopify.money import MoneyV2
from isthmus.simulators.shopify.parties import (
    COUNTRIES,
    Address,
    Company,
    CompanyAddress,
    CompanyLocation,
    Contact,
    Customer,
    PurchasingCompany,
    TaxSettings,
)
from isthmus.simulators.shopify.shop import Shop

#: registered buyers and companies; the rest of the orders come from guests
CUSTOMERS, COMPANIES = 60, 8
TOWNS = (
    ("Berlin", "10115", "DE"),
    ("Munich", "80331", "DE"),
    ("Lyon", "69001", "FR"),
    ("Valencia", "46001", "ES"),
    ("Utrecht", "3511", "NL"),
    ("Vienna", "1010", "AT"),
)


class Clientele:
    """Everybody the shop may meet; a repeat buyer is the same record each time."""

    def __init__(self, shop: Shop) -> None:
        """Register the customers and companies, unless the shop has them."""
        self._shop = shop
        self._guests = 0
        if not shop.customers:
            for number in range(1, CUSTOMERS + 1):
                _customer(shop, number)
            for number in range(1, COMPANIES + 1):
                _company(shop, number)
        self.customers = [one for one in shop.customers.values() if not one.company_contact_profiles]
        self.companies = list(shop.companies.values())

    def guest(self, chance: random.Random) -> tuple[str, Address]:
        """Return the email and address of somebody who left no account."""
        number = chance.randrange(1000, 100000)
        return f"guest{number}@example.com", address(self._shop, "Guest", number)

    def company(self, chance: random.Random) -> PurchasingCompany:
        """Return a company with the person who buys for it."""
        company = chance.choice(self.companies)
        return PurchasingCompany(company, company.locations[0], company.main_contact)


def address(shop: Shop, word: str, number: int, company: str | None = None) -> Address:
    """Return the address of the buyer with a number, the same whenever it is asked for."""
    city, code, country = TOWNS[number % len(TOWNS)]
    return Address(
        id=shop.gid("MailingAddress"),
        first_name=word,
        last_name=str(number),
        address1=f"{number % 200 + 1} Example Street",
        address2="2nd floor" if number % 7 == 0 else None,
        city=city,
        zip=code,
        country_code_v2=country,
        company=company,
        phone=f"+4930{number:07d}" if number % 3 == 0 else None,
    )


def _customer(shop: Shop, number: int, word: str = "Buyer") -> Customer:
    gid, legacy = shop.new_id("Customer")
    customer = Customer(
        id=gid,
        legacy_resource_id=legacy,
        first_name=word,
        last_name=str(number),
        email=f"{word.lower()}{number}@example.com",
        phone=f"+4930{number:07d}" if number % 3 == 0 else None,
        created_at=shop.opened_at,
        updated_at=shop.opened_at,
        amount_spent=MoneyV2(Decimal("0.00"), shop.currency_code),
        addresses_v2=[address(shop, word, number)],
        tags=["newsletter"] if number % 4 == 0 else [],
        locale=("en", "de", "fr")[number % 3],
    )
    shop.customers[gid] = customer
    shop.changed("Customer")
    return customer


def _company(shop: Shop, number: int) -> None:
    now = shop.opened_at
    company = Company(shop.gid("Company"), f"Company {number}", f"CUST-{number:04d}", now, now)
    person = _customer(shop, number, "Purchaser")
    contact = Contact(shop.gid("CompanyContact"), company, person, now, now)
    person.company_contact_profiles.append(contact)
    company.contacts.append(contact)
    city, code, country = TOWNS[number % len(TOWNS)]
    place = CompanyAddress(
        id=shop.gid("CompanyAddress"),
        company_name=company.name,
        address1=f"{number} Trade Street",
        city=city,
        zip=code,
        country=COUNTRIES[country],
        country_code=country,
        created_at=now,
        updated_at=now,
    )
    location = CompanyLocation(
        id=shop.gid("CompanyLocation"),
        name=f"{company.name}, {city}",
        external_id=f"CUST-{number:04d}-1",
        company=company,
        billing_address=place,
        shipping_address=place,
        tax_settings=TaxSettings(vat_number(number)),
        created_at=now,
        updated_at=now,
        currency=shop.currency_code,
    )
    company.locations.append(location)
    shop.companies[company.id] = company
    shop.company_locations[location.id] = location
    shop.changed("Company")
    shop.changed("CompanyLocation")


def vat_number(number: int) -> str:
    """Return a number of the right shape that belongs to nobody."""
    return f"DE{900000000 + number}"
