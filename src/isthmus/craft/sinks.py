"""Writing to systems that fail a batch as a whole, or take none."""

from collections.abc import Sequence
from typing import TypeVar

from isthmus.canonical.record import Record
from isthmus.ports.errors import Trouble
from isthmus.ports.sink import Put, Receipt, Sink

R = TypeVar("R", bound=Record)


async def one_by_one(sink: Sink[R], puts: Sequence[Put[R]]) -> Sequence[Receipt | Trouble]:
    """Look for each record and write it, one after the other; each fails alone."""
    outcomes: list[Receipt | Trouble] = []
    for put in puts:
        try:
            outcomes.append(await sink.put(put.record, key=put.key, existing=await sink.find(put.key)))
        except Trouble as trouble:
            outcomes.append(trouble)
    return outcomes
