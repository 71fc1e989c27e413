"""All arms there are."""

from collections.abc import Mapping

from isthmus.testing.campaign.arm import Arm
from isthmus.testing.campaign.crashes import CRASHES
from isthmus.testing.campaign.faulty import SYSTEMS
from isthmus.testing.campaign.lines import LINES
from isthmus.testing.campaign.points import POINTS
from isthmus.testing.campaign.scene import Scene
from isthmus.testing.campaign.together import EVERYTHING


async def plain(scene: Scene) -> None:
    """Play without any fault."""
    await scene.up()
    await scene.traffic()


_PLAIN = Arm("plain", "nothing is broken", plain, harmless=True, stock=True)
ARMS: Mapping[str, Arm] = {arm.name: arm for arm in (_PLAIN, *SYSTEMS, *LINES, *CRASHES, *POINTS, EVERYTHING)}
