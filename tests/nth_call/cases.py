"""One failure at one call of one journey, and what came of it."""

from dataclasses import dataclass
from itertools import count

from isthmus.store.statement import say
from tests.nth_call.journeys import Journey
from tests.nth_call.rig import NotAtRest, Rig
from tests.nth_call.spoils import Spoil
from tests.nth_call.wire import Called

#: Longer than any reading reaches back.
PAUSE_S = 900.0
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of it. `asked` are the codes a person was asked; `wrong` is what both systems say against us."""

    struck: bool
    asked: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()

    @property
    def cell(self) -> str:
        """Return the cell of the table."""
        if self.wrong:
            return "WRONG"
        if not self.struck:
            return "-"
        return f"asks: {', '.join(self.asked)}" if self.asked else "."


async def clean_run(rig: Rig, journey: Journey) -> list[Called]:
    """Return the calls a journey makes when nothing fails, in order; it must arrive then."""
    about = await begun(rig, journey)
    rig.wire.begin()
    await journey.happens(rig, about)
    await rig.go_on()
    calls = list(rig.wire.calls)
    wrong = await journey.judge(rig, about)
    assert not wrong, f"{journey.name} does not arrive though nothing fails: {wrong}"
    return calls


async def run(rig: Rig, journey: Journey, target: Called, spoil: Spoil) -> Verdict:
    """Let one call of a journey go wrong, let everything go on, and ask both systems."""
    about = await begun(rig, journey)
    rig.wire.begin(target, spoil)
    asked: list[str] = []
    try:
        await journey.happens(rig, about)
        await rig.go_on()
        struck = rig.wire.struck
        asked = await questions(rig)
        if asked:
            # The failure is over; somebody has looked at the question and says: again.
            await answered(rig)
            await rig.go_on()
        left = await questions(rig)
        wrong = [*await journey.judge(rig, about), *(f"still asked: {code}" for code in left)]
    except NotAtRest as restless:
        struck, wrong = rig.wire.struck, [str(restless)]
    return Verdict(struck, tuple(asked), tuple(wrong))


async def begun(rig: Rig, journey: Journey) -> str:
    """Prepare a journey a while after the last one, so that what is read again is not read for it, and return whose."""
    await rig.clock.advance(PAUSE_S)
    await rig.harness.drain(poll=True)
    await rig.go_on()
    # Nothing may run after this: a poll would bring the record over before anything fails.
    about = await journey.before(rig, next(_numbers))
    if journey.fresh:
        rig.reopen()
    return about


async def questions(rig: Rig) -> list[str]:
    """Return the codes of what a person is asked. Each has a reason in words."""
    rows = await rig.harness.parked()
    for row in rows:
        assert row["because"], f"a question without a reason: {row['flow']} {row['subject']} {row['code']}"
    return sorted({row["code"] for row in rows})


async def answered(rig: Rig) -> None:
    """Retry whatever waits for a person."""
    now = rig.harness.engine.context.micros()
    await rig.harness.store.write(say("retry_jobs", flow="", code="", subject="", number="", now=now))
