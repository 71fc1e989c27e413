"""How the commands of `isthmus mapping` print what they found."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from isthmus.bootstrap.mapping_check import Checked
from isthmus.cli.show import out, table
from isthmus.mapping import texts
from isthmus.mapping.errors import Where
from isthmus.mapping.findings import Found, Weight

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


def shown(value: Any) -> str:
    """Return a value as people read it; groups and lists as JSON."""
    try:
        return texts.shown(value)
    except (TypeError, ValueError):
        return msgspec.json.encode(value).decode()


def pairs(title: str, rows: Mapping[str, Any] | Sequence[tuple[str, Any]], columns: tuple[str, str]) -> None:
    """Print names and values."""
    some = rows.items() if isinstance(rows, Mapping) else rows
    table(title, columns, [(name, shown(value)) for name, value in some])
