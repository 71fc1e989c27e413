"""A week of a shop's life, with an outage of every length: nothing lost, doubled or wrong, and the same each time."""

import asyncio
import os

import pytest

from tests.model.calendar import Year
from tests.model.year import live

pytestmark = pytest.mark.slow

WEEK = Year(days=7, orders_per_day=5.0, seed=3)


def test_a_week_comes_right() -> None:
    result = asyncio.run(live(WEEK, every_s=7200))

    assert result["wrongs"] == []
    assert (result["lost"], result["doubled"], result["wrong"], result["failed"]) == (0, 0, 0, 0)
    assert result["orders"] > 20
    assert result["happened"]["down"] >= 7
    assert result["crashes"] >= 1


def test_the_same_seed_is_the_same_week() -> None:
    short = Year(days=1, orders_per_day=8.0, seed=int(os.environ.get("ISTHMUS_YEAR_SEED", "5")), outages=())

    first, second = (asyncio.run(live(short, every_s=3600)) for _ in range(2))

    assert first["digest"] == second["digest"]
    assert first["orders"] == second["orders"] > 3
