"""What buyers buy: random valid carts, the same for the same seed.

A mix meant to meet every field of an order: guests, repeat buyers and companies; discounts on lines, orders
and shipping; taxes inside and on top; cards, gift cards, bank transfers and terms.
"""

import random
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from isthmus.simulators.shopify.cart import Cart, CartLine, Delivery, Reduction
from isthmus.simulators.shopify.catalog import Variant
from isthmus.simulators.shopify.charges import Tax
from isthmus.simulators.shopify.clientele import Clientele, address, vat_number
from isthmus.simulators.shopify.lines import Attribute
from isthmus.simulators.shopify.parties import Customer
from isthmus.simulators.shopify.shop import Shop
from isthmus.simulators.storefront import Unknown, WishedOrder

VAT = Tax("VAT", Decimal("0.2"))
NOTES = ("Please leave at the reception", "Ring twice", "It is a gift, no invoice in the parcel", "After 5 pm")
TAGS = ("vip", "gift", "priority", "fragile")
#: how likely each thing is on one order
_ODDS = {
    "taxes included": 0.6, "engraved": 0.05, "billed elsewhere": 0.15, "sent by email": 0.04, "free shipping": 0.15,
    "shipping untaxed": 0.1, "goodwill on a line": 0.12, "code on a line": 0.08, "code on the order": 0.12,
    "automatic discount": 0.08, "shipping discount": 0.06, "tip": 0.04, "note": 0.15, "tags": 0.2, "gift wrap": 0.1,
}  # fmt: skip
_SHIPPING = (
    ("Standard", "standard", Decimal("4.90")),
    ("Express", "express", Decimal("12.50")),
    ("Pickup point", "pickup", Decimal("2.99")),
)


class OrdersBook:
    """Thinks up carts for one shop. SKUs come from what the shop and the ERP both know."""

    def __init__(self, shop: Shop, clientele: Clientele) -> None:
        """Take the whole assortment as it is now."""
        self._shop = shop
        self._clientele = clientele
        self._variants = [one for one in shop.variants.values() if one.sku and not one.sku.startswith("SHOP-ONLY")]

    def cart(self, chance: random.Random) -> Cart:
        """Return the next cart."""
        lines = self._lines(chance)
        included = _happens(chance, "taxes included")
        cart = Cart(self._shop.currencies(), lines, taxes_included=included, tax=VAT)
        self._buyer(chance, cart)
        self._delivery(chance, cart)
        self._reductions(chance, cart)
        self._payment(chance, cart)
        self._remarks(chance, cart)
        return cart

    def wished(self, wish: WishedOrder) -> Cart:
        """Return the cart somebody wants, without discounts. Raises `Unknown`, `ValueError`."""
        if wish.fees:
            message = "Shopify's checkout charges no fees: sell them as a line"
            raise ValueError(message)
        chance = random.Random(wish.seed)  # noqa: S311 - repeatable chance, not secrecy
        included = _happens(chance, "taxes included")
        lines = [CartLine(self._sold(one.sku), one.quantity, _attributes(one.said)) for one in wish.lines]
        cart = Cart(self._shop.currencies(), lines, taxes_included=included, tax=VAT)
        if wish.email:
            self._known(cart, self._account(wish.email))
            cart.billing = cart.shipping
        else:
            self._buyer(chance, cart)
        self._delivery(chance, cart)
        cart.note = wish.note or None
        cart.custom_attributes = [*cart.custom_attributes, *_attributes(wish.said)]
        return cart

    def _sold(self, sku: str) -> Variant:
        variant = self._shop.variant(sku)
        if variant is None:
            message = f"no SKU {sku}"
            raise Unknown(message)
        return variant

    def _account(self, email: str) -> Customer:
        found = next((one for one in self._shop.customers.values() if one.email == email), None)
        if found is None:
            message = f"no customer {email}"
            raise Unknown(message)
        return found

    def _lines(self, chance: random.Random) -> list[CartLine]:
        count = chance.choices((1, 2, 3, 5), (45, 30, 17, 8))[0]
        chosen = chance.sample(self._variants, min(count, len(self._variants)))
        engraving = (Attribute("Engraving", "For you"),)
        return [
            CartLine(
                variant,
                chance.choices((1, 2, 3, 7), (65, 20, 10, 5))[0],
                engraving if _happens(chance, "engraved") else (),
            )
            for variant in chosen
        ]

    def _buyer(self, chance: random.Random, cart: Cart) -> None:
        kind = chance.choices(("guest", "customer", "company"), (40, 45, 15))[0]
        if kind == "guest":
            cart.email, cart.shipping = self._clientele.guest(chance)
        elif kind == "customer":
            self._known(cart, chance.choice(self._clientele.customers))
        else:
            self._company(chance, cart)
        elsewhere = _happens(chance, "billed elsewhere")
        cart.billing = address(self._shop, "Buyer", chance.randrange(500, 600)) if elsewhere else cart.shipping

    def _known(self, cart: Cart, customer: Customer) -> None:
        cart.customer, cart.email, cart.phone = customer, customer.email, customer.phone
        cart.shipping, cart.locale = customer.default_address, customer.locale

    def _company(self, chance: random.Random, cart: Cart) -> None:
        buyer = cart.company = self._clientele.company(chance)
        self._known(cart, buyer.company.contacts[0].customer)
        number = int(buyer.company.name.rsplit(" ", 1)[1])
        cart.shipping = address(self._shop, "Purchaser", number, company=buyer.company.name)
        cart.po_number = f"PO-{chance.randrange(10000, 99999)}"
        cart.custom_attributes = [Attribute("VAT number", vat_number(number))]
        cart.taxes_included = False

    def _delivery(self, chance: random.Random, cart: Cart) -> None:
        if _happens(chance, "sent by email"):
            cart.shipping = None
            return
        title, code, cost = chance.choice(_SHIPPING)
        free = _happens(chance, "free shipping")
        cart.delivery = Delivery(
            "Free shipping" if free else title,
            "free" if free else code,
            Decimal("0.00") if free else cost,
            None if free or _happens(chance, "shipping untaxed") else VAT,
        )

    def _reductions(self, chance: random.Random, cart: Cart) -> None:
        if _happens(chance, "goodwill on a line"):
            index = chance.randrange(len(cart.lines))
            percent = Decimal(chance.choice((5, 10, 15)))
            cart.reductions.append(
                Reduction("ManualDiscountApplication", "Goodwill", "line", percent=percent, lines=(index,))
            )
        if _happens(chance, "code on a line"):
            amount = Decimal(chance.choice(("1.00", "2.50")))
            cart.reductions.append(Reduction("DiscountCodeApplication", "LINE-OFF", "line", amount=amount, lines=(0,)))
        if _happens(chance, "code on the order"):
            cart.reductions.append(Reduction("DiscountCodeApplication", "WELCOME10", "order", percent=Decimal(10)))
        elif _happens(chance, "automatic discount"):
            cart.reductions.append(Reduction("AutomaticDiscountApplication", "Spring", "order", amount=Decimal("1.99")))
        if cart.delivery and cart.delivery.price and _happens(chance, "shipping discount"):
            cart.reductions.append(Reduction("DiscountCodeApplication", "SHIPHALF", "shipping", percent=Decimal(50)))

    def _payment(self, chance: random.Random, cart: Cart) -> None:
        if cart.company:
            cart.payment = chance.choices(("terms", "card"), (70, 30))[0]
            return
        cart.payment = chance.choices(("card", "paypal", "authorized", "bank", "gift_card"), (60, 18, 10, 6, 6))[0]
        cart.gift_card = Decimal("1.50")
        if _happens(chance, "tip"):
            cart.tip = Decimal("2.00")

    def _remarks(self, chance: random.Random, cart: Cart) -> None:
        if _happens(chance, "note"):
            cart.note = chance.choice(NOTES)
        if _happens(chance, "tags"):
            cart.tags = chance.sample(TAGS, chance.choice((1, 2)))
        if _happens(chance, "gift wrap"):
            cart.custom_attributes = [*cart.custom_attributes, Attribute("gift_wrap", "yes")]


def _attributes(said: Iterable[tuple[str, Any]]) -> tuple[Attribute, ...]:
    return tuple(Attribute(key, str(value)) for key, value in said)


def _happens(chance: random.Random, what: str) -> bool:
    return chance.random() < _ODDS[what]
