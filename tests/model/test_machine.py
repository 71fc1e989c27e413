"""Whatever happens to a shop, its ERP and Isthmus in whatever order: once it calms down, both sides agree.

A slice of what `make model` does at length. A failing example is printed as the steps that led to it, with a blob that
repeats it; those that were found once are kept below.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.life import Life
from tests.model.machine import on
from tests.model.town import town

SLICE = settings(
    max_examples=14,
    stateful_step_count=30,
    deadline=None,
    print_blob=True,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def test_everything_comes_right() -> None:
    machine = on("")
    run_state_machine_as_test(machine, settings=SLICE)
    assert machine.taken > 100


def test_everything_comes_right_on_postgresql(new_database: str) -> None:
    machine = on(new_database)
    run_state_machine_as_test(machine, settings=settings(SLICE, max_examples=4))
    assert machine.taken > 30


Steps = Callable[[Life], Awaitable[None]]


async def renamed_then_typed_over(life: Life) -> None:
    """The ERP's figures went on under the old name until the goods moved, so the shop's figure was never mended."""
    sku = life.people.rename(life.people.skus()[0])
    life.people.set_shop_stock(sku, "Main warehouse", 0)
    await life.settle()


async def renamed_while_an_order_is_on_its_way(life: Life) -> None:
    """What the order takes was kept under the old name, so the ERP's new goods were offered without it."""
    await life.pause("flow:orders")
    await life.people.buy(6, 1)
    await life.town.wait(75)
    for sku in life.people.skus():
        name = life.people.rename(sku)
        life.people.count(name, "Main warehouse", 30)
    for _ in range(4):
        await life.town.wait(910)
    assert life.promise.raised
    await life.settle()


async def renamed_on_one_side_then_typed_over(life: Life) -> None:
    """What only the shop calls so was looked for in the ERP under that name, and not found."""
    for where in ("shop", "erp"):
        life.people.rename(life.people.skus()[0], where)
        await life.town.wait(910)
        life.people.set_shop_stock(life.people.skus()[0], "Main warehouse", 0)
        await life.settle()


FOUND = (renamed_then_typed_over, renamed_while_an_order_is_on_its_way, renamed_on_one_side_then_typed_over)


@pytest.mark.parametrize("steps", FOUND)
def test_what_was_found_once_stays_mended(steps: Steps, tmp_path: Path) -> None:
    async def live() -> None:
        async with town(tmp_path, skus=3) as made:
            life = Life(made)
            await life.begin()
            await steps(life)

    asyncio.run(live())
