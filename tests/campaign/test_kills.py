"""Isthmus is killed once at every commit and every call there is, and both systems agree in the end."""

from pathlib import Path

import pytest

from isthmus.testing.campaign.campaign import Ground, campaign, file_site, planned, summed
from isthmus.testing.campaign.points import POINTS
from tests.campaign.test_campaign import ORDERS, SEED

pytestmark = [pytest.mark.crash, pytest.mark.slow]


async def test_it_is_killed_at_every_point_there_is(tmp_path: Path) -> None:
    runs = planned(list(POINTS), ("sqlite",), [SEED], ORDERS * len(POINTS))
    ground = Ground({"sqlite": file_site}, tmp_path)
    results = await campaign(runs, ground, lanes=len(POINTS), told=lambda each: print(each.arm, each.well))  # noqa: T201
    assert summed(results)["failpoints_missed"] == []
    assert [each for each in results if not each.well] == []
