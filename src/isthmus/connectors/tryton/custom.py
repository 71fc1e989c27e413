"""Fields of the merchant's own in Tryton: what a mapping gives, as each field takes it, and whether it is there.

Such fields come from modules; what a field takes is asked of the server (`fields_get`). Whether a field is open in the
present state of its record is told by an expression only Tryton evaluates, so that refusal comes from it.
Source: trytond/model/fields (`definition` of char, selection, float, date), trytond/model/modelstorage.py
(`test_readonly`) (8.2).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from types import MappingProxyType
from typing import Any, cast
from zoneinfo import ZoneInfo

from isthmus.connectors.tryton import wire
from isthmus.connectors.tryton.dialect import BY_ID, INACTIVE_TOO, Dialect, Field
from isthmus.connectors.tryton.lookups import Lookups
from isthmus.connectors.tryton.values import day, numeric, stamp
from isthmus.craft import custom as craft
from isthmus.craft.custom import Unfit
from isthmus.ports.errors import WireDrift

SALE, LINE, PARTY = "sale.sale", "sale.line", "party.party"
RECORDS: Mapping[str, str] = {SALE: "the sale", LINE: "the sale line", PARTY: "the party"}
_LOG = frozenset({"id", "rec_name", "xml_id", "create_uid", "create_date", "write_uid", "write_date"})
#: What Isthmus writes itself, and what follows from it: a mapping that wrote these would break who a sale is, what it
#: costs, or whether it is found again.
OURS: Mapping[str, frozenset[str]] = {
    SALE: _LOG
    | {"number", "reference", "description", "state", "company", "currency", "party", "sale_date", "comment"}
    | {"invoice_address", "shipment_address", "warehouse", "payment_term", "shipping_date", "shipment_cost_method"}
    | {"lines", "shipment_state", "invoice_state", "untaxed_amount", "tax_amount", "total_amount"},
    LINE: _LOG
    | {"sale", "type", "sequence", "product", "description", "note", "quantity", "unit", "unit_price", "taxes"}
    | {"amount", "moves", "invoice_lines"},
    PARTY: _LOG
    | {"name", "code", "active", "lang", "replaced_by", "addresses", "contact_mechanisms", "identifiers"}
    | {"email", "phone", "mobile"},
}
#: What a record is called by, where its model has the field.
NAMES = ("name", "code")
CREATE = "activate the module it comes with"

Custom = Mapping[str, Any]
NOTHING: Custom = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Value:
    """What a field of a type is to hold; None is nothing."""

    kind: str
    said: Any

    @property
    def sent(self) -> Any:
        """Return it as it travels."""
        match self.said:
            case Decimal() if self.kind == "numeric":
                return numeric(self.said)
            case datetime():
                return stamp(self.said)
            case date():
                return day(self.said)
            case _:
                return self.said

    def same(self, there: Any) -> bool:
        """Tell whether the field holds it already; `there` is as Tryton reads it."""
        if self.kind in {"integer", "float", "numeric"} and self.said is not None and there is not None:
            return wire.exact(Decimal(self.said)) == wire.exact(Decimal(str(there)))
        if self.kind in {"char", "text", "boolean", "selection"}:
            return (self.said or None) == (there or None)
        return self.said == there


Values = Mapping[str, Value]


def sent(values: Values) -> dict[str, Any]:
    """Return values as they travel."""
    return {name: value.sent for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class OwnFields:
    """The fields of this server's sales, lines and parties that a mapping may fill."""

    dialect: Dialect
    lookups: Lookups

    async def values(self, model: str, custom: Custom) -> dict[str, Value]:
        """Return what to write for what a mapping gives.

        Raises `Misconfigured` for a field that is not there, not to be written or ours, and `Invalid` for a value it
        cannot take.
        """
        return {name: await self._value(model, name, value) for name, value in custom.items()}

    async def changed(self, model: str, record: int, values: Values) -> dict[str, Any]:
        """Return those values, as they travel, that the record does not hold yet; asks nothing without any."""
        if not values:
            return {}
        rows = await self._read(model, [["id", "=", record]], list(values))
        there = rows[0] if rows else NOTHING
        return sent({name: value for name, value in values.items() if not value.same(there.get(name))})

    async def lines_hold(self, sale: int, wanted: Sequence[tuple[int, Values]]) -> bool:
        """Tell whether the lines of a sale hold these values, the first line of a product those of its first."""
        names = list(dict.fromkeys(name for _product, values in wanted for name in values))
        if not names:
            return True
        there: dict[int, list[Custom]] = {}
        domain = [["sale", "=", sale], ["type", "=", "line"]]
        for row in await self._read(LINE, domain, ["product", *names], order=[["sequence", "ASC"], *BY_ID]):
            there.setdefault(wire.whole(row.get("product")) or 0, []).append(row)
        for product, values in wanted:
            row = there[product].pop(0) if there.get(product) else NOTHING
            if any(name not in row or not value.same(row[name]) for name, value in values.items()):
                return False
        return True

    async def _value(self, model: str, name: str, value: Any) -> Value:
        label = f"Tryton's field {name!r} of {RECORDS[model]} ({model})"
        if name in OURS[model]:
            raise craft.ours(label)
        try:
            field = await self._field(model, name, value, label)
            if value is None or value == "":
                return Value(field.type, None)
            one = craft.single(value) if field.type not in {"char", "text"} else value
            if field.type == "many2one":
                return Value(field.type, await self._target(field.relation, one))
            zone = (await self.lookups.company()).timezone
            return Value(field.type, _WAYS[field.type](one, field, ZoneInfo(zone) if zone else UTC))
        except Unfit as wrong:
            raise craft.refused(label, name, wrong) from wrong

    async def _field(self, model: str, name: str, value: Any, label: str) -> Field:
        """Return a field that can be written; one of a module activated just now is seen."""

        def choose(known: Mapping[str, Field]) -> Field | None:
            field = known.get(name)
            offered = field is None or field.options is None or value is None or str(value) in field.options
            return field if field and not field.readonly and offered else None

        found = await self.lookups.shelf.find(f"fields/{model}", lambda: self.dialect.described(model), choose)
        if found is None and (found := (await self.dialect.fields(model)).get(name)) is None:
            raise craft.unknown(label, CREATE)
        if found.readonly:
            raise craft.locked(label, "Tryton works it out itself or keeps it read-only")
        if found.type not in {*_WAYS, "many2one"}:
            raise craft.locked(label, f"for it is of type {found.type}")
        return found

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
        if ids := await self._named(model, said):
            message = f"{len(ids)} records of {model} have {known_as}: give the id, or rename the others"
        else:
            message = f"no record of {model} has {known_as}: create it in Tryton, or correct the mapping"
        raise Unfit(message)

    async def _named(self, model: str, said: str | int) -> list[int]:
        if isinstance(said, int):
            domain: list[Any] = [["id", "=", said]]
        else:
            known = await self.dialect.fields(model)
            terms = [[[name, "=", said]] for name in NAMES if name in known]
            if not terms:
                message = f"{model} has neither a name nor a code: give the id"
                raise Unfit(message)
            domain = ["OR", *terms]
        context = INACTIVE_TOO if isinstance(said, int) else NOTHING
        rows = await self._read(model, domain, ["id"], limit=2, context=context)
        return [one for row in rows if (one := wire.whole(row.get("id")))]

    async def _read(
        self,
        model: str,
        domain: list[Any],
        names: list[str],
        *,
        order: Sequence[Any] = BY_ID,
        limit: int | None = None,
        context: Mapping[str, Any] = INACTIVE_TOO,
    ) -> list[Mapping[str, Any]]:
        call = self.dialect.client.call
        answer = await call(model, "search_read", domain, 0, limit, list(order), names, context=dict(context))
        if not isinstance(answer, list) or not all(isinstance(row, dict) for row in cast("list[object]", answer)):
            message = f"{model}: expected a list of records"
            raise WireDrift(message)
        return cast("list[Mapping[str, Any]]", answer)


def _char(value: Any, field: Field, _zone: tzinfo) -> str:
    return craft.text(value, field.letters).strip()


def _number(value: Any, field: Field, _zone: tzinfo) -> Decimal:
    return craft.exact(value, field.decimals)


#: How a value becomes one of each type of field; links are looked up.
_WAYS: Mapping[str, Callable[[Any, Field, tzinfo], Any]] = {
    "char": _char,
    "text": lambda value, field, _zone: craft.text(value, field.letters),
    "integer": lambda value, _field, _zone: craft.whole(value),
    "float": _number,
    "numeric": _number,
    "boolean": lambda value, _field, _zone: craft.truth(value),
    "date": lambda value, _field, zone: craft.day(value, zone),
    "datetime": lambda value, _field, _zone: craft.moment(value).replace(microsecond=0),  # of which it keeps none
    "timestamp": lambda value, _field, _zone: craft.moment(value),
    "selection": lambda value, field, _zone: craft.choice(value, field.options),
}
