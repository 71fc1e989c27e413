"""Odoo's reference records that orders and customers point to: taxes, price lists, countries, units, service products.

They change rarely, are read whole and kept for a while (`craft/shelf.py`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from isthmus.canonical.order import Tax
from isthmus.connectors.odoo import wire
from isthmus.connectors.odoo.dialect import Dialect
from isthmus.connectors.odoo.units import UNITS
from isthmus.craft.shelf import Shelf
from isthmus.ports.errors import Forbidden, Invalid, Misconfigured, Unmapped, WireDrift


@dataclass(slots=True)
class Lookups:
    """One session's memory of the reference records."""

    dialect: Dialect
    shelf: Shelf = field(init=False)

    def __post_init__(self) -> None:
        """Keep time by the clock of the client."""
        self.shelf = Shelf(self.dialect.client.clock.now)

    async def company(self) -> wire.Company:
        """Return the company orders are booked in. Raises `Misconfigured` when the user may not see it."""
        me = await self.dialect.client.identity()
        found = await self.shelf.get("company", lambda: self.dialect.read("res.company", wire.Company, [me.company]))
        if not found:
            message = f"Company: Odoo shows this user no company {me.company}"
            raise Misconfigured(message)
        return found[0]

    async def tax(self, wanted: Tax, *, included: bool, preferred: Sequence[int]) -> int:
        """Return the sales tax of a code (its id), or the one with this rate and way of stating prices.

        Several may share a rate: the product's own comes first, then the company's default, then Odoo's order.
        Raises `Unmapped`.
        """
        company = await self.company()
        default = [company.account_sale_tax_id[0]] if company.account_sale_tax_id else []

        def choose(taxes: list[wire.Tax]) -> int | None:
            return choose_tax(taxes, wanted.code, wanted.rate, included=included, preferred=[*preferred, *default])

        chosen = await self.shelf.find("taxes", self._taxes, choose)
        if chosen is None:
            raise _missing_tax(wanted, included=included)
        return chosen

    async def pricelist(self, currency: str) -> int | None:
        """Return the first price list in a currency; None for the company's own currency without lists.

        A sales order has the currency of its price list and no other way to get one. Raises `Unmapped`.
        """
        listed = await self.shelf.find(
            "pricelists",
            self._pricelists,
            lambda lists: next((p.id for p in lists if _is(p.currency_id, currency)), None),
        )
        if listed is None and not _is((await self.company()).currency_id, currency):
            message = (
                f"Odoo has no price list in {currency}: activate the currency and create one under Sales > Products > "
                "Pricelists (switch the feature on in Settings > Sales > Pricing)"
            )
            raise Unmapped(table="price_list", value=currency, message=message)
        return listed

    async def listed_currencies(self) -> set[str]:
        """Return the currencies of the price lists."""
        listed = await self.shelf.get("pricelists", self._pricelists)
        return {one.currency_id[1] for one in listed if one.currency_id}

    async def tax_modes(self) -> tuple[bool, ...]:
        """Return in which ways sales taxes are stated: in the price (true), on top of it."""
        return tuple(sorted({tax.price_include for tax in await self.shelf.get("taxes", self._taxes)}))

    async def warehouse(self, code: str) -> int:
        """Return the id of a warehouse given its code, or its id as text. Raises `Misconfigured`."""
        found = await self.shelf.find(
            "warehouses",
            self.warehouses_now,
            lambda all_: (
                next((w.id for w in all_ if w.code == code), None)
                or next((w.id for w in all_ if str(w.id) == code), None)
            ),
        )
        if found is None:
            message = f"Odoo has no warehouse with the code {code!r}: correct it in the flow's settings in isthmus.toml"
            raise Misconfigured(message)
        return found

    async def warehouses(self) -> list[wire.Warehouse]:
        """Return the company's warehouses, archived ones included."""
        return await self.shelf.get("warehouses", self.warehouses_now)

    async def payment_term(self, code: str) -> int:
        """Return the id of a payment term given its id as text or its exact name. Raises `Unmapped`."""
        found = await self._by_code("account.payment.term", code)
        if found is None:
            message = f"Odoo has no payment term {code!r}"
            raise Unmapped(table="payment_terms", value=code, message=message)
        return found

    async def country(self, code: str) -> int:
        """Return the id of an ISO 3166-1 alpha-2 country. Raises `Unmapped`."""
        found = await self.shelf.find("countries", self._countries, lambda known: known.get(code))
        if found is None:
            message = f"Odoo has no country with the code {code!r}"
            raise Unmapped(table="country", value=code, message=message)
        return found

    async def region(self, country: int, code: str) -> int | None:
        """Return the id of a country's region by its code, or None: Odoo knows the regions of few countries."""
        states = await self.shelf.get(
            f"states/{country}",
            lambda: self.dialect.search("res.country.state", wire.Named, [["country_id", "=", country]]),
        )
        bare = code.rpartition("-")[2]  # ISO 3166-2 writes US-CA where Odoo keeps CA
        return next((state.id for state in states if state.code in {code, bare}), None)

    async def language(self, code: str) -> str:
        """Return an installed language for `de`, `de-AT` or `de_AT`, or an empty text when there is none."""
        installed = await self.shelf.get(
            "languages", lambda: self.dialect.search("res.lang", wire.Named, [["active", "=", True]])
        )
        wanted = code.replace("-", "_")
        exact = [lang.code for lang in installed if lang.code.casefold() == wanted.casefold()]
        related = [lang.code for lang in installed if lang.code.split("_")[0] == wanted.split("_")[0].lower()]
        return next(iter([*exact, *related]), "")

    async def service(self, sku: str) -> int:
        """Return the product id of a service SKU. Raises `Misconfigured` saying what to create."""
        found = await self.shelf.find(
            f"service/{sku}", lambda: self._services(sku), lambda ids: ids[0] if ids else None
        )
        if found is None:
            message = (
                f"Odoo has no product with the internal reference {sku!r}: create a service product with it, "
                "or name another SKU in the connection's settings"
            )
            raise Misconfigured(message)
        return found

    async def products(self, ids: Iterable[int]) -> dict[int, wire.Product]:
        """Return unit and taxes of products by id; one that was deleted is absent."""
        return await self.shelf.rows(
            "product", ids, lambda some: self.dialect.read("product.product", wire.Product, some)
        )

    async def units(self) -> Mapping[int, str]:
        """Return the UN/ECE code of each unit; one of the merchant's own making goes by its name."""
        return await self.shelf.get("units", self._units)

    async def unit(self, code: str) -> int:
        """Return the id of a UN/ECE unit. Raises `Unmapped`."""
        found = await self.shelf.find(
            "units", self._units, lambda units: next((one for one, unit in units.items() if unit == code), None)
        )
        if found is None:
            message = f"Odoo has no unit of measure for {code!r}"
            raise Unmapped(table="unit", value=code, message=message)
        return found

    async def _by_code(self, model: str, code: str) -> int | None:
        def choose(known: list[wire.Named]) -> int | None:
            ids = [one.id for one in known if str(one.id) == code]
            return next(iter([*ids, *(one.id for one in known if one.name == code)]), None)

        return await self.shelf.find(model, lambda: self.dialect.search(model, wire.Named, []), choose)

    async def _taxes(self) -> list[wire.Tax]:
        company = (await self.dialect.client.identity()).company
        domain = [["type_tax_use", "=", "sale"], ["company_id", "=", company], ["active", "=", True]]
        return await self.dialect.search("account.tax", wire.Tax, domain, order="sequence asc, id asc")

    async def _pricelists(self) -> list[wire.Pricelist]:
        company = (await self.dialect.client.identity()).company
        domain = [["company_id", "in", [company, False]], ["active", "=", True]]
        return await self.dialect.search("product.pricelist", wire.Pricelist, domain, order="sequence asc, id asc")

    async def warehouses_now(self) -> list[wire.Warehouse]:
        """Return the company's warehouses as Odoo has them now."""
        company = (await self.dialect.client.identity()).company
        return await self.dialect.search("stock.warehouse", wire.Warehouse, [["company_id", "=", company]])

    async def _countries(self) -> dict[str, int]:
        return {row.code: row.id for row in await self.dialect.search("res.country", wire.Named, [])}

    async def _services(self, sku: str) -> list[int]:
        domain = [["default_code", "=", sku], ["active", "=", True]]
        return [row.id for row in await self.dialect.search("product.product", wire.Named, domain, limit=1)]

    async def _units(self) -> dict[int, str]:
        known = await self.dialect.search("uom.uom", wire.Named, [])
        try:
            said = await self.dialect.client.call("uom.uom", "get_external_id", ids=[unit.id for unit in known])
        except (Forbidden, Invalid, Misconfigured, WireDrift):
            # Without the right to see external ids the names remain; they are the merchant's own words.
            said = None
        named = wire.mapping(said) or {}
        return {unit.id: UNITS.get(str(named.get(str(unit.id))), unit.name) for unit in known}


def choose_tax(
    taxes: Sequence[wire.Tax], code: str, rate: Decimal | None, *, included: bool, preferred: Sequence[int]
) -> int | None:
    """Return the id of the tax meant, or None."""
    if code:
        return next((tax.id for tax in taxes if str(tax.id) == code), None)
    if rate is None:
        return None
    fits = [
        tax.id
        for tax in taxes
        if tax.amount_type == "percent" and tax.price_include == included and tax.amount == rate * 100
    ]
    return next((one for one in preferred if one in fits), next(iter(fits), None))


def tax_label(rate: Decimal, *, included: bool) -> str:
    """Return what people call a tax, such as `20% included`."""
    return f"{_percent(rate)}% {'included' if included else 'excluded'}"


def _missing_tax(wanted: Tax, *, included: bool) -> Unmapped:
    """Return the question; its value is the store's own name of the tax, which is what the table is keyed by."""
    if wanted.code or wanted.rate is None:
        shown = wanted.code or "without a rate"
        message = f"Odoo has no sales tax with the id {shown!r} in this company"
        return Unmapped("tax", wanted.name or shown, message)
    way = "included in" if included else "added to"
    message = f"Odoo has no sales tax of {_percent(wanted.rate)}% {way} the price: create it, or map the tax"
    return Unmapped("tax", wanted.name or tax_label(wanted.rate, included=included), message)


def _percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f}"


def _is(ref: wire.Ref | None, name: str) -> bool:
    return ref is not None and ref[1] == name
