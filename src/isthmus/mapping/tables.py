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
#: Tables of this flow kind that are looked into without a row of the mapping.
OF_KIND = {"orders": tuple(KNOWN), "stock": ("sku",)}
#: What happens to a word of these tables that has no row.
OTHERWISE = {
    "sku": "the same SKU in the ERP",
    "tax": "by its rate",
    "warehouse": "by the same name, else the flow's own warehouse",
    "payment": "no code: the gateway's own name is noted",
    "payment_terms": "the same word",
    "shipping": "the shop's carrier",
}
#: Names of tables that rows of a mapping commonly look into, and what their two sides are.
USUAL = {
    "category": "shop channel, tag or type of goods to ERP category",
    "carrier": "shop carrier to ERP carrier",
    "status": "a state in the shop's words to the ERP's",
    "unit": "shop unit of measure to ERP unit",
    "customer_group": "shop channel or tag to ERP customer group or price list",
    "return_reason": "shop cancel or return reason to the ERP's",
    "country": "country in the shop's words to the ERP's",
    "region": "province or state in the shop's words to the ERP's",
}
#: Stands for every word that has no row of its own.
OTHERS = "*"


def no_row(table: str, word: str) -> Unmapped:
    """Return the trouble of a word that was looked up and has no row: one would be the answer."""
    missing = Unmapped(table, word)
    missing.looked_up = True
    return missing


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
            raise no_row(table, value)
        return found

    def words(self, table: str) -> Mapping[str, str]:
        """Return a table's rows, for whoever looks into it many times."""
        return self.rows.get(table, {})

    def over(self, more: "Tables") -> "Tables":
        """Return these tables with the rows of others where these have none."""
        names = {*self.rows, *more.rows}
        return Tables({name: {**more.rows.get(name, {}), **self.rows.get(name, {})} for name in sorted(names)})
