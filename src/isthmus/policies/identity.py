"""Is this customer one the ERP already has?

Strong evidence only: a weak match would merge two people, which nobody can undo. (R-IDN-01, 02)
"""

import unicodedata
from collections.abc import Sequence

from isthmus.canonical.party import Customer
from isthmus.policies.decision import Decision


def same_customer(wanted: Customer, found: Sequence[Customer]) -> Decision[Customer | None]:
    """Return the one existing customer this is, or None."""
    for because, fits in (("same_tax_id", _tax_id), ("same_email_and_name", _email_and_name)):
        key = fits(wanted)
        if not key:
            continue
        matches = [each for each in found if fits(each) == key and not _contradicts(wanted, each)]
        if len(matches) == 1:
            return Decision(matches[0], because)
        if matches:
            return Decision(None, "ambiguous")
    return Decision(None, "no_match")


def _tax_id(customer: Customer) -> str:
    tax_id = customer.company.tax_id if customer.company else ""
    return "".join(character for character in tax_id if character.isalnum()).upper()


def _contradicts(wanted: Customer, found: Customer) -> bool:
    """Tell whether both have a tax number and not the same one: then a shared mailbox proves nothing."""
    mine, theirs = _tax_id(wanted), _tax_id(found)
    return bool(mine and theirs and mine != theirs)


def _email_and_name(customer: Customer) -> str:
    name = customer.company.name if customer.company else customer.name
    return f"{customer.email.strip().casefold()} {plain(name)}" if customer.email and plain(name) else ""


def plain(text: str) -> str:
    """Return a name without accents, case and doubled spaces, for comparing only."""
    letters = unicodedata.normalize("NFKD", text)
    return " ".join("".join(each for each in letters if not unicodedata.combining(each)).casefold().split())
