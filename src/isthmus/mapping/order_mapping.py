"""What a document makes of an order. The source's record is only read; a new one is made of it.

In two steps around what the flow looks up: first what is sold, and where it goes (`first`), then what the other system
is told beside it (`then`). Custom fields of the source stay behind: the other system has fields of its own.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from isthmus.canonical.money import Money
from isthmus.canonical.order import LineKind, Order, OrderLine, Tax
from isthmus.canonical.party import Company, Customer
from isthmus.canonical.quantity import Quantity
from isthmus.mapping import functions, numbers, texts
from isthmus.mapping.document import Added, Document
from isthmus.mapping.errors import CannotWork
from isthmus.mapping.expression import Expression
from isthmus.mapping.rows import UNTOUCHED, Ready, worked
from isthmus.mapping.tables import Tables

P = TypeVar("P", bound=msgspec.Struct)
#: The id of a line that a document adds begins so.
ADDED = "add:"
NONE: Mapping[str, Any] = {}
#: Told of each row that did something: the row, what it was about, the records it read, what was there, what is now.
Told = Callable[[Ready, str, Sequence[Any], Any, Any], None]


@dataclass(frozen=True, slots=True)
class Addition:
    """A line to add, its expressions compiled."""

    line: Added
    parts: Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class OrderMapping:
    """A document of orders, compiled. `early` and `late` are its rows by section."""

    document: Document = field(default_factory=Document)
    revision: str = ""
    tables: Tables = field(default_factory=Tables)
    early: Mapping[str, Sequence[Ready]] = field(default_factory=dict[str, Sequence[Ready]])
    late: Mapping[str, Sequence[Ready]] = field(default_factory=dict[str, Sequence[Ready]])
    additions: Sequence[Addition] = ()
    when: Expression | None = None
    told: Told | None = None

    @property
    def rows(self) -> Iterator[Ready]:
        """Yield every row."""
        for rows in (*self.early.values(), *self.late.values()):
            yield from rows

    @property
    def changes_lines(self) -> bool:
        """Tell whether other things may be sold than the shop's lines say."""
        return bool(self.early.get("lines") or self.additions)

    def takes(self, order: Order) -> bool:
        """Tell whether the flow is for this order. Raises `CannotWork` and `Unmapped`."""
        return self.when is None or bool(self.when.of(order, None))

    def first(self, order: Order) -> Order:
        """Return what is sold and where it goes. Raises `CannotWork` with the row, and `Unmapped`."""
        if not self.early and not self.additions:
            return order
        early = self.early
        changes: dict[str, Any] = {}
        if rows := early.get("addresses"):
            for name in ("billing", "shipping_to"):
                if (address := getattr(order, name)) is not None:
                    changes[name] = self._made(rows, address, name, order, address)
        if rows := early.get("lines"):
            changes["lines"] = tuple([self._line(rows, order, line) for line in order.lines])
        if self.additions:
            changes["lines"] = (*changes.get("lines", order.lines), *self._added(order))
        return replace(order, **changes) if changes else order

    def then(self, source: Order, prepared: Order, *, skip: str = "") -> Order:
        """Return what the other system is told; `prepared` is what the flow made of `first`.

        `skip` names the system whose own fields are left alone, because the order is there already.
        """
        late = self.late
        changes: dict[str, Any] = {"lines": tuple(self._told_lines(source, prepared, skip))}
        if prepared.shipping_lines:
            changes["shipping_lines"] = tuple(
                [
                    self._made(late.get("shipping", ()), _taxed(self, source, was, is_now), "shipping", source, was)
                    for was, is_now in zip(source.shipping_lines, prepared.shipping_lines, strict=True)
                ]
            )
        if prepared.payments and (rows := late.get("payments")):
            pairs = zip(source.payments, prepared.payments, strict=True)
            changes["payments"] = tuple([self._made(rows, is_now, "payment", source, was) for was, is_now in pairs])
        rows = [each for each in late.get("order", ()) if each.field not in _APART and _due(each, skip)]
        bare = replace(prepared, custom=NONE, **changes)
        return self._made(rows, bare, "order", source)

    def customer(self, order: Order, customer: Customer) -> Customer:
        """Return who buys, as the other system is told. Raises `CannotWork` and `Unmapped`."""
        bare = replace(customer, custom=NONE) if customer.custom else customer
        rows = self._of_customer()
        return self._made(rows, bare, "customer", order, customer) if rows else bare

    def kept(self, customer: Customer, known: Customer) -> Customer:
        """Return a customer with what an earlier order said in the fields of rows that are empty this time."""
        changes: dict[str, Any] = {}
        for each in self._of_customer():
            now, before = _found(customer, each), _found(known, each)
            if functions.empty(now) and not functions.empty(before):
                changes |= _put(changes, customer, each, before)
        return replace(customer, **changes) if changes else customer

    def differs(self, customer: Customer, known: Customer) -> bool:
        """Tell whether a row gives a customer something else than is known."""
        return any(_found(customer, each) != _found(known, each) for each in self._of_customer())

    def _of_customer(self) -> Sequence[Ready]:
        return (*self.early.get("customer", ()), *self.late.get("customer", ()))

    def reference(self, order: Order) -> str:
        """Return the number people see, empty where the document says nothing of it."""
        return self._one("reference", order)

    def warehouse(self, order: Order) -> str:
        """Return the other system's code of the warehouse for lines that name none; empty where nothing is said."""
        return self._one("warehouse", order)

    def _one(self, name: str, order: Order) -> str:
        rows = [each for each in self.late.get("order", ()) if each.field == name]
        made = worked(rows[0], order, "") if rows else ""
        if rows and made is not UNTOUCHED and self.told is not None:
            self.told(rows[0], "order", (order,), "", made)
        return "" if made is UNTOUCHED else made

    def _line(self, rows: Sequence[Ready], order: Order, line: OrderLine) -> OrderLine:
        made = self._made(rows, line, f"line {line.sku or line.title}", order, line)
        # Under another name it is another item: what the shop's own variant is bound to does not count.
        return replace(made, variant_ref="") if made.sku != line.sku else made

    def _told_lines(self, source: Order, prepared: Order, skip: str) -> Iterator[OrderLine]:
        rows = [each for each in self.late.get("lines", ()) if _due(each, skip)]
        taxes = bool(self.late.get("taxes"))
        known = len(source.lines)
        for place, line in enumerate(prepared.lines):
            if place >= known:
                yield line
                continue
            was = source.lines[place]
            now = _taxed(self, source, was, line) if taxes and line.taxes else line
            if now.custom:
                now = replace(now, custom=NONE)
            yield self._made(rows, now, f"line {was.sku or was.title}", source, was) if rows else now

    def taxed(self, order: Order, was: Sequence[Tax], are: Sequence[Tax]) -> tuple[Tax, ...]:
        """Return taxes with the codes the document gives them."""
        rows = self.late.get("taxes", ())
        return tuple([self._made(rows, now, "tax", order, old) for old, now in zip(was, are, strict=True)])

    def _made(self, rows: Sequence[Ready], record: P, about: str, *records: Any) -> P:
        """Return a record with what the rows put into it."""
        changes: dict[str, Any] = {}
        for each in rows:
            before = _value(record, each)
            made = worked(each, *records, before)
            if made is UNTOUCHED:
                continue
            if self.told is not None:
                self.told(each, about, records, before, made)
            changes |= _put(changes, record, each, made)
        return replace(record, **changes) if changes else record

    def _added(self, order: Order) -> Iterator[OrderLine]:
        for each in self.additions:
            parts = each.parts
            if "when" in parts and not parts["when"].of(order, None):
                continue
            yield _addition(each, {name: part.of(order, None) for name, part in parts.items() if name != "when"}, order)


#: Not fields of the record: asked for where the flow needs them.
_APART = frozenset({"reference", "warehouse"})


def _put(changes: Mapping[str, Any], record: msgspec.Struct, each: Ready, made: Any) -> dict[str, Any]:
    """Return the field of a record that a row changes, with what it makes."""
    if not each.inner:
        return {each.head: made}
    there = changes.get(each.head, getattr(record, each.head))
    if each.head == "custom":
        return {"custom": {**there, each.inner: made}}
    return {each.head: replace(there or Company(name=""), **{each.inner: made})}


def _found(record: msgspec.Struct, each: Ready) -> Any:
    """Return what a record has in the field that a row fills."""
    found = getattr(record, each.head)
    if not each.inner:
        return found
    return found.get(each.inner) if each.head == "custom" else getattr(found, each.inner, "")


def _due(each: Ready, skip: str) -> bool:
    return not skip or each.row.owner != skip


def _value(record: msgspec.Struct, each: Ready) -> Any:
    """Return what stands in the field a row fills, before it does."""
    return None if each.head == "custom" else _found(record, each)


def _taxed(mapping: OrderMapping, order: Order, was: P, now: P) -> P:
    taxes = getattr(now, "taxes", ())
    if not taxes or not mapping.late.get("taxes"):
        return now
    return replace(now, taxes=mapping.taxed(order, was.taxes, taxes))  # type: ignore[attr-defined]


def _addition(each: Addition, made: Mapping[str, Any], order: Order) -> OrderLine:
    try:
        price = made.get("price", 0)
        quantity = made.get("quantity", 1)
        return OrderLine(
            external_id=f"{ADDED}{each.line.name}",
            sku=texts.shown(made.get("sku")),
            title=texts.shown(made.get("title")) or each.line.name,
            quantity=quantity if isinstance(quantity, Quantity) else Quantity(numbers.number_of(quantity)),
            unit_price=price if isinstance(price, Money) else Money(numbers.number_of(price), order.currency),
            kind=LineKind(each.line.kind),
        )
    except (TypeError, ValueError) as wrong:
        place = next(iter(each.parts.values())).where if each.parts else None
        says = f"[[add]] {each.line.name}: its price, quantity or title cannot be used"
        raise (CannotWork(says, place) if place else CannotWork(says)) from wrong
