"""What a person says to an unknown outcome: it is there as this one, it is not there, or leave it as it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from isthmus.engine.context import Context
from isthmus.engine.disposition import ANSWERABLE
from isthmus.engine.flow import Creates, Flow
from isthmus.flows.binding import Agreed, bind
from isthmus.kit.clock import to_micros
from isthmus.kit.fresh import fresh_id
from isthmus.ports.sink import Receipt
from isthmus.ports.source import Searchable
from isthmus.store.base import one
from isthmus.store.statement import Row, Step, say

#: What `leave` puts the next look off to.
NEVER = datetime(9000, 1, 1, tzinfo=UTC)


class NoAnswer(ValueError):
    """The answer does not fit the question; the message says why, in words for whoever gave it."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One question that was answered, and what follows."""

    flow: str
    subject: str
    number: str
    said: str


@dataclass(frozen=True, slots=True)
class _Question:
    """A job that asks, and the flow it belongs to."""

    job: Row
    flow: Flow
    kind: str
    unique: str


async def it_is_there(
    context: Context, flows: Sequence[Flow], record: str, as_what: str, *, by: str, flow: str = ""
) -> Answered:
    """Take an existing record of the destination, by number or id, for ours; it is brought to our content.

    Raises `NoAnswer` when nothing or too much is called so there, or it stands for another record already; `Trouble`
    when the destination cannot be asked.
    """
    asked = await _question(context, flows, record, flow)
    receipt = await _named(context, asked, as_what)
    entity = await _entity(context, asked.flow.source, asked.kind, asked.job["subject"])
    theirs = await _entity(context, asked.flow.destination, asked.kind, receipt.external_id)
    if theirs is not None and theirs != entity:
        message = f"{as_what} in {asked.flow.destination} stands for another record already: {theirs}"
        raise NoAnswer(message)
    agreed = Agreed(
        kind=asked.kind,
        source=asked.flow.source,
        external_id=asked.job["subject"],
        number=asked.job["number"],
        fingerprint="",  # nothing was compared yet
        destination=asked.flow.destination,
        receipt=receipt,
    )
    steps = [*await _unbound(context, asked, but=receipt.external_id), bind(agreed, context.micros())]
    because = f"{by} said: it is there as {receipt.number or receipt.external_id}"
    return await _write(context, asked, by, "there", [*steps, _resolved(context, asked, "done", receipt, because)])


async def it_is_not_there(context: Context, flows: Sequence[Flow], record: str, *, by: str, flow: str = "") -> Answered:
    """Let it be created. Raises `NoAnswer`, also where more than one is known to be there."""
    asked = await _question(context, flows, record, flow)
    if asked.job["code"] == "duplicate":
        message = "more than one is there: say which one it is"
        raise NoAnswer(message)
    because = f"{by} said: it is not there"
    steps = await _unbound(context, asked)
    return await _write(
        context, asked, by, "create", [*steps, _resolved(context, asked, "refused", Receipt(""), because)]
    )


async def leave_it(context: Context, flows: Sequence[Flow], record: str, *, by: str, flow: str = "") -> Answered:
    """Do nothing more about it, until another answer is given. Raises `NoAnswer`."""
    asked = await _question(context, flows, record, flow)
    if asked.kind != "order":
        message = f"orders wait for this {asked.kind}: say as what it is there, or let it be created"
        raise NoAnswer(message)
    left = say(
        "leave_intent",
        id=fresh_id(),
        flow=asked.flow.name,
        subject=asked.job["subject"],
        connection=asked.flow.destination,
        kind=asked.kind,
        key=asked.unique,
        reference=asked.job["number"],
        now=context.micros(),
        settles_at=to_micros(NEVER),
        because=f"{by} said: leave it as it is",
    )
    return await _write(context, asked, by, "leave", [left])


async def _question(context: Context, flows: Sequence[Flow], record: str, flow: str) -> _Question:
    creating = {each.name: each for each in flows if isinstance(each, Creates)}
    rows = await context.store.read("jobs_of_subject", subject=record)
    asking = [
        row
        for row in rows
        if row["flow"] in creating and row["code"] in ANSWERABLE and row["state"] in ("parked", "done")
    ]
    asking = [row for row in asking if not flow or row["flow"] == flow]
    if not asking:
        message = f"nothing is asked about {record!r} that could be answered so"
        raise NoAnswer(message)
    if len(asking) > 1:
        message = f"{record!r} is asked about in several flows: say which of {', '.join(row['flow'] for row in asking)}"
        raise NoAnswer(message)
    found = creating[asking[0]["flow"]]
    return _Question(asking[0], cast("Flow", found), found.kind, found.unique(asking[0]["subject"]))


async def _named(context: Context, asked: _Question, as_what: str) -> Receipt:
    source = context.connection(asked.flow.destination).session.sources.get(asked.kind)
    if source is None:
        return Receipt(as_what)
    found: list[Any] = []
    if isinstance(source, Searchable):
        found = list(await cast("Searchable[Any]", source).by_number(as_what))
    if not found:
        found = list(await source.read([as_what]))
    if len(found) != 1:
        what = f"has no {asked.kind}" if not found else f"has {len(found)} records called"
        message = f"{asked.flow.destination} {what} {as_what!r}"
        raise NoAnswer(message)
    return Receipt(found[0].external_id, found[0].number)


async def _entity(context: Context, connection: str, kind: str, external_id: str) -> str | None:
    row = one(await context.store.read("entity_of", connection=connection, kind=kind, external_id=external_id))
    return None if row is None else row["entity"]


async def _unbound(context: Context, asked: _Question, but: str = "") -> list[Step]:
    """Return the steps after which nothing there counts as ours, save `but`."""
    entity = await _entity(context, asked.flow.source, asked.kind, asked.job["subject"])
    rows = await context.store.read("bindings_of", entity=entity) if entity else []
    return [
        say("unbind_one", connection=row["connection"], kind=row["kind"], external_id=row["external_id"])
        for row in rows
        if row["connection"] == asked.flow.destination and row["kind"] == asked.kind and row["external_id"] != but
    ]


def _resolved(context: Context, asked: _Question, state: str, receipt: Receipt, because: str) -> Step:
    return say(
        "answer_intents",
        connection=asked.flow.destination,
        kind=asked.kind,
        key=asked.unique,
        state=state,
        now=context.micros(),
        external_id=receipt.external_id,
        because=because,
    )


async def _write(context: Context, asked: _Question, by: str, said: str, steps: list[Step]) -> Answered:
    now, job = context.micros(), asked.job
    await context.store.write(
        *steps,
        say("retry_jobs", flow=job["flow"], code="", subject=job["subject"], number="", now=now),
        say(
            "add_audit",
            now=now,
            who=by,
            action="answer",
            target=job["number"] or job["subject"],
            before=job["code"],
            after=said,
            why="",
        ),
    )
    context.stir.set()
    return Answered(job["flow"], job["subject"], job["number"], said)
