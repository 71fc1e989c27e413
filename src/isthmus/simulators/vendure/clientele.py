"""The people and companies who buy in the demonstration: numbered, at example.com."""

import random

from isthmus.simulators.vendure import cart
from isthmus.simulators.vendure.people import Customer, OrderAddress, User
from isthmus.simulators.vendure.registry import make_address
from isthmus.simulators.vendure.shop import Shop

#: buyers with an account, people who buy for companies; the rest of the orders come from guests
CUSTOMERS, COMPANIES = 60, 8
TOWNS = (
    ("Berlin", "10115", "DE", "Berlin"),
    ("Munich", "80331", "DE", "Bavaria"),
    ("Lyon", "69001", "FR", None),
    ("Valencia", "46001", "ES", "Valencia"),
    ("Utrecht", "3511", "NL", None),
    ("Vienna", "1010", "AT", None),
)


class Clientele:
    """Everybody the shop may meet; a repeat buyer is the same record each time."""

    def __init__(self, shop: Shop) -> None:
        """Register the buyers, unless the shop has them."""
        self._shop = shop
        if not shop.customers:
            for number in range(1, CUSTOMERS + 1):
                self._register("Buyer", number)
            for number in range(1, COMPANIES + 1):
                self._register("Purchaser", number, f"Company {number}")
        known = [one for one in shop.customers.values() if one.user is not None]
        self.companies = [one for one in known if any(each.company for each in one.addresses)]
        self.customers = [one for one in known if one not in self.companies] or known

    def guest(self, chance: random.Random) -> tuple[Customer, OrderAddress]:
        """Return somebody without an account; an address that was used before is the same customer."""
        number = chance.randrange(1000, 2000)
        wish = {"firstName": "Guest", "lastName": str(number), "emailAddress": f"Guest{number}@example.com"}
        return cart.buyer(self._shop, wish), address(self._shop, "Guest", number)

    def _register(self, word: str, number: int, company: str | None = None) -> None:
        email = f"{word.lower()}{number}@example.com"
        phone = f"+4930{number:07d}" if number % 3 == 0 else None
        wish = {"firstName": word, "lastName": str(number), "emailAddress": email, "phoneNumber": phone}
        made = cart.buyer(self._shop, wish)
        made.user = User(**self._shop.new("User"), identifier=email)
        home = address(self._shop, word, number, company)
        make_address(self._shop, made.id, {**home, "defaultShippingAddress": True, "defaultBillingAddress": True})


def address(shop: Shop, word: str, number: int, company: str | None = None) -> OrderAddress:
    """Return the address of the buyer with a number, the same whenever it is asked for."""
    city, code, country, province = TOWNS[number % len(TOWNS)]
    wish = {
        "fullName": f"{word} {number}",
        "company": company,
        "streetLine1": f"{number % 200 + 1} Example Street",
        "streetLine2": "2nd floor" if number % 7 == 0 else None,
        "city": city,
        "province": province,
        "postalCode": code,
        "phoneNumber": f"+4930{number:07d}" if number % 3 == 0 else None,
        "countryCode": country,
    }
    return cart.address_of(shop, wish)


def home_of(shop: Shop, customer: Customer) -> OrderAddress:
    """Return where a customer with an account lives."""
    word, number = customer.first_name, int(customer.last_name)
    company = next((one.company for one in customer.addresses), None)
    return address(shop, word, number, company)
