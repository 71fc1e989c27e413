"""Create once: the intent is on disk before the call, and a look comes before a second try."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from isthmus.canonical.kinds import kind_of
from isthmus.canonical.record import Record
from isthmus.engine.connections import Connection
from isthmus.engine.context import Context
from isthmus.engine.failpoints import failpoint
from isthmus.engine.outcome import Later, Snoozed
from isthmus.engine.work import Work
from isthmus.kit.clock import from_micros, to_micros
from isthmus.kit.names import fresh_id
from isthmus.ports.errors import InDoubt, Transient, Trouble
from isthmus.ports.sink import Key, Receipt
from isthmus.store.base import one
from isthmus.store.statement import Row, Statement, say

#: A running job holds its lease this much longer before it calls out.
LEASE_S = 30
Adopt = Callable[[], Awaitable[Receipt | None]]


@dataclass(frozen=True, slots=True)
class Earlier:
    """A try that got no answer; `receipt` is what it made, or None when it never arrived."""

    intent_id: str
    receipt: Receipt | None


async def earlier_try(context: Context, connection: Connection, kind: str, key: Key) -> Earlier | None:
    """Look for what an unanswered try made. Raises `Later` while it may still be landing."""
    intent = await _in_flight(context, connection, kind, key)
    return Earlier(intent["id"], await connection.sink(kind).find(key)) if intent else None


def never_arrived(context: Context, earlier: Earlier) -> Statement:
    """Return the step that ends an intent nothing came of and nothing more is to come of."""
    return _resolve(context, earlier.intent_id, "refused", "", "It never arrived, and it is not wanted any more.")


async def put_once(
    context: Context, work: Work, connection: Connection, record: Record, *, key: Key, adopt: Adopt | None = None
) -> Receipt:
    """Make the destination hold `record` exactly once and return its yes.

    `adopt` may offer a record that is there under no key of ours, such as a customer the ERP
    already knew. Raises what the sink raises; `Later` while an earlier, unanswered try may still be landing.
    """
    kind = kind_of(record)
    sink = connection.sink(kind)
    intent = await _in_flight(context, connection, kind, key)
    existing = None if sink.upserts else await sink.find(key)
    if existing is None and adopt is not None:
        existing = await adopt()
    if existing is not None:
        work.note(f"found in {connection.name} as {existing.number or existing.external_id}: nothing is created")
        receipt = await sink.put(record, key=key, existing=existing)
        if intent is not None:
            work.also(_resolve(context, intent["id"], "done", receipt.external_id, "found by its key"))
        return receipt
    intent_id = await _open(context, work, connection, (kind, key), intent["id"] if intent else None)
    failpoint("intent.opened")
    receipt = await _put(context, connection, record, key, intent_id)
    failpoint("intent.put")
    work.also(_resolve(context, intent_id, "done", receipt.external_id, ""))
    return receipt


async def _in_flight(context: Context, connection: Connection, kind: str, key: Key) -> Row | None:
    intent = one(await context.store.read("intent_in_flight", connection=connection.name, kind=kind, key=key.unique))
    if intent is not None and intent["settles_at"] > context.micros():
        because = "An earlier try got no answer; what it did shows after the settle time."
        raise Later(Snoozed(from_micros(intent["settles_at"]), "settling", because))
    return intent


async def _open(
    context: Context, work: Work, connection: Connection, what: tuple[str, Key], earlier: str | None
) -> str:
    """Write the intent down; the one of an `earlier` try is renewed, for this try has to settle too."""
    kind, key = what
    intent_id = earlier or fresh_id()
    now = context.now()
    settles_at = to_micros(now + connection.settle)
    step = say("renew_intent", expect=1, id=intent_id, settles_at=settles_at)
    if earlier is None:
        step = say(
            "open_intent",
            id=intent_id,
            flow=work.job.flow,
            subject=work.job.subject,
            connection=connection.name,
            kind=kind,
            key=key.unique,
            reference=key.reference,
            now=to_micros(now),
            settles_at=settles_at,
        )
    lease_until = to_micros(now) + LEASE_S * 1_000_000
    # Without the lease nothing may be started: another worker has the job now.
    await context.store.write(
        say("hold_job", expect=1, id=work.job.id, token=work.job.token, lease_until=lease_until), step
    )
    return intent_id


async def _put(context: Context, connection: Connection, record: Record, key: Key, intent_id: str) -> Receipt:
    try:
        return await connection.sink(kind_of(record)).put(record, key=key)
    except InDoubt as doubt:
        settles_at = to_micros(context.now() + connection.settle)
        await context.store.write(say("doubt_intent", id=intent_id, settles_at=settles_at, because=str(doubt)))
        raise
    except Transient:
        # Part of a sequence may have landed before this: the intent stays open, the next try looks.
        raise
    except Trouble as refused:
        await context.store.write(_resolve(context, intent_id, "refused", "", str(refused)))
        raise


def _resolve(context: Context, intent_id: str, state: str, external_id: str, because: str) -> Statement:
    return say(
        "resolve_intent",
        id=intent_id,
        state=state,
        now=context.micros(),
        external_id=external_id,
        because=because,
    )
