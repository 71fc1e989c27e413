"""Duties of a process that was killed: where nobody else can be alive, the next one has them at once."""

from isthmus.engine.presence import Me, Presence
from isthmus.store.statement import say
from isthmus.testing.harness import running


async def test_a_process_that_is_alone_takes_the_duties_of_the_one_before() -> None:
    async with running({}, lambda _engine: ()) as harness:
        killed = Presence(harness.engine.context, Me("up"))
        assert await killed.on_duty("webhooks")
        assert not await harness.engine.presence.on_duty("webhooks")
        await harness.engine.take_back()
        assert await harness.engine.presence.on_duty("webhooks")


async def test_and_goes_on_with_the_comparison_it_was_at() -> None:
    async with running({}, lambda _engine: ()) as harness:
        engine = harness.engine
        await engine.sweep.ask("orders", engine.context.now().date(), asked="by somebody")
        now = engine.context.micros()
        await harness.store.write(say("claim_proof", now=now, lease_until=now + 60_000_000, token="killed"))
        assert not await engine.sweep.step()
        await engine.take_back()
        assert await engine.sweep.step()
