"""Create once: the intent is on disk before the call, and a look comes before a second try."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from isthmus.canonical.kinds import kind_of
from isthmus.canonical.record import Record
from isthmus.engine.connections import Connection
from isthmus.engine.context import Context
from isthmus.engine.disposition import RETRY, WAYS_OUT
from isthmus.engine.failpoints import failpoint
from isthmus.engine.outcome import Ask, Later, Leave, Parked, Skipped, Snoozed
from isthmus.engine.work import Work
from isthmus.kit.clock import to_micros
from isthmus.kit.fresh import fresh_id
from isthmus.ports.errors import InDoubt, Transient, Trouble
from isthmus.ports.sink import Key, Receipt, Unique
from isthmus.store.records import Held, Unanswered
from isthmus.store.statement import Statement, Step, say

#: A running job holds its lease this much longer before it calls out.
LEASE_S = 30
#: So often a create may go without an answer where nothing but a look keeps it from being done twice; then a person
#: is asked, who can look better.
UNANSWERED_AT_MOST = 5
Adopt = Callable[[], Awaitable[Receipt | None]]


@dataclass(frozen=True, slots=True)
class Earlier:
    """A try that got no answer; `receipt` is what it made, or None when it never arrived."""

    intent_id: str
    receipt: Receipt | None


async def earlier_try(
    context: Context, connection: Connection, kind: str, key: Key, unanswered: Unanswered | None
) -> Earlier | None:
    """Look for what an unanswered try made. Raises `Later` while it may still be landing."""
    _settled(context, unanswered)
    return Earlier(unanswered.intent_id, await _found(connection, kind, key, unanswered)) if unanswered else None


def never_arrived(context: Context, earlier: Earlier) -> Statement:
    """Return the step that ends an intent nothing came of and nothing more is to come of."""
    return _resolve(context, earlier.intent_id, "refused", "", "It never arrived, and it is not wanted any more.")


async def put_once(
    context: Context,
    work: Work,
    connection: Connection,
    record: Record,
    *,
    key: Key,
    unanswered: Unanswered | None,
    held: Held | None = None,
    adopt: Adopt | None = None,
    look: Adopt | None = None,
    claim: Sequence[Step] = (),
) -> Receipt:
    """Make the destination hold `record` exactly once and return its yes.

    `held` is what it holds of the record already, as it said itself: that is brought up to date and nothing looked
    for. `unanswered` is the try under this key that got no answer, read after the job was claimed: nobody else can
    have begun another one since, and the store refuses a second one beside it. `adopt` may offer a record that is
    there under no key of ours, such as a customer the ERP already knew; `look` asks for both at once, at a first try.
    `claim` is written with the intent, and keeps it from being written where it fails.
    Raises what the sink raises; `Later` while an
    earlier, unanswered try may still be landing; `Ask` when too many got no answer; `Leave` where a person said so.
    """
    kind = kind_of(record)
    sink = connection.sink(kind)
    existing = Receipt(held.external_id, held.number, refs=held.refs, born=held.born) if held is not None else None
    if existing is None:
        _settled(context, unanswered)
        if look is not None and unanswered is None:
            existing, adopt = await look(), None
        elif not sink.upserts:
            existing = await _found(connection, kind, key, unanswered)
    if existing is None and adopt is not None:
        existing = await adopt()
    if existing is not None:
        work.note(f"found in {connection.name} as {existing.number or existing.external_id}: nothing is created")
        receipt = await sink.put(record, key=key, existing=existing)
        if unanswered is not None:
            work.also(_resolve(context, unanswered.intent_id, "done", receipt.external_id, "found by its key"))
        return receipt
    return await _create(context, work, connection, record, key=key, unanswered=unanswered, claim=claim)


async def _create(
    context: Context,
    work: Work,
    connection: Connection,
    record: Record,
    *,
    key: Key,
    unanswered: Unanswered | None,
    claim: Sequence[Step],
) -> Receipt:
    """Send what was looked for and is not there."""
    kind = kind_of(record)
    again = unanswered is not None and not guarded(connection, kind)
    if again:
        _may_send_again(work, connection, key)
    earlier = unanswered.intent_id if unanswered is not None else None
    intent_id = await _open(context, work, connection, (kind, key), earlier=earlier, claim=claim)
    failpoint("intent.opened")
    receipt = await _put(context, work, connection, record, key=key, intent_id=intent_id)
    failpoint("intent.put")
    if again:
        _watch(context, work, connection, intent_id, receipt)
    else:
        work.also(_resolve(context, intent_id, "done", receipt.external_id, ""))
    return receipt


async def second_look(
    context: Context, work: Work, connection: Connection, what: tuple[str, Key], unanswered: Unanswered | None
) -> None:
    """Look whether a try that got no answer came through beside the one that was sent after it.

    Does nothing where none is watched. Raises `Later` while it may still come, `Duplicate` when there are two.
    """
    if unanswered is None or not unanswered.made or unanswered.left:
        return
    kind, key = what
    _settled(context, unanswered)
    await connection.sink(kind).find(key)
    work.note(f"looked once more in {connection.name}: there is one")
    work.also(_resolve(context, unanswered.intent_id, "done", unanswered.made, "looked for twice: there is one"))


def guarded(connection: Connection, kind: str) -> bool:
    """Tell whether the system itself keeps a late request from making a second record."""
    sink = connection.sink(kind)
    return sink.upserts or (isinstance(sink, Unique) and sink.unique)


async def _found(connection: Connection, kind: str, key: Key, unanswered: Unanswered | None) -> Receipt | None:
    """Look for our record. One that a later try is known to have made is there, even if the look does not show it."""
    found = await connection.sink(kind).find(key)
    if found is None and unanswered is not None and unanswered.made:
        return Receipt(unanswered.made)
    return found


def _may_send_again(work: Work, connection: Connection, key: Key) -> None:
    if work.job.attempts < UNANSWERED_AT_MOST:
        return
    because = (
        f"Sent to {connection.name} {work.job.attempts} times without an answer; looked for "
        f"{key.reference or key.unique} each time and found nothing. Sending it again might make two of it."
    )
    raise Ask(Parked("in_doubt", because, (*WAYS_OUT, RETRY)))


def _watch(context: Context, work: Work, connection: Connection, intent_id: str, receipt: Receipt) -> None:
    """Keep the intent until after the settle time: the try that got no answer may come through beside this one."""
    settles_at = context.now() + connection.settle
    because = f"Sent again and there as {receipt.number or receipt.external_id}; the first try may still come through."
    work.also(
        say(
            "watch_intent",
            id=intent_id,
            settles_at=to_micros(settles_at),
            external_id=receipt.external_id,
            because=because,
        )
    )
    work.again = Snoozed(settles_at, "second_look", because)


def _settled(context: Context, unanswered: Unanswered | None) -> None:
    if unanswered is not None and unanswered.left:
        raise Leave(Skipped("left", "A person decided to leave it as it is."))
    if unanswered is not None and unanswered.settles_at > context.now():
        because = "An earlier try got no answer; what it did shows after the settle time."
        raise Later(Snoozed(unanswered.settles_at, "settling", because))


async def _open(
    context: Context,
    work: Work,
    connection: Connection,
    what: tuple[str, Key],
    *,
    earlier: str | None,
    claim: Sequence[Step],
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
    # Without the lease nothing may be started: another worker has the job now.
    await context.store.write(_held(context, work), *claim, step)
    return intent_id


async def _put(
    context: Context, work: Work, connection: Connection, record: Record, *, key: Key, intent_id: str
) -> Receipt:
    try:
        return await connection.sink(kind_of(record)).put(record, key=key)
    except InDoubt as doubt:
        await _note(context, work, _doubted(context, connection, intent_id, str(doubt)))
        raise
    except asyncio.CancelledError:
        # Whoever goes on looks for it; what we no longer listen to may still be landing.
        await _note(
            context, work, _doubted(context, connection, intent_id, "The worker had to stop before the answer.")
        )
        raise
    except Transient:
        # Part of a sequence may have landed before this: the intent stays open, the next try looks.
        raise
    except Trouble as refused:
        await _note(context, work, _resolve(context, intent_id, "refused", "", str(refused)))
        raise


async def _note(context: Context, work: Work, step: Statement) -> None:
    """Write down what became of a try, unless another worker has the job: then the intent speaks of that one's."""
    await context.store.write(_held(context, work), step)


def _held(context: Context, work: Work) -> Statement:
    lease_until = context.micros() + LEASE_S * 1_000_000
    return say("hold_job", expect=1, id=work.job.id, token=work.job.token, lease_until=lease_until)


def _doubted(context: Context, connection: Connection, intent_id: str, because: str) -> Statement:
    settles_at = to_micros(context.now() + connection.settle)
    return say("doubt_intent", id=intent_id, settles_at=settles_at, because=because)


def _resolve(context: Context, intent_id: str, state: str, external_id: str, because: str) -> Statement:
    return say(
        "resolve_intent",
        id=intent_id,
        state=state,
        now=context.micros(),
        external_id=external_id,
        because=because,
    )
