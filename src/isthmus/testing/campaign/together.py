"""Everything at once."""

import asyncio

from isthmus.testing.campaign.arm import Arm
from isthmus.testing.campaign.crashes import everybody
from isthmus.testing.campaign.faulty import CONFIRM, Trouble
from isthmus.testing.campaign.scene import Scene
from isthmus.testing.proxy import Fault

TROUBLES = (
    Trouble("erp", "status_500", 0.02),
    Trouble("erp", "throttle", 0.02),
    Trouble("erp", "commit_then_drop", 0.03),
    Trouble("erp", "reset", 0.2, CONFIRM),
    Trouble("shop", "status_503", 0.05),
    Trouble("shop", "commit_then_drop", 0.05),
    Trouble("shop", "expire_auth", 0.02),
    Trouble("shop", "drop_webhook", 0.2),
    Trouble("shop", "duplicate_webhook", 0.2),
    Trouble("shop", "reorder_webhook", 0.2),
)


async def everything(scene: Scene) -> None:
    """Let systems, lines and processes fail together."""
    for each in TROUBLES:
        await each.begin(scene)
    for side in ("shop", "erp"):
        scene.spoil(side, Fault("latency", rate=0.5, seconds=0.01, jitter=0.01))
        scene.spoil(side, Fault("reset", rate=0.01))
        scene.spoil(side, Fault("drop", rate=0.01))
        scene.spoil(side, Fault("truncate", rate=0.01))
    await everybody(scene)
    trading = asyncio.create_task(scene.traffic())
    for _ in range(3):
        await asyncio.sleep(scene.chance.uniform(0.5, 1.5))
        name = scene.chance.choice(sorted(scene.lives))
        await scene.kill(name)
        await scene.up(name)
    await trading
    await scene.arrived(0.5)
    for proxy in scene.proxies.values():
        proxy.faults.clear()
    for each in TROUBLES:
        await each.end(scene)


EVERYTHING = Arm(
    "everything", "all of it together: both systems, both lines, processes killed", everything,
    stock=True, proxied=("shop", "erp"), agree_s=200.0,
)  # fmt: skip
