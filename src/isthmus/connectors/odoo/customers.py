"""Customers, written as partners with their addresses as child partners.

Our key stands in `ref`; a new partner and each new address is made under an external id of ours (`creation.py`), so
that two requests never make two. What a person filled in stays: an existing partner only gets what it lacks, and an
address is added beside the others, never changed, because old orders point to it (R-CUS-05).
Source: base/models/res_partner.py, base_vat (17.0, 19.0), and a 19.0 Community server.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from isthmus.canonical.party import Address, AddressRole, Company, Customer
from isthmus.connectors.odoo import wire
from isthmus.connectors.odoo.client import utc
from isthmus.connectors.odoo.creation import Cell, create_once, external_id
from isthmus.connectors.odoo.custom import OwnFields
from isthmus.connectors.odoo.dialect import Dialect
from isthmus.connectors.odoo.lookups import Lookups
from isthmus.craft.sinks import one_by_one
from isthmus.ports.errors import ContractBroken, Duplicate, Gone, Trouble
from isthmus.ports.sink import Key, Look, Put, Receipt

MODEL = "res.partner"
TYPES = {AddressRole.BILLING: "invoice", AddressRole.SHIPPING: "delivery"}
PLACE = ("street", "street2", "city", "zip", "state_id", "country_id")
#: The texts by which an address is known again.
TEXTS = ("name", "street", "street2", "city", "zip")
#: What an address has from its partner when it says nothing else (base/models/res_partner.py, `_commercial_fields`,
#: `_compute_lang`).
INHERITED = ("lang", "vat")
NO_REFS: Mapping[str, str] = MappingProxyType({})
#: More people than this behind one e-mail or phone say nothing about who is who.
CANDIDATES = 20


@dataclass(slots=True)
class Customers:
    """The sink of customers."""

    dialect: Dialect
    lookups: Lookups
    own: OwnFields
    batch: int = field(default=1, init=False)
    upserts: bool = field(default=False, init=False)
    unique: bool = field(default=True, init=False)

    async def find(self, key: Key) -> Receipt | None:
        """Return our partner by its `ref`, or by the one on an address of it, archived or not. Raises `Duplicate`."""
        return await self._ours(await self._search([["ref", "=", key.unique]]), key)

    async def candidates(self, record: Customer) -> Sequence[Customer]:
        """Return partners with the same tax id, e-mail or phone; policy decides whether one is meant."""
        hints = await self._hints(record)
        return [to_customer(row) for row in await self._search(hints, limit=CANDIDATES)] if hints else []

    async def look(self, record: Customer, *, key: Key) -> Look[Customer]:
        """Return both in one call. Raises `Duplicate`."""
        hints = await self._hints(record)
        if not hints:
            return Look(await self.find(key))
        there = await self._search(["|", ["ref", "=", key.unique], *hints], limit=CANDIDATES)
        marked = [row for row in there if row.ref == key.unique]
        # A list cut short may lack the one that bears our key, or the second one.
        found = await (self._ours(marked, key) if len(there) < CANDIDATES else self.find(key))
        return Look(found, [to_customer(row) for row in there if row.ref != key.unique])

    async def _ours(self, marked: Sequence[wire.Partner], key: Key) -> Receipt | None:
        """Return the one person all contacts with our key belong to."""
        people = {row.parent_id[0] if row.parent_id else row.id for row in marked}
        if len(people) > 1:
            message = f"the reference {key.unique} stands on {len(people)} contacts in Odoo"
            raise Duplicate(message, external_ids=[str(one) for one in sorted(people)])
        own = next((row for row in marked if row.id in people), None)
        if own is None and people:
            own = await self._partner(str(*people))
        return to_receipt(own) if own else None

    async def _hints(self, record: Customer) -> list[Any]:
        """Return the domain of people who may be this one; empty when the record says nothing to know them by."""
        tax_id = record.company.tax_id if record.company else ""
        asked = [["vat", "=ilike", literal(tax_id)], ["email", "=ilike", literal(record.email)]]
        phones = [name for name in ("phone", "mobile") if await self.dialect.knows(MODEL, name)]
        asked += [[name, "=", record.phone] for name in phones]
        asked = [term for term in asked if term[2]]
        return ["&", ["parent_id", "=", False], *["|"] * (len(asked) - 1), *asked] if asked else []

    async def put(self, record: Customer, *, key: Key, existing: Receipt | None = None) -> Receipt:
        """Make Odoo hold this customer and every address of it; `refs` names each address's partner.

        Raises `Unmapped` for a country Odoo does not know, and as `OwnFields.vals` does.
        """
        own = await self.own.vals(MODEL, record.custom)
        if existing is None:
            made = await self._make(record, key, await self.own.required(MODEL, own))
            await self._tell(int(made.external_id), own)
            return made
        partner = await self._partner(existing.external_id)
        if not existing.means(partner.create_date):
            raise _gone(existing.external_id)
        vals = await self._vals(record, key)
        missing = {name: value for name, value in vals.items() if _lacks(partner, name)}
        # Fields of the merchant's own are the mapping's to say, whatever stands there.
        if missing := {**missing, **await self.own.changed(MODEL, partner.id, own)}:
            # Filling in is safe to repeat, so a lost answer is no doubt: a contact with a reference of the merchant's
            # own would not be found by ours.
            await self.dialect.client.call(MODEL, "write", ids=[partner.id], vals=missing)
        known = await self._family(partner.id) if record.addresses else []
        required = await self.own.required(MODEL, own)
        return to_receipt(partner, await self._refs(record, key, partner.id, known, required=required))

    async def put_many(self, puts: Sequence[Put[Customer]]) -> Sequence[Receipt | Trouble]:
        """Write one after the other; each fails alone."""
        return await one_by_one(self, puts)

    async def _tell(self, partner: int, own: Mapping[str, Any]) -> None:
        """Write the merchant's own fields of a new partner; `load` would read times in the user's zone."""
        if changed := await self.own.changed(MODEL, partner, own):
            await self.dialect.client.call(MODEL, "write", ids=[partner], vals=changed)

    async def _make(self, record: Customer, key: Key, required: Mapping[str, Cell]) -> Receipt:
        """Create the partner with its addresses in one transaction, or take what an earlier request made of it."""
        known_as = external_id("customer", key.unique)
        vals = await self._vals(record, key)
        children = {
            external_id("address", key.unique, fingerprint): (fingerprint, child)
            for fingerprint, child in (await self._children(record, vals)).items()
        }
        # What one record has, every one says: these would come from the parent by themselves, were they left out.
        common = {name: vals[name] for name in INHERITED if name in vals}
        records = {known_as: {**vals, **required, **({"type": "contact"} if children else {})}}
        for child_as, (_fingerprint, child) in children.items():
            records[child_as] = {**common, **required, **child, "parent_id/id": known_as}
        made = await create_once(self.dialect.client, MODEL, records, writes=key.unique)
        family = await self._family(made[0])
        partner = next((row for row in family if row.id == made[0]), None)
        if partner is None:
            raise _gone(str(made[0]))
        told = dict(zip((fingerprint for fingerprint, _child in children.values()), made[1:], strict=True))
        # An address left behind by a contact that was deleted since is nobody's: it is made anew.
        own = {row.id for row in family}
        refs = {fingerprint: str(child) for fingerprint, child in told.items() if child in own}
        return to_receipt(partner, await self._refs(record, key, partner.id, family, refs, required=required))

    async def _children(self, record: Customer, own: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """Return what the partners of all addresses say that the customer's own does not, by fingerprint."""
        wanted = {address.fingerprint(): await self._child(address, record) for address in record.addresses}
        return {
            fingerprint: {name: value for name, value in child.items() if value}
            for fingerprint, child in wanted.items()
            if not _alike(own, child)
        }

    async def _add(self, address: Address, vals: dict[str, Any], key: Key, partner_id: int) -> int:
        """Return the id of an address of a partner that exists, made now or by an earlier request."""
        known_as = external_id("address", key.unique, str(partner_id), address.fingerprint())
        (made,) = await create_once(self.dialect.client, MODEL, {known_as: vals}, writes=key.unique)
        return made

    async def _family(self, partner_id: int) -> list[wire.Partner]:
        return await self._search(["|", ["id", "=", partner_id], ["parent_id", "=", partner_id]])

    async def _partner(self, partner_id: str) -> wire.Partner:
        found = await self._search([["id", "=", _id(partner_id)]])
        if not found:
            raise _gone(partner_id)
        return found[0]

    async def _search(self, domain: list[Any], limit: int = 0) -> list[wire.Partner]:
        return await self.dialect.search(MODEL, wire.Partner, domain, limit=limit)

    async def _vals(self, record: Customer, key: Key) -> dict[str, Any]:
        """Return what the partner itself should say, the first address included."""
        main = _main_address(record)
        vals: dict[str, Any] = {
            "name": name_of(record),
            "ref": key.unique,
            "is_company": record.company is not None,
            "email": record.email,
            "phone": record.phone or (main.phone if main else ""),
            "vat": record.company.tax_id if record.company else "",
            "lang": await self.lookups.language(record.language) if record.language else "",
            "comment": record.note,
            **(await self._place(main) if main else {}),
        }
        return await self.dialect.vals(MODEL, {name: value for name, value in vals.items() if value})

    async def _place(self, address: Address) -> dict[str, Any]:
        place: dict[str, Any] = {
            "street": next(iter(address.lines), ""),
            "street2": ", ".join(address.lines[1:]),
            "city": address.city,
            "zip": address.postal_code,
        }
        if address.country:
            place["country_id"] = await self.lookups.country(address.country)
            if address.region:
                # Odoo keeps regions of few countries; where it has none, the rest of the address must do.
                place["state_id"] = await self.lookups.region(place["country_id"], address.region)
        return {name: value for name, value in place.items() if value}

    async def _refs(
        self,
        record: Customer,
        key: Key,
        partner_id: int,
        known: Sequence[wire.Partner],
        made: Mapping[str, str] = NO_REFS,
        *,
        required: Mapping[str, Cell],
    ) -> dict[str, str]:
        """Return the partner id of every address, adding what is neither `made` nor among the `known` contacts.

        `required` is what Odoo lets no contact be without.
        """
        refs = dict(made)
        marked = any(row.id == partner_id and row.ref == key.unique for row in known)
        for address in record.addresses:
            if address.fingerprint() in refs:
                continue
            wanted = await self._child(address, record)
            there = next((row.id for row in known if _same(row, wanted, parent_id=partner_id)), None)
            if there is None:
                # Where the partner keeps a reference of the merchant's own, the address carries ours, so that
                # `find` knows whose it is after an unknown outcome.
                vals = wanted | {"parent_id": partner_id} | ({} if marked else {"ref": key.unique})
                vals = {name: value for name, value in vals.items() if value}
                there = await self._add(address, {**required, **vals}, key, partner_id)
            refs[address.fingerprint()] = str(there)
        return refs

    async def _child(self, address: Address, record: Customer) -> dict[str, Any]:
        name = " / ".join(dict.fromkeys(part for part in (address.company, address.name) if part))
        return {
            "type": TYPES[address.role],
            "name": name or name_of(record),
            "phone": address.phone,
            **await self._place(address),
        }


def name_of(record: Customer) -> str:
    """Return the name to file the customer under (R-ORD-10), never empty: Odoo refuses a contact without one."""
    people = (address.name or address.company for address in record.addresses)
    company = record.company.name if record.company else ""
    own = record.name or " ".join(part for part in (record.first_name, record.last_name) if part)
    return next((name for name in (company, own, *people, record.email, record.phone) if name), record.external_id)


def to_customer(row: wire.Partner) -> Customer:
    """Translate a partner, as far as matching people needs it."""
    return Customer(
        external_id=str(row.id),
        number=row.ref,
        revision=row.write_date,
        changed_at=utc(row.write_date) if row.write_date else None,
        name=row.name,
        email=row.email,
        phone=row.phone or row.mobile,
        language=row.lang,
        company=Company(name=row.name, tax_id=row.vat) if row.is_company or row.vat else None,
        addresses=(_to_address(row),) if row.street or row.city or row.zip else (),
    )


def to_receipt(row: wire.Partner, refs: dict[str, str] | None = None) -> Receipt:
    """Return Odoo's yes."""
    state = "active" if row.active else "archived"
    return Receipt(str(row.id), row.ref, state, refs=refs or {}, born=row.create_date)


def _to_address(row: wire.Partner) -> Address:
    return Address(
        name=row.name,
        lines=tuple(line for line in (row.street, row.street2) if line),
        city=row.city,
        postal_code=row.zip,
        phone=row.phone,
    )


def _main_address(record: Customer) -> Address | None:
    billing = (address for address in record.addresses if address.role is AddressRole.BILLING)
    return next(billing, next(iter(record.addresses), None))


def _lacks(row: wire.Partner, name: str) -> bool:
    """Tell whether a field may be filled; an address is one thing, half of it is never mixed with another's half."""
    if name == "is_company":
        return False  # a person does not become a company because one order named one
    if name in PLACE:
        return not any(getattr(row, part) for part in PLACE)
    return not getattr(row, name, True)


def _same(row: wire.Partner, wanted: Mapping[str, Any], *, parent_id: int) -> bool:
    """Tell whether a partner already is this address, whatever it is for."""
    there: dict[str, Any] = {name: getattr(row, name) for name in TEXTS}
    there |= {name: _ref_id(getattr(row, name)) for name in ("state_id", "country_id")}
    if not _alike(there, wanted):
        return False
    # The customer's own phone does not make its address another one.
    return row.id == parent_id or not wanted["phone"] or _digits(row.phone) == _digits(wanted["phone"])


def _alike(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Tell whether two name the same person at the same place, ignoring case and spacing."""
    if any(_plain(there.get(name, "")) != _plain(wanted.get(name, "")) for name in TEXTS):
        return False
    return all(there.get(name) == wanted.get(name) for name in ("state_id", "country_id"))


def _ref_id(ref: wire.Ref | None) -> int | None:
    return ref[0] if ref else None


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


def literal(text: str) -> str:
    """Return a pattern that matches only `text`: `=ilike` ignores case but reads `%` and `_` as wildcards."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _id(partner_id: str) -> int:
    if not partner_id.isdigit():
        message = f"not an id of Odoo: {partner_id!r}"
        raise ContractBroken(message)
    return int(partner_id)


def _gone(partner_id: str) -> Gone:
    return Gone(f"the contact {partner_id} was deleted in Odoo")
