"""Customers, written as parties with their addresses and contact mechanisms.

A party's `code` is unique in the database, so a new party bears our key there and no request, however late, makes a
second one. A party that was there before keeps its code and gets our key as an identifier. What a person filled in
stays: such a party only gets what it lacks, and an address is added beside the others, never changed, because old
orders point to it (R-CUS-05). Adding says which state of the party it was meant for (`_timestamp`), so that of two
requests that add the same, the later one is refused.
Source: party/party.py, party/identifier.py (8.2), trytond/model/modelsql.py (`__check_timestamp`), an 8.2 server.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from isthmus.canonical.party import Company, Customer
from isthmus.connectors.tryton import addresses, wire
from isthmus.connectors.tryton.custom import OwnFields, sent
from isthmus.connectors.tryton.dialect import Dialect
from isthmus.connectors.tryton.ids import number
from isthmus.connectors.tryton.lookups import Lookups
from isthmus.craft.sinks import one_by_one
from isthmus.ports.errors import Duplicate, Gone, InDoubt, Invalid, Trouble
from isthmus.ports.sink import Key, Look, Put, Receipt

MODEL = "party.party"
#: More people than this behind one e-mail or phone say nothing about who is who.
CANDIDATES = 20
#: Parties replaced by another one, again and again: longer chains are none.
REPLACED = 5
#: Tax numbers Tryton checks the digits of: two letters of a country and what follows (party/party.py, `eu_vat`).
_EU_VAT = re.compile(r"(?:AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK)\w{2,12}")


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
        """Return our party by its code or by an identifier, deactivated or not. Raises `Duplicate`."""
        return await self._ours(await self._search(by_key(key)), key)

    async def candidates(self, record: Customer) -> Sequence[Customer]:
        """Return parties with the same tax id, e-mail or phone; policy decides whether one is meant."""
        hints = hints_of(record)
        return [to_customer(row) for row in await self._search(hints, CANDIDATES)] if hints else []

    async def look(self, record: Customer, *, key: Key) -> Look[Customer]:
        """Return both in one call. Raises `Duplicate`."""
        hints = hints_of(record)
        if not hints:
            return Look(await self.find(key))
        there = await self._search(["OR", by_key(key), hints], CANDIDATES)
        marked = [row for row in there if bears(row, key)]
        # A list cut short may lack the one that bears our key, or the second one.
        found = await (self._ours(marked, key) if len(there) < CANDIDATES else self.find(key))
        return Look(found, [to_customer(row) for row in there if not bears(row, key)])

    async def put(self, record: Customer, *, key: Key, existing: Receipt | None = None) -> Receipt:
        """Make Tryton hold this customer and every address of it; `refs` names each address.

        Raises `Unmapped` for a country Tryton does not know.
        """
        if existing is not None:
            party = await self._party(number(existing.external_id))
            if not existing.means(party.born):
                message = f"the party {party.id} is another one: ours of this id is gone, as after a restored backup"
                raise Gone(message)
            return await self._fill(record, key, party)
        try:
            made = await self._make(record, key)
        except Invalid:
            # Somebody with our key may have been the reason, such as a request of ours that was taken for lost.
            found = await self._search(by_key(key))
            if not found:
                raise
            return await self._fill(record, key, await self._last(found[0]))
        return await self._fill(record, key, await self._party(made))

    async def put_many(self, puts: Sequence[Put[Customer]]) -> Sequence[Receipt | Trouble]:
        """Write one after the other; each fails alone."""
        return await one_by_one(self, puts)

    async def _make(self, record: Customer, key: Key) -> int:
        """Create the party with all that belongs to it in one transaction."""
        name = name_of(record)
        places = {each.fingerprint(): await addresses.to_vals(each, name, self.lookups) for each in record.addresses}
        distinct = [vals for n, vals in enumerate(places.values()) if vals not in list(places.values())[:n]]
        vals: dict[str, Any] = {
            "name": name,
            "code": key.unique,
            # A sale needs an address, if only an empty one.
            "addresses": [["create", distinct or [{}]]],
            **sent(await self.own.values(MODEL, record.custom)),
        }
        if mechanisms := addresses.missing(record, ()):
            vals["contact_mechanisms"] = [["create", mechanisms]]
        if record.language and (lang := await self.lookups.language(record.language)):
            vals["lang"] = lang
        tax_id = _tax_id(record)
        if not tax_id:
            return await self._create(vals, key)
        if kind := _kind(tax_id):
            try:
                return await self._create({**vals, "identifiers": _identifier(tax_id, kind)}, key)
            except Invalid:
                # Tryton checks its digits; a number that is none is written down all the same, as what it is.
                if await self._search(by_key(key)):
                    raise
        return await self._create({**vals, "identifiers": _identifier(tax_id, None)}, key)

    async def _create(self, vals: dict[str, Any], key: Key) -> int:
        made = await self.dialect.client.call(MODEL, "create", [vals], writes=key.unique)
        one = wire.first_id(made)
        if one is None:
            message = f"{MODEL}.create: Tryton did not tell the id of the new record"
            raise InDoubt(message, key=key.unique)
        return one

    async def _fill(self, record: Customer, key: Key, party: wire.Party) -> Receipt:
        """Add what the party lacks, in one write that is refused if the party changed meanwhile."""
        # Fields of the merchant's own are the mapping's to say, whatever stands there.
        own = await self.own.values(MODEL, record.custom)
        vals: dict[str, Any] = await self.own.changed(MODEL, party.id, own)
        wanted = {
            each.fingerprint(): await addresses.to_vals(each, party.name, self.lookups) for each in record.addresses
        }
        new: list[dict[str, Any]] = []
        for each in wanted.values():
            if each not in new and not any(addresses.same(there, each) for there in party.addresses_):
                new.append(each)
        if not party.addresses_ and not wanted:
            new = [{}]
        if new:
            vals["addresses"] = [["create", new]]
        if mechanisms := addresses.missing(record, party.contact_mechanisms_):
            vals["contact_mechanisms"] = [["create", mechanisms]]
        if identifiers := _missing(record, party, key):
            vals["identifiers"] = [["create", identifiers]]
        if party.lang is None and record.language and (lang := await self.lookups.language(record.language)):
            vals["lang"] = lang
        if vals:
            await self._write(party, vals, key)
            party = await self._party(party.id)
        refs = {
            mark: str(there.id)
            for mark, each in wanted.items()
            for there in reversed(party.addresses_)
            if addresses.same(there, each)
        }
        return to_receipt(party, refs)

    async def _write(self, party: wire.Party, vals: dict[str, Any], key: Key) -> None:
        unchanged = {"_timestamp": {f"{MODEL},{party.id}": party.timestamp}}
        call = self.dialect.client.call
        try:
            await call(MODEL, "write", [party.id], vals, writes=key.unique, context=unchanged)
        except Invalid:
            plain = [{**one, "type": None} for one in vals.get("identifiers", [["create", []]])[0][1]]
            if not plain or vals["identifiers"] == [["create", plain]]:
                raise
            # As with a new party: a number whose digits are wrong is written down as what it is.
            vals = {**vals, "identifiers": [["create", plain]]}
            await call(MODEL, "write", [party.id], vals, writes=key.unique, context=unchanged)

    async def _ours(self, marked: Sequence[wire.Party], key: Key) -> Receipt | None:
        people = {row.id: row for row in [await self._last(each) for each in marked]}
        if len(people) > 1:
            message = f"the key {key.unique} stands on {len(people)} parties in Tryton"
            raise Duplicate(message, external_ids=[str(one) for one in sorted(people)])
        return next((to_receipt(row) for row in people.values()), None)

    async def _last(self, party: wire.Party) -> wire.Party:
        """Follow a party to the one that replaced it."""
        for _step in range(REPLACED):
            if party.replaced_by is None:
                break
            party = await self._party(party.replaced_by)
        return party

    async def _party(self, party_id: int) -> wire.Party:
        found = await self._search([["id", "=", party_id]])
        if not found:
            message = f"the party {party_id} was deleted in Tryton"
            raise Gone(message)
        return found[0]

    async def _search(self, domain: list[Any], limit: int | None = None) -> list[wire.Party]:
        return await self.dialect.search(MODEL, wire.Party, domain, limit=limit)


def by_key(key: Key) -> list[Any]:
    """Return the domain of parties that bear a key."""
    return ["OR", [["code", "=", key.unique]], [["identifiers.code", "=", key.unique]]]


def bears(row: wire.Party | wire.Referenced, key: Key) -> bool:
    """Tell whether a party bears a key."""
    return row.code == key.unique or any(one.code == key.unique for one in row.identifiers_)


def hints_of(record: Customer) -> list[Any]:
    """Return the domain of parties who may be this one; empty when the record says nothing to know them by."""
    reach = addresses.reachable(record)
    hints: list[Any] = []
    if tax_id := _tax_id(record):
        hints.append([["identifiers.code", "ilike", literal(tax_id)]])
    hints += [
        [["contact_mechanisms", "where", [["type", "=", "email"], ["value", "ilike", literal(value)]]]]
        for value in reach["email"]
    ]
    if record.phone:
        numbers = [["value", "=", record.phone], ["value_compact", "=", record.phone.replace(" ", "")]]
        phone = ["OR", *([each] for each in numbers)]
        hints.append([["contact_mechanisms", "where", [["type", "in", list(addresses.PHONES)], phone]]])
    return ["OR", *hints] if hints else []


def name_of(record: Customer) -> str:
    """Return the name to file the customer under (R-ORD-10), never empty."""
    people = (address.name or address.company for address in record.addresses)
    company = record.company.name if record.company else ""
    own = record.name or " ".join(part for part in (record.first_name, record.last_name) if part)
    return next((name for name in (company, own, *people, record.email, record.phone) if name), record.external_id)


def to_customer(row: wire.Party) -> Customer:
    """Translate a party, as far as matching people needs it."""
    known = [one for one in row.contact_mechanisms_ if one.active]
    tax_id = next((one.code for one in row.identifiers_ if one.type), "")
    return Customer(
        external_id=str(row.id),
        number=row.code,
        revision=row.revision,
        changed_at=row.changed_at,
        name=row.name,
        email=next((one.value for one in known if one.type == "email"), ""),
        phone=next((one.value for one in known if one.type in addresses.PHONES), ""),
        company=Company(name=row.name or row.code, tax_id=tax_id) if tax_id else None,
        addresses=tuple(
            addresses.to_address(one, row.name) for one in row.addresses_ if one.street or one.city or one.postal_code
        ),
    )


def to_receipt(row: wire.Party, refs: dict[str, str] | None = None) -> Receipt:
    """Return Tryton's yes."""
    state = "active" if row.active else "inactive"
    return Receipt(str(row.id), row.code, state, refs=refs or {}, born=row.born)


def literal(text: str) -> str:
    """Return a pattern that matches only `text`: `ilike` ignores case but reads `%` and `_` as wildcards."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _tax_id(record: Customer) -> str:
    return record.company.tax_id if record.company else ""


def _kind(tax_id: str) -> str | None:
    """Return the type to enter a tax number with: one Tryton checks, or none."""
    return "eu_vat" if _EU_VAT.fullmatch(_compact(tax_id)) else None


def _missing(record: Customer, party: wire.Party, key: Key) -> list[dict[str, Any]]:
    """Return the identifiers a party lacks: our key, and the tax number."""
    wanted: list[dict[str, Any]] = [] if bears(party, key) else [{"type": None, "code": key.unique}]
    tax_id = _tax_id(record)
    if tax_id and not any(_compact(one.code) == _compact(tax_id) for one in party.identifiers_):
        wanted.append({"type": _kind(tax_id), "code": tax_id})
    return wanted


def _identifier(code: str, kind: str | None) -> list[Any]:
    return [["create", [{"type": kind, "code": code}]]]


def _compact(code: str) -> str:
    return "".join(character for character in code if character.isalnum()).upper()
