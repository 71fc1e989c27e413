"""Writing once: the same key twice, lost answers, a bad record among good ones."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from isthmus.ports.errors import InDoubt, Transient, Trouble
from isthmus.ports.sink import Put, Receipt, Sink
from isthmus.testing.conformance.bench import Bench
from isthmus.testing.conformance.failing import LATE_S, attempt, showing
from isthmus.testing.conformance.rule import Broken, Tier, expect, rule, writable

#: Faults after which a write may have happened.
AFTER = ("commit_then_drop", "truncate", "slow_commit")
#: Faults after which it has not, though nobody on our side can know.
BEFORE = ("reset", "status_500", "status_503", "html", "wrong_type", "hang")
TRIES = 6


async def write(bench: Bench, sink: Sink[Any], put: Put[Any]) -> Receipt:
    """Write as the engine does: look first, and after a lost answer look again once the settle time is over."""
    trouble: Trouble | None = None
    for _ in range(TRIES):
        try:
            existing = None if sink.upserts else await sink.find(put.key)
            return await sink.put(put.record, key=put.key, existing=existing)
        except (InDoubt, Transient) as met:
            trouble = met
            await settle(bench)
    message = f"still not written after {TRIES} tries: {trouble}"
    raise Broken(message) from trouble


async def settle(bench: Bench) -> None:
    """Let the settle time pass by the bench's clock, and a slow write of the double come to its end."""
    await bench.clock.sleep(bench.manifest.settle_s)
    if bench.line.hasty is not None:
        await asyncio.sleep(LATE_S * 1.5)


@rule(Tier.SILVER)
@writable
async def same_key_once(bench: Bench, kind: str) -> None:
    """The same key twice is one record, by the same session or another, one after the other."""
    writing = bench.double.writes[kind]
    async with bench.another() as fresh:
        session = fresh.open()
        put = await writing.sample(session, fresh.world, 1)
        first = await write(fresh, session.sinks[kind], put)
        again = await write(fresh, session.sinks[kind], put)
        later = await write(fresh, fresh.open().sinks[kind], put)
        expect(first.complete, "the receipt of a whole write says that steps are left")
        same = first.external_id == again.external_id == later.external_id
        expect(same, f"three ids: {first.external_id}, {again.external_id}, {later.external_id}")
        _expect_once(fresh, kind, put, "written three times")
        if not session.sinks[kind].upserts:
            found = await session.sinks[kind].find(put.key)
            expect(found is not None and found.external_id == first.external_id, f"find: {found}")


@rule(Tier.SILVER)
@writable
async def unknown_key_not_found(bench: Bench, kind: str) -> None:
    """What was never written is not found: no neighbor with a similar key, nothing at all."""
    writing = bench.double.writes[kind]
    async with bench.another() as fresh:
        sink = fresh.open().sinks[kind]
        put = await writing.sample(fresh.open(), fresh.world, 1)
        other = await writing.sample(fresh.open(), fresh.world, 11)
        await write(fresh, sink, other)
        found = await sink.find(put.key)
        expect(found is None, f"{put.key} was never written and is found: {found}")


@rule(Tier.SILVER)
@writable
async def lost_answers_found(bench: Bench, kind: str) -> None:
    """Whatever happens to the answer at any step, one try later the record is there, once and whole."""
    writing = bench.double.writes[kind]
    async with bench.another() as fresh:
        number = 0
        for operation in writing.operations:
            session = fresh.open()  # one for all faults, as at work: it has to be good for the next record, too
            for fault in (*AFTER, *BEFORE):
                number += 1
                put = await writing.sample(session, fresh.world, number)
                async with showing(fresh, fault, match=operation, count=1):
                    receipt = await write(fresh, session.sinks[kind], put)
                expect(receipt.complete, f"{fault} at {operation}: steps are left")
                _expect_once(fresh, kind, put, f"{fault} at {operation}")


@rule(Tier.SILVER)
@writable
async def bad_record_alone(bench: Bench, kind: str) -> None:
    """One bad record in a batch fails alone; the others are written, and answered in their order."""
    writing = bench.double.writes[kind]
    async with bench.another() as fresh:
        session = fresh.open()
        sink = session.sinks[kind]
        good = [await writing.sample(session, fresh.world, number) for number in (1, 2)]
        bad = await writing.refused(session, fresh.world, 3)
        batch = [good[0], bad, good[1]]
        answers: list[Receipt | Trouble] = []
        for start in range(0, len(batch), max(1, min(sink.batch, len(batch)))):
            part = batch[start : start + sink.batch]
            told = await _put_many(sink, part)
            expect(len(told) == len(part), f"{len(part)} puts, {len(told)} answers")
            answers += told
        expect(isinstance(answers[1], Trouble), f"the bad one was taken: {answers[1]}")
        for place in (0, 2):
            expect(isinstance(answers[place], Receipt), f"a good one was not written: {answers[place]}")
            _expect_once(fresh, kind, batch[place], "a good one beside a bad one")
        expect(writing.standing(fresh.world, bad) == 0, "the bad one was written")
        seen = await attempt(partial(sink.put, bad.record, key=bad.key))
        expect(seen.trouble is not None and not isinstance(seen.trouble, Transient | InDoubt), f"alone: {seen.trouble}")


async def _put_many(sink: Sink[Any], part: Sequence[Put[Any]]) -> Sequence[Receipt | Trouble]:
    try:
        return await sink.put_many(part)
    except Trouble as trouble:
        message = f"a batch of {len(part)} failed as a whole: {trouble}"
        raise Broken(message) from trouble


def _expect_once(bench: Bench, kind: str, put: Put[Any], after: str) -> None:
    count = bench.double.writes[kind].standing(bench.world, put)
    expect(count == 1, f"{after}: {put.key.unique} is there {count} times")
