"""Damage done to a simulated system at `/__sim/damage`: its kinds by name, and what is not there."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

System = TypeVar("System")
#: What is to be damaged and how: `kind`, and what names the record.
Wish = Mapping[str, Any]
#: Does one kind of damage and returns what people call the record.
Deed = Callable[[System, Wish], str]


class NotThere(LookupError):
    """What should be damaged does not exist; the message says what."""

    def __str__(self) -> str:
        """Return the message alone: a `LookupError` would quote it."""
        return str(self.args[0])


def done(kinds: Mapping[str, Deed[System]], system: System, wish: Wish) -> str:
    """Do the damage of the wish's `kind`. Raises `NotThere`, `KeyError` where the wish lacks a name."""
    kind = str(wish.get("kind"))
    if kind not in kinds:
        message = f"no kind {kind!r} of damage; there are: {', '.join(kinds)}"
        raise NotThere(message)
    return kinds[kind](system, wish)
