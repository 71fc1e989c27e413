"""From a canonical order to the values of a sales order: every code becomes an id, or a question.

Source: sale/models/sale_order.py, sale/models/sale_order_line.py, sale_stock/models/sale_order.py (17.0, 19.0).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from isthmus.canonical.money import ZERO
from isthmus.canonical.order import Order
from isthmus.canonical.quantity import PIECE
from isthmus.connectors.odoo import charges, notes, units, wire
from isthmus.connectors.odoo.charges import Charge
from isthmus.connectors.odoo.client import stamp
from isthmus.connectors.odoo.custom import OwnFields
from isthmus.connectors.odoo.dialect import Dialect
from isthmus.connectors.odoo.lookups import Lookups
from isthmus.connectors.odoo.settings import Services
from isthmus.connectors.odoo.units import convertible
from isthmus.craft.charges import Role, expected_tax
from isthmus.ports.errors import ContractBroken, Invalid, Unmapped
from isthmus.ports.sink import Key

MODEL, LINES = "sale.order", "sale.order.line"
#: Odoo's own accuracy of a discount, unless the database says another.
PERCENT_DECIMALS = 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """A sales order as it should be: `header` and `lines` under this server's field names.

    The merchant's own fields are among them; `own` and `lines_own` (of each line, with its product) are those alone.
    """

    header: Mapping[str, Any]
    lines: Sequence[Mapping[str, Any]]
    quantities: Mapping[int, Decimal]  # by product id
    tax: Decimal
    own: Mapping[str, Any]
    lines_own: Sequence[tuple[int, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Translator:
    """Turns orders into `Wanted`."""

    dialect: Dialect
    lookups: Lookups
    services: Services
    own: OwnFields

    async def wanted(self, order: Order, key: Key) -> Wanted:
        """Translate one order. Raises `Unmapped`, `Misconfigured`, `Invalid`."""
        finest = await self.dialect.decimals(LINES, "discount")
        listed = charges.from_order(order, percent_decimals=PERCENT_DECIMALS if finest is None else finest)
        products = await self.lookups.products(_ref(charge.item_ref) for charge in listed if charge.item_ref)
        own = await self.own.vals(MODEL, order.custom, order.currency)
        lines: list[dict[str, Any]] = []
        lines_own: list[tuple[int, Mapping[str, Any]]] = []
        quantities: dict[int, Decimal] = {}
        for position, charge in enumerate(listed, start=1):
            vals = await self._line(charge, products, included=order.prices_include_tax)
            quantities[vals["product_id"]] = quantities.get(vals["product_id"], ZERO) + charge.quantity
            mine = await self.own.vals(LINES, charge.custom, order.currency)
            lines_own.append((vals["product_id"], mine))
            lines.append({**await self.dialect.vals(LINES, {**vals, "sequence": 10 * position}), **mine})
        header = await self.dialect.vals(MODEL, await self._header(order, key))
        return Wanted(header | own, lines, quantities, expected_tax(listed), own, lines_own)

    async def rounding_line(self, difference: Decimal) -> dict[str, Any]:
        """Return the line that carries a difference within the tolerance."""
        vals = await self._line(charges.rounding(difference), {}, included=False)
        return await self.dialect.vals(LINES, {**vals, "sequence": 9999})

    async def _header(self, order: Order, key: Key) -> dict[str, Any]:
        company = (await self.dialect.client.identity()).company
        header: dict[str, Any] = {
            "partner_id": _ref(order.customer_ref),
            "client_order_ref": key.reference or key.unique,
            "origin": key.unique,
            "company_id": company,
            "date_order": stamp(order.placed_at),
            "note": await self._note(order),
        }
        for name, ref in (("partner_invoice_id", order.billing_ref), ("partner_shipping_id", order.shipping_ref)):
            if ref:
                header[name] = _ref(ref)
        pricelist = await self.lookups.pricelist(order.currency)
        if pricelist is not None:
            header["pricelist_id"] = pricelist
        if warehouse := _one_warehouse(order):
            header["warehouse_id"] = await self.lookups.warehouse(warehouse)
        if order.payment_terms:
            header["payment_term_id"] = await self.lookups.payment_term(order.payment_terms)
        if wished := [line.requested_on for line in order.shipping_lines if line.requested_on]:
            header["commitment_date"] = stamp(datetime.combine(min(wished), time(12), UTC))
        return header

    async def _note(self, order: Order) -> str:
        # Plain text in 14, HTML since.
        return notes.from_order(order, html=(await self.dialect.fields(MODEL))["note"].type == "html")

    async def _line(self, charge: Charge, products: Mapping[int, wire.Product], *, included: bool) -> dict[str, Any]:
        product_id, product = await self._product(charge, products)
        preferred = product.taxes_id if product else ()
        taxes = [await self.lookups.tax(tax, included=included, preferred=preferred) for tax in charge.taxes]
        unit = await self._unit(charge, product)
        return {
            "product_id": product_id,
            "name": charge.name,
            "product_uom_qty": await self._quantity(charge),
            **({"product_uom_id": unit} if unit else {}),
            "price_unit": charge.price,
            "discount": charge.percent,
            # Always sent: left out, Odoo would put the product's own taxes there.
            "tax_ids": [[6, 0, list(dict.fromkeys(taxes))]],
        }

    async def _product(self, charge: Charge, products: Mapping[int, wire.Product]) -> tuple[int, wire.Product | None]:
        if charge.item_ref:
            product_id = _ref(charge.item_ref)
            if product_id not in products:
                message = f"the product of SKU {charge.sku!r} was deleted in Odoo"
                raise Unmapped(table="sku", value=charge.sku or charge.item_ref, message=message)
            return product_id, products[product_id]
        if charge.role is Role.GOODS:
            message = f"SKU {charge.sku!r} has no product in Odoo yet"
            raise Unmapped(table="sku", value=charge.sku, message=message)
        return await self.lookups.service(str(getattr(self.services, charge.role.value))), None

    async def _unit(self, charge: Charge, product: wire.Product | None) -> int | None:
        """Return the unit to name on the line, or None when the product's own is meant.

        Stores that name no unit mean one of what they sell, so a unit of the merchant's own making, such as a
        bottle, counts as pieces; a known other one, such as a dozen, is left to Odoo to convert or to refuse.
        """
        own = (await self.lookups.units()).get(product.uom_id[0]) if product and product.uom_id else None
        if own == charge.unit or (charge.unit == PIECE and own not in units.KNOWN):
            return None
        if not convertible(own or PIECE, charge.unit):
            message = f"SKU {charge.sku!r} is sold in {charge.unit}, Odoo keeps it in {own or 'pieces'}"
            raise Unmapped(table="unit", value=charge.unit, message=message)
        return await self.lookups.unit(charge.unit)

    async def _quantity(self, charge: Charge) -> Decimal:
        finest = await self.dialect.decimals(LINES, "product_uom_qty")
        if finest is not None and charge.quantity != round(charge.quantity, finest):
            # Odoo would cut it without a word, and another amount would be shipped than was sold.
            message = (
                f"{charge.quantity} of SKU {charge.sku!r}: Odoo keeps {finest} decimals of a quantity; raise the "
                "accuracy of 'Product Unit' under Settings > Technical > Decimal Accuracy"
            )
            raise Invalid(message, fields={"lines[].quantity": message})
        return charge.quantity


def _ref(text: str) -> int:
    if not text.isdigit():
        message = f"not an id of Odoo: {text!r}"
        raise ContractBroken(message)
    return int(text)


def _one_warehouse(order: Order) -> str:
    named = sorted({line.warehouse for line in order.lines if line.warehouse and line.quantity})
    if len(named) > 1:
        message = f"a sales order of Odoo leaves from one warehouse, this one from {' and '.join(named)}"
        raise Invalid(message, fields={"lines[].warehouse": message})
    return named[0] if named else ""
