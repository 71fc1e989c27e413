"""What the simulated system holds: items, and when each changed last."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from isthmus.simulators.faults import LAG

CURRENCY = "EUR"
DEMO = 30


@dataclass(slots=True, kw_only=True)
class Variant:
    """One item. A deleted one stays as a tombstone."""

    id: int
    sku: str
    name: str
    price: str
    made_at: datetime
    updated_at: datetime
    barcode: str | None = None
    currency: str = CURRENCY
    active: bool = True
    deleted_at: datetime | None = None


class Catalog:
    """Every item there is or was."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """Start empty; `now` is this system's clock (aware)."""
        self._now = now
        self._variants: dict[int, Variant] = {}
        self._last = 0

    def add(self, sku: str, name: str, price: str = "12.50") -> Variant:
        """Make an item."""
        now = self._second()
        self._last += 1
        made = Variant(id=self._last, sku=sku, name=name, price=price, made_at=now, updated_at=now)
        self._variants[made.id] = made
        return made

    def touch(self, variant: Variant) -> None:
        """Note that an item changed."""
        variant.updated_at = self._second()

    def remove(self, variant: Variant) -> None:
        """Delete an item; what is left is that it was there."""
        variant.deleted_at = self._second()
        self.touch(variant)

    def forget(self, variant: Variant) -> None:
        """Lose an item without a trace, as a restored backup does."""
        del self._variants[variant.id]

    def there(self) -> list[Variant]:
        """Return every item that is not deleted."""
        return [one for one in self._variants.values() if one.deleted_at is None]

    def find(self, sku: str) -> Variant | None:
        """Return an item by its SKU."""
        return next((one for one in self.there() if one.sku == sku), None)

    def numbered(self, number: int) -> Variant:
        """Return an item by its id. Raises `KeyError`."""
        return self._variants[number]

    def listed(self, since: datetime | None) -> list[Variant]:
        """Return items in the order of their last change; with `since`, deleted ones too."""
        found = self._shown(self._variants.values())
        if since is None:
            found = [one for one in found if one.deleted_at is None]
        else:
            found = [one for one in found if one.updated_at >= since]
        return sorted(found, key=lambda one: (one.updated_at, one.id))

    def _shown(self, variants: Iterable[Variant]) -> list[Variant]:
        """Leave out what a list that lags behind does not show yet (the fault `lagging_look`)."""
        until = self._now() - timedelta(seconds=LAG.get())
        return [one for one in variants if one.made_at <= until]

    def _second(self) -> datetime:
        return self._now().replace(microsecond=0)


def sow(catalog: Catalog, seed: str) -> None:
    """Fill a catalog. Raises `ValueError` for a seed there is not."""
    if seed not in ("demo", "empty"):
        message = f"unknown seed {seed!r}: 'demo' or 'empty'"
        raise ValueError(message)
    for number in range(1, DEMO + 1 if seed == "demo" else 1):
        catalog.add(f"ITEM-{number:04d}", f"Item {number}", f"{number}.90")
