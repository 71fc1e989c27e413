"""Made-up mapping documents: genuine ones with damaged lines and made-up rows, taken as far as they go."""

import json
from functools import cache
from random import Random
from types import MappingProxyType

from msgspec.structs import replace

from isthmus.canonical.order import Order
from isthmus.canonical.record import dump, load
from isthmus.mapping.build import build
from isthmus.mapping.document import read_document
from isthmus.mapping.errors import CannotWork
from isthmus.mapping.tables import Tables
from isthmus.mapping.targets import SECTIONS
from tests.fuzz import mutate
from tests.fuzz.expressions import LITERALS, MARKS, an_order, boom, made, nothing_outside, short

GENUINE = """\
note = "Orders of the web shop"
when = 'not is_test'

[order]
reference = '"WEB-" + left(external_id, 9)'
warehouse = { from = "shipping_to.region", table = "region", default = "WH" }
note = { from = "trim(left(note, 500))", length = 200, cut = true, when = "not empty(note)" }
"custom.x_region" = { from = "left(shipping_to.region, 10)", length = 10, owner = "shop", required = false }
custom.x_gift = 'starts(note, "a")'
tags = '["web", left(currency, 3)]'

[lines]
sku = { table = "articles", check = 'length(value) < 40', default = "NONE" }
kind = '"fee" if starts(sku, "GIFT") else kind'
title = 'f"{left(title, 99)} ({left(sku, 9)})"'
"custom.x_engraving" = { from = 'left(title, 99)', length = 30, cut = true }

[addresses]
city = 'upper(left(city, 99))'

[customer]
company.tax_id = 'find(left(name, 900), "VAT:? *([A-Z]{2}[0-9A-Z]{8,12})")'
note = "hooks.short(note)"

[taxes]
code = { from = 'f"{order.currency}-{left(name, 9)}"', table = "region" }

[shipping]
carrier = { from = "left(title, 9)", table = "region" }
requested_on = 'day("2026-11-22T23:30:00Z", "Europe/Berlin")'

[payments]
erp_payment_code = { from = "method", table = "region" }

[[add]]
name = "gift-wrap"
when = 'starts(note, "a") or count(lines) > 1'
sku = '"WRAP"'
title = '"Gift wrapping"'
price = '2.50'

[tables.region]
"BY" = "MUC"
"*" = "WH"
[tables.articles]
"*" = "ONE"
"""
_WORDS = {
    "table": ('"region"', '"articles"', '"none"', '"sku"'), "required": ("true", "false"), "cut": ("true", "false"),
    "length": ("7", "200", "-1", "9" * 70), "owner": ('"shop"', '"erp"'), "note": ('"why"', "1"),
    "default": ('"a"', '""', "7", "true", "1.5", '"' + "z" * 900 + '"'), "from": (), "when": (), "check": (),
}  # fmt: skip


_CUSTOM = ("custom.x", '"custom.y z"') * 4


def text(random: Random) -> str:
    """Return a document, more or less."""
    lines = GENUINE.splitlines()
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        what = random.random()
        if what < 0.75:
            section = random.choice([*SECTIONS])
            place = next((at for at, line in enumerate(lines) if line == f"[{section}]"), -1) + 1
            name = random.choice(
                [*SECTIONS[section].names, *(_CUSTOM if section in ("order", "lines", "customer") else ())]
            )
            lines = [line for line in lines if not line.startswith(f"{name} =")]
            place = min(place, len(lines))
            lines.insert(place, f"{name} = {_row(random)}")
        elif what < 0.92:
            place = next((at for at, line in enumerate(lines) if line.startswith('name = "gift')), -1) + 1
            part = random.choice(("when", "sku", "title", "price", "quantity"))
            lines = [line for line in lines if not line.startswith(f"{part} = ") or lines.index(line) < place]
            lines.insert(place, f"{part} = {_said(made(random, 3))}")
        else:
            return mutate.text(random, "\n".join(lines))
    return "\n".join(lines)


def _row(random: Random) -> str:
    what = random.random()
    if what < 0.4:  # whatever it is, as a text it fits most fields
        return _said(f"text({made(random, 3)})" if what < 0.3 else made(random, 3))
    keys = random.sample([*_WORDS], random.choice((1, 2, 3)))
    parts = [f"{key} = {random.choice(_WORDS[key]) if _WORDS[key] else _asked(random, key)}" for key in keys]
    return f"{{ {', '.join(parts)} }}"


def _asked(random: Random, key: str) -> str:
    expression = made(random, 3)
    return _said(f"text({expression})" if key == "from" else f"not empty({expression})")


def _said(expression: str) -> str:
    return json.dumps(expression, ensure_ascii=True)


async def run(random: Random) -> None:
    """Read and compile one document, and map a few orders by it."""
    mapping = build(read_document(text(random), "mappings/orders.toml"), TABLES, HOOKS)
    wrong: CannotWork | None = None
    for number in random.sample(range(48), 2):
        order = sound(number)
        try:
            with nothing_outside():
                if not mapping.takes(order):
                    continue
                told = mapping.then(order, mapping.first(order))
                words = mapping.reference(order), mapping.warehouse(order)
                buyer = mapping.customer(order, order.customer) if order.customer is not None else None
        except CannotWork as bad:
            wrong = bad
        else:
            assert all(isinstance(each, str) for each in words), words
            load(Order, dump(told))
            load(type(buyer), dump(buyer)) if buyer is not None else None
    if wrong is not None:
        assert not any(mark in str(wrong) for mark in MARKS), wrong
        raise wrong


@cache
def sound(number: int) -> Order:
    """Return an order that a shop may send: lists in it are no longer than lists may be."""
    return replace(an_order(number), tags=an_order(number).tags[:40])


TABLES = Tables({"codes": {"a": "1"}, "none": {}, "sku": dict.fromkeys(LITERALS, "x")})
HOOKS = MappingProxyType({"short": short, "boom": boom})
