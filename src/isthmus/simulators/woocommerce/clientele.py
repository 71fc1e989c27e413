"""The people and companies who buy in the demonstration: numbered, at example.com."""

import random

from isthmus.simulators.woocommerce import meta
from isthmus.simulators.woocommerce.orders import SHIPPING, Address
from isthmus.simulators.woocommerce.people import Customer
from isthmus.simulators.woocommerce.shop import Shop

#: buyers with an account, people who buy for companies; the rest of the orders come from guests
CUSTOMERS, COMPANIES = 60, 8
#: the field of a wide-spread plugin for tax numbers
VAT_NUMBER = "_billing_vat"
TOWNS = (
    ("Berlin", "10115", "DE", "DE-BE"),
    ("Munich", "80331", "DE", "DE-BY"),
    ("Lyon", "69001", "FR", ""),
    ("Valencia", "46001", "ES", "V"),
    ("Utrecht", "3511", "NL", ""),
    ("Vienna", "1010", "AT", ""),
)


class Clientele:
    """Everybody the shop may meet; a repeat buyer is the same record each time."""

    def __init__(self, shop: Shop) -> None:
        """Register the buyers, unless the shop has them."""
        if not shop.customers:
            for number in range(1, CUSTOMERS + 1):
                _register(shop, "Buyer", number)
            for number in range(1, COMPANIES + 1):
                _register(shop, "Purchaser", number, company=f"Company {number}")
        everybody = list(shop.customers.values())
        self.companies = [one for one in everybody if one.billing["company"]]
        self.customers = [one for one in everybody if not one.billing["company"]] or everybody

    def guest(self, chance: random.Random) -> Address:
        """Return the billing address of somebody without an account."""
        return address("Guest", chance.randrange(1000, 100000))


def address(word: str, number: int, company: str = "") -> Address:
    """Return the billing address of the buyer with a number, the same whenever it is asked for."""
    city, code, country, state = TOWNS[number % len(TOWNS)]
    return {
        "first_name": word,
        "last_name": str(number),
        "company": company,
        "address_1": f"{number % 200 + 1} Example Street",
        "address_2": "2nd floor" if number % 7 == 0 else "",
        "city": city,
        "state": state,
        "postcode": code,
        "country": country,
        "email": f"{word.lower()}{number}@example.com",
        "phone": f"+4930{number:07d}" if number % 3 == 0 else "",
    }


def shipped_to(billing: Address) -> Address:
    """Return the shipping address of who has everything sent home."""
    return {name: billing[name] for name in SHIPPING}


def vat_number(number: int) -> str:
    """Return a number of the right shape that belongs to nobody."""
    return f"DE{900000000 + number}"


def _register(shop: Shop, word: str, number: int, company: str = "") -> None:
    home = address(word, number, company)
    made = Customer(
        id=shop.new_id("user"),
        email=home["email"],
        username=f"{word.lower()}{number}",
        created_at=shop.opened_at,
        modified_at=shop.opened_at,
        first_name=word,
        last_name=str(number),
        billing=home,
        shipping=shipped_to(home),
    )
    if company:
        meta.put(made.meta, VAT_NUMBER, vat_number(number), shop.new_id)
    shop.customers[made.id] = made
    shop.changed("customer")
