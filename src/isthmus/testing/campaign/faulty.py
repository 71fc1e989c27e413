"""Arms in which a system itself fails: what the simulators can show (`/__sim/fault`)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from isthmus.engine.breaker import AUTH_PAUSE_S
from isthmus.testing.campaign.arm import AGREE_S, Arm
from isthmus.testing.campaign.scene import Scene

CREATE, CONFIRM = "sale.order.load", "sale.order.action_confirm"
#: Deliveries only come this often in so many orders, so that polling has to find the rest.
WEBHOOKS = {
    "duplicate_webhook": "every other delivery of the shop comes twice",
    "drop_webhook": "every other delivery of the shop is lost",
    "delay_webhook": "every other delivery of the shop comes four seconds late",
    "reorder_webhook": "every other delivery of the shop is overtaken by a later one",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault a simulator shows, at a rate, on operations that contain `match`."""

    side: str
    kind: str
    rate: float
    match: str = ""
    seconds: float = 1.5

    async def begin(self, scene: Scene) -> None:
        """Show it from now on."""
        await scene.fault(self.side, self.kind, rate=self.rate, match=self.match, seconds=self.seconds)

    async def end(self, scene: Scene) -> None:
        """Show it no more."""
        await scene.heal(self.side, self.kind, self.match)


#: Shown by each side, at a rate that lets some work get through: what nothing gets through is an outage.
ERP: Sequence[tuple[str, float, str]] = (
    ("status_500", 0.08, "answers 500"),
    ("status_503", 0.08, "answers 503"),
    ("throttle", 0.08, "says too fast, and for how long"),
    ("throttle_no_hint", 0.08, "says too fast, not for how long"),
    ("hang", 0.04, "hangs, then cuts the connection"),
    ("reset", 0.08, "cuts the connection before it acts"),
    ("commit_then_drop", 0.08, "acts, and cuts the connection before it answers"),
    ("slow_commit", 0.08, "acts late"),
    ("truncate", 0.06, "acts, and sends half of its answer"),
    ("html", 0.06, "answers 200 with a page"),
    ("wrong_type", 0.02, "answers 200 with something of another type"),
    ("expire_auth", 0.02, "forgets who we are"),
)
SHOP: Sequence[tuple[str, float, str]] = (
    ("status_500", 0.2, "answers 500"),
    ("status_503", 0.2, "answers 503"),
    ("throttle", 0.2, "says too fast, and for how long"),
    ("throttle_no_hint", 0.2, "says too fast, not for how long"),
    ("hang", 0.1, "hangs, then cuts the connection"),
    ("reset", 0.2, "cuts the connection before it acts"),
    ("commit_then_drop", 0.2, "acts, and cuts the connection before it answers"),
    ("slow_commit", 0.2, "acts late"),
    ("truncate", 0.15, "acts, and sends half of its answer"),
    ("html", 0.15, "answers 200 with a page"),
    ("wrong_type", 0.05, "answers 200 with something of another type"),
    ("expire_auth", 0.1, "forgets our token"),
)


#: A system that refuses our credentials is asked once a minute: whatever was refused last waits for that, and what
#: that look finds refused once more for the next one.
REFUSED_S = 2 * AUTH_PAUSE_S + 30.0


def broken(name: str, says: str, *troubles: Trouble, part: float = 0.7, stock: bool = False) -> Arm:
    """Return an arm in which all this goes on while everything is offered and `part` of it arrives."""

    async def play(scene: Scene) -> None:
        for each in troubles:
            await each.begin(scene)
        await scene.up()
        await scene.traffic()
        await scene.arrived(part)
        await scene.insist()
        for each in troubles:
            await each.end(scene)

    refused = any(each.kind == "expire_auth" for each in troubles)
    return Arm(name, says, play, stock=stock, agree_s=REFUSED_S if refused else AGREE_S)


async def away(scene: Scene) -> None:
    """Let the ERP serve nobody for a while."""
    await scene.up()
    trading = asyncio.create_task(scene.traffic())
    await asyncio.sleep(1)
    await scene.fault("erp", "status_503", rate=1)
    await trading
    await asyncio.sleep(4)
    await scene.heal("erp", "status_503")


def _dashed(side: str, kind: str) -> str:
    return f"{side}-{kind.replace('_', '-')}"


_SIDES = {"erp": ERP, "shop": SHOP}
SYSTEMS: Sequence[Arm] = (
    *(
        broken(
            _dashed(side, kind),
            f"the {side} {words}: {rate:.0%} of its calls",
            Trouble(side, kind, rate),
            stock=side == "shop",
        )
        for side, kinds in _SIDES.items()
        for kind, rate, words in kinds
    ),
    *(
        broken(
            _dashed("erp-second-step", kind),
            f"the order is made, its confirmation fails ({kind}): 3 of 10 orders",
            Trouble("erp", kind, 0.3, CONFIRM),
        )
        for kind in ("status_500", "reset", "commit_then_drop")
    ),
    broken(
        "erp-create-unheard",
        "the ERP makes every third order without our hearing of it",
        Trouble("erp", "commit_then_drop", 0.33, CREATE),
    ),
    Arm("erp-away", "the ERP serves nobody for some seconds while the shop goes on selling", away),
    *(
        broken(_dashed("shop", kind), words, Trouble("shop", kind, 0.5, seconds=4.0), part=0.9)
        for kind, words in WEBHOOKS.items()
    ),
)
