"""Products: templates, variants, categories and units."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from isthmus.simulators.odoo import versions
from isthmus.simulators.odoo.errors import ValidationError
from isthmus.simulators.odoo.models.availability import Availability
from isthmus.simulators.odoo.orm.fields import (
    Field,
    Row,
    boolean,
    char,
    computed,
    decimal,
    integer,
    many2many,
    many2one,
    moment,
    one2many,
    selection,
    text,
)
from isthmus.simulators.odoo.orm.model import Model
from isthmus.simulators.odoo.orm.records import Records

GOODS, SERVICE, COMBO = "consu", "service", "combo"
#: until 17 "storable" was a type of its own; inside it is always `consu` with `is_storable`
_OLD_TYPES = {GOODS: "Consumable", SERVICE: "Service", "product": "Storable Product"}
_NEW_TYPES = {GOODS: "Goods", SERVICE: "Service", COMBO: "Combo"}
_VARIANT_VALUES = ("default_code", "barcode", "standard_price", "weight", "volume")


class Category(Model):
    """product.category."""

    name = "product.category"
    title = "Product Category"
    order = "complete_name"
    label_field = "complete_name"
    FIELDS = (
        char("name", "Name", required=True, index=True),
        computed(char, "complete_name", "Complete Name"),
        many2one("parent_id", "product.category", "Parent Category", index=True),
    )

    def _compute_complete_name(self, row: Row) -> str:
        parent = self.row(row["parent_id"]) if row["parent_id"] else None
        return f"{self._compute_complete_name(parent)} / {row['name']}" if parent else row["name"]


class UnitCategory(Model):
    """uom.category, gone in 19."""

    name = "uom.category"
    title = "Product UoM Categories"
    FIELDS = (char("name", "Unit of Measure Category", required=True),)


class Unit(Model):
    """uom.uom; quantities are not converted here, every line is in the product's unit."""

    name = "uom.uom"
    title = "Unit"
    order = "id"
    FIELDS = (
        char("name", "Unit Name", required=True),
        many2one("category_id", "uom.category", "Category", until=18),
        decimal("factor", "Ratio", default=Decimal(1)),
        decimal("rounding", "Rounding Precision", default=Decimal("0.01")),
        boolean("active", "Active", default=True),
    )


def _first(model: str) -> Callable[[Records], int | None]:
    return lambda records: min(records.env.table(model).rows, default=None)


def _company_taxes(records: Records) -> tuple[int, ...]:
    """Return the sales tax new products get."""
    companies = records.env.table("res.company").rows
    tax = companies[records.env.company_id]["account_sale_tax_id"] if companies else None
    return (tax,) if tax else ()


def _type_fields() -> tuple[Field, ...]:
    old = {"compute": "_compute_old_type", "setter": "_set_old_type", "stored": True}
    return (
        selection("type", "Product Type", _OLD_TYPES, required=True, until=17, **old),
        selection("detailed_type", "Product Type", _OLD_TYPES, required=True, since=15, until=17, **old),
        selection("type", "Product Type", _NEW_TYPES, required=True, default=GOODS, since=18, column="kind"),
        boolean("is_storable", "Track Inventory", since=18, column="stored_goods"),
    )


class Template(Availability, Model):
    """product.template: what its variants share. One variant comes with it."""

    name = "product.template"
    title = "Product"
    order = "name"
    HIDDEN = {"kind": GOODS, "stored_goods": False}  # noqa: RUF012 - never changed
    FIELDS = (
        char("name", "Name", required=True, index=True),
        *_type_fields(),
        boolean("active", "Active", default=True),
        boolean("sale_ok", "Sales", default=True),
        boolean("purchase_ok", "Purchase", default=True),
        decimal("list_price", "Sales Price", default=Decimal(1)),
        many2one("categ_id", "product.category", "Product Category", default=_first("product.category")),
        many2one("uom_id", "uom.uom", "Unit", required=True, default=_first("uom.uom")),
        many2one("uom_po_id", "uom.uom", "Purchase Unit", until=18, default=_first("uom.uom")),
        many2many("taxes_id", "account.tax", "Sales Taxes", default=_company_taxes),
        many2one("company_id", "res.company", "Company", index=True),
        text("description_sale", "Sales Description"),
        selection(
            "invoice_policy",
            "Invoicing Policy",
            {"order": "Ordered quantities", "delivery": "Delivered quantities"},
            default="order",
        ),
        selection(
            "tracking",
            "Tracking",
            {"serial": "By Unique Serial Number", "lot": "By Lots", "none": "By Quantity"},
            default="none",
        ),
        one2many("product_variant_ids", "product.product", "product_tmpl_id", "Products"),
        computed(integer, "product_variant_count", "# Product Variants"),
        many2one(
            "product_variant_id", "product.product", "Product", compute="_compute_variant", stored=False, readonly=True
        ),
        char("default_code", "Internal Reference", compute="_compute_default_code", setter="_set_default_code"),
        char("barcode", "Barcode", compute="_compute_barcode", setter="_set_barcode", stored=False),
        decimal("standard_price", "Cost", compute="_compute_cost", setter="_set_cost", stored=False),
        decimal("weight", "Weight", compute="_compute_weight", setter="_set_weight", digits=2),
        decimal("volume", "Volume", compute="_compute_volume", setter="_set_volume", digits=2),
        *(computed(decimal, name) for name in ("qty_available", "virtual_available", "incoming_qty", "outgoing_qty")),
    )

    def _compute_old_type(self, row: Row) -> str:
        return "product" if row["stored_goods"] else row["kind"]

    def _set_old_type(self, row: Row, value: str) -> None:
        self.change([row["id"]], kind=GOODS if value == "product" else value, stored_goods=value == "product")

    def variants(self, row: Row) -> list[Row]:
        """Return the variants, archived ones too when the template itself is archived."""
        table = self.env.table("product.product")
        found = [table.rows[i] for i in table.where("product_tmpl_id", row["id"])]
        return [variant for variant in found if variant["active"]] or found

    def _only(self, row: Row, name: str) -> Any:
        variants = self.variants(row)
        return variants[0][name] if len(variants) == 1 else None

    def _set_only(self, row: Row, name: str, value: Any) -> None:
        variants = self.variants(row)
        if len(variants) == 1:
            self.env["product.product"].modify([variants[0]["id"]], {name: value})

    def _compute_variant(self, row: Row) -> int | None:
        return next((variant["id"] for variant in self.variants(row)), None)

    def _compute_product_variant_count(self, row: Row) -> int:
        return len(self.variants(row))

    def _compute_default_code(self, row: Row) -> str | None:
        return self._only(row, "default_code")

    def _set_default_code(self, row: Row, value: str | None) -> None:
        self._set_only(row, "default_code", value)

    def _compute_barcode(self, row: Row) -> str | None:
        return self._only(row, "barcode")

    def _set_barcode(self, row: Row, value: str | None) -> None:
        self._set_only(row, "barcode", value)

    def _compute_cost(self, row: Row) -> Decimal | None:
        return self._only(row, "standard_price")

    def _set_cost(self, row: Row, value: Decimal) -> None:
        self._set_only(row, "standard_price", value)

    def _compute_weight(self, row: Row) -> Decimal | None:
        return self._only(row, "weight")

    def _set_weight(self, row: Row, value: Decimal) -> None:
        self._set_only(row, "weight", value)

    def _compute_volume(self, row: Row) -> Decimal | None:
        return self._only(row, "volume")

    def _set_volume(self, row: Row, value: Decimal) -> None:
        self._set_only(row, "volume", value)

    def _make_one(self, values: dict[str, Any]) -> int:
        # The variant must be there before the values that live on it are set.
        later = {name: values.pop(name) for name in _VARIANT_VALUES if name in values}
        made = super()._make_one(values)
        if not self.env.context.get("_delegating"):
            variant = self.env["product.product"].make([{"product_tmpl_id": made, **later}])
            self.table.update(made, {"write_date": self.row(variant[0])["write_date"]})
        return made

    def _compute_display_name(self, row: Row) -> str:
        code = self._compute_default_code(row)
        return f"[{code}] {row['name']}" if code else row["name"]

    def saved(self, ids: list[int], changed: frozenset[str]) -> None:
        """Archive and restore the variants together with the template."""
        if "id" in changed or "active" not in changed:
            return
        for record_id in ids:
            variants = self.env.table("product.product").where("product_tmpl_id", record_id)
            self.env["product.product"].change(variants, active=self.row(record_id)["active"])

    def before_unlink(self, ids: list[int]) -> None:
        """Take the variants along."""
        for record_id in ids:
            self.env["product.product"].remove(self.env.table("product.product").where("product_tmpl_id", record_id))


#: fields of the template that a variant shows and writes through
_SHARED = tuple(
    Field(
        f.name,
        f.type,
        f.string,
        relation=f.relation,
        choices=f.choices,
        related=f"product_tmpl_id.{f.name}",
        required=f.required,
        stored=False,
        since=f.since,
        until=f.until,
    )
    for f in Template.FIELDS
    if f.type != "one2many" and f.name not in _VARIANT_VALUES and not f.readonly and f.name != "active"
)


class Product(Availability, Model):
    """product.product: one variant."""

    name = "product.product"
    title = "Product Variant"
    order = "default_code, name, id"
    delegate = ("product.template", "product_tmpl_id")
    searched = ("default_code", "barcode", "name")
    FIELDS = (
        many2one("product_tmpl_id", "product.template", "Product Template", required=True, index=True),
        boolean("active", "Active", default=True),
        char("default_code", "Internal Reference", index=True),
        char("barcode", "Barcode", index=True, copied=False),
        decimal("standard_price", "Cost", company_dependent=True),
        decimal("weight", "Weight", digits=2),
        decimal("volume", "Volume", digits=2),
        decimal("lst_price", "Sales Price", compute="_compute_lst_price", setter="_set_lst_price", stored=False),
        decimal("price_extra", "Variant Price Extra", readonly=True, stored=False),
        *_SHARED,
        computed(integer, "product_variant_count", "# Product Variants"),
        *(
            computed(decimal, name)
            for name in ("qty_available", "free_qty", "virtual_available", "incoming_qty", "outgoing_qty")
        ),
        one2many("stock_quant_ids", "stock.quant", "product_id"),
        moment("write_date", "Last Updated on", readonly=True, copied=False, compute="_compute_write_date"),
    )

    def template(self, row: Row) -> Row:
        """Return the template of a variant."""
        return self.env.table("product.template").rows[row["product_tmpl_id"]]

    def _compute_write_date(self, row: Row) -> Any:
        own = row["write_date"]
        return (
            max(own, self.template(row)["write_date"])
            if self.env.version >= versions.VARIANT_SHOWS_TEMPLATE_DATE
            else own
        )

    def _compute_lst_price(self, row: Row) -> Decimal:
        return self.template(row)["list_price"] + row["price_extra"]

    def _set_lst_price(self, row: Row, value: Decimal) -> None:
        self.env["product.template"].modify([row["product_tmpl_id"]], {"list_price": value - row["price_extra"]})

    def _compute_product_variant_count(self, row: Row) -> int:
        return len(self.env.of(Template).variants(self.template(row)))

    def _compute_display_name(self, row: Row) -> str:
        name = self.template(row)["name"]
        return f"[{row['default_code']}] {name}" if row["default_code"] else name

    def saved(self, ids: list[int], changed: frozenset[str]) -> None:
        """Keep barcodes unique."""
        if "barcode" not in changed:
            return
        for record_id in ids:
            barcode = self.row(record_id)["barcode"]
            holders = self.table.where("barcode", barcode) if barcode else []
            if len(holders) > 1:
                names = " and ".join(self.label(i) for i in holders)
                msg = (
                    f'Barcode(s) already assigned:\n\n- Barcode "{barcode}" already assigned to product(s): {names}'
                    "\n\nNote: products that you don't have access to will not be shown above."
                )
                raise ValidationError(msg)
