"""Addresses and contact mechanisms of a party: how a canonical address is written, and known again.

A street has several lines in one text. Who lives there stands on the address only where it is somebody else than the
party.
Source: party/address.py, party/contact_mechanism.py (8.2).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from isthmus.canonical.party import Address, AddressRole, Customer
from isthmus.connectors.tryton import wire
from isthmus.connectors.tryton.lookups import Lookups

#: The texts by which an address is known again.
TEXTS = ("party_name", "attn", "street", "postal_code", "city")
REFERENCES = ("country", "subdivision")
#: What an address may be used for (party/address.py has `invoice` from account, `delivery` from stock).
USES = {AddressRole.BILLING: "invoice", AddressRole.SHIPPING: "delivery"}
PHONES = ("phone", "mobile")


async def to_vals(address: Address, owner: str, lookups: Lookups) -> dict[str, Any]:
    """Return the values of an address of a party called `owner`. Raises `Unmapped` for an unknown country."""
    vals: dict[str, Any] = {
        **_who(address, owner),
        "street": "\n".join(address.lines),
        "postal_code": address.postal_code,
        "city": address.city,
    }
    if address.country:
        vals["country"] = await lookups.country(address.country)
        if address.region:
            # Tryton has the subdivisions somebody imported; where it has none, the rest of the address must do.
            vals["subdivision"] = await lookups.region(vals["country"], address.region)
    return {name: value for name, value in vals.items() if value}


def same(there: wire.Address, wanted: Mapping[str, Any]) -> bool:
    """Tell whether two name the same person at the same place, ignoring case and spacing."""
    if not there.active:
        return False
    if any(_plain(getattr(there, name)) != _plain(wanted.get(name, "")) for name in TEXTS):
        return False
    return all(getattr(there, name) == wanted.get(name) for name in REFERENCES)


def to_address(row: wire.Address, name: str) -> Address:
    """Translate an address, as far as matching people needs it."""
    return Address(
        name=row.attn or row.party_name or name,
        lines=tuple(line for line in row.street.splitlines() if line.strip()),
        city=row.city,
        postal_code=row.postal_code,
    )


def reachable(record: Customer) -> dict[str, list[str]]:
    """Return the e-mails and phones a customer says, those of addresses too, each once."""
    phones = (record.phone, *(address.phone for address in record.addresses))
    said = {"email": [record.email], "phone": list(dict.fromkeys(phones))}
    return {kind: [value for value in values if value] for kind, values in said.items()}


def missing(record: Customer, there: Iterable[wire.Mechanism]) -> list[dict[str, str]]:
    """Return the contact mechanisms a party lacks: of a kind it has none of, or a further phone."""
    known = list(there)
    numbers = {_digits(one.value) for one in known if one.type in PHONES}
    said = reachable(record)
    lacking = [] if any(one.type == "email" for one in known) else said["email"]
    made = [{"type": "email", "value": value} for value in lacking]
    return made + [{"type": "phone", "value": value} for value in said["phone"] if _digits(value) not in numbers]


def _who(address: Address, owner: str) -> dict[str, str]:
    """Return whose door it is: the company's, with the person to ask for, where neither is the party itself."""
    names = [name for name in (address.company, address.name) if name and _plain(name) != _plain(owner)]
    return dict(zip(("party_name", "attn"), names, strict=False))


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())
