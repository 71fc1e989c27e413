"""Arms in which the line between two that are well is bad: what the proxy can do."""

from collections.abc import Sequence
from dataclasses import replace

from isthmus.testing.campaign.arm import Arm
from isthmus.testing.campaign.faulty import CREATE, Trouble
from isthmus.testing.campaign.scene import Scene
from isthmus.testing.proxy import Fault


def bad_line(name: str, says: str, *faults: tuple[str, Fault]) -> Arm:
    """Return an arm in which the lines to these sides are bad while everything is offered."""

    async def play(scene: Scene) -> None:
        for side, each in faults:
            scene.spoil(side, replace(each, seen=0, hits=0))
        await scene.up()
        await scene.traffic()
        await scene.arrived(0.7)
        await scene.insist()
        for proxy in scene.proxies.values():
            proxy.faults.clear()

    return Arm(name, says, play, stock=True, proxied=tuple(dict.fromkeys(side for side, _fault in faults)))


async def overlapping(scene: Scene) -> None:
    """Cut the line while the ERP is still working: the next try comes while the first one runs."""
    slow = Trouble("erp", "slow_commit", 0.2, CREATE, seconds=3.0)
    await slow.begin(scene)
    # A slow one and a quick one are cut alike; only the slow one is still running then.
    scene.spoil("erp", Fault("abandon", "sale.order/load", rate=0.2, seconds=0.5))
    await scene.up()
    await scene.traffic()
    await scene.arrived(0.7)
    await scene.insist()
    scene.proxies["erp"].faults.clear()
    await slow.end(scene)


async def nth(scene: Scene) -> None:
    """Lose the answer to the 1st, 4th, 9th, ... call of each kind that writes."""
    for operation in ("sale.order/load", "sale.order/action_confirm", "res.partner/load", "sale.order/write"):
        for number in (1, 4, 9, 16, 25):
            scene.spoil("erp", Fault("drop", operation, nth=number))
    await scene.up()
    await scene.traffic()
    await scene.arrived(0.9)
    await scene.insist()


def _each(kind: str, says: str, **more: float) -> Arm:
    sides = [(side, Fault(kind, **more)) for side in ("erp", "shop")]  # type: ignore[arg-type]
    return bad_line(f"line-{kind}", f"both lines {says}", *sides)


LINES: Sequence[Arm] = (
    _each("latency", "are slow and unsteady: 20 ms, give or take 20", rate=1.0, seconds=0.02, jitter=0.02),
    _each("reset", "break before a call arrives, 5 in 100", rate=0.05),
    _each("hang", "swallow 2 calls in 100", rate=0.02, seconds=1.5),
    _each("drop", "break before the answer, 5 in 100", rate=0.05),
    _each("truncate", "break in the middle of the answer, 5 in 100", rate=0.05),
    _each("slow", "let answers trickle, 5 in 100", rate=0.05, seconds=1.0),
    _each("bandwidth", "carry 200 kB a second", rate=1.0, bytes_per_s=200_000),
    Arm("line-nth-answer", "the answer to the n-th write of each kind is lost", nth, proxied=("erp",)),
    Arm("erp-slow-then-retry", "the line breaks, the ERP works on, the retry comes", overlapping, proxied=("erp",)),
)
