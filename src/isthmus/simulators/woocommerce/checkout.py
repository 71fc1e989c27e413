"""From a cart to an order: lines, discounts, taxes, payment, and goods taken out of stock."""

import hashlib
from datetime import datetime

from isthmus.simulators.woocommerce import lifecycle, meta, totals
from isthmus.simulators.woocommerce.cart import Cart, CartLine
from isthmus.simulators.woocommerce.money import exact
from isthmus.simulators.woocommerce.order_lines import order_key, take_off
from isthmus.simulators.woocommerce.orders import Line, Order
from isthmus.simulators.woocommerce.shop import Shop
from isthmus.simulators.woocommerce.site import GATEWAYS

#: ways to pay that wait for the money; the others bring it at once
_WAITING = frozenset({"bacs", "cheque"})


def place(shop: Shop, cart: Cart, at: datetime | None = None, *, tell: bool = True) -> Order:
    """Make an order of a cart, take its goods out of stock and tell subscribers.

    `at` backdates it; `tell` False is for orders that exist before anybody listens.
    """
    when = at or shop.now()
    order = _order(shop, cart, when)
    order.lines = [_goods(shop, cart, wanted) for wanted in cart.lines]
    if cart.coupon:
        take_off(shop, order, cart.coupon)
    if cart.delivery:
        status = "taxable" if cart.delivery.taxed else "none"
        price = exact(cart.delivery.price * cart.factor)
        order.lines.append(
            Line(
                id=shop.new_id("item"),
                kind="shipping",
                name=cart.delivery.title,
                method_id=cart.delivery.method,
                total=price,
                subtotal=price,
                tax_status=status,
            )
        )
    for name, amount in cart.fees:
        charged = exact(amount * cart.factor)
        order.lines.append(Line(id=shop.new_id("item"), kind="fee", name=name, total=charged, subtotal=charged))
    totals.recalculate(shop, order)
    _settle(order, cart, when)
    lifecycle.open_order(shop, order, tell=tell and not cart.abandoned)
    return order


def _order(shop: Shop, cart: Cart, when: datetime) -> Order:
    number = shop.new_id()
    order = Order(
        id=number,
        number=shop.order_number(number),
        key=order_key(),
        created_at=when,
        modified_at=when,
        currency=cart.currency,
        prices_include_tax=cart.taxes_included,
        customer_id=cart.customer.id if cart.customer else 0,
        customer_note=cart.note,
        payment_method=cart.payment,
        payment_method_title=GATEWAYS[cart.payment],
        skew=cart.skew,
    )
    order.billing.update(cart.billing)
    order.shipping.update({name: value for name, value in (cart.shipping or {}).items() if name in order.shipping})
    for key, text in cart.remarks.items():
        meta.put(order.meta, key, text, shop.new_id)
    meta.add(order.meta, cart.said, shop.new_id)
    return order


def _goods(shop: Shop, cart: Cart, wanted: CartLine) -> Line:
    product = wanted.product
    price = product.amount(shop.now()) * wanted.quantity * cart.factor
    before = exact(totals.net(shop, product, price, included=cart.taxes_included))
    line = Line(
        id=shop.new_id("item"),
        kind="line_item",
        name=product.name,
        product_id=product.parent.id if product.parent else product.id,
        variation_id=product.id if product.parent else 0,
        quantity=wanted.quantity,
        tax_class=product.tax_class,
        tax_status=product.tax_status,
        subtotal=before,
        total=exact(before * (1 - wanted.goodwill_percent / 100)),
    )
    chosen = {str(one["name"]).lower(): one["option"] for one in product.attributes if "option" in one}
    for key, text in {**chosen, **({"Engraving": wanted.engraving} if wanted.engraving else {})}.items():
        meta.put(line.meta, key, text, shop.new_id)
    meta.add(line.meta, wanted.said, shop.new_id)
    return line


def _settle(order: Order, cart: Cart, when: datetime) -> None:
    if cart.abandoned:
        order.status = "pending"
    elif cart.payment in _WAITING:
        order.status = "on-hold"
    else:
        order.status, order.paid_at = "processing", when
        digest = hashlib.sha256(f"{order.id}".encode()).hexdigest()
        order.transaction_id = f"ch_{digest[:24]}" if cart.payment == "stripe" else ""
