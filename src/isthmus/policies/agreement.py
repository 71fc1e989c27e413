"""Do two systems say the same of one order? (R-RCN-02)"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from isthmus.canonical.money import Money

NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Content:
    """What an order says in one system, in words both systems share.

    `items` are quantities by what is sold, lines of the same item added up; nothing with quantity 0 is in it.
    """

    total: Money
    items: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])
    customer: str = ""  # empty: not known, and then not compared
    canceled: bool = False
    accepted: bool = True


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not the same, in words."""

    field: str
    here: str
    there: str


def differences(here: Content, there: Content) -> list[Difference]:
    """Return what is not the same; empty when both agree.

    A canceled order is compared no further: what was charged for it is the payment's affair.
    """
    if here.canceled or there.canceled:
        if here.canceled == there.canceled:
            return []
        return [Difference("status", _status(here), _status(there))]
    found: list[Difference] = []
    if here.total.currency != there.total.currency:
        found.append(Difference("currency", here.total.currency, there.total.currency))
    elif here.total.rounded() != there.total.rounded():
        found.append(Difference("total", str(here.total), str(there.total)))
    found += _items(here.items, there.items)
    if here.customer and there.customer and here.customer != there.customer:
        found.append(Difference("customer", here.customer, there.customer))
    if not found and not there.accepted:
        found.append(Difference("status", _status(here), _status(there)))
    return found


def _items(here: Mapping[str, Decimal], there: Mapping[str, Decimal]) -> list[Difference]:
    found: list[Difference] = []
    for item in sorted({*here, *there}):
        mine, theirs = here.get(item, NONE), there.get(item, NONE)
        if mine != theirs:
            name = "quantity" if mine and theirs else "lines"
            found.append(Difference(f"{name} of {item}", f"{mine:f}", f"{theirs:f}"))
    return found


def _status(content: Content) -> str:
    if content.canceled:
        return "cancelled"
    return "accepted" if content.accepted else "not confirmed yet"
