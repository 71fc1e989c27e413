"""A shop and an ERP that are made up, and an engine between them, on both stores."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from isthmus.engine.engine import Rules
from isthmus.engine.flow import Flow
from isthmus.testing.clock import HandClock
from isthmus.testing.harness import Harness, connection, running
from tests.engine.fakes import Bell, Copying, Desk, Shelf, session
from tests.store.conftest import BOTH, address_of

SETTLE_S = 10.0


@dataclass(slots=True)
class World:
    """Both systems, the engine between them, and its flow."""

    clock: HandClock
    shelf: Shelf
    desk: Desk
    harness: Harness
    flow: Copying

    async def notify(self, delivery_id: str, *named: tuple[str, str]) -> None:
        """Deliver a notice, as a shop sends it."""
        body = "[" + ",".join(f'["{kind}","{external_id}"]' for kind, external_id in named) + "]"
        await self.harness.deliver("shop", delivery_id, "changed", body.encode())


Opener = Callable[..., AbstractAsyncContextManager[World]]


@asynccontextmanager
async def world_of(
    database: str = "",
    *,
    kinds: Sequence[str] = ("variant",),
    batch: int = 1,
    rules: Rules | None = None,
    **erp_said: Any,
) -> AsyncIterator[World]:
    """Open a world; `database` is a store's URL, `said` what the ERP's manifest says."""
    clock = HandClock()
    shelf, desk = Shelf(clock), Desk(clock)
    flows: list[Copying] = []

    def made(engine: object) -> list[Flow]:
        flows.append(Copying(engine.context, kinds=tuple(kinds), batch=batch))  # type: ignore[attr-defined]
        return list(flows)

    shop = connection("shop", session(dict.fromkeys(kinds, shelf), receiver=Bell()), clock=clock)
    erp = connection(
        "erp", session(sinks={"variant": desk}), clock=clock, settle_s=SETTLE_S, secrets=("hush",), **erp_said
    )
    async with running([shop, erp], made, clock=clock, database=database, rules=rules) as harness:
        yield World(clock, shelf, desk, harness, flows[0])


@pytest.fixture(params=BOTH)
async def database(request: pytest.FixtureRequest) -> str:
    return await address_of(request)


@pytest.fixture
async def world(database: str) -> AsyncIterator[World]:
    async with world_of(database) as made:
        yield made
