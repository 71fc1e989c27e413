"""Filling an order: lines with the channel's prices and taxes, delivery, addresses, a customer.

Source: https://docs.vendure.io/guides/core-concepts/orders/ (3.5), order.service of @vendure/core 3.5.5
"""

from collections.abc import Mapping
from typing import Any

from isthmus.simulators.vendure import stock
from isthmus.simulators.vendure.amounts import recalculate
from isthmus.simulators.vendure.catalog import DEFAULT_CODE, Channel, Method, Variant
from isthmus.simulators.vendure.errors import Failed, failed, refuse_input
from isthmus.simulators.vendure.lines import Line, ShippingLine, TaxLine
from isthmus.simulators.vendure.orders import Order
from isthmus.simulators.vendure.people import FIELDS, Customer, OrderAddress
from isthmus.simulators.vendure.shop import Shop

Wish = Mapping[str, Any]


def open_order(shop: Shop, channel: Channel, state: str = "AddingItems", currency: str | None = None) -> Order:
    """Begin an order; a draft is not active."""
    channels = {channel.id, shop.default_channel.id}
    order = Order(
        **shop.new("Order"),
        code=shop.code(),
        currency_code=currency or channel.default_currency_code,
        channels=channels,
        includes_tax=channel.prices_include_tax,
        state=state,
        active=state != "Draft",
    )
    shop.orders[order.id] = order
    shop.tell_order("order.state", order)
    return order


def channel_of(shop: Shop, order: Order) -> Channel:
    """Return the channel an order is placed in: the one beside the default channel."""
    found = [shop.channels[number] for number in order.channels]
    return next((one for one in found if one.code != DEFAULT_CODE), shop.default_channel)


def line_of(shop: Shop, order: Order, variant: Variant) -> Line:
    """Return the order's line of a variant, made when there is none. Raises `Refused`."""
    found = next((one for one in order.lines if one.product_variant is variant), None)
    if found is not None:
        return found
    channel = channel_of(shop, order)
    price = shop.price(variant, channel, order.currency_code)
    if price is None:
        message = f"No price information was found for ProductVariant ID {variant.id} in the Channel {channel.code}."
        refuse_input(message)
    rate = shop.rate(variant.tax_category, channel)
    line = Line(
        **shop.new("OrderLine"),
        order=order,
        product_variant=variant,
        quantity=0,
        list_price=price,
        initial_list_price=price,
        includes_tax=order.includes_tax,
        tax_lines=[TaxLine(rate.name, rate.value)] if rate else [],
    )
    order.lines.append(line)
    shop.lines[line.id] = line
    return line


def add_units(shop: Shop, line: Line, units: int) -> None:
    """Take more units of a line."""
    line.quantity += units
    recalculate(line.order)
    shop.touch(line.order)


def add(shop: Shop, order: Order, variant: Variant, units: int) -> Order | Failed:
    """Put units into a cart or draft; what there is goes in, even when it is less than asked for."""
    if units < 0:
        return failed("NegativeQuantityError", "The quantity for an OrderItem cannot be negative")
    there = next((one.quantity for one in order.lines if one.product_variant is variant), 0)
    free = max(0, stock.sellable(variant, shop.default_channel) - there)
    taken = min(units, free)
    if taken:
        add_units(shop, line_of(shop, order, variant), taken)
    if taken == units:
        return order
    told = f"Only {taken} items were added to the order due to insufficient stock"
    return failed("InsufficientStockError", told, quantity_available=taken, order=order)


def deliver_by(shop: Shop, order: Order, method: Method) -> None:
    """Choose how it is delivered."""
    line = ShippingLine(
        **shop.new("ShippingLine"),
        shipping_method=method,
        list_price=method.price,
        includes_tax=method.includes_tax,
        tax_lines=[TaxLine("shipping tax", method.rate)],
    )
    order.shipping_lines = [line]
    recalculate(order)
    shop.touch(order)


def address_of(shop: Shop, wish: Wish) -> OrderAddress:
    """Return an address as orders keep it, with the country's name. Raises `Refused`."""
    kept: OrderAddress = {name: wish.get(name) for name in FIELDS if name in wish}
    if wish.get("countryCode"):
        country = shop.country(wish["countryCode"])
        if country is None:
            refuse_input(f'The countryCode "{wish["countryCode"]}" was not recognized')
        kept |= {"countryCode": country.code, "country": country.translations["en"]["name"]}
    return kept


def buyer(shop: Shop, wish: Wish) -> Customer:
    """Return the customer with an e-mail address, made when there is none: guests share one record."""
    known = shop.customer(wish["emailAddress"])
    if known is not None:
        return known
    made = Customer(
        **shop.new("Customer"),
        first_name=wish["firstName"],
        last_name=wish["lastName"],
        email_address=wish["emailAddress"].strip().lower(),
        title=wish.get("title"),
        phone_number=wish.get("phoneNumber"),
        custom_fields=dict(wish.get("customFields") or {}),
        channels={shop.default_channel.id},
    )
    shop.customers[made.id] = made
    return made
