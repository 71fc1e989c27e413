"""Which words of an order are looked up in which code table: what has no row is heard like what has one. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any

from isthmus.canonical.order import Order
from isthmus.canonical.party import Customer
from isthmus.mapping.build import build_all
from isthmus.mapping.document import Document
from isthmus.mapping.errors import MappingError
from isthmus.mapping.orders import Resolved, ready
from isthmus.mapping.tables import OTHERS, Tables
from isthmus.ports.errors import Trouble

_NOBODY = Resolved("", "", "", {}, {})


@dataclass(frozen=True, slots=True)
class Heard:
    """A word that was looked up: `other` is what its row says, None where it has none.

    `must`: a row of the mapping needs it, and asks a person where there is none.
    """

    table: str
    word: str
    other: str | None
    must: bool


class _HeardRows(Mapping[str, str]):
    """One table's rows, as a row of the mapping looks into them: what is missing is heard, and nobody is stopped."""

    def __init__(self, table: str, rows: Mapping[str, str], note: Callable[[Heard], None]) -> None:
        self._table, self._rows, self._note = table, rows, note

    def __getitem__(self, word: str) -> str:
        return self._rows[word]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, word: str, default: str | None = None) -> str | None:  # type: ignore[override]
        if word == OTHERS:
            return self._rows.get(OTHERS, default)
        found = self._rows.get(word, self._rows.get(OTHERS))
        self._note(Heard(self._table, word, found, must=True))
        return found or ""


class _Ears(Tables):
    """Code tables that remember what they were asked."""

    __slots__ = ("heard",)

    def __init__(self, rows: Mapping[str, Mapping[str, str]]) -> None:
        super().__init__(rows)
        object.__setattr__(self, "heard", {})

    def get(self, table: str, value: str, default: str = "") -> str:
        found = self.rows.get(table, {}).get(value)
        self._note(Heard(table, value, found, must=False))
        return default if found is None else found

    def must(self, table: str, value: str) -> str:
        rows = self.rows.get(table, {})
        found = rows.get(value, rows.get(OTHERS))
        self._note(Heard(table, value, found, must=True))
        return found or ""

    def words(self, table: str) -> Mapping[str, str]:
        return _HeardRows(table, self.rows.get(table, {}), self._note)

    def _note(self, one: Heard) -> None:
        heard: dict[tuple[str, str], Heard] = getattr(self, "heard")  # noqa: B009 - set past the frozen class
        before = heard.get((one.table, one.word))
        if one.word and (before is None or one.must):
            heard[one.table, one.word] = one

    def taken(self) -> list[Heard]:
        heard: dict[tuple[str, str], Heard] = getattr(self, "heard")  # noqa: B009 - set past the frozen class
        found = list(heard.values())
        heard.clear()
        return found


class Overhearing:
    """One flow's document and tables, listening."""

    def __init__(
        self,
        document: Document,
        rows: Mapping[str, Mapping[str, str]],
        hooks: Mapping[str, Callable[..., Any]],
        zone: tzinfo,
    ) -> None:
        """Listen to what `document` and the flow look up in `rows`, those of the document among them."""
        self._ears = _Ears(rows)
        self._zone = zone
        self._mapping = build_all(replace(document, tables={}), self._ears, hooks)[0]

    def of(self, order: Order, customer: Customer) -> Sequence[Heard]:
        """Return what is looked up for an order; what cannot be worked out for it is passed over."""
        mapping, sold = self._mapping, order
        with suppress(MappingError, Trouble):
            mapping.takes(order)
        with suppress(MappingError, Trouble):
            sold = mapping.first(order)
        for line in sold.lines:
            if line.sku:
                self._ears.sku(line.sku)
        with suppress(MappingError, Trouble):
            mapping.customer(order, customer)
        with suppress(MappingError, Trouble):
            mapping.warehouse(order)
        prepared = ready(sold, _NOBODY, self._ears, self._zone)
        with suppress(MappingError, Trouble):
            mapping.then(order, prepared)
        return self._ears.taken()
