"""What buyers buy: random valid baskets, the same for the same seed.

A mix meant to meet every field of an order: guests, repeat buyers and companies; discounts on lines and on whole
orders, surcharges added and taken off; delivery with its own tax, money settled and money only authorized; billing
addresses that say nothing.
"""

import random
from collections.abc import Iterable
from typing import Any

from isthmus.simulators.storefront import Unknown, WishedOrder, only
from isthmus.simulators.vendure import stock
from isthmus.simulators.vendure.assortment import CENTS
from isthmus.simulators.vendure.catalog import Variant
from isthmus.simulators.vendure.checkout import Basket, Wanted
from isthmus.simulators.vendure.clientele import Clientele, address, home_of
from isthmus.simulators.vendure.people import Customer
from isthmus.simulators.vendure.shop import Shop

#: how likely each thing is on one order
_ODDS = {
    "billed elsewhere": 0.15, "billing untold": 0.4, "goodwill": 0.12, "coupon": 0.15, "gift wrap": 0.1,
    "loyalty": 0.04,
}  # fmt: skip
_SHIPPING, _PAYMENT = (65, 20, 15), (80, 20)


class OrdersBook:
    """Thinks up baskets for one shop. SKUs come from what the shop and the ERP both know."""

    def __init__(self, shop: Shop, clientele: Clientele) -> None:
        """Take the whole assortment as it is now."""
        self._shop, self._clientele = shop, clientele
        self._goods = self._there()

    def _there(self) -> list[Variant]:
        return [one for one in self._shop.variants.values() if not one.gone and not one.sku.startswith("SHOP-ONLY")]

    def basket(self, chance: random.Random) -> Basket:
        """Return the next basket."""
        shipping = chance.choices(list(self._shop.shipping_methods.values())[:3], _SHIPPING)[0]
        payment = chance.choices(list(self._shop.payment_methods.values())[:2], _PAYMENT)[0]
        basket = Basket(self._lines(chance), shipping, payment)
        self._buyer(chance, basket)
        if _happens(chance, "coupon"):
            basket.coupon, basket.off_percent = chance.choice((("WELCOME10", 10), ("SPRING5", 5)))
        if _happens(chance, "gift wrap"):
            basket.charges.append(("Gift wrap", 200))
        if _happens(chance, "loyalty"):
            basket.charges.append(("Loyalty bonus", -150))
        return basket

    def wished(self, wish: WishedOrder) -> Basket:
        """Return the basket somebody wants, without promotions. Raises `Unknown`, `ValueError`."""
        chance = random.Random(wish.seed)  # noqa: S311 - repeatable chance, not secrecy
        skus = [one.sku for one in wish.lines]
        if len(set(skus)) < len(skus):
            message = "a SKU stands on one line: put its units together"
            raise ValueError(message)
        lines = [
            Wanted(self._sold(one.sku), one.quantity, custom_fields=self._declared("OrderLine", one.said))
            for one in wish.lines
        ]
        shipping = chance.choices(list(self._shop.shipping_methods.values())[:3], _SHIPPING)[0]
        payment = next(iter(self._shop.payment_methods.values()))
        basket = Basket(lines, shipping, payment, custom_fields=self._declared("Order", wish.said), note=wish.note)
        self._buyer(chance, basket)
        if wish.email:
            basket.customer = self._account(wish.email)
            basket.delivered_to = basket.billed_to = home_of(self._shop, basket.customer)
        basket.charges += [(name, int(amount * CENTS)) for name, amount in wish.fees]
        return basket

    def _sold(self, sku: str) -> Variant:
        variant = self._shop.variant(sku)
        if variant is None:
            message = f"no SKU {sku}"
            raise Unknown(message)
        return variant

    def _account(self, email: str) -> Customer:
        found = self._shop.customer(email)
        if found is None or found.user is None:
            message = f"no customer {email} with an account"
            raise Unknown(message)
        return found

    def _declared(self, entity: str, said: Iterable[tuple[str, Any]]) -> dict[str, Any]:
        known = {one.name for one in self._shop.settings.custom_fields if one.entity == entity}
        only(dict(said), known, f"{entity} in this shop")
        return dict(said)

    def _lines(self, chance: random.Random) -> list[Wanted]:
        count = chance.choices((1, 2, 3, 5), (45, 30, 17, 8))[0]
        lines = [Wanted(one, self._units(chance, one)) for one in self._chosen(chance, count)]
        if _happens(chance, "goodwill"):
            chance.choice(lines).off_percent = chance.choice((5, 10, 15))
        return lines

    def _units(self, chance: random.Random, variant: Variant) -> int:
        wanted = chance.choices((1, 2, 3, 7), (65, 20, 10, 5))[0]
        return max(1, min(wanted, stock.sellable(variant, self._shop.default_channel)))

    def _chosen(self, chance: random.Random, count: int) -> list[Variant]:
        """Return some goods, none of them gone or sold out since the book was opened."""
        chosen = chance.sample(self._goods, min(count, len(self._goods)))
        channel = self._shop.default_channel
        if all(not one.gone and stock.sellable(one, channel) > 0 for one in chosen):
            return chosen
        self._goods = [one for one in self._there() if stock.sellable(one, channel) > 0]
        return self._chosen(chance, count)

    def _buyer(self, chance: random.Random, basket: Basket) -> None:
        kind = chance.choices(("guest", "customer", "company"), (40, 45, 15))[0]
        if kind == "guest":
            basket.customer, basket.delivered_to = self._clientele.guest(chance)
        else:
            people = self._clientele.companies if kind == "company" else self._clientele.customers
            basket.customer = chance.choice(people or self._clientele.customers)
            basket.delivered_to = home_of(self._shop, basket.customer)
        basket.billed_to = {} if _happens(chance, "billing untold") else dict(basket.delivered_to)
        if _happens(chance, "billed elsewhere"):
            basket.billed_to = address(self._shop, "Payer", chance.randrange(500, 600))


def _happens(chance: random.Random, what: str) -> bool:
    return chance.random() < _ODDS[what]
