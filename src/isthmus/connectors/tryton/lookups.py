"""Tryton's reference records that orders and customers point to: taxes, currencies, countries, units, services.

They change rarely, are read whole and kept for a while (`craft/shelf.py`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from isthmus.canonical.order import Tax
from isthmus.connectors.tryton import units, wire
from isthmus.connectors.tryton.dialect import Dialect
from isthmus.craft.shelf import Shelf
from isthmus.ports.errors import Misconfigured, Unmapped


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
        found = await self.shelf.get(
            "company", lambda: self.dialect.read("company.company", wire.Company, [me.company])
        )
        if not found:
            message = f"Company: Tryton shows this user no company {me.company}"
            raise Misconfigured(message)
        return found[0]

    async def tax(self, wanted: Tax, *, on: date, preferred: Sequence[int]) -> int:
        """Return the sales tax of a code (its id), or the one with this rate; the product's own come first.

        Raises `Unmapped`.
        """
        chosen = await self.shelf.find(
            "taxes",
            self.taxes_now,
            lambda taxes: choose_tax(taxes, wanted.code, wanted.rate, on=on, preferred=preferred),
        )
        if chosen is None:
            raise _missing_tax(wanted)
        return chosen

    async def currency(self, code: str) -> int:
        """Return the id of a currency. Raises `Unmapped`."""
        found = await self.shelf.find("currencies", self.currencies_now, lambda known: known.get(code))
        if found is None:
            message = f"Tryton has no currency {code}: create it under Currency > Currencies"
            raise Unmapped(table="currency", value=code, message=message)
        return found

    async def currency_codes(self) -> tuple[str, ...]:
        """Return the currencies a sale may be in."""
        return tuple(sorted(await self.shelf.get("currencies", self.currencies_now)))

    async def warehouse(self, code: str) -> int:
        """Return the id of a warehouse given its code, or its id as text. Raises `Misconfigured`."""
        found = await self.shelf.find(
            "warehouses",
            self.warehouses_now,
            lambda all_: (
                next((each.id for each in all_ if code_of(each) == code), None)
                or next((each.id for each in all_ if str(each.id) == code), None)
            ),
        )
        if found is None:
            message = f"Tryton has no warehouse with the code {code!r}: correct it in the flow's settings"
            raise Misconfigured(message)
        return found

    async def warehouses(self) -> list[wire.Location]:
        """Return the warehouses, deactivated ones included."""
        return await self.shelf.get("warehouses", self.warehouses_now)

    async def payment_term(self, code: str) -> int:
        """Return the id of a payment term given its id as text or its exact name. Raises `Unmapped`."""

        def choose(known: list[wire.Named]) -> int | None:
            ids = [one.id for one in known if str(one.id) == code]
            return next(iter([*ids, *(one.id for one in known if one.name == code)]), None)

        model = "account.invoice.payment_term"
        found = await self.shelf.find(model, lambda: self.dialect.search(model, wire.Named, []), choose)
        if found is None:
            message = f"Tryton has no payment term {code!r}"
            raise Unmapped(table="payment_terms", value=code, message=message)
        return found

    async def country(self, code: str) -> int:
        """Return the id of an ISO 3166-1 alpha-2 country. Raises `Unmapped`."""
        found = await self.shelf.find("countries", self._countries, lambda known: known.get(code))
        if found is None:
            message = f"Tryton has no country with the code {code!r}: run trytond_import_countries"
            raise Unmapped(table="country", value=code, message=message)
        return found

    async def region(self, country: int, code: str) -> int | None:
        """Return the id of a country's subdivision by its code, or None where Tryton has none."""
        known = await self.shelf.get(
            f"subdivisions/{country}",
            lambda: self.dialect.search("country.subdivision", wire.Named, [["country", "=", country]]),
        )
        bare = code.rpartition("-")[2]  # Tryton keeps US-CA as ISO 3166-2 writes it; stores often say CA
        return next((one.id for one in known if one.code.rpartition("-")[2] == bare), None)

    async def language(self, code: str) -> int | None:
        """Return the id of a translatable language for `de`, `de-AT` or `de_AT`, or None when there is none."""
        known = await self.shelf.get("languages", lambda: self.dialect.search("ir.lang", wire.Named, []))
        wanted = code.replace("-", "_").casefold()
        same = [one.id for one in known if one.code.casefold() == wanted]
        related = [one.id for one in known if one.code.casefold() == wanted.partition("_")[0]]
        return next(iter([*same, *related]), None)

    async def service(self, code: str) -> int:
        """Return the product id of a service code. Raises `Misconfigured` saying what to create."""
        found = await self.shelf.find(
            f"service/{code}", lambda: self._services(code), lambda ids: ids[0] if ids else None
        )
        if found is None:
            message = (
                f"Tryton has no salable product with the code {code!r}: create a service product with it, "
                "or name another code in the connection's settings"
            )
            raise Misconfigured(message)
        return found

    async def products(self, ids: Iterable[int]) -> dict[int, wire.Product]:
        """Return units and taxes of products by id; one that was deleted is absent."""
        return await self.shelf.rows(
            "product", ids, lambda some: self.dialect.read("product.product", wire.Product, some)
        )

    async def units(self) -> Mapping[int, wire.Unit]:
        """Return the units of measure by id."""
        return await self.shelf.get("units", self._units)

    async def codes(self) -> Mapping[int, str]:
        """Return the UN/ECE code of each unit; one of the merchant's own making goes by its name."""
        return {one: unit_code(unit) for one, unit in (await self.units()).items()}

    async def unit(self, code: str, category: int | None) -> wire.Unit | None:
        """Return the unit with a code among those a product's own converts into, or None."""

        def choose(known: Mapping[int, wire.Unit]) -> wire.Unit | None:
            return next((one for one in known.values() if unit_code(one) == code and one.category == category), None)

        return await self.shelf.find("units", self._units, choose)

    async def taxes_now(self) -> list[wire.Tax]:
        """Return the sales taxes of the company as Tryton has them now."""
        company = (await self.dialect.client.identity()).company
        # The parts of a tax made of several are no taxes of their own.
        domain = [["company", "=", company], ["parent", "=", None], ["active", "=", True], ["type", "=", "percentage"]]
        order = [["sequence", "ASC"], ["id", "ASC"]]
        rows = await self.dialect.search("account.tax", wire.Tax, domain, order=order)
        return [row for row in rows if row.group_ is None or row.group_.kind in {"sale", "both"}]

    async def warehouses_now(self) -> list[wire.Location]:
        """Return the warehouses as Tryton has them now."""
        return await self.dialect.search("stock.location", wire.Location, [["type", "=", "warehouse"]])

    async def currencies_now(self) -> dict[str, int]:
        """Return the active currencies by code."""
        rows = await self.dialect.search("currency.currency", wire.Currency, [["active", "=", True]])
        return {row.code: row.id for row in rows}

    async def _countries(self) -> dict[str, int]:
        return {row.code: row.id for row in await self.dialect.search("country.country", wire.Named, [])}

    async def _services(self, code: str) -> list[int]:
        domain = [["code", "=", code], ["active", "=", True], ["salable", "=", True]]
        return [row.id for row in await self.dialect.search("product.product", wire.Coded, domain, limit=1)]

    async def _units(self) -> dict[int, wire.Unit]:
        return {row.id: row for row in await self.dialect.search("product.uom", wire.Unit, [])}


def code_of(warehouse: wire.Location) -> str:
    """Return what stock levels call a warehouse: its code, or its id where it has none."""
    return warehouse.code or str(warehouse.id)


def unit_code(unit: wire.Unit) -> str:
    """Return the UN/ECE code of a unit, or its name."""
    return units.code_of(unit.xml_id, unit.symbol, unit.name)


def choose_tax(
    taxes: Sequence[wire.Tax], code: str, rate: Decimal | None, *, on: date, preferred: Sequence[int]
) -> int | None:
    """Return the id of the tax meant and in force, or None."""
    if code:
        return next((tax.id for tax in taxes if str(tax.id) == code), None)
    fits = [
        tax.id
        for tax in taxes
        if rate is not None
        and tax.rate == rate
        and (tax.start_date is None or tax.start_date <= on)
        and (tax.end_date is None or on <= tax.end_date)
    ]
    return next((one for one in preferred if one in fits), next(iter(fits), None))


def tax_label(rate: Decimal) -> str:
    """Return what people call a tax, such as `20%`."""
    return f"{(rate * 100).normalize():f}%"


def _missing_tax(wanted: Tax) -> Unmapped:
    """Return the question; its value is the store's own name of the tax, which is what the table is keyed by."""
    if wanted.code or wanted.rate is None:
        shown = wanted.code or "without a rate"
        message = f"Tryton has no sales tax with the id {shown!r} in this company"
        return Unmapped("tax", wanted.name or shown, message)
    label = tax_label(wanted.rate)
    message = f"Tryton has no sales tax of {label}: create it under Financial > Configuration > Taxes, or map the tax"
    return Unmapped("tax", wanted.name or label, message)
