"""Code tables: what one system's word is in the other's."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from isthmus.ports.errors import Unmapped

#: Tables flows look into by themselves, and what their two sides are. A mapping may have any others beside them.
KNOWN = {
    "sku": "shop SKU to ERP SKU",
    "tax": "shop tax name to ERP tax id",
    "warehouse": "shop location (id or name) to ERP warehouse code",
    "payment": "shop gateway to ERP payment code",
    "payment_terms": "shop payment terms to ERP payment term id",
    "shipping": "shop shipping method to ERP carrier or product",
}
#: Stands for every word that has no row of its own.
OTHERS = "*"


@dataclass(frozen=True, slots=True)
class Tables:
    """The code tables of one flow. An absent row means: the same word on both sides."""

    rows: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])

    def get(self, table: str, value: str, default: str = "") -> str:
        """Return the counterpart of `value`, or `default`."""
        return self.rows.get(table, {}).get(value, default)

    def sku(self, sku: str) -> str:
        """Return the ERP's SKU for a shop's."""
        return self.get("sku", sku, sku)

    def must(self, table: str, value: str) -> str:
        """Return the counterpart of `value`, or of all others (`*`). Raises `Unmapped`."""
        rows = self.rows.get(table, {})
        found = rows.get(value, rows.get(OTHERS))
        if found is None:
            missing = Unmapped(table, value)
            missing.looked_up = True
            raise missing
        return found

    def over(self, more: "Tables") -> "Tables":
        """Return these tables with the rows of others where these have none."""
        names = {*self.rows, *more.rows}
        return Tables({name: {**more.rows.get(name, {}), **self.rows.get(name, {})} for name in sorted(names)})
