"""What an expression can see: the records it reads, the code tables, and the project's own functions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from isthmus.mapping.shapes import ANY, Shape
from isthmus.mapping.tables import Tables


@dataclass(frozen=True, slots=True)
class Scope:
    """The records by name, in the order they are handed over; the fields of `own` need no name before them.

    `value` is what would stand in the field without a row.
    """

    roots: Mapping[str, type[msgspec.Struct]]
    own: str
    value: Shape = ANY
    tables: Tables = field(default_factory=Tables)
    hooks: Mapping[str, Callable[..., Any]] = field(default_factory=dict[str, Callable[..., Any]])

    @property
    def names(self) -> tuple[str, ...]:
        """Return the parameters of what is compiled."""
        return (*self.roots, "value")
