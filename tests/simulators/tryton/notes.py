"""What came of calls to a Tryton, written down so that two of them can be laid side by side.

What differs between two databases for no reason of Tryton's (ids, numbers, times, names of places) is blanked out.
"""

import base64
import json
import re
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

from tests.simulators.tryton.caller import Caller, Refused, Turned

Notes = dict[str, Any]
_NUMBER = re.compile(r"\d+")


def shape(value: Any, key: str = "") -> Any:
    """Return a value without what no two databases share."""
    if isinstance(value, dict):
        if value.get("__class__") in ("date", "datetime"):
            return value["__class__"]
        return {name: shape(part, name) for name, part in sorted(value.items())}
    if isinstance(value, list):
        return [shape(part, key) for part in value]
    if isinstance(value, bool) or value is None or key in ("quantity", "forecast_quantity", "expected_quantity"):
        return value
    if isinstance(value, int):
        return "<int>"
    return _NUMBER.sub("#", value) if isinstance(value, str) and key != "decimal" else value


def error(told: Refused | Turned) -> Any:
    """Return an error as it can be compared; what Python says of itself is its own affair."""
    if isinstance(told, Turned):
        return ["page", told.status]
    if told.told == "":
        return ["python"]
    if told.name == "ConcurrencyException":
        return [told.name, told.told]
    return [told.name, *(_NUMBER.sub("#", text) for text in told.told[:2] if isinstance(text, str))]


@dataclass
class Notebook:
    """One play on one Tryton; `tag` makes codes that nobody used before."""

    call: Caller
    tag: str
    notes: Notes = field(default_factory=dict)

    async def note(self, name: str, work: Awaitable[Any]) -> Any:
        """Write down what came of a call and return it, `None` when it was an error."""
        assert name not in self.notes, name
        try:
            answer = await work
        except (Refused, Turned) as wrong:
            self.notes[name] = {"error": error(wrong)}
            return None
        self.notes[name] = shape(answer)
        return answer


def encoded(value: Any) -> str:
    """Return a value as the REST door takes it in an address or a header."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


def day(year: int, month: int, number: int) -> dict[str, Any]:
    """Return a tagged date."""
    return {"__class__": "date", "year": year, "month": month, "day": number}


def blank(text: Any) -> Any:
    """Return a text without its numbers."""
    return _NUMBER.sub("#", text) if isinstance(text, str) else text


async def named(answer: Awaitable[list[int]], names: dict[int, str]) -> list[str]:
    """Return what the ids in an answer are called."""
    return [names[i] for i in await answer]


async def kind(work: Awaitable[Any]) -> Any:
    """Return only why it was refused: which record the text names differs."""
    try:
        return await work
    except Refused as wrong:
        return [why for why in ("exceeds the limit", "is not valid according to its domain") if why in wrong.message]
