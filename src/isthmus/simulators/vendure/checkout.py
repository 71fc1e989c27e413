"""From what a buyer decided on to a placed order: lines, discounts, delivery, surcharges, payment, stock promised."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from isthmus.simulators.vendure import cart, payments, states
from isthmus.simulators.vendure.amounts import recalculate, take_off_line, take_off_order
from isthmus.simulators.vendure.assortment import VAT
from isthmus.simulators.vendure.catalog import Method, Promotion, Variant
from isthmus.simulators.vendure.errors import Failed
from isthmus.simulators.vendure.lines import Surcharge, TaxLine
from isthmus.simulators.vendure.orders import Order
from isthmus.simulators.vendure.people import Customer, OrderAddress
from isthmus.simulators.vendure.shop import Shop, nobody


@dataclass(slots=True)
class Wanted:
    """Some units of one variant, a percentage off for itself."""

    variant: Variant
    quantity: int
    off_percent: int = 0
    custom_fields: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(slots=True)
class Basket:
    """Everything that decides what an order looks like."""

    lines: list[Wanted]
    shipping: Method
    payment: Method
    customer: Customer | None = None
    delivered_to: OrderAddress = field(default_factory=dict[str, str | None])
    #: none at all where the buyer was not asked for it
    billed_to: OrderAddress = field(default_factory=dict[str, str | None])
    coupon: str = ""
    off_percent: int = 0
    currency: str | None = None
    #: what is paid for besides, in minor units as the channel lists prices
    charges: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    skew: int = 0
    draft: bool = False
    custom_fields: dict[str, Any] = field(default_factory=dict[str, Any])
    #: what is written into the order's history; Vendure has no field for what a buyer says
    note: str = ""


class CannotPlace(RuntimeError):
    """The shop does not let this be bought; the message says why."""


def place(shop: Shop, basket: Basket, at: datetime | None = None, *, tell: bool = True) -> Order:
    """Buy. `at` backdates the order; `tell` False is for orders that exist before anybody listens.

    Raises `CannotPlace`, such as for want of stock.
    """
    heard, shop.tell = shop.tell, shop.tell if tell else nobody
    try:
        order = _filled(shop, basket)
        if not basket.draft:
            _bought(shop, order, basket)
    finally:
        shop.tell = heard
    if at is not None:
        order.created_at = order.updated_at = at
        order.order_placed_at = at if order.order_placed_at else None
    return order


def _filled(shop: Shop, basket: Basket) -> Order:
    order = cart.open_order(shop, shop.default_channel, "Draft" if basket.draft else "AddingItems", basket.currency)
    states.note(shop, order, "ORDER_STATE_TRANSITION", {"from": "Created", "to": order.state})
    for one in basket.lines:
        result = cart.add(shop, order, one.variant, one.quantity)
        if isinstance(result, Failed):
            raise CannotPlace(result.told())
        next(line for line in order.lines if line.product_variant is one.variant).custom_fields.update(
            one.custom_fields
        )
    order.custom_fields.update(basket.custom_fields)
    if basket.note:
        states.note(shop, order, "ORDER_NOTE", {"note": basket.note})
    order.customer = basket.customer
    order.shipping_address = dict(basket.delivered_to)
    order.billing_address = dict(basket.billed_to)
    _discounted(shop, order, basket)
    for name, amount in basket.charges:
        _charged(shop, order, name, amount)
    order.skew = basket.skew
    cart.deliver_by(shop, order, basket.shipping)
    recalculate(order)
    return order


def _discounted(shop: Shop, order: Order, basket: Basket) -> None:
    for line, one in zip(order.lines, basket.lines, strict=True):
        if one.off_percent:
            given = _promotion(shop, one.off_percent, None)
            take_off_line(line, f"PROMOTION:{given.id}", given.translations["en"]["name"], given.percent)
            order.promotions.append(given)
    if basket.coupon:
        given = _promotion(shop, basket.off_percent, basket.coupon)
        order.coupon_codes = [basket.coupon]
        take_off_order(order, f"PROMOTION:{given.id}", given.translations["en"]["name"], given.percent)
        order.promotions.append(given)


def _promotion(shop: Shop, percent: int, coupon: str | None) -> Promotion:
    return next(one for one in shop.promotions.values() if (one.percent, one.coupon_code) == (percent, coupon))


def _charged(shop: Shop, order: Order, name: str, amount: int) -> None:
    made = Surcharge(
        **shop.new("Surcharge"),
        description=name,
        sku=name.lower().replace(" ", "-"),
        list_price=amount,
        includes_tax=order.includes_tax,
        tax_lines=[TaxLine("VAT 20", VAT)],
    )
    order.surcharges.append(made)


def _bought(shop: Shop, order: Order, basket: Basket) -> None:
    hindrance = states.move_order(shop, order, "ArrangingPayment")
    if hindrance is not None:
        raise CannotPlace(str(hindrance.details.get("transition_error")))
    payments.pay(shop, order, basket.payment.code, {}, settles=basket.payment.settles)
