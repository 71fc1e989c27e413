"""Arms in which Isthmus itself, its clock or its database fails."""

import asyncio
from collections.abc import Sequence

from isthmus.engine.leases import LEASE_S, RECLAIM_EVERY_S
from isthmus.testing.campaign.arm import Arm
from isthmus.testing.campaign.scene import Scene

KILLS = 6
#: So long after a process was last heard of, its jobs are others' for certain.
GONE_S = LEASE_S + RECLAIM_EVERY_S * 2
#: Both ways, further than any webhook's age or lease allows for.
AHEAD_S, BEHIND_S = 120, -120


async def everybody(scene: Scene) -> None:
    """Start everything: one process on a file, two on a server."""
    await scene.up()
    if scene.site.dialect == "postgres":
        await scene.up("worker")


async def killed(scene: Scene) -> None:
    """Kill processes at random moments while orders come in, and start them again."""
    await everybody(scene)
    trading = asyncio.create_task(scene.traffic())
    for _ in range(KILLS):
        await asyncio.sleep(scene.chance.uniform(0.2, 1.2))
        name = scene.chance.choice(sorted(scene.lives))
        await scene.kill(name)
        await asyncio.sleep(scene.chance.uniform(0.0, 0.5))
        await scene.up(name)
    await trading


async def frozen(scene: Scene) -> None:
    """Let a process stand still, on a server for longer than its lease, with work in hand."""
    await everybody(scene)
    trading = asyncio.create_task(scene.traffic())
    await asyncio.sleep(1.0)
    name, seconds = ("worker", GONE_S) if scene.site.dialect == "postgres" else ("up", 8.0)
    scene.freeze(name)
    await asyncio.sleep(seconds)
    scene.thaw(name)
    await trading


async def restarted(scene: Scene) -> None:
    """End the database server as a power cut would, twice, and start it again."""
    await everybody(scene)
    trading = asyncio.create_task(scene.traffic())
    for away_s in (0.0, 2.0):
        await asyncio.sleep(1.2)
        await scene.site.stop()
        scene.struck["database ended"] += 1
        await asyncio.sleep(away_s)
        await scene.site.start()
    await trading


def skewed(seconds: int) -> Arm:
    """Return an arm with a clock that is wrong from the start."""

    async def play(scene: Scene) -> None:
        await _clock(scene, seconds)
        await everybody(scene)
        await scene.traffic()
        await scene.arrived(0.9)

    side = "ahead" if seconds > 0 else "behind"
    return Arm(f"clock-{side}", f"the clock is {abs(seconds)} s {side}", play)


async def stepped(scene: Scene) -> None:
    """Put the clock back and forth by minutes while work is going on."""
    await _clock(scene, AHEAD_S)
    await everybody(scene)
    trading = asyncio.create_task(scene.traffic())
    for seconds in (BEHIND_S, 0, AHEAD_S, 0):
        await asyncio.sleep(1.0)
        await _clock(scene, seconds)
    await trading


async def _clock(scene: Scene, seconds: int) -> None:
    scene.clock = scene.folder / "clock"
    new = scene.folder / "clock.new"
    new.write_text(str(seconds), "ascii")
    new.replace(scene.clock)  # whoever reads it meanwhile reads the old or the new one
    scene.struck["clock set"] += 1


CRASHES: Sequence[Arm] = (
    Arm("worker-killed", f"processes are killed {KILLS} times at random moments", killed, stock=True),
    Arm("worker-frozen", "a process stands still past its lease, and goes on", frozen),
    Arm(
        "database-restarted",
        "the database ends twice without a goodbye",
        restarted,
        ("postgres",),
        restarts=True,
        stock=True,
    ),
    skewed(AHEAD_S),
    skewed(BEHIND_S),
    Arm("clock-stepped", "the clock jumps back and forth by minutes", stepped),
)
