"""Customers, stock locations and channels as somebody writes them.

Source: https://docs.vendure.io/reference/graphql-api/admin/mutations (3.5); answers as a running 3.5.5 gave them:
e-mail addresses are kept in small letters.
"""

from collections.abc import Mapping
from typing import Any

from isthmus.simulators.vendure import cart, stock
from isthmus.simulators.vendure.catalog import Channel, StockLocation
from isthmus.simulators.vendure.drafting import find_customer
from isthmus.simulators.vendure.errors import Failed, failed, refuse_input, refuse_missing
from isthmus.simulators.vendure.people import Address, Customer, Note, User
from isthmus.simulators.vendure.shop import Shop, number_of

Wish = Mapping[str, Any]
_NAMES = {"title": "title", "firstName": "first_name", "lastName": "last_name", "phoneNumber": "phone_number"}
_ADDRESS = {
    "fullName": "full_name", "company": "company", "streetLine1": "street_line1", "streetLine2": "street_line2",
    "city": "city", "province": "province", "postalCode": "postal_code", "phoneNumber": "phone_number",
    "defaultShippingAddress": "default_shipping_address", "defaultBillingAddress": "default_billing_address",
}  # fmt: skip
_CONFLICT = ("EmailAddressConflictError", "The email address is not available.")


def make_customer(shop: Shop, wish: Wish) -> Customer | Failed:
    """Register a customer, with a user of their own."""
    if shop.customer(wish["emailAddress"]) is not None:
        return failed(*_CONFLICT)
    made = cart.buyer(shop, wish)
    made.user = User(**shop.new("User"), identifier=made.email_address, verified=False)
    return made


def change_customer(shop: Shop, wish: Wish) -> Customer | Failed:
    """Change a customer. Raises `Refused`."""
    customer = find_customer(shop, wish["id"])
    if wish.get("emailAddress"):
        other = shop.customer(wish["emailAddress"])
        if other is not None and other is not customer:
            return failed(*_CONFLICT)
        customer.email_address = wish["emailAddress"].strip().lower()
    for name, attribute in _NAMES.items():
        if name in wish:
            setattr(customer, attribute, wish[name])
    customer.custom_fields.update(wish.get("customFields") or {})
    shop.touch(customer)
    return customer


def remove_customer(shop: Shop, number: object) -> dict[str, Any]:
    """Delete a customer; the orders stay. Raises `Refused`."""
    customer = find_customer(shop, number)
    customer.deleted_at = shop.now()
    return {"result": "DELETED", "message": None}


def note_customer(shop: Shop, wish: Wish) -> Customer:
    """Write a note about a customer. Raises `Refused`."""
    customer = find_customer(shop, wish["id"])
    made = Note(
        **shop.new("HistoryEntry"), type="CUSTOMER_NOTE", data={"note": wish["note"]}, is_public=wish["isPublic"]
    )
    customer.entries.append(made)
    shop.notes[made.id] = made
    return customer


def make_address(shop: Shop, number: object, wish: Wish) -> Address:
    """Add an address to a customer's book. Raises `Refused`."""
    customer = find_customer(shop, number)
    country = shop.country(wish["countryCode"])
    if country is None:
        refuse_input(f'The countryCode "{wish["countryCode"]}" was not recognized')
    made = Address(**shop.new("Address"), country=country, street_line1=wish["streetLine1"])
    _fill(customer, made, wish)
    customer.addresses.append(made)
    shop.addresses[made.id] = made
    return made


def change_address(shop: Shop, wish: Wish) -> Address:
    """Change an address. Raises `Refused`."""
    found = shop.addresses.get(number_of(wish["id"]))
    if found is None:
        refuse_missing("Address", wish["id"])
    owner = next(one for one in shop.customers.values() if found in one.addresses)
    _fill(owner, found, wish)
    if wish.get("countryCode"):
        found.country = shop.country(wish["countryCode"]) or found.country
    shop.touch(found)
    return found


def _fill(customer: Customer, address: Address, wish: Wish) -> None:
    for name, attribute in _ADDRESS.items():
        if name in wish:
            setattr(address, attribute, wish[name])
    for attribute in ("default_shipping_address", "default_billing_address"):
        if getattr(address, attribute):
            for other in customer.addresses:
                if other is not address:
                    setattr(other, attribute, False)


def remove_address(shop: Shop, number: object) -> dict[str, Any]:
    """Take an address out of the book. Raises `Refused`."""
    found = shop.addresses.pop(number_of(number), None)
    if found is None:
        refuse_missing("Address", number)
    for customer in shop.customers.values():
        if found in customer.addresses:
            customer.addresses.remove(found)
    return {"success": True}


def make_location(shop: Shop, channel: Channel, wish: Wish) -> StockLocation:
    """Open a warehouse for the channel, and for the default one."""
    made = StockLocation(
        **shop.new("StockLocation"),
        name=wish["name"],
        description=wish.get("description") or "",
        channels={channel.id, shop.default_channel.id},
    )
    shop.locations[made.id] = made
    return made


def change_location(shop: Shop, wish: Wish) -> StockLocation:
    """Rename a warehouse. Raises `Refused`."""
    found = find_location(shop, wish["id"])
    found.name = wish.get("name") or found.name
    found.description = found.description if wish.get("description") is None else wish["description"]
    shop.touch(found)
    return found


def remove_location(shop: Shop, wish: Wish) -> dict[str, Any]:
    """Close a warehouse; what lies there may go to another one. Raises `Refused`."""
    found = find_location(shop, wish["id"])
    if len(shop.locations) == 1:
        return {"result": "NOT_DELETED", "message": "The last remaining StockLocation cannot be deleted"}
    target = find_location(shop, wish["transferToLocationId"]) if wish.get("transferToLocationId") else None
    del shop.locations[found.id]
    for variant in shop.variants.values():
        left = variant.levels.pop(found.id, None)
        if left is not None and target is not None:
            moved = stock.level(shop, variant, target)
            moved.stock_on_hand += left.stock_on_hand
            moved.stock_allocated += left.stock_allocated
    return {"result": "DELETED", "message": None}


def assign_locations(shop: Shop, wish: Wish) -> list[StockLocation]:
    """Let a channel sell from warehouses. Raises `Refused`."""
    channel = find_channel(shop, wish["channelId"])
    found = [find_location(shop, one) for one in wish["stockLocationIds"]]
    for one in found:
        one.channels.add(channel.id)
    return found


def find_location(shop: Shop, number: object) -> StockLocation:
    """Return a warehouse. Raises `Refused`."""
    found = shop.locations.get(number_of(number))
    if found is None:
        refuse_missing("StockLocation", number)
    return found


def find_channel(shop: Shop, number: object) -> Channel:
    """Return a channel. Raises `Refused`."""
    found = shop.channels.get(number_of(number))
    if found is None:
        refuse_missing("Channel", number)
    return found


def make_channel(shop: Shop, wish: Wish) -> Channel:
    """Open a channel."""
    currency = wish.get("defaultCurrencyCode") or wish.get("currencyCode") or "USD"
    made = Channel(
        **shop.new("Channel"),
        code=wish["code"],
        token=wish["token"],
        prices_include_tax=wish["pricesIncludeTax"],
        default_currency_code=currency,
        available_currency_codes=list(wish.get("availableCurrencyCodes") or [currency]),
        default_tax_zone=shop.zones.get(number_of(wish["defaultTaxZoneId"])),
        default_shipping_zone=shop.zones.get(number_of(wish["defaultShippingZoneId"])),
        default_language_code=wish["defaultLanguageCode"],
    )
    shop.channels[made.id] = made
    return made


def change_channel(shop: Shop, wish: Wish) -> Channel:
    """Change a channel. Raises `Refused`."""
    channel = find_channel(shop, wish["id"])
    names = {
        "code": "code", "token": "token", "pricesIncludeTax": "prices_include_tax",
        "defaultCurrencyCode": "default_currency_code", "currencyCode": "default_currency_code",
        "availableCurrencyCodes": "available_currency_codes", "trackInventory": "track_inventory",
        "outOfStockThreshold": "out_of_stock_threshold",
    }  # fmt: skip
    for name, attribute in names.items():
        if wish.get(name) is not None:
            setattr(channel, attribute, wish[name])
    if channel.default_currency_code not in channel.available_currency_codes:
        channel.available_currency_codes.append(channel.default_currency_code)
    shop.touch(channel)
    return channel
