"""What a process was at that was killed: where nobody else can be alive, the next one goes on with it at once."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from isthmus.engine import failpoints
from isthmus.engine.outcome import Snoozed
from isthmus.engine.presence import Me, Presence
from isthmus.engine.work import Work
from isthmus.store.statement import say
from isthmus.testing.harness import running
from tests.deaths import Died
from tests.engine.conftest import World


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


@pytest.mark.usefixtures("deaths")
async def test_what_it_waited_for_is_not_waited_for_again_once_it_is_over(world: World) -> None:
    harness = world.harness
    await harness.drain()
    [before] = await harness.store.read("streams")

    async def run(works: Sequence[Work]) -> Sequence[Snoozed]:
        until = world.clock.now() + timedelta(minutes=2)
        await harness.store.write(say("hasten_streams", now=harness.engine.context.micros()))
        await harness.engine.rounds.step()  # over before it is written down that this job waits for it
        return [Snoozed(until, "waits", "", waits_for=f"stream:shop/variant#{before['rounds']}") for _ in works]

    world.flow.instead = run
    failpoints.arm({"ISTHMUS_FAILPOINT": "job.finished"})
    await harness.mark("copy", "variant-A")
    await harness.engine.worker.claim()
    with pytest.raises(Died):
        await harness.engine.worker.settle()
    failpoints.arm({})
    job = await harness.job("copy", "variant-A")
    assert job is not None
    assert (job["state"], job["run_at"] <= harness.engine.context.micros()) == ("snoozed", True)
