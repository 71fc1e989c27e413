"""What Odoo sends: only the fields we read, with today's names (`dialect.py` renames the older ones).

Odoo writes `false` for every empty text, date and reference, and a reference as `[id, "display name"]`. A field
that is not sent (an app is not installed, a version lacks it) takes the same default as an empty one.
Source: `odoo/fields.py` (`convert_to_read`), models of addons base, product, stock, sale, account (17.0, 19.0).
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, TypeVar, cast, get_type_hints

import msgspec

from isthmus.ports.errors import WireDrift

Ref = tuple[int, str]
NONE = Decimal(0)
#: Odoo's ids are PostgreSQL integers; far above is no id.
LARGEST_ID = 2**63


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One record as read; unknown fields are ignored."""

    id: int
    write_date: str = ""


W = TypeVar("W", bound=Row)


class Product(Row, frozen=True, kw_only=True):
    """`product.product`, as far as an order line needs it (product/models/product_product.py)."""

    uom_id: Ref | None = None
    taxes_id: tuple[int, ...] = ()


class Coded(Row, frozen=True, kw_only=True):
    """`product.product`, only by what it is called (product/models/product_product.py)."""

    default_code: str = ""


class Referenced(Row, frozen=True, kw_only=True):
    """`res.partner`, only by its reference (base/models/res_partner.py)."""

    ref: str = ""
    parent_id: Ref | None = None


class Variant(Row, frozen=True, kw_only=True):
    """`product.product`, as the catalog shows it (product, stock/models/product.py)."""

    default_code: str = ""
    barcode: str = ""
    name: str = ""
    active: bool = True
    type: str = ""
    is_storable: bool | None = None  # 18 and later; before, a stored product has type "product"
    lst_price: Decimal = NONE  # in the company's currency
    product_tmpl_id: Ref | None = None
    uom_id: Ref | None = None


class Figures(Row, frozen=True, kw_only=True):
    """`product.product`, its quantities in the warehouse of the context (stock/models/product.py)."""

    default_code: str = ""
    uom_id: Ref | None = None
    qty_available: Decimal = NONE
    free_qty: Decimal = NONE
    incoming_qty: Decimal = NONE


class Touched(Row, frozen=True, kw_only=True):
    """A `stock.quant` or `stock.move` (stock/models): which product it is about."""

    product_id: Ref | None = None


class Warehouse(Row, frozen=True, kw_only=True):
    """`stock.warehouse` (stock/models/stock_warehouse.py)."""

    code: str = ""
    name: str = ""
    active: bool = True


class Tax(Row, frozen=True, kw_only=True):
    """`account.tax` (account/models/account_tax.py)."""

    name: str = ""
    amount: Decimal = NONE
    amount_type: str = ""
    price_include: bool = False
    sequence: int = 0


class Pricelist(Row, frozen=True, kw_only=True):
    """`product.pricelist` (product/models/product_pricelist.py)."""

    name: str = ""
    currency_id: Ref | None = None


class Company(Row, frozen=True, kw_only=True):
    """`res.company` (base, account)."""

    name: str = ""
    currency_id: Ref | None = None
    account_sale_tax_id: Ref | None = None
    account_price_include: str = ""  # 18 and later
    tax_calculation_rounding_method: str = ""


class Named(Row, frozen=True, kw_only=True):
    """`res.country`, `res.country.state`, `res.lang`, `account.payment.term`, `uom.uom`: a code or a name."""

    code: str = ""
    name: str = ""


class Partner(Row, frozen=True, kw_only=True):
    """`res.partner` (base/models/res_partner.py)."""

    name: str = ""
    ref: str = ""
    email: str = ""
    phone: str = ""
    mobile: str = ""  # gone in 19
    vat: str = ""
    lang: str = ""
    type: str = ""
    is_company: bool = False
    active: bool = True
    parent_id: Ref | None = None
    street: str = ""
    street2: str = ""
    city: str = ""
    zip: str = ""
    state_id: Ref | None = None
    country_id: Ref | None = None
    company_name: str = ""
    create_date: str = ""


class SaleOrder(Row, frozen=True, kw_only=True):
    """`sale.order` (sale, sale_stock)."""

    name: str = ""
    state: str = ""
    origin: str = ""
    client_order_ref: str = ""
    date_order: str = ""
    locked: bool = False
    amount_total: Decimal = NONE
    amount_tax: Decimal = NONE
    currency_id: Ref | None = None
    partner_id: Ref | None = None
    partner_invoice_id: Ref | None = None
    partner_shipping_id: Ref | None = None
    delivery_status: str = ""
    invoice_status: str = ""
    create_date: str = ""


class SaleOrderLine(Row, frozen=True, kw_only=True):
    """`sale.order.line` (sale, sale_stock)."""

    order_id: Ref | None = None
    product_id: Ref | None = None
    product_uom_qty: Decimal = NONE
    qty_delivered: Decimal = NONE
    qty_invoiced: Decimal = NONE
    price_unit: Decimal = NONE


def objects(model: str, answer: object) -> list[Mapping[str, Any]]:
    """Return records as they are, of fields no type of ours knows. Raises `WireDrift`."""
    found = [mapping(row) for row in cast("list[object]", answer)] if isinstance(answer, list) else [None]
    if any(row is None for row in found):
        message = f"{model}: expected a list of records"
        raise WireDrift(message)
    return [row for row in found if row is not None]


def mapping(value: object) -> Mapping[str, Any] | None:
    """Return a JSON object, or None for anything else."""
    return value if isinstance(value, dict) else None  # pyright: ignore[reportUnknownVariableType]


def whole(value: object) -> int | None:
    """Return a whole number of ordinary size, such as an id, or None for anything else; `false` is none."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if abs(value) < LARGEST_ID else None


def exact(figure: Decimal) -> Decimal:
    """Return a quantity without the noise of the float it was: `0.30000000000000004` is 0.3, `101.0` is 101.

    Raises `WireDrift` for one no business has.
    """
    try:
        plain = figure.quantize(_FINEST).normalize()
    except InvalidOperation as wrong:
        message = "a quantity of more digits than can be kept"
        raise WireDrift(message, path="quantity") from wrong
    return plain.quantize(Decimal(1)) if plain == plain.to_integral_value() else plain


def rows(kind: type[W], answer: object, names: Mapping[str, str]) -> list[W]:
    """Return typed records; `names` are this server's field names with today's.

    Raises `WireDrift` naming the path, such as `$[0].id`.
    """
    if not isinstance(answer, list):
        message = f"{kind.__name__}: expected a list of records, got {type(answer).__name__}"
        raise WireDrift(message)
    booleans = _booleans(kind)
    try:
        return msgspec.convert([_said(record, names, booleans) for record in cast("list[object]", answer)], list[kind])
    except msgspec.ValidationError as wrong:
        message = f"{kind.__name__}: {wrong}"
        raise WireDrift(message, path=str(wrong).rpartition("`")[0].rpartition("`")[2]) from wrong


def _said(record: object, names: Mapping[str, str], booleans: frozenset[str]) -> object:
    """Return what a record says under today's names: `false` is "nothing", but for fields that are yes or no."""
    fields = mapping(record)
    if fields is None:
        return record
    return {
        names.get(name, name): value
        for name, value in fields.items()
        if (value is not None and value is not False) or names.get(name, name) in booleans
    }


@cache
def _booleans(kind: type[Row]) -> frozenset[str]:
    return frozenset(name for name, hint in get_type_hints(kind).items() if hint in {bool, bool | None})


_FINEST = Decimal("0.000001")
