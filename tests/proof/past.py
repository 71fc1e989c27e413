"""Results of reconciliation of long ago, written without comparing anything."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from isthmus.engine.chain import START, link
from isthmus.engine.context import Context
from isthmus.kit.clock import to_micros
from isthmus.store.base import one
from isthmus.store.statement import Many, say

LONG_AGO = datetime(2024, 5, 1, tzinfo=UTC)
WORDS = ("verdict", "finding", "code", "because", "subject", "number")


async def a_run(context: Context, name: str, at: datetime, *, over: bool = True) -> int:
    """Return the number of a run that is over since then, or was begun then."""
    now = to_micros(at)
    await context.store.write(say("ask_proof", flow="orders", day=f"{at:%Y-%m-%d}", asked=name, who="test", now=now))
    claim = say("claim_proof", now=now, lease_until=now + 1, token=name)
    run = one((await context.store.write(claim))[0])
    assert run is not None
    if over:
        await context.store.write(say("finish_proof", id=run["id"], token=name, now=now, summary="{}"))
    return run["id"]


async def write_rows(context: Context, runs: Sequence[int]) -> None:
    """Write one result for each of these runs, in this order, at the end of the chain."""
    head = one(await context.store.read("proof_head"))
    links, digest = (head["links"], head["digest"]) if head else (0, START)
    previous, rows = digest, list[dict[str, Any]]()
    for number, run in enumerate(runs, start=links + 1):
        said = {"id": number, "run": run, "flow": "orders", "day": "2024-05-01", **dict.fromkeys(WORDS, "")}
        said |= {"fields": "[]", "evidence": "{}"}
        before, digest = digest, link(digest, {**said, "at": 7})
        rows.append({**said, "now": 7, "previous": before, "digest": digest})
    moved = say("move_proof_head", links=links + len(rows), digest=digest, previous=previous)
    await context.store.write(moved, Many("add_proof_row", rows))
