"""Quantities with their unit of measure."""

from decimal import Decimal

import msgspec

#: UN/ECE Recommendation 20 code for "one piece"; the unit shops mean when they name none.
PIECE = "C62"
#: Places after and before the point, as powers of ten. Beyond, exact arithmetic fails or takes for ever.
FINEST, LARGEST = -30, 18


class Quantity(msgspec.Struct, frozen=True):
    """So many of a unit; `unit` is a UN/ECE Recommendation 20 code (default: pieces)."""

    value: Decimal
    unit: str = PIECE

    def __post_init__(self) -> None:
        """Refuse what cannot be counted. Raises `ValueError`."""
        if not self.value.is_finite() or not FINEST <= self.value.adjusted() <= LARGEST:
            message = f"not a quantity: {self.value}"
            raise ValueError(message)
        if not self.unit:
            message = "a quantity needs a unit"
            raise ValueError(message)

    def __add__(self, other: "Quantity") -> "Quantity":
        """Add a quantity of the same unit. Raises `ValueError` otherwise."""
        return Quantity(self.value + self._same(other).value, self.unit)

    def __sub__(self, other: "Quantity") -> "Quantity":
        """Take a quantity of the same unit away. Raises `ValueError` otherwise."""
        return Quantity(self.value - self._same(other).value, self.unit)

    def __bool__(self) -> bool:
        """Tell whether there is anything at all."""
        return self.value != 0

    def _same(self, other: "Quantity") -> "Quantity":
        if other.unit != self.unit:
            message = f"{self.unit} and {other.unit} do not add up"
            raise ValueError(message)
        return other


NOTHING = Quantity(Decimal(0))


def pieces(count: Decimal | int | str) -> Quantity:
    """Return `count` pieces."""
    return Quantity(Decimal(count))
