"""What a flow must have read at least once before it decides anything."""

from collections.abc import Sequence
from datetime import timedelta

from isthmus.engine.context import Context
from isthmus.engine.outcome import Later, Snoozed
from isthmus.engine.rounds import next_round
from isthmus.store.base import one

#: The end of the round wakes the job; this is only the latest moment to look again.
LATEST = timedelta(minutes=2)


async def after_first_rounds(context: Context, streams: Sequence[tuple[str, str]]) -> None:
    """Return once every stream was read to its end. Raises `Later` while one was not."""
    for connection, kind in streams:
        if (connection, kind) in context.covered:
            continue
        row = one(await context.store.read("stream", connection=connection, kind=kind))
        if row is None or row["covered_at"] is None:
            because = f"The {kind.replace('_', ' ')} records of {connection} are being read for the first time."
            until = context.now() + LATEST
            waits_for = None if row is None else next_round(row)
            raise Later(Snoozed(until, "first_reading", because, waits_for=waits_for))
        context.covered.add((connection, kind))
