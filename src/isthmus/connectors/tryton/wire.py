"""What Tryton sends: only the fields we read, with the names of 8.2.

An empty text, date or reference is null and takes the default here, as does a field a server does not have. A
reference is the id; what is read through it comes under its name with a point behind it, as an object.
Source: trytond/model/modelstorage.py (`search_read`), trytond/model/modelsql.py (`read`), and the modules party,
product, stock, sale, account, currency, company, country (trytond_sale/sale.py and their like, 8.2).
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_type_hints

import msgspec

from isthmus.ports.errors import WireDrift

NONE = Decimal(0)
#: Tryton's ids are PostgreSQL integers; far above is no id.
LARGEST_ID = 2**63


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One record as read; unknown fields are ignored."""

    id: int


W = TypeVar("W", bound=Row)


class Dated(Row, frozen=True, kw_only=True):
    """A record and when it was made and last changed, to the microsecond."""

    create_date: datetime | None = None
    write_date: datetime | None = None

    @property
    def changed_at(self) -> datetime | None:
        """Return when it was last changed, or made."""
        return self.write_date or self.create_date

    @property
    def born(self) -> str:
        """Return when it was made, which tells it from another record that got its id after a restored backup."""
        return self.create_date.isoformat() if self.create_date else ""

    @property
    def revision(self) -> str:
        """Return what tells an edit from a repeat."""
        return self.changed_at.isoformat() if self.changed_at else ""


class Category(Row, frozen=True, kw_only=True):
    """`product.category`, where it is one for the books (account_product/product.py)."""

    customer_taxes: tuple[int, ...] = ()


class Named(Row, frozen=True, kw_only=True):
    """`country.country`, `country.subdivision`, payment terms, `ir.lang`, `ir.module`: a code or a name."""

    code: str = ""
    name: str = ""


class Unit(Row, frozen=True, kw_only=True):
    """`product.uom` (product/uom.py)."""

    name: str = ""
    symbol: str = ""
    xml_id: str = ""  # 7.4 and later
    category: int | None = None
    digits: int = 0


class Product(Row, frozen=True, kw_only=True):
    """`product.product`, as far as an order line needs it (product/product.py, sale/product.py)."""

    code: str = ""
    active: bool = True
    salable: bool = False
    default_uom: int | None = None
    sale_uom: int | None = None
    account_category_: Category | None = msgspec.field(default=None, name="account_category.")


class Coded(Row, frozen=True, kw_only=True):
    """`product.product`, only by what it is called (product/product.py)."""

    code: str = ""


class Identifier(Row, frozen=True, kw_only=True):
    """`product.identifier` (product/product.py), `party.identifier` (party/party.py)."""

    type: str = ""
    code: str = ""


class Template(Dated, frozen=True, kw_only=True):
    """`product.template`, through its variant (product/product.py)."""


class Variant(Dated, frozen=True, kw_only=True):
    """`product.product`, as the catalog shows it (product/product.py)."""

    code: str = ""
    name: str = ""
    active: bool = True
    type: str = ""
    consumable: bool = False
    list_price: Decimal | None = None
    list_price_used: Decimal | None = None  # in the company's currency; null without the right to see prices
    template: int | None = None
    default_uom: int | None = None
    identifiers_: tuple[Identifier, ...] = msgspec.field(default=(), name="identifiers.")


class Figures(Row, frozen=True, kw_only=True):
    """`product.product`, what lies at the locations of the context (stock/product.py)."""

    code: str = ""
    default_uom: int | None = None
    quantity: Decimal = NONE


class Touched(Row, frozen=True, kw_only=True):
    """A `stock.move` (stock/move.py): which product it is about."""

    product: int | None = None


class Move(Row, frozen=True, kw_only=True):
    """A `stock.move` still to come (stock/move.py); the quantity is in the product's own unit."""

    product: int | None = None
    internal_quantity: Decimal = NONE


class Location(Dated, frozen=True, kw_only=True):
    """`stock.location` of type warehouse (stock/location.py)."""

    code: str = ""
    name: str = ""
    active: bool = True


class TaxGroup(Row, frozen=True, kw_only=True):
    """`account.tax.group` (account/tax.py)."""

    kind: str = ""


class Tax(Row, frozen=True, kw_only=True):
    """`account.tax` (account/tax.py); a rate of 0.2 is 20 %."""

    name: str = ""
    type: str = ""
    rate: Decimal | None = None
    start_date: date | None = None
    end_date: date | None = None
    group_: TaxGroup | None = msgspec.field(default=None, name="group.")


class Currency(Row, frozen=True, kw_only=True):
    """`currency.currency` (currency/currency.py)."""

    code: str = ""


class CompanyParty(Row, frozen=True, kw_only=True):
    """`party.party`, the company's own."""

    name: str = ""


class Company(Row, frozen=True, kw_only=True):
    """`company.company` (company/company.py)."""

    timezone: str = ""
    party_: CompanyParty | None = msgspec.field(default=None, name="party.")
    currency_: Currency | None = msgspec.field(default=None, name="currency.")

    @property
    def name(self) -> str:
        """Return what it is called."""
        return self.party_.name if self.party_ else ""

    @property
    def currency(self) -> str:
        """Return the code of its currency."""
        return self.currency_.code if self.currency_ else ""


class Mechanism(Row, frozen=True, kw_only=True):
    """`party.contact_mechanism` (party/contact_mechanism.py): an e-mail, a phone."""

    type: str = ""
    value: str = ""
    active: bool = True


class Address(Row, frozen=True, kw_only=True):
    """`party.address` (party/address.py)."""

    party: int | None = None
    party_name: str = ""
    attn: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: int | None = None
    subdivision: int | None = None
    active: bool = True


class Party(Dated, frozen=True, kw_only=True):
    """`party.party` (party/party.py). `timestamp` is what optimistic locking compares."""

    name: str = ""
    code: str = ""
    active: bool = True
    lang: int | None = None
    replaced_by: int | None = None
    timestamp: str = msgspec.field(default="", name="_timestamp")
    addresses_: tuple[Address, ...] = msgspec.field(default=(), name="addresses.")
    contact_mechanisms_: tuple[Mechanism, ...] = msgspec.field(default=(), name="contact_mechanisms.")
    identifiers_: tuple[Identifier, ...] = msgspec.field(default=(), name="identifiers.")


class Referenced(Row, frozen=True, kw_only=True):
    """`party.party`, only by what it is called (party/party.py)."""

    code: str = ""
    replaced_by: int | None = None
    identifiers_: tuple[Identifier, ...] = msgspec.field(default=(), name="identifiers.")


class Sale(Dated, frozen=True, kw_only=True):
    """`sale.sale` (sale/sale.py)."""

    number: str = ""
    reference: str = ""
    description: str = ""
    state: str = ""
    sale_date: date | None = None
    party: int | None = None
    invoice_address: int | None = None
    shipment_address: int | None = None
    warehouse: int | None = None
    shipment_state: str = ""
    invoice_state: str = ""
    total_amount: Decimal = NONE
    tax_amount: Decimal = NONE
    timestamp: str = msgspec.field(default="", name="_timestamp")
    currency_: Currency | None = msgspec.field(default=None, name="currency.")

    @property
    def label(self) -> str:
        """Return what people call it, before it has a number too."""
        return self.number or f"draft {self.id}"


class SaleLine(Row, frozen=True, kw_only=True):
    """`sale.line` of type line (sale/sale.py)."""

    sale: int | None = None
    product: int | None = None
    quantity: Decimal = NONE
    unit_price: Decimal = NONE


class Shipment(Row, frozen=True, kw_only=True):
    """`stock.shipment.out` (stock/shipment.py)."""

    state: str = ""


class Invoice(Row, frozen=True, kw_only=True):
    """`account.invoice` (account_invoice/invoice.py)."""

    state: str = ""


def exact(figure: Decimal) -> Decimal:
    """Return a quantity without the noise of the float it was: `0.30000000000000004` is 0.3, `101.0` is 101.

    Raises `WireDrift` for one no business has.
    """
    try:
        shown = figure.quantize(_FINEST).normalize()
    except InvalidOperation as wrong:
        message = "a quantity of more digits than can be kept"
        raise WireDrift(message, path="quantity") from wrong
    return shown.quantize(Decimal(1)) if shown == shown.to_integral_value() else shown


def rows(kind: type[W], answer: object) -> list[W]:
    """Return typed records. Raises `WireDrift` naming the path, such as `$[0].id`."""
    if not isinstance(answer, list):
        message = f"{kind.__name__}: expected a list of records, got {type(answer).__name__}"
        raise WireDrift(message)
    try:
        return msgspec.convert([_said(record) for record in cast("list[object]", answer)], list[kind])
    except msgspec.ValidationError as wrong:
        message = f"{kind.__name__}: {wrong}"
        raise WireDrift(message, path=str(wrong).rpartition("`")[0].rpartition("`")[2]) from wrong


@cache
def asked(kind: type[Row]) -> tuple[str, ...]:
    """Return the names of the fields to ask for, those read through a reference with a point in them."""
    return tuple(_asked(kind, ""))


def whole(value: object) -> int | None:
    """Return a whole number of ordinary size, such as an id, or None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if abs(value) < LARGEST_ID else None


def first_id(made: object) -> int | None:
    """Return the id of the first record that was made, None for an answer that names none."""
    ids = cast("list[object]", made) if isinstance(made, list) else []
    return whole(ids[0]) if ids else None


def _asked(kind: type[Row], before: str) -> Iterator[str]:
    hints = get_type_hints(kind)
    for attribute, name in zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True):
        if name.endswith("."):
            (inner,) = (each for each in get_args(hints[attribute]) if isinstance(each, type) and issubclass(each, Row))
            yield from _asked(inner, before + name)
        else:
            yield before + name


def _said(record: object) -> object:
    """Return what a record says: null is "nothing", in what is read through references too."""
    if isinstance(record, list):
        return [_said(each) for each in cast("list[object]", record)]
    if not isinstance(record, dict):
        return record
    fields = cast("Mapping[str, Any]", record)
    return {name: _said(value) for name, value in fields.items() if value is not None}


_FINEST = Decimal("0.000001")
