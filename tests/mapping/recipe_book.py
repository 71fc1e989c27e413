"""Recipes of a page of docs, read and run: a document with its files, orders, and what comes of each.

A section of the page with an `example` block is a recipe. Its TOML is `mappings/orders.toml`; other files stand under a
line that names them. In an example `path = value` (TOML, or `null`) is what the order has,
`-> path = value` what comes of it.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date
from decimal import Decimal
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import msgspec

from isthmus.bootstrap.mappings import Project
from isthmus.canonical.money import Money
from isthmus.canonical.order import Order
from isthmus.canonical.quantity import Quantity
from isthmus.engine.outcome import Ask
from isthmus.flows.order_parties import buyer
from isthmus.flows.order_words import asking, sold_of
from isthmus.mapping.order_mapping import OrderMapping
from isthmus.mapping.orders import Resolved, ready
from isthmus.mapping.tables import Tables
from isthmus.policies.totals import sums
from isthmus.ports.errors import Unmapped

DOCUMENT = "mappings/orders.toml"
ERP = "erp"
#: How an example says that a field is empty, which TOML has no word for.
NOTHING = "null"
_FENCE = re.compile(r"^```(\w*)$")
_NAMED = re.compile(r"`((?:mappings|tables)/[\w./-]+)`:$")
_HEADING = re.compile(r"^#{2,3} (.+)$")
_STEP = re.compile(r'\.?([a-z_][\w]*)|\[(\d+)\]|\["([^"]+)"\]')
_MONEY = re.compile(r"-?[0-9]+(?:\.[0-9]+)? [A-Z]{3}")
_USUAL = ("toml", "csv", "python", "example")


@dataclass(frozen=True, slots=True)
class Case:
    """One order of an example."""

    line: int
    given: dict[str, Any] = field(default_factory=dict[str, Any])
    comes: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Recipe:
    """A section of the page."""

    title: str
    files: dict[str, str] = field(default_factory=dict[str, str])
    cases: list[Case] = field(default_factory=list[Case])

    def laid_out(self, folder: Path) -> Project:
        """Write the recipe's files into a project's folder and open it as the program does."""
        for name, text in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return Project(folder, "orders", Tables())


def recipes(page: str) -> Sequence[Recipe]:
    """Return the recipes of a page. Raises `ValueError` with the line of what cannot be read."""
    found: list[Recipe] = []
    language, body, before = "", list[str](), ""
    inside = False
    for number, line in enumerate(page.splitlines(), 1):
        fence = _FENCE.match(line)
        if inside and line == "```":
            inside = False
            if found and language in _USUAL:
                _add(_open(found, language), language, body, before, number - len(body))
        elif inside:
            body.append(line)
        elif fence:
            inside, language, body = True, fence[1], []
        elif heading := _HEADING.match(line):
            found.append(Recipe(heading[1]))
        elif line:
            before = line
    return [each for each in found if each.cases]


def _open(found: list[Recipe], language: str) -> Recipe:
    """Return the recipe that a block belongs to: after examples, another document begins another recipe."""
    if language == "toml" and found[-1].cases and DOCUMENT in found[-1].files:
        found.append(Recipe(found[-1].title))
    return found[-1]


def _add(recipe: Recipe, language: str, body: Sequence[str], before: str, line: int) -> None:
    if language == "example":
        recipe.cases.extend(_cases(body, line))
        return
    named = _NAMED.search(before)
    if named is None and language != "toml":
        message = f"line {line}: say above it which file this is, such as `tables/region.csv`:"
        raise ValueError(message)
    name = named[1] if named is not None and language != "toml" else DOCUMENT
    if name in recipe.files:
        message = f"line {line}: {recipe.title} has {name} already"
        raise ValueError(message)
    recipe.files[name] = "\n".join([*body, ""])


def _cases(body: Sequence[str], first: int) -> Iterator[Case]:
    case = Case(first)
    for number, line in enumerate(body, first):
        if not line.strip():
            continue
        said = line.removeprefix("-> ")
        path, equals, value = said.partition(" = ")
        if not equals:
            message = f"line {number}: path = value, or -> path = value"
            raise ValueError(message)
        if said is line and case.comes:
            yield case
            case = Case(number)
        into = case.given if said is line else case.comes
        into[path] = None if value == NOTHING else tomllib.loads(f"_ = {value}", parse_float=Decimal)["_"]
    yield case


def order_of(given: Mapping[str, Any]) -> Order:
    """Return the usual order with what is given; its total is what its parts make."""
    currency = given.get("currency", "EUR")
    tree: dict[str, Any] = {
        "external_id": "5001",
        "connection": "shop",
        "number": "1001",
        "status": "received",
        "placed_at": "2026-03-02T09:58:12Z",
        "currency": currency,
        "total": {"amount": "0", "currency": currency},
        "lines": [],
        "shipping_to": {
            "role": "shipping",
            "name": "Anna Muster",
            "lines": ["Weg 1"],
            "city": "Berlin",
            "postal_code": "10115",
            "country": "DE",
        },
    }
    for path, value in {"lines[0].sku": "MUG-0010", **given}.items():
        _put(tree, _steps(path), value, currency)
    order = msgspec.convert(tree, Order)
    return msgspec.structs.replace(order, total=sums(order).total.rounded())


def _new(name: str, place: int, currency: str) -> dict[str, Any]:
    """Return what a group of fields has that an example only begins."""
    money = {"amount": "12.50", "currency": currency}
    usual: dict[str, dict[str, Any]] = {
        "lines": {
            "external_id": f"line-{place}", "sku": f"ITEM-{place}", "title": "Item", "quantity": {"value": "1"},
            "unit_price": money,
        },
        "shipping_lines": {"price": {"amount": "4.90", "currency": currency}},
        "payments": {"transaction_id": f"payment-{place}", "amount": money, "status": "paid"},
        "taxes": {"amount": {"amount": "0", "currency": currency}},
        "customer": {"external_id": "customer-1", "name": "Anna Muster"},
        "company": {"name": ""},
        "billing": {"role": "billing", "name": "Anna Muster"},
    }  # fmt: skip
    return dict(usual.get(name, {}))


def _put(tree: Any, steps: Sequence[str | int], value: Any, currency: str) -> None:
    name = ""
    for step, after in pairwise(steps):
        if isinstance(step, int):
            while len(tree) <= step:
                tree.append(_new(name, len(tree), currency))
            tree = tree[step]
        else:
            name = step
            tree = tree.setdefault(step, [] if isinstance(after, int) else _new(step, 0, currency))
    tree[steps[-1]] = _leaf(str(steps[-1]), value, custom="custom" in steps)


def _leaf(name: str, value: Any, *, custom: bool) -> Any:
    if custom:
        return value
    if isinstance(value, str) and _MONEY.fullmatch(value):
        amount, currency = value.split()
        return {"amount": amount, "currency": currency}
    return {"value": str(value)} if name == "quantity" else value


def _steps(path: str) -> list[str | int]:
    steps: list[str | int] = []
    place = 0
    while place < len(path):
        found = _STEP.match(path, place)
        if found is None:
            message = f"not a path: {path}"
            raise ValueError(message)
        steps.append(int(found[2]) if found[2] else found[1] or found[3])
        place = found.end()
    return steps


def comes_of(recipe: Recipe, case: Case, folder: Path) -> dict[str, Any]:
    """Return what the example's order comes to, by the paths that the example names."""
    project = recipe.laid_out(folder)
    given = dict(case.given)
    skip = ERP if given.pop("there", False) else ""
    try:
        made = _told(project(), order_of(given), skip)
    except Ask as asked:
        made = {"question": str(asked.outcome.because)}
    except Unmapped as asked:
        made = {"question": str(asked)}
    unasked = "question" in made and "question" not in case.comes
    return {path: _shown(_read(made, _steps(path))) for path in (["question"] if unasked else case.comes)}


def _told(mapping: OrderMapping, order: Order, skip: str) -> dict[str, Any]:
    """Return what the flow of orders tells an ERP, in its steps."""
    with asking():
        if not mapping.takes(order):
            return {"takes": False}
        reference = mapping.reference(order) or order.number
        warehouse = mapping.warehouse(order)
    sold = sold_of(mapping, order)
    with asking():
        customer = mapping.customer(order, buyer(sold))
        items = {line.external_id: mapping.tables.sku(line.sku) for line in sold.lines}
        places = {line.warehouse: mapping.tables.get("warehouse", line.warehouse, warehouse) for line in order.lines}
        prepared = ready(sold, Resolved("c", "b", "s", items, places), mapping.tables, UTC)
        told = mapping.then(order, prepared, skip=skip)
    own = {name: getattr(told, name) for name in told.__struct_fields__}
    return {**own, "takes": True, "reference": reference, "warehouse": warehouse, "customer": customer}


def _read(made: Any, steps: Sequence[str | int]) -> Any:
    for step in steps:
        made = _part(made, step)
    return made


def _part(made: Any, step: str | int) -> Any:
    if made is None:
        return None
    if isinstance(step, int):
        return made[step] if step < len(made) else None
    return cast("Mapping[Any, Any]", made).get(step) if isinstance(made, Mapping) else getattr(made, step)


def _shown(value: Any) -> Any:
    """Return a value as an example writes it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Money):
        return str(value)
    if isinstance(value, Quantity):
        return _shown(value.value)
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_shown(each) for each in cast("Sequence[Any]", value)]
    return value
