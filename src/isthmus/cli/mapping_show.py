"""How the commands of `isthmus mapping` print what they found."""

from collections.abc import Sequence
from typing import Any

import msgspec

from isthmus.admin.mapping_coverage import Coverage
from isthmus.bootstrap.mapping_cases import Result
from isthmus.bootstrap.mapping_changes import Difference
from isthmus.bootstrap.mapping_check import Checked
from isthmus.bootstrap.mapping_try import Tried
from isthmus.canonical.order import OrderLine
from isthmus.cli.show import out, table
from isthmus.flows.order_preview import Made, Preview
from isthmus.mapping import texts
from isthmus.mapping.compare import RowChange
from isthmus.mapping.errors import MappingError, Where
from isthmus.mapping.findings import Found, Weight
from isthmus.mapping.order_mapping import ADDED

_COLORS = {Weight.ERROR: "red", Weight.WARNING: "yellow", Weight.HINT: "dim"}


def place(where: Where) -> dict[str, Any]:
    """Return a place as JSON has it."""
    return {"file": where.document, "line": where.line, "row": where.row, "column": where.column}


def plain_check(checked: Checked) -> dict[str, Any]:
    """Return a check as JSON has it."""
    found = [
        {
            "code": each.code,
            "weight": each.weight,
            "flow": each.flow,
            **place(each.where),
            "says": each.says,
            "do": each.do,
        }
        for each in checked.found
    ]
    return {"well": checked.well, "orders": checked.orders, "found": found}


def print_check(checked: Checked) -> None:
    """Print findings, errors first, and how much was looked at."""
    for each in checked.found:
        print_found(each)
    count = {weight: sum(each.weight is weight for each in checked.found) for weight in Weight}
    orders = ", ".join(f"{name}: {number}" for name, number in checked.orders.items())
    out.print(
        f"{count[Weight.ERROR]} errors, {count[Weight.WARNING]} warnings, {count[Weight.HINT]} hints; orders tried on "
        f"{orders or 'none'}",
        markup=False,
    )


def print_found(each: Found) -> None:
    """Print one finding with what to do about it."""
    where = f"{each.where}: " if str(each.where) else ""
    out.print(f"{each.weight} {each.code}", style=_COLORS[each.weight], markup=False)
    out.print(f"  {where}{each.says}", markup=False, soft_wrap=True)
    out.print(f"  → {each.do}", markup=False, soft_wrap=True, style="dim")


def plain_try(tried: Tried) -> dict[str, Any]:
    """Return an order tried as JSON has it."""
    found = tried.preview
    return {
        "flow": tried.written.flow.name,
        "revision": tried.written.mapping.revision,
        "number": found.source.number,
        "takes": found.takes,
        "reference": found.reference,
        "fields": [
            {
                "row": f"{each.row.section}.{each.row.field}",
                "about": each.about,
                "inputs": {path: shown(value) for path, value in each.inputs.items()},
                "expression": each.row.row.source,
                "before": shown(each.before),
                "after": shown(each.after),
                **place(each.row.where),
            }
            for each in found.made
        ],
        "added": [_line(each) for each in _added(found)],
        "wrong": [{**place(each.where), "says": each.says} for each in found.wrong],
        "unreadable": [{**place(each.where), "says": each.says} for each in tried.written.wrong],
        "because": found.because,
    }


def print_try(tried: Tried) -> None:
    """Print an order as it came on the left and as it would be told on the right."""
    found, written = tried.preview, tried.written
    revision = f" (revision {written.mapping.revision})" if written.mapping.revision else ""
    out.print(f"{found.source.number} by {written.document.name}{revision}", style="bold", markup=False)
    if not found.takes:
        out.print("Its condition `when` leaves this order alone.", style="yellow", markup=False)
    table(
        "Rows",
        ("field", f"from {written.flow.source}", "row and expression", f"to {written.flow.destination}"),
        [_cells(each) for each in found.made],
    )
    for line in _added(found):
        out.print(f"added line: {' · '.join(shown(value) for value in _line(line).values() if value)}", markup=False)
    out.print(f"number for people: {found.reference}", markup=False)
    for each in (*written.wrong, *found.wrong):
        says = str(each) if isinstance(each, MappingError) else f"{each.where}: {each.says}"
        out.print(says, style="red", markup=False, soft_wrap=True)
    if found.because:
        out.print(found.because, style="red", markup=False, soft_wrap=True)


def _cells(made: Made) -> tuple[str, str, str, str]:
    row = made.row
    about = f" ({made.about})" if made.about != row.section else ""
    inputs = "\n".join(f"{path.partition('.')[2]} = {shown(value) or '(empty)'}" for path, value in made.inputs.items())
    source = row.row.source or "(what stands there)"
    more = f", table {row.row.table}" if row.row.table else ""
    line = f"line {row.where.line}: " if row.where.line else ""
    return f"{row.section}.{row.field}{about}", inputs, f"{line}{source}{more}", shown(made.after) or "(empty)"


def _added(found: Preview) -> list[OrderLine]:
    return [line for line in found.told.lines if line.external_id.startswith(ADDED)]


def _line(line: OrderLine) -> dict[str, str]:
    return {
        "name": line.external_id.removeprefix(ADDED),
        "sku": line.sku,
        "title": line.title,
        "quantity": shown(line.quantity),
        "price": shown(line.unit_price),
        "kind": line.kind.value,
    }


def shown(value: Any) -> str:
    """Return a value as people read it; groups and lists as JSON."""
    try:
        return texts.shown(value)
    except (TypeError, ValueError):
        return msgspec.json.encode(value).decode()


def print_results(found: Sequence[Result]) -> None:
    """Print what is not as expected, and how many tests pass."""
    for each in found:
        for one in each.differences:
            out.print(
                f"{each.name}: {one.path} is {_said(one.got)} and should be {_said(one.expected)}",
                style="red",
                markup=False,
                soft_wrap=True,
            )
    out.print(f"{sum(each.passed for each in found)} of {len(found)} pass")


def _said(value: Any) -> str:
    return "empty" if value in ("", None) else repr(value)


def print_coverage(found: Coverage) -> None:
    """Print which fields are there and what becomes of them."""
    out.print(f"{found.flow}: {found.orders} orders", style="bold", markup=False)
    table(
        "Fields of the orders",
        ("field", "orders", "used"),
        [(each.field, f"{each.orders:,}", each.used) for each in found.fields],
    )
    table(
        "Custom fields of the source",
        ("record", "field", "records", "type", "used"),
        [
            (each.kind, each.name, f"{each.records:,}", each.type, "row" if each.used else "unused")
            for each in found.custom
        ],
    )
    if found.targets is None:
        out.print("The other system was never asked for its fields: `isthmus connect check` does.")
        return
    table(
        "Fields of the other system that no row fills",
        ("record", "field", "label", "type", "needed"),
        [(each.kind, each.name, each.label, each.type, "yes" if each.required else "") for each in found.targets],
    )


def plain_difference(found: Difference) -> dict[str, Any]:
    """Return a comparison as JSON has it."""
    return {
        "old": {"name": found.old.name, "revision": found.old.written.mapping.revision},
        "new": {"name": found.new.name, "revision": found.new.written.mapping.revision},
        "rows": found.rows,
        "effect": found.effect,
        "notes": found.notes,
    }


def print_difference(found: Difference) -> None:
    """Print which rows differ, and what the other system would be told otherwise."""
    names = [f"{side.name} ({side.written.mapping.revision or 'empty'})" for side in (found.old, found.new)]
    table(f"{names[0]} → {names[1]}", ("", "row", "before", "after"), [_row(each) for each in found.rows])
    effect = found.effect
    more = " (the newest)" if effect.more else ""
    out.print(f"{effect.changed} of {effect.orders} orders{more} would be told otherwise", markup=False)
    if effect.failing != (0, 0):
        out.print(f"orders with a question: {effect.failing[0]} before, {effect.failing[1]} after", style="yellow")
    if effect.fields:
        table(
            "By field",
            ("field", "orders", "such as", "before", "after"),
            [
                (
                    each.field,
                    f"{each.orders:,}",
                    "\n".join(one.number for one in each.examples),
                    "\n".join(shown(one.before) or "(empty)" for one in each.examples),
                    "\n".join(shown(one.after) or "(empty)" for one in each.examples),
                )
                for each in effect.fields
            ],
        )
    for note in found.notes:
        out.print(note, style="yellow", markup=False, soft_wrap=True)


def _row(each: RowChange) -> tuple[str, str, str, str]:
    return each.what, each.row, each.before, each.after
