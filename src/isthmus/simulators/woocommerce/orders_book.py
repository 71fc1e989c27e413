"""What buyers buy: random valid carts, the same for the same seed.

A mix meant to meet every field of an order: guests, repeat buyers and companies; coupons, goodwill on a line, fees
added and taken off; prices with and without tax; cards, bank transfers, invoices, cash on delivery.
"""

import random
from decimal import Decimal

from isthmus.simulators.storefront import Unknown, WishedOrder
from isthmus.simulators.woocommerce import meta
from isthmus.simulators.woocommerce.cart import Cart, CartLine, Delivery
from isthmus.simulators.woocommerce.catalog import Product
from isthmus.simulators.woocommerce.clientele import VAT_NUMBER, Clientele, address, shipped_to
from isthmus.simulators.woocommerce.people import Customer
from isthmus.simulators.woocommerce.shop import Shop

NOTES = ("Please leave at the reception", "Ring twice", "It is a gift, no invoice in the parcel", "After 5 pm")
#: how likely each thing is on one order
_ODDS = {
    "engraved": 0.05, "billed elsewhere": 0.15, "picked up": 0.04, "free shipping": 0.15, "shipping untaxed": 0.1,
    "goodwill": 0.12, "coupon": 0.15, "gift wrap": 0.1, "loyalty": 0.04, "note": 0.15, "phone of receiver": 0.1,
}  # fmt: skip
_SHIPPING = (
    Delivery("Standard", "flat_rate", Decimal("4.90")),
    Delivery("Express", "flat_rate", Decimal("12.50")),
    Delivery("Pickup point", "pickup_location", Decimal("2.99")),
)


class OrdersBook:
    """Thinks up carts for one shop. SKUs come from what the shop and the ERP both know."""

    def __init__(self, shop: Shop, clientele: Clientele) -> None:
        """Take the whole assortment as it is now."""
        self._shop = shop
        self._clientele = clientele
        self._goods = [
            one
            for one in shop.products.values()
            if one.sku and one.kind in {"simple", "variation"} and not one.sku.startswith("SHOP-ONLY")
        ]

    def cart(self, chance: random.Random) -> Cart:
        """Return the next cart."""
        lines = self._lines(chance)
        included = chance.random() < (0.9 if self._shop.settings.prices_include_tax else 0.1)
        cart = Cart(lines, included, self._shop.settings.currency)
        self._buyer(chance, cart)
        self._delivery(chance, cart)
        self._extras(chance, cart)
        return cart

    def wished(self, wish: WishedOrder) -> Cart:
        """Return the cart somebody wants, without coupons. Raises `Unknown`."""
        chance = random.Random(wish.seed)  # noqa: S311 - repeatable chance, not secrecy
        lines = [CartLine(self._sold(one.sku), one.quantity, said=one.said) for one in wish.lines]
        cart = Cart(lines, self._shop.settings.prices_include_tax, self._shop.settings.currency)
        self._buyer(chance, cart)
        if wish.email:
            self._known(cart, self._account(wish.email))
            cart.shipping, cart.remarks = shipped_to(cart.billing), {}
        self._delivery(chance, cart)
        cart.fees += wish.fees
        cart.note, cart.said = wish.note, wish.said
        return cart

    def _sold(self, sku: str) -> Product:
        product = self._shop.product(sku)
        if product is None or product.kind not in {"simple", "variation"}:
            message = f"no SKU {sku} that can be sold"
            raise Unknown(message)
        return product

    def _account(self, email: str) -> Customer:
        found = next((one for one in self._shop.customers.values() if one.email == email), None)
        if found is None:
            message = f"no customer {email}"
            raise Unknown(message)
        return found

    def _lines(self, chance: random.Random) -> list[CartLine]:
        count = chance.choices((1, 2, 3, 5), (45, 30, 17, 8))[0]
        chosen = self._chosen(chance, count)
        lines = [CartLine(product, chance.choices((1, 2, 3, 7), (65, 20, 10, 5))[0]) for product in chosen]
        for line in lines:
            line.engraving = "For you" if _happens(chance, "engraved") else ""
        if _happens(chance, "goodwill"):
            chance.choice(lines).goodwill_percent = Decimal(chance.choice((5, 10, 15)))
        return lines

    def _chosen(self, chance: random.Random, count: int) -> list[Product]:
        """Return some goods, none of them gone since the book was opened."""
        chosen = chance.sample(self._goods, min(count, len(self._goods)))
        if any(one.id not in self._shop.products for one in chosen):
            self._goods = [one for one in self._goods if one.id in self._shop.products]
            return self._chosen(chance, count)
        return chosen

    def _buyer(self, chance: random.Random, cart: Cart) -> None:
        kind = chance.choices(("guest", "customer", "company"), (40, 45, 15))[0]
        if kind == "guest":
            cart.billing = self._clientele.guest(chance)
        elif kind == "customer" or not self._clientele.companies:
            self._known(cart, chance.choice(self._clientele.customers))
        else:
            buyer = chance.choice(self._clientele.companies)
            self._known(cart, buyer)
            cart.remarks = {
                VAT_NUMBER: str(meta.value(buyer.meta, VAT_NUMBER) or ""),
                "_po_number": f"PO-{chance.randrange(10000, 99999)}",
            }
        cart.shipping = shipped_to(cart.billing)
        if _happens(chance, "billed elsewhere"):
            cart.shipping = shipped_to(address("Receiver", chance.randrange(500, 600)))
            cart.shipping["phone"] = "+49301234567" if _happens(chance, "phone of receiver") else ""
        company = kind == "company"
        ways = (
            (("cheque", "stripe"), (70, 30))
            if company
            else (("stripe", "ppcp-gateway", "bacs", "cod"), (60, 20, 12, 8))
        )
        cart.payment = chance.choices(*ways)[0]

    def _known(self, cart: Cart, customer: Customer) -> None:
        cart.customer, cart.billing = customer, dict(customer.billing)

    def _delivery(self, chance: random.Random, cart: Cart) -> None:
        if _happens(chance, "picked up"):
            cart.shipping = None
            cart.delivery = Delivery("Local pickup", "local_pickup", Decimal(0))
        elif _happens(chance, "free shipping"):
            cart.delivery = Delivery("Free shipping", "free_shipping", Decimal(0))
        else:
            way = chance.choice(_SHIPPING)
            taxed = not _happens(chance, "shipping untaxed")
            cart.delivery = Delivery(way.title, way.method, way.price, taxed)

    def _extras(self, chance: random.Random, cart: Cart) -> None:
        if _happens(chance, "coupon"):
            cart.coupon = chance.choice(tuple(self._shop.coupons))
        if _happens(chance, "gift wrap"):
            cart.fees.append(("Gift wrap", Decimal("2.00")))
            cart.remarks = {**cart.remarks, "gift_message": "With best wishes"}
        if _happens(chance, "loyalty"):
            cart.fees.append(("Loyalty bonus", Decimal("-1.50")))
        if _happens(chance, "note"):
            cart.note = chance.choice(NOTES)


def _happens(chance: random.Random, what: str) -> bool:
    return chance.random() < _ODDS[what]
