"""Code tables: what one system's word is in the other's."""

from collections.abc import Mapping
from dataclasses import dataclass, field

#: Tables a flow may have in `isthmus.toml`, and what their two sides are.
KNOWN = {
    "sku": "shop SKU to ERP SKU",
    "tax": "shop tax name to ERP tax id",
    "warehouse": "shop location (id or name) to ERP warehouse code",
    "payment": "shop gateway to ERP payment code",
    "payment_terms": "shop payment terms to ERP payment term id",
    "shipping": "shop shipping method to ERP carrier or product",
}


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
