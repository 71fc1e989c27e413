"""A project between a simulated Shopify and a simulated Odoo, and a doctor to visit it."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web

from isthmus.admin.doctor.diagnosis import Diagnosis, Visit
from isthmus.bootstrap.config import FILE, read_config
from isthmus.bootstrap.examining import examine
from isthmus.bootstrap.start import ensure_subscriptions
from isthmus.bootstrap.wiring import App, opened
from isthmus.cli.demo_project import Ports, write_project
from isthmus.ports.probe import Severity
from isthmus.simulators.odoo import OdooWorld
from isthmus.simulators.shopify import ShopifyWorld
from isthmus.simulators.shopify.settings import Settings
from isthmus.simulators.stage import serve, stage
from tests.proof.stand import LaterClock

#: What a simulated Odoo is asked for by somebody who only looks.
LOOKS = frozenset(
    {
        "authenticate", "check_access_rights", "context_get", "fields_get", "get_external_id", "has_access", "read",
        "search", "search_count", "search_read", "version", "web.version",
    }
)  # fmt: skip


@dataclass(slots=True)
class Ward:
    """Both systems, and the project between them."""

    app: App
    shop: ShopifyWorld
    erp: OdooWorld
    clock: LaterClock
    folder: Path
    ports: Ports
    runners: Sequence[web.AppRunner]

    async def visit(self, **wish: Any) -> Visit:
        """Let the doctor look."""
        return await examine(self.app, lambda _what, _records: None, **wish)

    async def ill(self, **wish: Any) -> dict[tuple[str, str], Diagnosis]:
        """Return what is not well by whom it is about and code."""
        visit = await self.visit(**wish)
        return {(one.about, one.code): one for one in visit.findings if one.severity is not Severity.OK}

    async def asked(self, side: str) -> dict[str, int]:
        """Return what a simulator was asked, by operation."""
        port = self.ports.shop if side == "shop" else self.ports.erp
        async with ClientSession() as http, http.get(f"http://127.0.0.1:{port}/__sim/meter") as answer:
            return (await answer.json())["calls"]

    async def written(self) -> list[str]:
        """Return the operations of both sides that are no looks; to be asked before and after."""
        erp = [name for name in await self.asked("erp") if name.rpartition(".")[2] not in LOOKS]
        shop = [name for name in await self.asked("shop") if name.endswith(("Create", "Update", "Set", "Delete"))]
        return sorted([*erp, *shop])


@asynccontextmanager
async def ward(
    folder: Path,
    *,
    toml: Sequence[tuple[str, str]] = (),
    key: str = "demo-key",
    today: datetime | None = None,
    subscribed: bool = True,
) -> AsyncGenerator[Ward]:
    """Open a project in which all is well; `toml` replaces pieces of its file, `today` is the date here and there."""
    clock = LaterClock()
    clock.ahead = (today - datetime.now(UTC)) if today else timedelta(0)
    shop = ShopifyWorld(None, None, Settings(restore_per_s=1e6, bucket_size=1e7), now=clock.now)
    erp = OdooWorld("demo", now=clock.now)
    runners = [await serve(stage(shop), 0), await serve(stage(erp), 0)]
    ports = Ports(8100, *(runner.addresses[0][1] for runner in runners))
    write_project(folder, ports)
    text = (folder / FILE).read_text("utf-8")
    for before, after in toml:
        assert before in text
        text = text.replace(before, after)
    (folder / FILE).write_text(text, "utf-8")
    secrets = (folder / ".env").read_text("utf-8")
    (folder / ".env").write_text(secrets.replace("demo-key", key), "utf-8")
    try:
        async with opened(read_config(folder), clock) as app:
            await app.engine.prepare(alone=True)
            if subscribed:
                assert list(await ensure_subscriptions(app, "shop")) == []
            yield Ward(app, shop, erp, clock, folder, ports, runners)
    finally:
        for runner in runners:
            await runner.cleanup()
