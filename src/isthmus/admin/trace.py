"""What happened to one order: every delivery, read, attempt and call, in both systems."""

from collections.abc import Sequence

import msgspec

from isthmus.admin.views import Call, Holding, Step, Trace, TracedJob
from isthmus.engine.context import Context
from isthmus.engine.flow import Flow
from isthmus.kit.clock import from_micros
from isthmus.store.base import one
from isthmus.store.statement import Row, listed

_OUTCOMES = {
    "done": "done",
    "skipped": "nothing to do",
    "parked": "a person is asked",
    "snoozed": "later",
    "lost": "interrupted",
}


async def trace(context: Context, flows: Sequence[Flow], term: str) -> list[Trace]:
    """Return the trace of every order whose number or id is `term` (with or without its #)."""
    alternative = term.removeprefix("#") if term.startswith("#") else f"#{term}"
    rows = await context.store.read("find_records", kind="order", term=term, alternative=alternative)
    by_source = {flow.source: flow for flow in reversed(flows) if _carries_orders(flow)}
    return [await _trace(context, by_source[row["connection"]], row) for row in rows if row["connection"] in by_source]


def _carries_orders(flow: Flow) -> bool:
    return any(each.kind == "order" and each.connection == flow.source for each in flow.listens())


async def _trace(context: Context, flow: Flow, record: Row) -> Trace:
    connection, external_id = record["connection"], record["external_id"]
    job = one(await context.store.read("job", flow=flow.name, subject=external_id))
    entity = one(await context.store.read("entity_of", connection=connection, kind="order", external_id=external_id))
    holdings = await context.store.read("bindings_of", entity=entity["entity"]) if entity else []
    steps = [
        *await _deliveries(context, connection, external_id),
        *await _intents(context, flow.name, external_id),
        *await _attempts(context, flow.name, external_id),
        Step(
            at=from_micros(record["read_at"]),
            what="read",
            title=f"Newest reading from {connection}",
            detail="deleted there" if record["deleted_at"] is not None else "",
        ),
    ]
    return Trace(
        number=record["number"],
        subject=external_id,
        connection=connection,
        summary=_summary(job, holdings),
        jobs=[_job(job)] if job else [],
        holdings=[_holding(row) for row in holdings],
        steps=sorted(steps, key=lambda step: step.at),
    )


def _summary(job: Row | None, holdings: Sequence[Row]) -> str:
    there = ", ".join(f"{row['connection']}: {row['number'] or row['external_id']}" for row in holdings)
    if job is None:
        return "Seen, but no flow carries it."
    if job["state"] == "done":
        return f"In step ({there})." if there else job["because"] or "Nothing to do."
    if job["state"] == "parked":
        return f"Waits for a person: {job['because']}"
    if job["state"] == "snoozed":
        return f"Tried again by itself at {from_micros(job['run_at']):%H:%M:%S} UTC: {job['because']}"
    return "Being worked on."


async def _deliveries(context: Context, connection: str, external_id: str) -> list[Step]:
    rows = await context.store.read("deliveries_of", connection=connection, kind="order", external_id=external_id)
    return [
        Step(
            at=from_micros(row["received_at"]),
            what="delivery",
            title=f"{connection} told us: {row['topic']}",
            detail=row["because"],
            outcome="taken in" if row["state"] == "done" else "waiting",
        )
        for row in rows
    ]


async def _intents(context: Context, flow: str, subject: str) -> list[Step]:
    rows = await context.store.read("intents_of", flow=flow, subject=subject)
    return [
        Step(
            at=from_micros(row["opened_at"]),
            what="intent",
            title=f"About to create it in {row['connection']} as {row['reference'] or row['key']}",
            detail=row["because"],
            flow=flow,
            outcome=row["state"],
        )
        for row in rows
    ]


async def _attempts(context: Context, flow: str, subject: str) -> list[Step]:
    attempts = await context.store.read("attempts_of", flow=flow, subject=subject)
    calls: dict[str, list[Call]] = {}
    ids = listed(row["id"] for row in attempts)
    for row in await context.store.read("exchanges_of", ids=ids):
        calls.setdefault(row["attempt_id"], []).append(_call(row))
    return [
        Step(
            at=from_micros(row["started_at"]),
            what="attempt",
            title=f"Flow {flow}: {_OUTCOMES.get(row['outcome'], row['outcome'])}",
            detail=row["because"],
            flow=flow,
            outcome=row["outcome"],
            code=row["code"],
            notes=msgspec.json.decode(row["notes"], type=list[str]),
            calls=calls.get(row["id"], []),
        )
        for row in attempts
    ]


def _call(row: Row) -> Call:
    return Call(
        connection=row["connection"],
        operation=row["operation"],
        at=from_micros(row["started_at"]),
        elapsed_ms=row["elapsed_ms"],
        status=row["status"],
        failure=row["failure"],
        request=row["request"],
        response=row["response"],
    )


def _holding(row: Row) -> Holding:
    return Holding(
        connection=row["connection"],
        kind=row["kind"],
        external_id=row["external_id"],
        number=row["number"],
        state=row["state"],
        synced_at=None if row["synced_at"] is None else from_micros(row["synced_at"]),
    )


def _job(row: Row) -> TracedJob:
    return TracedJob(
        flow=row["flow"],
        subject=row["subject"],
        number=row["number"],
        state=row["state"],
        code=row["code"],
        because=row["because"],
        since=from_micros(row["since"]),
        run_at=from_micros(row["run_at"]),
        attempts=row["attempts"],
        answers=msgspec.json.decode(row["answers"], type=list[str]),
    )
