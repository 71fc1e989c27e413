"""No change is missed: rows commit up to a minute late, clocks are up to five minutes wrong, readers break off.

A slice of what `make cursors` does at length, through each connector's own reading of each simulator's own listing.
"""

import asyncio

import pytest

from tests.model.cursors import ARMS, PARTS, read
from tests.model.reading import Plan

pytestmark = pytest.mark.slow

#: An order costs ten times what a figure does.
CHANGES = {name: 300 if name == "shopify orders" else 2000 for name in PARTS}


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("name", PARTS)
def test_no_change_is_missed(name: str, arm: str) -> None:
    per_s = 1.5 if name != "shopify orders" else 0.15
    plan = Plan(changes=CHANGES[name], per_s=per_s, steps_every_s=180.0)

    found = asyncio.run(read(name, plan, 7, apart=ARMS[arm], records=400))

    assert found.missed == []
    assert found.changes >= CHANGES[name]
    assert found.steps > 3
    assert found.restarts > 3
    # The price of it, stated in docs/explanation/cursors.md.
    assert found.factor < 20
