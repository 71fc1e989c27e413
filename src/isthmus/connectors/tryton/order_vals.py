"""From a canonical order to the values of a sale: every code becomes an id, or a question.

Creating over RPC fills in the company's defaults (methods of invoicing and shipping) and nothing that depends on the
customer or the product, so taxes, units, addresses and warehouse are always said.
Source: sale/sale.py (8.2), and an 8.2 server.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from isthmus.canonical.money import ZERO
from isthmus.canonical.order import Order
from isthmus.canonical.quantity import PIECE
from isthmus.connectors.tryton import charges, units, wire
from isthmus.connectors.tryton.charges import Charge
from isthmus.connectors.tryton.custom import OwnFields, Values, sent
from isthmus.connectors.tryton.dialect import Dialect
from isthmus.connectors.tryton.ids import number, numbers
from isthmus.connectors.tryton.lookups import Lookups, unit_code
from isthmus.connectors.tryton.settings import Services
from isthmus.connectors.tryton.values import day, numeric
from isthmus.craft.charges import Role, expected_tax
from isthmus.craft.remarks import remarks
from isthmus.ports.errors import Invalid, Unmapped
from isthmus.ports.sink import Key

MODEL, LINES = "sale.sale", "sale.line"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A sale as it should be: `header` and `lines` as Tryton takes them.

    The merchant's own fields are among them; `own` and `lines_own` (of each line, with its product) are those alone.
    """

    header: Mapping[str, Any]
    lines: Sequence[Mapping[str, Any]]
    quantities: Mapping[int, Decimal]  # by product id
    tax: Decimal
    sale_date: date
    own: Values
    lines_own: Sequence[tuple[int, Values]]


@dataclass(frozen=True, slots=True)
class Translator:
    """Turns orders into `Wanted`."""

    dialect: Dialect
    lookups: Lookups
    services: Services
    own: OwnFields

    async def wanted(self, order: Order, key: Key) -> Wanted:
        """Translate one order. Raises `Unmapped`, `Misconfigured`, `Invalid`."""
        on = await self.ordered_on(order)
        listed = charges.from_order(order, decimals=await self.dialect.decimals(LINES, "unit_price"))
        services = [await self._service(charge) for charge in listed]
        bound = numbers(charge.item_ref for charge in listed)
        products = await self.lookups.products([*bound, *filter(None, services)])
        own = await self.own.values(MODEL, order.custom)
        lines: list[dict[str, Any]] = []
        lines_own: list[tuple[int, Values]] = []
        quantities: dict[int, Decimal] = {}
        for position, charge in enumerate(listed, start=1):
            vals = await self._line(charge, products, on)
            quantities[vals["product"]] = quantities.get(vals["product"], ZERO) + charge.quantity
            mine = await self.own.values(LINES, charge.custom)
            lines_own.append((vals["product"], mine))
            lines.append({**vals, "sequence": position, **sent(mine)})
        header = await self.dialect.vals(MODEL, await self._header(order, key, on))
        return Wanted(header | sent(own), lines, quantities, expected_tax(listed), on, own, lines_own)

    async def rounding_line(self, difference: Decimal, on: date) -> dict[str, Any]:
        """Return the line that carries a difference within the tolerance."""
        charge = charges.rounding(difference)
        products = await self.lookups.products([await self._service(charge)])
        return {**await self._line(charge, products, on), "sequence": 9999}

    async def ordered_on(self, order: Order) -> date:
        """Return the day the books want: that of the order, where the company is (R-ORD-11)."""
        zone = (await self.lookups.company()).timezone
        return order.ordered_on or order.placed_at.astimezone(ZoneInfo(zone) if zone else UTC).date()

    async def _header(self, order: Order, key: Key, on: date) -> dict[str, Any]:
        party = number(order.customer_ref)
        billing, shipping = order.billing_ref or order.shipping_ref, order.shipping_ref or order.billing_ref
        fallback = None if billing else await self._any_address(party)
        header: dict[str, Any] = {
            "party": party,
            "company": (await self.dialect.client.identity()).company,
            "currency": await self.lookups.currency(order.currency),
            "reference": key.reference or key.unique,
            "description": key.unique,
            "sale_date": day(on),
            "invoice_address": number(billing) if billing else fallback,
            "shipment_address": number(shipping) if shipping else fallback,
            "comment": "\n".join(remarks(order)) or None,  # plain text (sale/sale.py, 8.2)
            # The module's own way of charging for delivery needs a carrier; ours is a line.
            "shipment_cost_method": None,
        }
        if warehouse := await self._warehouse(order):
            header["warehouse"] = warehouse
        if order.payment_terms:
            header["payment_term"] = await self.lookups.payment_term(order.payment_terms)
        if wished := [line.requested_on for line in order.shipping_lines if line.requested_on]:
            header["shipping_date"] = day(max(on, min(wished)))
        return header

    async def _warehouse(self, order: Order) -> int | None:
        """Return the warehouse an order leaves from; the first one where it names none, as Tryton would with one."""
        if named := _one_warehouse(order):
            return await self.lookups.warehouse(named)
        return next((each.id for each in await self.lookups.warehouses() if each.active), None)

    async def _any_address(self, party: int) -> int:
        """Return some address of a buyer who gave none: a sale of something digital needs one all the same."""
        found = await self.dialect.search("party.address", wire.Address, [["party", "=", party]], limit=1)
        if not found:
            message = "the customer has no address in Tryton, and a sale needs one: add an address to the party"
            raise Invalid(message, fields={"billing": message})
        return found[0].id

    async def _line(self, charge: Charge, products: Mapping[int, wire.Product], on: date) -> dict[str, Any]:
        product = await self._product(charge, products)
        preferred = product.account_category_.customer_taxes if product.account_category_ else ()
        taxes = [await self.lookups.tax(tax, on=on, preferred=preferred) for tax in charge.taxes]
        unit = await self._unit(charge, product)
        return {
            "type": "line",
            "product": product.id,
            "description": charge.name,
            "note": charge.note or None,
            "quantity": _quantity(charge, unit),
            "unit": unit.id,
            "unit_price": numeric(charge.price),
            "taxes": [["add", list(dict.fromkeys(taxes))]] if taxes else [],
        }

    async def _product(self, charge: Charge, products: Mapping[int, wire.Product]) -> wire.Product:
        product_id = number(charge.item_ref) if charge.item_ref else await self._service(charge)
        if product_id and product_id in products:
            return products[product_id]
        if charge.item_ref:
            message = f"the product of SKU {charge.sku!r} was deleted in Tryton"
            raise Unmapped(table="sku", value=charge.sku or charge.item_ref, message=message)
        message = f"SKU {charge.sku!r} has no product in Tryton yet"
        raise Unmapped(table="sku", value=charge.sku, message=message)

    async def _service(self, charge: Charge) -> int:
        """Return the service product of a charge, 0 for goods and for what has a product of its own."""
        if charge.role is Role.GOODS or charge.item_ref:
            return 0
        return await self.lookups.service(str(getattr(self.services, charge.role.value)))

    async def _unit(self, charge: Charge, product: wire.Product) -> wire.Unit:
        """Return the unit of a line.

        Stores that name no unit mean one of what they sell, so a unit of the merchant's own making, such as a
        bottle, counts as pieces; a known other one is taken where Tryton itself converts it.
        """
        known = await self.lookups.units()
        stored = known.get(product.default_uom or 0)
        sold = known.get(product.sale_uom or 0) or stored
        for own in (sold, stored):
            if own and (unit_code(own) == charge.unit or (charge.unit == PIECE and unit_code(own) not in units.KNOWN)):
                return own
        other = await self.lookups.unit(charge.unit, stored.category if stored else None)
        if other is None:
            kept = unit_code(stored) if stored else "pieces"
            message = f"SKU {charge.sku!r} is sold in {charge.unit}, Tryton keeps it in {kept}"
            raise Unmapped(table="unit", value=charge.unit, message=message)
        return other


def _quantity(charge: Charge, unit: wire.Unit) -> Decimal:
    if charge.quantity != round(charge.quantity, unit.digits):
        message = (
            f"{charge.quantity} of SKU {charge.sku!r}: Tryton keeps {unit.digits} decimals of {unit.name}; raise the "
            "display digits of the unit"
        )
        raise Invalid(message, fields={"lines[].quantity": message})
    return charge.quantity


def _one_warehouse(order: Order) -> str:
    named = sorted({line.warehouse for line in order.lines if line.warehouse and line.quantity})
    if len(named) > 1:
        message = f"a sale of Tryton leaves from one warehouse, this one from {' and '.join(named)}"
        raise Invalid(message, fields={"lines[].warehouse": message})
    return named[0] if named else ""
