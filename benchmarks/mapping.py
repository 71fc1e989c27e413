"""Expressions of a mapping document, and an order of ten lines, against the same by hand.

`python benchmarks/mapping.py [--quick]` prints `name, ours, floor, ratio` (orders a second by the document and by hand,
ours/floor), `evaluations_per_s` (the slowest of the simple expressions, on one core), `evaluations` (each of them), and
`ours_us`, `floor_us` (microseconds of an order). Both make equal records, or nothing is measured.

By hand means: Python that somebody writes for this one merchant, with every name and every text in the code, in the two
steps that the flow needs (what is sold comes before items are looked up), with the same records. What is beside the
steps (reading the shop, looking items up, the ERP) is in neither.
"""

import argparse
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from statistics import median
from typing import Any

import re2
from floor import result, say
from msgspec.structs import replace

from isthmus.canonical.money import Money
from isthmus.canonical.order import LineKind, Order, OrderLine, OrderStatus
from isthmus.canonical.party import Address, AddressRole, Company, Customer
from isthmus.canonical.quantity import Quantity
from isthmus.mapping.build import build
from isthmus.mapping.document import read_document
from isthmus.mapping.expression import expression
from isthmus.mapping.order_mapping import OrderMapping
from isthmus.mapping.scope import Scope
from isthmus.mapping.tables import Tables

LINES = 10
DOCUMENT = """
when = 'not is_test'

[order]
reference = '"WEB-" + number'
warehouse = { from = "shipping_to.region", table = "region", default = "MAIN" }
note = { from = "trim(note)", length = 200, cut = true }
channel = '"b2b" if customer.company.tax_id != "" else "web"'
custom.x_gift = 'custom.gift_wrap == "yes"'
custom.x_large = 'total.amount >= 500'

[lines]
sku = { table = "articles" }
title = 'f"{title} ({sku})"'
custom.x_engraving = { from = "custom.Engraving", length = 30 }
custom.x_pieces = 'quantity.value * 2'

[customer]
company.tax_id = { from = 'find(order.note, "VAT:? *([A-Z]{2}[0-9]+)")', when = "value == ''" }

[[add]]
name = "gift-wrap"
when = 'custom.gift_wrap == "yes"'
sku = '"WRAP"'
title = '"Gift wrapping"'
price = '2.50'
"""
ARTICLES = {f"SHOP-{number}": f"ART-{number:05}" for number in range(2_000)}
REGIONS = {"BY": "MUC", "BE": "BER", "*": "MAIN"}
#: Of the kinds that most rows are of.
SIMPLE = (
    "number",
    "shipping_to.region",
    'currency == "EUR"',
    "total.amount >= 500",
    "total.amount * 2",
    'custom.gift_wrap == "yes"',
    "upper(shipping_to.city)",
    'f"WEB-{number}"',
    '"b2b" if is_test else "web"',
    'starts(number, "#")',
    "left(note, 40)",
    "coalesce(phone, shipping_to.phone)",
    'lookup("region", shipping_to.region)',
)


def an_order() -> Order:
    """Return an order as a shop's connector reads it."""
    lines = tuple(
        OrderLine(
            external_id=f"line-{number}",
            sku=f"SHOP-{number * 7}",
            title=f"Mug with a picture, number {number}",
            quantity=Quantity(Decimal(1 + number % 3)),
            unit_price=Money(Decimal("12.50"), "EUR"),
            variant_ref=f"gid-{number}",
            custom={"Engraving": f"For Anna {number}"},
        )
        for number in range(LINES)
    )
    address = Address(
        role=AddressRole.SHIPPING, name="Anna Muster", lines=("Weg 1",), city="München", region="BY", country="DE"
    )
    return Order(
        external_id="gid-1001",
        number="1001",
        status=OrderStatus.RECEIVED,
        placed_at=datetime(2026, 3, 2, 9, 58, 12, tzinfo=UTC),
        currency="EUR",
        lines=lines,
        total=Money(Decimal("240.00"), "EUR"),
        customer=Customer(external_id="c-1", name="Anna Muster", company=Company(name="Muster GmbH")),
        shipping_to=address,
        billing=replace(address, role=AddressRole.BILLING),
        phone="+49 89 1234",
        note="  Please ring twice. VAT: DE123456789 ",
        custom={"gift_wrap": "yes"},
    )


def by_document(mapping: OrderMapping, order: Order, customer: Customer) -> tuple[Any, ...]:
    """Return what the flow asks of a mapping: the order in two steps, two answers, and who buys."""
    if not mapping.takes(order):
        return ()
    told = mapping.then(order, mapping.first(order))
    return told, mapping.reference(order), mapping.warehouse(order), mapping.customer(order, customer)


def by_hand(order: Order, customer: Customer) -> tuple[Any, ...]:
    """Return the same."""
    if order.is_test:
        return ()
    told = hand_then(order, hand_first(order))
    region = order.shipping_to.region if order.shipping_to is not None else ""
    warehouse = REGIONS.get(region, REGIONS["*"]) if region else "MAIN"
    return told, "WEB-" + order.number, warehouse, hand_customer(order, customer)


def hand_first(order: Order) -> Order:
    """Return what is sold."""
    lines = [hand_line(line) for line in order.lines]
    if order.custom.get("gift_wrap") == "yes":
        lines.append(
            OrderLine(
                external_id="add:gift-wrap",
                sku="WRAP",
                title="Gift wrapping",
                quantity=Quantity(Decimal(1)),
                unit_price=Money(Decimal("2.50"), order.currency),
                kind=LineKind.FEE,
            )
        )
    return replace(order, lines=tuple(lines))


def hand_line(line: OrderLine) -> OrderLine:
    """Return a line by the merchant's own name of it."""
    article = ARTICLES[line.sku]
    title = f"{line.title} ({line.sku})"
    if article == line.sku:
        return replace(line, title=title)
    return replace(line, sku=article, title=title, variant_ref="")


def hand_then(source: Order, prepared: Order) -> Order:
    """Return what the ERP is told beside it."""
    known = len(source.lines)
    lines = [hand_told(was, now) for was, now in zip(source.lines, prepared.lines, strict=False)]
    company = source.customer.company if source.customer is not None else None
    return replace(
        prepared,
        lines=(*lines, *prepared.lines[known:]),
        note=" ".join(source.note.split())[:200],
        channel="b2b" if company is not None and company.tax_id != "" else "web",
        custom={
            "x_gift": source.custom.get("gift_wrap") == "yes",
            "x_large": source.total.amount >= LARGE,
        },
    )


def hand_told(was: OrderLine, now: OrderLine) -> OrderLine:
    """Return a line with the ERP's own fields."""
    engraving = was.custom.get("Engraving")
    if engraving is not None and len(engraving) > 30:  # noqa: PLR2004 - as in the document
        message = "the engraving is too long"
        raise ValueError(message)
    return replace(now, custom={"x_engraving": engraving, "x_pieces": was.quantity.value * 2})


LARGE = Decimal(500)
_VAT = re2.compile("(?i)VAT:? *([A-Z]{2}[0-9]+)")


def hand_customer(order: Order, customer: Customer) -> Customer:
    """Return who buys, with the number that a remark tells."""
    company = customer.company or Company(name="")
    if company.tax_id:
        return customer
    found = _VAT.search(order.note)
    return replace(customer, company=replace(company, tax_id=found.group(1) if found else ""))


def seconds(work: Callable[[], object], times: int) -> float:
    """Return the processor time of one run, out of many."""
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times


def evaluations(order: Order, times: int) -> Mapping[str, int]:
    """Return how often a second each of the simple expressions is worked out; the loop's own time is in it."""
    scope = Scope({"order": Order}, "order", tables=Tables({"region": REGIONS}))
    found: dict[str, int] = {}
    for text in SIMPLE:
        run = expression(text, scope).compiled.run
        rounds = range(times)
        taken: list[float] = []
        for _ in range(5):
            began = time.process_time()
            for _again in rounds:
                run(order, None)
            taken.append((time.process_time() - began) / times)
        found[text] = round(1 / median(taken))
        say(f"  {found[text]:>12,}/s  {text}")
    return found


def main() -> None:
    """Measure both in turns, and the simple expressions beside them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of it, for a smoke test")
    quick = parser.parse_args().quick
    order = an_order()
    assert order.customer is not None
    customer = order.customer
    mapping = build(read_document(DOCUMENT), Tables({"articles": ARTICLES, "region": REGIONS}))
    assert by_document(mapping, order, customer) == by_hand(order, customer), "not the same records"
    say("simple expressions")
    each = evaluations(order, 20_000 if quick else 200_000)
    turns, times = (5, 200) if quick else (15, 1_000)
    say(f"orders of {LINES} lines, {turns} turns of {times}")
    ours: list[float] = []
    floor: list[float] = []
    for _ in range(turns):
        ours.append(seconds(lambda: by_document(mapping, order, customer), times))
        floor.append(seconds(lambda: by_hand(order, customer), times))
    ratios = [hand / document for document, hand in zip(ours, floor, strict=True)]
    result(
        name="mapping",
        ours=round(1 / median(ours)),
        floor=round(1 / median(floor)),
        ratio=round(median(ratios), 3),
        ours_us=round(median(ours) * 1e6, 1),
        floor_us=round(median(floor) * 1e6, 1),
        evaluations_per_s=min(each.values()),
        evaluations=each,
    )


if __name__ == "__main__":
    main()
