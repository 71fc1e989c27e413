"""What a document makes of an order. The source's record is only read; a new one is made of it.

In two steps around what the flow looks up: first what is sold, and where it goes (`first`), then what the other system
is told beside it (`then`). Custom fields of the source stay behind: the other system has fields of its own.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from isthmus.canonical.money import Money
from isthmus.canonical.order import LineKind, Order, OrderLine, ShippingLine, Tax
from isthmus.canonical.party import Customer
from isthmus.canonical.quantity import Quantity
from isthmus.mapping import functions, numbers, texts
from isthmus.mapping.document import Added, Document
from isthmus.mapping.errors import Where
from isthmus.mapping.expression import Expression
from isthmus.mapping.plans import NONE, Plan, Told, found, planned, put
from isthmus.mapping.rows import UNTOUCHED, Ready, worked
from isthmus.mapping.tables import Tables

P = TypeVar("P", bound=msgspec.Struct)
#: The id of a line that a document adds begins so.
ADDED = "add:"
ONE = Decimal(1)


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
    #: Added lines that are the same for every order, by name and currency.
    _settled: dict[tuple[str, str], OrderLine] = field(
        default_factory=dict[tuple[str, str], OrderLine], init=False, repr=False, compare=False
    )
    _answers: dict[str, Ready | None] = field(
        default_factory=dict[str, "Ready | None"], init=False, repr=False, compare=False
    )
    _plans: dict[tuple[str, bool | None, str], Plan | None] = field(
        default_factory=dict[tuple[str, bool | None, str], "Plan | None"], init=False, repr=False, compare=False
    )

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
        made: dict[str, Any] = {}
        if plan := self._plan("addresses", late=False):
            for name in ("billing", "shipping_to"):
                if (address := getattr(order, name)) is not None:
                    made[name] = self._made(plan, address, name, order, address)
        if plan := self._plan("lines", late=False):
            made["lines"] = tuple(self._lines(plan, order, order.lines, order.lines))
        if self.additions:
            made["lines"] = (*made.get("lines", order.lines), *self._added(order))
        return replace(order, **made) if made else order

    def then(self, source: Order, prepared: Order, *, skip: str = "") -> Order:
        """Return what the other system is told; `prepared` is what the flow made of `first`.

        `skip` names the system whose own fields are left alone, because the order is there already.
        """
        made: dict[str, Any] = {}
        lines = self._told_lines(source, prepared, self._plan("lines", skip=skip))
        if lines is not prepared.lines:
            made["lines"] = lines
        taxes, shipping = self._plan("taxes"), self._plan("shipping")
        if prepared.shipping_lines and (taxes or shipping):
            charges = zip(source.shipping_lines, prepared.shipping_lines, strict=True)
            made["shipping_lines"] = tuple([self._charge(shipping, taxes, source, was, now) for was, now in charges])
        if prepared.payments and (plan := self._plan("payments")):
            pairs = zip(source.payments, prepared.payments, strict=True)
            made["payments"] = tuple([self._made(plan, now, "payment", source, was) for was, now in pairs])
        plan = self._plan("order", skip=skip)
        if prepared.custom and not plan:
            made["custom"] = NONE
        now = replace(prepared, **made) if made else prepared
        return self._made(plan, now, "order", source) if plan else now

    def customer(self, order: Order, customer: Customer) -> Customer:
        """Return who buys, as the other system is told. Raises `CannotWork` and `Unmapped`."""
        if plan := self._plan("customer", late=None):
            return self._made(plan, customer, "customer", order, customer)
        return replace(customer, custom=NONE) if customer.custom else customer

    def kept(self, customer: Customer, known: Customer) -> Customer:
        """Return a customer with what an earlier order said in the fields of rows that are empty this time."""
        made: dict[str, Any] = {}
        for each in self._of_customer():
            now, before = found(customer, each), found(known, each)
            if functions.empty(now) and not functions.empty(before):
                if each.head == "custom":
                    made.setdefault("custom", customer.custom)
                put(made, customer, each, before)
        return replace(customer, **made) if made else customer

    def differs(self, customer: Customer, known: Customer) -> bool:
        """Tell whether a row gives a customer something else than is known."""
        return any(found(customer, each) != found(known, each) for each in self._of_customer())

    def _of_customer(self) -> Sequence[Ready]:
        return (*self.early.get("customer", ()), *self.late.get("customer", ()))

    def reference(self, order: Order) -> str:
        """Return the number people see, empty where the document says nothing of it."""
        return self._one("reference", order)

    def warehouse(self, order: Order) -> str:
        """Return the other system's code of the warehouse for lines that name none; empty where nothing is said."""
        return self._one("warehouse", order)

    def taxed(self, order: Order, was: Sequence[Tax], are: Sequence[Tax]) -> tuple[Tax, ...]:
        """Return taxes with the codes the document gives them."""
        plan = self._plan("taxes")
        if not plan:
            return tuple(are)
        return tuple([self._made(plan, now, "tax", order, old) for old, now in zip(was, are, strict=True)])

    # --- How rows become records --------------------------------------------------------------------------------------

    def _plan(self, section: str, *, late: bool | None = True, skip: str = "") -> Plan | None:
        """Return the rows of a section that are due, sorted once; None where there are none. `late` None is both."""
        key = (section, late, skip)
        if key in self._plans:
            return self._plans[key]
        rows = [*self.early.get(section, ())] if not late else []
        rows += self.late.get(section, ()) if late is not False else ()
        due = [each for each in rows if (not skip or each.row.owner != skip) and not _apart(each)]
        self._plans[key] = plan = planned(due, bare=late is not False) if due else None
        return plan

    def _made(self, plan: Plan, record: P, about: str, *read: Any) -> P:
        """Return a record with what the rows put into it, and tell of it."""
        if self.told is None:
            return plan.record(record, *read)
        return plan.one_by_one(record, *read, told=self.told, about=about)

    def _one(self, name: str, order: Order) -> str:
        if name not in self._answers:
            rows = self.late.get("order", ())
            self._answers[name] = next((each for each in rows if each.field == name), None)
        each = self._answers[name]
        if each is None:
            return ""
        made = worked(each, order, "")
        if made is UNTOUCHED:
            return ""
        if self.told is not None:
            self.told(each, "order", (order,), "", made)
        return made

    def _told_lines(self, source: Order, prepared: Order, plan: Plan | None) -> tuple[OrderLine, ...]:
        """Return the lines with what the other system is told; as they are where nothing is."""
        taxes = self._plan("taxes")
        if not plan and not taxes and not any(line.custom for line in prepared.lines):
            return prepared.lines
        known = len(source.lines)
        lines: Sequence[OrderLine] = prepared.lines[:known]
        if taxes:
            pairs = zip(source.lines, lines, strict=True)
            lines = [replace(now, taxes=self.taxed(source, was.taxes, now.taxes)) for was, now in pairs]
        if plan:
            told = self._lines(plan, source, source.lines, lines)
        else:
            told = [replace(line, custom=NONE) if line.custom else line for line in lines]
        return (*told, *prepared.lines[known:])

    def _lines(self, plan: Plan, order: Order, own: Sequence[OrderLine], lines: Sequence[OrderLine]) -> list[OrderLine]:
        if self.told is None:
            return plan.records(order, own, lines)
        return [self._made(plan, now, _about(was), order, was) for was, now in zip(own, lines, strict=True)]

    def _charge(
        self, plan: Plan | None, taxes: Plan | None, source: Order, was: ShippingLine, now: ShippingLine
    ) -> ShippingLine:
        if taxes and now.taxes:
            now = replace(now, taxes=self.taxed(source, was.taxes, now.taxes))
        return self._made(plan, now, "shipping", source, was) if plan else now

    def _added(self, order: Order) -> Iterator[OrderLine]:
        for each in self.additions:
            when = each.parts.get("when")
            if when is not None and not when.of(order, None):
                continue
            key = (each.line.name, order.currency)
            made = self._settled.get(key)
            if made is None:
                made = _addition(each, order)
                if not any(_reads(part) for name, part in each.parts.items() if name != "when"):
                    self._settled[key] = made
            yield made


#: Not fields of the record: asked for where the flow needs them.
_APART = frozenset({"reference", "warehouse"})


def _apart(each: Ready) -> bool:
    return each.section == "order" and each.field in _APART


def _about(line: OrderLine) -> str:
    return f"line {line.sku or line.title}"


def _reads(part: Expression) -> bool:
    """Tell whether an expression depends on anything but itself."""
    compiled = part.compiled
    named = any(isinstance(each, ast.Name) and each.id in ("order", "value") for each in ast.walk(compiled.body))
    return named or bool(compiled.tables or compiled.hooks)


def _addition(each: Addition, order: Order) -> OrderLine:
    made = {name: part.of(order, None) for name, part in each.parts.items() if name != "when"}
    try:
        price = made.get("price", functions.ZERO)
        quantity = made.get("quantity", ONE)
        return OrderLine(
            external_id=f"{ADDED}{each.line.name}",
            sku=texts.shown(made.get("sku")),
            title=texts.shown(made.get("title")) or each.line.name,
            quantity=quantity if isinstance(quantity, Quantity) else Quantity(numbers.number_of(quantity)),
            unit_price=price if isinstance(price, Money) else Money(numbers.number_of(price), order.currency),
            kind=LineKind(each.line.kind),
        )
    except (TypeError, ValueError):
        place = next(iter(each.parts.values())).where if each.parts else Where()
        message = f"[[add]] {each.line.name}: its price, quantity or title cannot be used"
        raise place.unworkable(message) from None
