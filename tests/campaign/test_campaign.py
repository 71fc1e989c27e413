"""Arms of the campaign with a few orders each: whatever breaks, both systems agree in the end.

All arms and all points on a file, and some on a server; with ISTHMUS_CAMPAIGN=1 all of them there as well. The campaign
proper is `make campaign`; its figures are on docs/explanation/reliability.md.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from isthmus.store.statement import Dialect
from isthmus.testing.campaign.arm import Arm, Result
from isthmus.testing.campaign.arms import ARMS
from isthmus.testing.campaign.campaign import Ground, campaign, file_site, planned, summed
from isthmus.testing.campaign.points import POINTS
from tests.campaign.sites import Servers
from tests.postgres_server import NoPostgres
from tests.store.servers import restartable

pytestmark = [pytest.mark.crash, pytest.mark.slow]
#: What a fast slice has time for on a server, where a killed process's work waits for its lease.
ON_A_SERVER = ("plain", "erp-commit-then-drop", "database-restarted", "erp-slow-then-retry")
ORDERS = 5
LANES = 6
SEED = int(os.environ.get("ISTHMUS_CAMPAIGN_SEED", "1"))


async def performed(
    folder: Path, arms: list[Arm], stores: tuple[Dialect, ...], sites: Mapping[Any, Any]
) -> list[Result]:
    runs = planned(arms, stores, [SEED], ORDERS * len(arms) * len(stores))
    print(f"seed {SEED}; ISTHMUS_CAMPAIGN_SEED changes it")  # noqa: T201 - shown when it fails
    return await campaign(runs, Ground(sites, folder), lanes=LANES, told=print)


def bad(results: list[Result]) -> list[Result]:
    return [each for each in results if not each.well]


async def test_whatever_breaks_nothing_is_lost_doubled_or_wrong(tmp_path: Path) -> None:
    arms = [arm for arm in ARMS.values() if "sqlite" in arm.stores and arm not in POINTS]
    results = await performed(tmp_path, arms, ("sqlite",), {"sqlite": file_site})
    assert bad(results) == []
    assert {each.arm for each in results} == {arm.name for arm in arms}
    told = summed(results)
    assert told["total"]["offered"] == told["total"]["once"] + sum(each.skipped for each in results)
    assert all(each.once > 0 for each in results)


@pytest.mark.postgres
async def test_nor_on_a_server(tmp_path: Path) -> None:
    arms = [ARMS[name] for name in (ARMS if os.environ.get("ISTHMUS_CAMPAIGN") else ON_A_SERVER)]
    try:
        with restartable() as server:
            sites = {"postgres": Servers(server).site}
            results = await performed(tmp_path, arms, ("postgres",), sites)
    except NoPostgres as reason:
        pytest.skip(str(reason))
    assert bad(results) == []
