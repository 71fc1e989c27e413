"""A stop is prompt: nobody waits for an answer that is only read, and whoever comes next finds everything free."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, tzinfo

import pytest

from isthmus.engine.engine import READING_S, Engine
from isthmus.engine.nightly import Nightly
from isthmus.engine.proof import Judgement, Pair, Part, Side
from isthmus.engine.sweep import Sweep
from isthmus.ports.listing import Span
from isthmus.ports.source import Cursor
from isthmus.store.statement import Step, say
from isthmus.testing.builders import a_variant
from tests.engine.conftest import World

PROMPT_S = READING_S + 2


class Silence:
    """A system that takes a question and never answers."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def __call__(self) -> None:
        self.asked.set()
        await asyncio.Event().wait()


class Endless:
    """A reconciliation whose list never comes."""

    flow, kind, source, destination, daily = "copy", "variant", "shop", "erp", True
    zone: tzinfo = UTC

    def __init__(self, silence: Silence) -> None:
        self._silence = silence

    async def listed(self, side: Side, span: Span, after: Cursor | None) -> AsyncIterator[Part]:
        del side, span, after
        await self._silence()
        yield Part([], Cursor(""), last=True)

    async def judge(self, pairs: Sequence[Pair], now: datetime) -> Sequence[Judgement]:
        del pairs, now
        return ()

    async def again(self, subject: str) -> Sequence[Step]:
        del subject
        return ()


async def stopped_while_asking(engine: Engine, silence: Silence) -> None:
    """Stop the engine in the middle of a question."""
    stopping = asyncio.Event()
    running = asyncio.create_task(engine.run(stopping))
    await asyncio.wait_for(silence.asked.wait(), 5)
    stopping.set()
    await asyncio.wait_for(running, PROMPT_S)


async def test_a_page_that_does_not_come_holds_up_no_stop(world: World) -> None:
    silence = Silence()
    world.shelf.plan.append(silence)
    await stopped_while_asking(world.harness.engine, silence)
    (stream,) = await world.harness.store.read("streams")
    assert (stream["token"], stream["lease_until"], stream["code"]) == (None, None, "")
    assert stream["run_at"] <= world.harness.engine.context.micros()


async def test_a_record_that_does_not_come_holds_up_no_stop_and_its_delivery_is_taken_up_again(world: World) -> None:
    await world.harness.drain()
    silence = Silence()
    world.shelf.keep(a_variant("A"))
    world.shelf.plan.append(silence)
    await world.notify("d1", ("variant", "variant-A"))
    await stopped_while_asking(world.harness.engine, silence)
    (waiting,) = await world.harness.store.read("inbox_waiting")
    assert waiting["deliveries"] == 1
    assert waiting["run_at"] <= world.harness.engine.context.micros()
    assert await world.harness.engine.intake.step() == 1


async def test_an_engine_that_no_longer_knows_what_is_on_hold_does_not_go_on_as_if_it_did(world: World) -> None:
    context = world.harness.engine.context
    running = asyncio.create_task(world.harness.engine.run(asyncio.Event()))
    unknown = "of a newer release"
    await context.store.write(
        say("put_hold", what="connection:erp", why=unknown, because="", who="", now=context.micros(), until=None)
    )
    with pytest.raises(ValueError, match=unknown):
        await asyncio.wait_for(running, 5)


async def test_a_list_that_does_not_come_holds_up_no_stop_and_is_asked_for_again(world: World) -> None:
    silence = Silence()
    context = world.harness.engine.context
    sweep = Sweep(context, [Endless(silence)])
    await sweep.ask("copy", date(2026, 11, 20), asked="once")

    async def nobody() -> bool:
        return False

    night = asyncio.create_task(Nightly(context, sweep).run(nobody))
    await asyncio.wait_for(silence.asked.wait(), 5)
    night.cancel()
    with pytest.raises(asyncio.CancelledError):
        await night
    (run,) = await world.harness.store.read("unfinished_proofs")
    assert (run["token"], run["lease_until"], run["failures"]) == (None, None, 0)
    assert run["run_at"] <= context.micros()
