"""The shop of the demonstration: what both simulators are stocked with when `--seed demo`.

The two sides of a demonstration must sell the same things, so the assortment is made here once.
Each simulator turns it into its own records; nothing about sync is decided here.
"""

import random
from dataclasses import dataclass
from decimal import Decimal

#: (code in the ERP, name in both systems)
PLACES = (("WH", "Main warehouse"), ("EAST", "East warehouse"))
CURRENCY = "EUR"
SKUS = 200
_KINDS = ("Mug", "Lamp", "Shelf", "Chair", "Kettle", "Blanket", "Notebook", "Backpack", "Clock", "Vase")
_SHADES = ("red", "blue", "green", "black", "white")


@dataclass(frozen=True, slots=True)
class Item:
    """One sellable thing; `stock` is what lies in each place of `PLACES`, by code."""

    sku: str
    title: str
    shade: str
    price: Decimal
    cost: Decimal
    weight_g: int
    barcode: str
    stock: dict[str, int]


def assortment(count: int = SKUS, seed: int = 20261) -> tuple[Item, ...]:
    """Return the same `count` items for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - repeatable chance, not secrecy
    return tuple(_item(number, chance) for number in range(1, count + 1))


def _item(number: int, chance: random.Random) -> Item:
    kind = _KINDS[number % len(_KINDS)]
    shade = _SHADES[number % len(_SHADES)]
    price = Decimal(chance.randrange(299, 19999)) / 100
    return Item(
        sku=f"{kind.upper()}-{number:04d}",
        title=f"{kind} {number}",
        shade=shade,
        price=price,
        cost=(price * Decimal("0.55")).quantize(Decimal("0.01")),
        weight_g=chance.randrange(80, 9000),
        barcode=_ean13(f"200{number:09d}"),
        stock={code: chance.randrange(150, 900) for code, _name in PLACES},
    )


def _ean13(twelve: str) -> str:
    odd, even = sum(map(int, twelve[::2])), sum(map(int, twelve[1::2]))
    return twelve + str(-(odd + 3 * even) % 10)
