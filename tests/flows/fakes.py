"""A shop and an ERP with real stock: the shop sells, the ERP reserves, and either can lose an answer."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from isthmus.canonical.order import Order, OrderStatus
from isthmus.canonical.party import Customer
from isthmus.canonical.product import Variant
from isthmus.canonical.quantity import pieces
from isthmus.canonical.record import Record
from isthmus.kit.clock import Clock
from isthmus.ports.errors import Contended, NotFound, Trouble
from isthmus.ports.sink import Key, Put, Receipt
from isthmus.testing.builders import a_variant, a_warehouse, stock
from tests.engine.fakes import Desk, Shelf

PLACE = "place-MAIN"


@dataclass
class Offers:
    """The shop's sink of stock: compare-and-set, as shops offer it."""

    shop: "Shop"
    batch: int = 50
    upserts: bool = False
    plan: deque[Trouble | None] = field(default_factory=deque[Trouble | None])
    told: list[tuple[str, int, int]] = field(default_factory=list[tuple[str, int, int]])  # sku, before, after
    watch: Callable[[str, int, int], None] = lambda _sku, _before, _after: None

    async def put_many(self, puts: Sequence[Put[Any]]) -> Sequence[Receipt | Trouble]:
        return [self._put(each) for each in puts]

    def _put(self, put: Put[Any]) -> Receipt | Trouble:
        if self.plan and (met := self.plan.popleft()):
            return met
        level = put.record
        sku = self.shop.named(level.item_ref)
        if not sku:
            return NotFound(f"there is no item {level.item_ref}")
        before = self.shop.available.get((sku, level.warehouse), 0)
        if put.base is not None and put.base.available.value != before:
            return Contended("the figure moved")
        self.shop.set(sku, int(level.available.value), level.warehouse)
        self.told.append((sku, before, int(level.available.value)))
        self.watch(sku, before, int(level.available.value))
        return Receipt(level.external_id)


class Shop:
    """Sells what it offers."""

    def __init__(self, clock: Clock) -> None:
        self.orders, self.variants, self.places, self.levels = (Shelf(clock, page=50) for _ in range(4))
        self.available: dict[tuple[str, str], int] = {}
        self.offers = Offers(self)
        self.places.keep(a_warehouse("MAIN", name="Main"))

    def stocks(self, sku: str, available: int = 0, **said: Any) -> None:
        self.variants.keep(a_variant(sku, **said))
        self.set(sku, available)

    def set(self, sku: str, available: int, place: str = PLACE) -> None:
        self.available[sku, place] = available
        self.levels.keep(
            stock(
                None,
                sku=sku,
                warehouse=place,
                available=available,
                external_id=f"{self.item(sku)}@{place}",
                item_ref=self.item(sku),
            )
        )

    def renames(self, sku: str, name: str) -> None:
        """Give a variant another SKU; its ids and its figures stay."""
        variant = next(each for each in self.variants.records.values() if isinstance(each, Variant) and each.sku == sku)
        self.variants.keep(msgspec.structs.replace(variant, sku=name, number=name))
        for old, place in [each for each in self.available if each[0] == sku]:
            self.set(name, self.available.pop((old, place)), place)

    def item(self, sku: str) -> str:
        """Return the id under which the stock of a SKU is kept now."""
        found = [each for each in self.variants.records.values() if isinstance(each, Variant) and each.sku == sku]
        return found[-1].stock_ref if found else ""

    def named(self, item: str) -> str:
        """Return what the item is called now whose stock is kept under this id."""
        variants = [each for each in self.variants.records.values() if isinstance(each, Variant)]
        return next((each.sku for each in reversed(variants) if each.stock_ref == item), "")

    def sells(self, order: Order) -> Order:
        for line in order.lines:
            key = (line.sku, line.warehouse or PLACE)
            if key in self.available:
                self.set(line.sku, self.available[key] - int(line.quantity.value), key[1])
        self.orders.keep(order)
        return order

    def changes(self, order: Order, **said: Any) -> Order:
        changed = msgspec.structs.replace(order, **said)
        self.orders.keep(changed)
        return changed

    def sources(self) -> dict[str, Any]:
        return {"order": self.orders, "variant": self.variants, "warehouse": self.places, "stock_level": self.levels}


@dataclass
class Items(Shelf):
    """The ERP's variants, which can be looked up by SKU."""

    looked_up: list[str] = field(default_factory=list[str])

    async def by_number(self, number: str) -> Sequence[Variant]:
        self.looked_up.append(number)
        return [each for each in self.records.values() if isinstance(each, Variant) and each.sku == number]


@dataclass
class Orders(Desk):
    """The ERP's sink of orders: what it takes, it reserves."""

    reserved: Callable[[], None] = lambda: None

    async def put(self, record: Any, *, key: Key, existing: Receipt | None = None) -> Receipt:
        try:
            return await super().put(record, key=key, existing=existing)
        finally:
            self.reserved()


@dataclass
class Customers(Desk):
    """The ERP's sink of customers: every address gets an id of its own."""

    known: list[Customer] = field(default_factory=list[Customer])

    async def candidates(self, record: Customer) -> Sequence[Customer]:
        return [each for each in self.known if each.email and each.email == record.email]

    async def put(self, record: Any, *, key: Key, existing: Receipt | None = None) -> Receipt:
        if existing is not None and existing.external_id.startswith("known-"):
            return Receipt(existing.external_id, refs=_refs(existing.external_id, record))
        receipt = await super().put(record, key=key, existing=existing)
        return msgspec_refs(receipt, record)


def msgspec_refs(receipt: Receipt, record: Customer) -> Receipt:
    return Receipt(receipt.external_id, receipt.number, refs=_refs(receipt.external_id, record))


def _refs(external_id: str, record: Customer) -> dict[str, str]:
    return {address.fingerprint(): f"{external_id}/{address.city}" for address in record.addresses}


class Erp:
    """Keeps orders and stock; its figure is what lies there less what its orders reserve."""

    def __init__(self, clock: Clock) -> None:
        self.items = Items(clock, page=50)
        self.places, self.levels = Shelf(clock, page=50), Shelf(clock, page=50)
        self.orders = Orders(clock, reserved=self.refresh)
        self.customers = Customers(clock)
        self.on_hand: dict[str, int | None] = {}
        self.names: dict[str, str] = {}  # what an item is called now, by its first SKU, which is in its id
        self.places.keep(a_warehouse("WH", name="Main"))

    def stocks(self, sku: str, on_hand: int | None, **said: Any) -> None:
        if f"item-{sku}" not in self.items.records:
            self.items.keep(a_variant(sku, external_id=f"item-{sku}", stock_ref="", **said))
        self.on_hand[sku] = on_hand
        self.refresh()

    def renames(self, sku: str, name: str) -> None:
        """Give an item another SKU; its id and its figures stay."""
        self.names[sku] = name
        self.items.keep(a_variant(name, external_id=f"item-{sku}", stock_ref=""))
        self.refresh()

    def refresh(self) -> None:
        for sku, on_hand in self.on_hand.items():
            name = self.names.get(sku, sku)
            level = stock(
                on_hand, sku=name, allocated=self.allocated(sku), item_ref=f"item-{sku}", external_id=f"{sku}@WH"
            )
            if self.levels.records.get(level.external_id) != level:
                self.levels.keep(level)

    def allocated(self, sku: str) -> Decimal:
        held = [record for _, record, _ in self.orders.created if isinstance(record, Order)]
        return sum(
            (
                line.quantity.value
                for order in held
                if order.status is not OrderStatus.CANCELED
                for line in order.lines
                if line.item_ref == f"item-{sku}"
            ),
            start=pieces(0).value,
        )

    def holds(self, number: str) -> list[Order]:
        found = [record for _, record, _ in self.orders.created if isinstance(record, Order)]
        return [order for order in found if order.number == number]

    def people(self) -> list[Record]:
        return [record for _, record, _ in self.customers.created]

    def sources(self) -> dict[str, Any]:
        return {"variant": self.items, "warehouse": self.places, "stock_level": self.levels}
