"""Fields of the merchant's own in Odoo: what a mapping gives, as each field takes it, and whether it is there already.

What a field takes is asked of the server (`fields_get`), so that `x_studio_region` and a field of an app are alike.
`readonly` is what forms show and computed fields are born with; up to 16 `states` may take it back for drafts.
Source: odoo/fields.py (`_description_*`, `convert_to_cache`; 14 to 18), odoo/orm/fields.py (19), and
odoo/addons/base/models/ir_model.py (`ir.model.fields`).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from decimal import Decimal
from html import escape, unescape
from types import MappingProxyType
from typing import Any, cast
from zoneinfo import ZoneInfo

from isthmus.connectors.odoo import wire
from isthmus.connectors.odoo.client import stamp
from isthmus.connectors.odoo.creation import Cell
from isthmus.connectors.odoo.dialect import Dialect, Field
from isthmus.connectors.odoo.lookups import Lookups
from isthmus.craft import custom as craft
from isthmus.craft.custom import Unfit

ORDER, LINE, PARTNER = "sale.order", "sale.order.line", "res.partner"
RECORDS: Mapping[str, str] = {ORDER: "the sales order", LINE: "the order line", PARTNER: "the contact"}
_LOG = frozenset({"id", "display_name", "create_uid", "create_date", "write_uid", "write_date"})
#: What Isthmus writes itself, and what follows from it: a mapping that wrote these would break who an order is, what
#: it costs, or whether it is found again. Names of all versions.
OURS: Mapping[str, frozenset[str]] = {
    ORDER: _LOG
    | {"name", "state", "locked", "partner_id", "partner_invoice_id", "partner_shipping_id", "client_order_ref"}
    | {"origin", "company_id", "date_order", "note", "pricelist_id", "currency_id", "currency_rate", "warehouse_id"}
    | {"payment_term_id", "commitment_date", "order_line", "picking_ids", "invoice_ids"}
    | {"amount_untaxed", "amount_tax", "amount_total", "fiscal_position_id"},
    LINE: _LOG
    | {"order_id", "product_id", "product_template_id", "name", "sequence", "display_type", "state", "company_id"}
    | {"product_uom_qty", "product_uom", "product_uom_id", "price_unit", "discount", "tax_id", "tax_ids"}
    | {"price_subtotal", "price_tax", "price_total", "qty_delivered", "qty_invoiced", "currency_id"},
    PARTNER: _LOG
    | {"name", "ref", "is_company", "company_type", "company_id", "active", "type", "parent_id", "child_ids"}
    | {"email", "phone", "vat", "lang", "comment", "street", "street2", "city", "zip", "state_id", "country_id"},
}
#: What a record is called by, where its model has the field; a model made in Studio has `x_name`.
NAMES = ("name", "x_name", "code")
NUMBERS = frozenset({"integer", "float", "monetary"})
CREATE = "create it (Odoo Studio, or Settings > Technical > Fields) or install the app it comes with"
_TAG = re.compile(r"<[^>]*>")

Vals = Mapping[str, Any]
NOTHING: Vals = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class _Way:
    """How a value becomes one of a field: what is known about where it goes."""

    field: Field
    currency: str
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class OwnFields:
    """The fields of this server's orders, lines and contacts that a mapping may fill."""

    dialect: Dialect
    lookups: Lookups

    async def vals(self, model: str, custom: Vals, currency: str = "") -> dict[str, Any]:
        """Return the values to write for what a mapping gives; amounts without a currency are in `currency`.

        Raises `Misconfigured` for a field that is not there, not to be written or ours, and `Invalid` for a value it
        cannot take.
        """
        return {name: await self._value(model, name, value, currency) for name, value in custom.items()}

    async def required(self, model: str, vals: Vals) -> dict[str, Cell]:
        """Return what a new record cannot be without, as cells of `load`."""
        if not vals:
            return {}
        known = await self._fields(model)
        return {
            (f"{name}/.id" if known[name].type == "many2one" else name): value if isinstance(value, int) else str(value)
            for name, value in vals.items()
            if known[name].required and known[name].type != "many2many" and value not in (False, "")
        }

    async def changed(self, model: str, record: int, vals: Vals) -> dict[str, Any]:
        """Return those values that the record does not hold yet; asks nothing where there are none."""
        if not vals:
            return {}
        rows = await self._read(model, [["id", "=", record]], list(vals))
        there, known = (rows[0] if rows else NOTHING), await self._fields(model)
        return {name: value for name, value in vals.items() if not same(known[name].type, value, there.get(name))}

    async def lines_hold(self, order: int, wanted: Sequence[tuple[int, Vals]]) -> bool:
        """Tell whether the lines of an order hold these values, the first line of a product those of its first."""
        names = list(dict.fromkeys(name for _product, vals in wanted for name in vals))
        if not names:
            return True
        known = await self._fields(LINE)
        domain = [["order_id", "=", order], ["display_type", "=", False]]
        there: dict[int, list[Vals]] = {}
        for row in await self._read(LINE, domain, ["product_id", *names], order="sequence asc, id asc"):
            there.setdefault(_id_of(row.get("product_id")) or 0, []).append(row)
        for product, vals in wanted:
            row = there[product].pop(0) if there.get(product) else NOTHING
            if any(name not in row or not same(known[name].type, value, row[name]) for name, value in vals.items()):
                return False
        return True

    async def _value(self, model: str, name: str, value: Any, currency: str) -> Any:
        label = f"Odoo's field {name!r} of {RECORDS[model]} ({model})"
        if name in OURS[model]:
            raise craft.ours(label)
        try:
            field = await self._field(model, name, value, label)
            if field.type == "many2one":
                return False if _empty(value) else await self._target(field.relation, craft.single(value))
            if field.type == "many2many":
                targets = () if _empty(value) else craft.several(value)
                ids = [await self._target(field.relation, target) for target in targets]
                return [[6, 0, list(dict.fromkeys(ids))]]
            return False if value is None else _WAYS[field.type](value, await self._way(field, currency))
        except Unfit as wrong:
            raise craft.refused(label, name, wrong) from wrong

    async def _way(self, field: Field, currency: str) -> _Way:
        tz = (await self.dialect.client.identity()).tz
        return _Way(field, currency, ZoneInfo(tz) if tz else UTC)

    async def _field(self, model: str, name: str, value: Any, label: str) -> Field:
        """Return a field that can be written; one a person made or opened just now is seen."""

        def choose(known: Mapping[str, Field]) -> Field | None:
            field = known.get(name)
            offered = field is None or field.options is None or value is None or str(value) in field.options
            return field if field and field.writable and offered else None

        found = await self.lookups.shelf.find(f"fields/{model}", lambda: self.dialect.described(model), choose)
        if found is None and (found := (await self._fields(model)).get(name)) is None:
            raise craft.unknown(label, CREATE)
        if not found.writable:
            raise craft.locked(label, "Odoo works it out itself or keeps it read-only")
        if found.type not in {*_WAYS, "many2one", "many2many"}:
            raise craft.locked(label, f"for it is of type {found.type}")
        return found

    async def _fields(self, model: str) -> Mapping[str, Field]:
        return await self.lookups.shelf.get(f"fields/{model}", lambda: self.dialect.described(model))

    async def _target(self, model: str, value: Any) -> int:
        """Return the id of the record meant: a number is one, a text is its exact name or code. Raises `Unfit`."""
        by_id = isinstance(value, int) and not isinstance(value, bool)
        said = value if by_id else craft.text(value).strip()
        found = await self.lookups.shelf.find(
            f"named/{model}/{said!r}",
            lambda: self._named(model, said),
            lambda ids: ids if len(ids) == 1 else None,
        )
        if found is not None:
            return found[0]
        known_as = f"the id {said}" if by_id else f"the name or code {craft.short(str(said))!r}"
        ids = await self._named(model, said)
        if ids:
            message = f"{len(ids)} records of {model} have {known_as}: give the id, or rename the others"
        else:
            message = f"no record of {model} has {known_as}: create it in Odoo, or correct the mapping"
        raise Unfit(message)

    async def _named(self, model: str, said: str | int) -> list[int]:
        if isinstance(said, int):
            terms: list[list[Any]] = [["id", "=", said]]
        else:
            terms = [[name, "=", said] for name in NAMES if await self.dialect.knows(model, name)]
        if not terms:
            # Looked up as a person would in a form; searching a field that is worked out would find everything.
            pairs = await self.dialect.client.call(model, "name_search", name=said, operator="=", limit=2)
            return [one for pair in cast("list[Any]", pairs or ()) if (one := _id_of(pair))]
        domain = [*["|"] * (len(terms) - 1), *terms]
        if await self.dialect.knows(model, "company_id"):
            company = (await self.dialect.client.identity()).company
            domain = ["&", ["company_id", "in", [company, False]], *domain]
        rows = await self._read(model, domain, ["id"], limit=2, archived=isinstance(said, int))
        return [one for row in rows if (one := wire.whole(row.get("id")))]

    async def _read(
        self,
        model: str,
        domain: list[Any],
        names: list[str],
        *,
        order: str = "id asc",
        limit: int = 0,
        archived: bool = True,
    ) -> list[Mapping[str, Any]]:
        context = {"active_test": not archived}
        answer = await self.dialect.client.call(
            model, "search_read", domain=domain, fields=names, order=order, limit=limit or None, context=context
        )
        return wire.objects(model, answer)


def same(kind: str, wanted: Any, there: Any) -> bool:
    """Tell whether a field holds a value already; `there` is as Odoo reads it, `false` for nothing."""
    if kind == "many2one":
        return (wanted or None) == _id_of(there)
    if kind == "many2many":
        return {*wanted[0][2]} == {*(cast("list[int]", there) if isinstance(there, list) else ())}
    if kind in NUMBERS:
        return wire.exact(Decimal(str(wanted or 0))) == wire.exact(Decimal(str(there or 0)))
    if kind == "boolean":
        return bool(wanted) == bool(there)
    if kind == "html":
        return _bare(wanted or "") == _bare(there or "")
    return str(wanted or "").strip() == str(there or "").strip()


def _plain(value: Any, way: _Way) -> str:
    size = way.field.size
    return craft.text(value, size if isinstance(size, int) else None)


def _html(value: Any, way: _Way) -> str:
    # What a shop's buyers wrote is text: it goes in escaped, as the note does.
    said = _plain(value, way)
    return f"<p>{escape(said).replace(chr(10), '<br/>')}</p>" if said else ""


def _float(value: Any, way: _Way) -> Decimal:
    digits = way.field.digits
    kept = int(cast("list[Any]", digits)[-1]) if isinstance(digits, list) and digits else None
    return craft.exact(craft.single(value), kept)


def _amount(value: Any, way: _Way) -> Decimal:
    one = craft.single(value)
    return craft.exact(one, craft.decimals_of(one, way.currency))


def _choice(value: Any, way: _Way) -> str | bool:
    one = craft.single(value)
    return False if one == "" else craft.choice(one, way.field.options)


#: How a value becomes one of each type of field; relations are looked up.
_WAYS: Mapping[str, Callable[[Any, _Way], Any]] = {
    "char": lambda value, way: _plain(value, way).strip(),
    "text": _plain,
    "html": _html,
    "selection": _choice,
    "boolean": lambda value, _way: craft.truth(craft.single(value)),
    "integer": lambda value, _way: craft.whole(craft.single(value)),
    "float": _float,
    "monetary": _amount,
    "date": lambda value, way: craft.day(craft.single(value), way.zone).isoformat() if value != "" else False,
    "datetime": lambda value, _way: stamp(craft.moment(craft.single(value))) if value != "" else False,
}


def _empty(value: Any) -> bool:
    return value is None or value is False or value == "" or (isinstance(value, list | tuple) and not value)


def _id_of(there: Any) -> int | None:
    return wire.whole(cast("list[Any]", there)[0]) if isinstance(there, list) and there else None


def _bare(html: str) -> str:
    """Return what an HTML text says, however Odoo has wrapped it."""
    return " ".join(unescape(_TAG.sub(" ", html)).split())
