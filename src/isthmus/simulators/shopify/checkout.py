"""From a cart to an order: lines, discounts, taxes, payment, and stock set aside for it."""

import hashlib
from datetime import datetime, timedelta
from decimal import Decimal

from isthmus.simulators.shopify import stock
from isthmus.simulators.shopify.cart import Cart, CartLine, Delivery, Reduction
from isthmus.simulators.shopify.charges import DiscountAllocation, DiscountApplication, Percentage, ShippingLine
from isthmus.simulators.shopify.fulfillment import (
    AssignedLocation,
    DeliveryMethod,
    Destination,
    FulfillmentOrder,
    FulfillmentOrderLine,
)
from isthmus.simulators.shopify.lines import LineItem
from isthmus.simulators.shopify.money import Bag, MoneyV2, rounded, total
from isthmus.simulators.shopify.orders import Order
from isthmus.simulators.shopify.payments import PaymentSchedule, PaymentTerms, Transaction
from isthmus.simulators.shopify.shop import Shop

TERMS_DAYS = 30
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def place(shop: Shop, cart: Cart, at: datetime | None = None, *, tell: bool = True) -> Order:
    """Make an order of a cart, set its stock aside and tell subscribers.

    `at` backdates it; `tell` False is for orders that exist before anybody listens.
    """
    when = at or shop.now()
    lines = [_line(shop, cart, wanted) for wanted in cart.lines]
    shipping = [_shipping(shop, cart, cart.delivery)] if cart.delivery else []
    applications = [_reduce(cart, one, index, lines, shipping) for index, one in enumerate(cart.reductions)]
    for line in lines:
        line.charge_tax()
    if shipping and cart.delivery and cart.delivery.tax:
        tax = cart.delivery.tax.on(shipping[0].discounted_price_set, included=cart.taxes_included)
        shipping[0].tax_lines = [tax]
    if cart.tip:
        lines.append(_tip(shop, cart))
    order = _order(shop, cart, when, lines, shipping)
    order.discount_applications = applications
    order.retotal()
    order.original_total_price_set = order.ordered.total
    _pay(shop, order, cart)
    _route(shop, order)
    if order.customer:
        shop.spend(order.customer, order.ordered.total.shop_money.amount)
    shop.orders[order.id] = order
    shop.changed("Order")
    if tell:
        shop.tell("orders/create", order)
    return order


def _order(shop: Shop, cart: Cart, when: datetime, lines: list[LineItem], shipping: list[ShippingLine]) -> Order:
    gid, legacy = shop.new_id("Order")
    number = shop.next_order_number()
    return Order(
        id=gid,
        legacy_resource_id=legacy,
        number=number,
        name=f"#{number}",
        created_at=when,
        updated_at=when,
        currency_code=cart.currencies.shop,
        presentment_currency_code=cart.currencies.buyer,
        taxes_included=cart.taxes_included,
        nothing=cart.currencies.bag(Decimal(0)),
        line_items=lines,
        shipping_lines=shipping,
        customer=cart.customer,
        purchasing_entity=cart.company or cart.customer,
        billing_address=cart.billing,
        shipping_address=cart.shipping,
        email=cart.email,
        phone=cart.phone,
        note=cart.note,
        tags=sorted(cart.tags),
        custom_attributes=cart.custom_attributes,
        po_number=cart.po_number,
        source_name=cart.source_name,
        customer_locale=cart.locale,
        confirmation_number=_confirmation(number),
        test=cart.test,
        skew=cart.skew,
    )


def _confirmation(number: int) -> str:
    digest = hashlib.sha256(str(number).encode()).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:9])


def _line(shop: Shop, cart: Cart, wanted: CartLine) -> LineItem:
    variant = wanted.variant
    product = variant.product
    return LineItem(
        id=shop.gid("LineItem"),
        title=product.title,
        variant_title=None if product.has_only_default_variant else variant.title,
        sku=variant.sku,
        vendor=product.vendor,
        quantity=wanted.quantity,
        current_quantity=wanted.quantity,
        original_unit_price_set=cart.currencies.bag(variant.price),
        taxes_included=cart.taxes_included,
        tax=cart.tax if variant.taxable else None,
        variant=variant,
        product=product,
        requires_shipping=variant.inventory_item.requires_shipping,
        taxable=variant.taxable,
        custom_attributes=list(wanted.custom_attributes),
    )


def _tip(shop: Shop, cart: Cart) -> LineItem:
    return LineItem(
        id=shop.gid("LineItem"),
        title="Tip",
        variant_title=None,
        sku=None,
        vendor=None,
        quantity=1,
        current_quantity=1,
        original_unit_price_set=cart.currencies.bag(cart.tip),
        taxes_included=cart.taxes_included,
        requires_shipping=False,
        taxable=False,
        is_tip=True,
    )


def _shipping(shop: Shop, cart: Cart, delivery: Delivery) -> ShippingLine:
    return ShippingLine(shop.gid("ShippingLine"), delivery.title, delivery.code, cart.currencies.bag(delivery.price))


def _reduce(
    cart: Cart, reduction: Reduction, index: int, lines: list[LineItem], shipping: list[ShippingLine]
) -> DiscountApplication:
    """Take one discount off and return why."""
    across = reduction.on == "order"
    application = DiscountApplication(
        kind=reduction.kind,
        title=reduction.title,
        index=index,
        allocation_method="ACROSS" if across else "EACH",
        target_selection="ALL" if across or reduction.on == "shipping" else "EXPLICIT",
        target_type="SHIPPING_LINE" if reduction.on == "shipping" else "LINE_ITEM",
        value=_worth(cart, reduction),
    )
    if reduction.on == "shipping":
        for line in shipping:
            off = _off(cart, reduction, line.discounted_price_set)
            line.discount_allocations.append(DiscountAllocation(off, application))
    elif across:
        nets = [line.net for line in lines]
        off = _off(cart, reduction, total(nets, nets[0].scaled(0)))
        for line, part in zip(lines, off.parts(nets), strict=True):
            line.discount_allocations.append(DiscountAllocation(part, application))
    else:
        for position in reduction.lines:
            off = _off(cart, reduction, lines[position].net)
            lines[position].discount_allocations.append(DiscountAllocation(off, application))
    return application


def _worth(cart: Cart, reduction: Reduction) -> MoneyV2 | Percentage:
    if reduction.percent is not None:
        return Percentage(reduction.percent)
    # What a discount is worth is said in the buyer's currency.
    return cart.currencies.bag(reduction.amount or Decimal(0)).presentment_money


def _off(cart: Cart, reduction: Reduction, price: Bag) -> Bag:
    """Return what the discount takes off `price`, never more than the price."""
    if reduction.percent is not None:
        share = reduction.percent / 100
        return price.each(lambda money: rounded(money.amount * share, money.currency_code))
    wish = cart.currencies.bag(reduction.amount or Decimal(0))
    return price if wish.shop_money.amount > price.shop_money.amount else wish


def _pay(shop: Shop, order: Order, cart: Cart) -> None:
    due = order.ordered.total
    match cart.payment:
        case "terms":
            order.payment_terms = _terms(shop, order)
            order.display_financial_status = "PENDING"
        case "bank":
            order.transactions.append(_transaction(shop, order, "Bank Deposit", due, pending=True))
            order.display_financial_status = "PENDING"
        case "authorized":
            held = _transaction(shop, order, "shopify_payments", due)
            held.kind, held.settled = "AUTHORIZATION", False
            order.transactions.append(held)
            order.display_financial_status = "AUTHORIZED"
        case "gift_card":
            card = cart.currencies.bag(cart.gift_card)
            order.transactions.append(_transaction(shop, order, "gift_card", card))
            order.transactions.append(_transaction(shop, order, "shopify_payments", due - card))
        case "paypal":
            order.transactions.append(_transaction(shop, order, "paypal", due))
        case _:
            order.transactions.append(_transaction(shop, order, "shopify_payments", due))


def _transaction(shop: Shop, order: Order, gateway: str, amount: Bag, *, pending: bool = False) -> Transaction:
    gid, number = shop.new_id("OrderTransaction")
    return Transaction(
        id=gid,
        order=order,
        kind="SALE",
        status="PENDING" if pending else "SUCCESS",
        gateway=gateway,
        amount_set=amount,
        processed_at=order.created_at,
        payment_id=f"{order.name}.{len(order.transactions) + 1}",
        authorization_code=f"A{number}" if gateway in {"shopify_payments", "paypal"} else None,
        test=order.test,
    )


def _terms(shop: Shop, order: Order) -> PaymentTerms:
    owed = order.ordered.total.shop_money
    due_at = order.created_at + timedelta(days=TERMS_DAYS)
    schedule = PaymentSchedule(shop.gid("PaymentSchedule"), order.created_at, due_at, owed, owed)
    return PaymentTerms(shop.gid("PaymentTerms"), TERMS_DAYS, [schedule])


def _route(shop: Shop, order: Order) -> None:
    """Set stock aside at one location and make its work order."""
    place = stock.reserve(shop, order)
    if place is None:
        return
    shipped = order.shipping_address is not None
    line = order.shipping_lines[0] if order.shipping_lines else None
    method = DeliveryMethod(
        shop.gid("DeliveryMethod"),
        "SHIPPING" if shipped else "NONE",
        line.title if line else None,
        line.code if line else None,
    )
    work = FulfillmentOrder(
        id=shop.gid("FulfillmentOrder"),
        order=order,
        assigned_location=AssignedLocation(place),
        line_items=[
            FulfillmentOrderLine(shop.gid("FulfillmentOrderLineItem"), line)
            for line in order.line_items
            if line.variant
        ],
        created_at=order.created_at,
        updated_at=order.created_at,
        delivery_method=method,
        destination=Destination(shop.gid("FulfillmentOrderDestination"), order) if shipped else None,
    )
    order.fulfillment_orders.append(work)
    shop.fulfillment_orders[work.id] = work
