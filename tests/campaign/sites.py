"""Databases for a campaign: each run has its own, and a server of its own where the arm restarts it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass

from isthmus.store.statement import Dialect
from isthmus.testing.campaign.arm import Arm
from isthmus.testing.campaign.scene import Site
from tests.postgres_server import throwaway_database
from tests.store.servers import Restartable, restartable


@dataclass(slots=True)
class ServerSite:
    """A database on a server that can be ended and started again."""

    url: str
    server: Restartable
    dialect: Dialect = "postgres"

    async def stop(self) -> None:
        """End the server as a power cut would."""
        await asyncio.to_thread(self.server.stop)

    async def start(self) -> None:
        """Start it again."""
        await asyncio.to_thread(self.server.start)


class Servers:
    """One server for all runs that leave it alone, and one more for each run that does not."""

    def __init__(self, shared: Restartable) -> None:
        self._shared = shared

    @asynccontextmanager
    async def site(self, arm: Arm) -> AsyncIterator[Site]:
        """Open a database for one run of an arm."""
        with ExitStack() as stack:
            server = stack.enter_context(restartable()) if arm.restarts else self._shared
            url = stack.enter_context(throwaway_database(server.server.url, "isthmus_campaign"))
            yield ServerSite(f"{url}?synchronous_commit=on", server)
