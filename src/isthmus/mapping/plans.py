"""The rows of one section, sorted once by what they fill, so that a record is made anew once and quickly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec.structs import replace

from isthmus.canonical.party import Company
from isthmus.mapping.expression import FAULTS
from isthmus.mapping.functions import empty
from isthmus.mapping.rows import UNTOUCHED, Ready, Work, worked

NONE: Mapping[str, Any] = {}
Changes = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """Rows, and their works by what they fill: fields of the record, custom fields, fields of a group in it."""

    rows: Sequence[Ready]
    plain: Sequence[tuple[str, Work]]
    custom: Sequence[tuple[str, Work]]
    groups: Sequence[tuple[str, str, Work]]

    def of(self, order: Any, record: msgspec.Struct) -> Changes:
        """Return what the rows of the order itself change in `record`. Raises whatever the first row does."""
        made: Changes = {}
        for name, work in self.plain:
            value = work(order, getattr(record, name))
            if value is not UNTOUCHED:
                made[name] = value
        if self.custom:
            found = {name: value for name, work in self.custom if (value := work(order, None)) is not UNTOUCHED}
            if found:
                made["custom"] = found
        for head, name, work in self.groups:
            _within(made, record, head, name, work(order, getattr(getattr(record, head), name, "")))
        return made

    def beside(self, order: Any, own: Any, record: msgspec.Struct) -> Changes:
        """Return the same for a part of an order, or its buyer: `own` as the source has it."""
        made: Changes = {}
        for name, work in self.plain:
            value = work(order, own, getattr(record, name))
            if value is not UNTOUCHED:
                made[name] = value
        if self.custom:
            found = {name: value for name, work in self.custom if (value := work(order, own, None)) is not UNTOUCHED}
            if found:
                made["custom"] = found
        for head, name, work in self.groups:
            _within(made, record, head, name, work(order, own, getattr(getattr(record, head), name, "")))
        return made


def planned(rows: Sequence[Ready]) -> Plan:
    """Return the plan of some rows."""
    plain = [(each.head, each.work) for each in rows if not each.inner]
    custom = [(each.inner, each.work) for each in rows if each.head == "custom"]
    groups = [(each.head, each.inner, each.work) for each in rows if each.inner and each.head != "custom"]
    return Plan(tuple(rows), tuple(plain), tuple(custom), tuple(groups))


def before(record: msgspec.Struct, each: Ready) -> Any:
    """Return what stands in the field a row fills, before it does."""
    return None if each.head == "custom" else found(record, each)


def found(record: msgspec.Struct, each: Ready) -> Any:
    """Return what a record has in the field that a row fills."""
    there = getattr(record, each.head)
    if not each.inner:
        return there
    return there.get(each.inner) if each.head == "custom" else getattr(there, each.inner, "")


def put(made: Changes, record: msgspec.Struct, each: Ready, value: Any) -> None:
    """Note what a row makes of the field it fills."""
    if not each.inner:
        made[each.head] = value
    elif each.head == "custom":
        made["custom"] = {**made.get("custom", NONE), each.inner: value}
    else:
        _within(made, record, each.head, each.inner, value)


def changes(plan: Plan, record: msgspec.Struct, *records: Any) -> Changes:
    """Return what rows change in a record. Raises `CannotWork` with the row and column, and `Unmapped`."""
    try:
        return plan.beside(*records, record) if len(records) > 1 else plan.of(*records, record)
    except FAULTS:
        pass  # row by row, to say which one it is
    made: Changes = {}
    for each in plan.rows:
        value = worked(each, *records, before(record, each))
        if value is not UNTOUCHED:
            put(made, record, each, value)
    return made


def _within(made: Changes, record: msgspec.Struct, head: str, name: str, value: Any) -> None:
    if value is UNTOUCHED:
        return
    there = made.get(head, getattr(record, head))
    if there is not None:
        made[head] = replace(there, **{name: value})
    elif not empty(value):  # nobody is a company because a row found nothing
        made[head] = replace(Company(name=""), **{name: value})
