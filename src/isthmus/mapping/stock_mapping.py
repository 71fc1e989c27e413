"""What a document says of each figure of stock: how many are kept back, and how many may be offered at most.

Both only lower what is offered: nothing a document says can promise what is not there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from isthmus.canonical.product import Variant
from isthmus.canonical.stock import StockLevel
from isthmus.mapping.document import Document
from isthmus.mapping.expression import Expression, expression
from isthmus.mapping.functions import empty
from isthmus.mapping.numbers import number_of
from isthmus.mapping.scope import Scope
from isthmus.mapping.shapes import NUMBER, Kind
from isthmus.mapping.tables import Tables

_ROOTS = {"level": StockLevel, "item": Variant}


@dataclass(frozen=True, slots=True)
class StockMapping:
    """A document of a flow of stock, compiled; `rows` are its expressions by key."""

    revision: str = ""
    rows: Mapping[str, Expression] = field(default_factory=dict[str, Expression])

    def safety(self, level: StockLevel, item: Variant, usual: Decimal) -> Decimal:
        """Return how many are kept back. Raises `CannotWork` and `Unmapped`."""
        return self._number("safety", level, item, usual) or Decimal(0) if "safety" in self.rows else usual

    def ceiling(self, level: StockLevel, item: Variant) -> Decimal | None:
        """Return the most that may be offered; None where nothing is said. Raises `CannotWork` and `Unmapped`."""
        return self._number("ceiling", level, item, None) if "ceiling" in self.rows else None

    def _number(self, key: str, level: StockLevel, item: Variant, value: Decimal | None) -> Decimal | None:
        row = self.rows[key]
        made = row.of(level, item, value)
        if empty(made):
            return None
        try:
            number = number_of(made)
        except (TypeError, ValueError):
            message = "is not a number"
            raise row.where.unworkable(message) from None
        if number < 0:
            message = "is below zero: that would offer what is not there"
            raise row.where.unworkable(message)
        return number


def build_stock(
    document: Document, tables: Tables, hooks: Mapping[str, Callable[..., Any]], revision: str
) -> StockMapping:
    """Compile a document of a flow of stock. Raises `CannotRead`."""
    scope = Scope(_ROOTS, "level", NUMBER, tables, hooks)
    rows: dict[str, Expression] = {}
    for key, text in document.stock.items():
        where = document.where("stock", key)
        rows[key] = row = expression(text, scope, where)
        if row.shape.kind not in (Kind.NUMBER, Kind.ANY, Kind.EMPTY, Kind.TEXT):
            message = f"takes a number, and this is {row.shape}"
            raise where.unreadable(message)
    return StockMapping(revision, rows)
