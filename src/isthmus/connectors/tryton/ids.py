"""Ids as Tryton has them: whole numbers, which we carry as text."""

from collections.abc import Iterable

from isthmus.connectors.tryton.wire import LARGEST_ID
from isthmus.ports.errors import ContractBroken


def number(text: str) -> int:
    """Return an id. Raises `ContractBroken` for what never came from Tryton."""
    found = numbers([text])
    if not found:
        message = f"not an id of Tryton: {text!r}"
        raise ContractBroken(message)
    return found[0]


def numbers(texts: Iterable[str]) -> list[int]:
    """Return the ids among some texts, each once and in order; what is none is nobody's."""
    found = {int(one) for one in texts if one.isascii() and one.isdecimal() and len(one) < len(str(LARGEST_ID))}
    return sorted(found)
