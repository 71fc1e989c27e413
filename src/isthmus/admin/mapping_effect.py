"""What another document would change of what the other system was told of the last days' orders."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from isthmus.admin.mapping_seen import around, seen
from isthmus.engine.context import Context
from isthmus.flows.order_preview import Preview, preview, results
from isthmus.flows.settings import OrderSettings

#: Of each field so many orders are shown.
EXAMPLES = 3
_PLACE = re.compile(r"\[\d+\]")


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One order whose field would be another one."""

    number: str
    path: str
    before: Any
    after: Any


class FieldEffect(msgspec.Struct, frozen=True, kw_only=True):
    """One field that would be another one, in how many orders, with some of them."""

    field: str
    orders: int
    examples: Sequence[Example]


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What would be different: of how many orders, in which fields. `more`: not all orders were looked at.

    `failing` are orders that some row has no answer for: with the one document, and with the other.
    """

    orders: int
    more: bool
    changed: int
    failing: tuple[int, int]
    fields: Sequence[FieldEffect]


async def effect(context: Context, old: OrderSettings, new: OrderSettings, days: int) -> Effect:
    """Return what the other system would be told otherwise; nobody is asked and nothing is written."""
    sample = await seen(context, new, days)
    before, after = await around(context, old, sample.orders), await around(context, new, sample.orders)
    fields: dict[str, list[Example]] = {}
    counts: dict[str, int] = {}
    changed = failing_before = failing_after = 0
    for order in sample.orders:
        was, now = preview(old.mapping(), order, before), preview(new.mapping(), order, after)
        failing_before += _fails(was)
        failing_after += _fails(now)
        examples = _different(order.number, results(was), results(now))
        changed += bool(examples)
        for name in {_PLACE.sub("", each.path) for each in examples}:
            counts[name] = counts.get(name, 0) + 1
        for each in examples:
            some = fields.setdefault(_PLACE.sub("", each.path), [])
            if len(some) < EXAMPLES:
                some.append(each)
    return Effect(
        orders=len(sample.orders),
        more=sample.more,
        changed=changed,
        failing=(failing_before, failing_after),
        fields=[
            FieldEffect(field=name, orders=counts[name], examples=fields[name])
            for name in sorted(fields, key=lambda name: (-counts[name], name))
        ],
    )


def _fails(found: Preview) -> int:
    return int(bool(found.wrong or found.because))


def _different(number: str, was: dict[str, Any], now: dict[str, Any]) -> list[Example]:
    return [
        Example(number=number, path=path, before=was.get(path), after=now.get(path))
        for path in dict.fromkeys([*was, *now])
        if was.get(path) != now.get(path)
    ]
