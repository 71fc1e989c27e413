"""A shop whose answers change under a running Isthmus: it is told before a job breaks, and never for nothing.

Everything is real but the wire, which changes answers on their way as a vendor's release would.
"""

import json
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from isthmus.bootstrap.config import read_config
from isthmus.bootstrap.wiring import opened
from isthmus.cli.demo_project import Ports, write_project
from isthmus.engine.drift import Watch, everything
from isthmus.kit.http import Request, Response
from isthmus.simulators.odoo.world import OdooWorld
from isthmus.simulators.shopify.settings import Settings
from isthmus.simulators.shopify.world import ShopifyWorld
from isthmus.simulators.stage import stage
from isthmus.testing.clock import HandClock
from isthmus.testing.harness import Harness
from isthmus.testing.indoors import Indoors, Side
from tests.engine.answers import told

pytestmark = pytest.mark.slow
A_DAY = 86_400.0
#: So many orders in the demonstration's shop.
ORDERS = 500
#: What is learned of texts: states, and the types of unions.
STATE = re.compile(r"[A-Z_]+|[a-z]+|\w+Application")
#: Reads what the vendor's release does to the answer of an operation.
Release = Callable[[str, str], str]


@dataclass
class Shop:
    """The demonstration's project, opened, and what happens to answers on their way."""

    world: ShopifyWorld
    harness: Harness
    watch: Watch
    release: Release | None = None

    async def weather(self, side: str, request: Request, carry: Callable[[], Awaitable[Response]]) -> Response:
        answer = await carry()
        if self.release is None or side != "shop":
            return answer
        body = self.release(request.operation, answer.body.decode()).encode()
        return Response(answer.status, answer.headers, body)

    async def trade(self, orders: int, rounds: int = 1) -> None:
        """Let orders come, and be read, in so many rounds."""
        for number in range(rounds):
            await self.world.place_orders(orders, number)
            await self.harness.wait(60, poll=True)

    async def differences(self) -> list[tuple[str, str, str, str, int]]:
        await self.watch.keep(self.harness.store)
        return await told(self.harness.store)


@asynccontextmanager
async def a_shop(folder: Path, seed: str = "demo") -> AsyncGenerator[Shop]:
    hands = HandClock(flowing=True)
    shop = ShopifyWorld(
        seed, None, Settings(restore_per_s=1e6), now=lambda: hands.now().replace(microsecond=0), clock=hands.seconds
    )
    erp = OdooWorld(seed, 17, now=hands.now)
    line = Indoors({"shop": Side(stage(shop), hands.now), "erp": Side(stage(erp), hands.now)}, hands)
    write_project(folder, Ports())
    project = folder / "isthmus.toml"
    text = project.read_text("utf-8")
    text = text.replace(f"http://127.0.0.1:{Ports().shop}", "http://shop")
    project.write_text(text.replace(f"http://127.0.0.1:{Ports().erp}", "http://erp"), "utf-8")
    watch = Watch(hands, everything())
    async with opened(read_config(folder), hands, way_out=line, watch=watch) as app:
        await app.engine.prepare(alone=True)
        made = Shop(shop, Harness(app.engine, app.context.store, hands), watch)
        line.weather = made.weather
        yield made


def retyped(operation: str, body: str) -> str:
    """Send the quantity of a line as a text."""
    return re.sub(r'"currentQuantity":(\d+)', r'"currentQuantity":"\1"', body) if operation == "Orders" else body


def dropped(operation: str, body: str) -> str:
    """Leave a field out that every order had."""
    return re.sub(r'"returnStatus":"\w+",', "", body) if operation == "Orders" else body


def renamed(operation: str, body: str) -> str:
    """Name a state nobody knows."""
    return body.replace('"NO_RETURN"', '"RETURN_LOCKED"') if operation == "Orders" else body


def emptied(operation: str, body: str) -> str:
    """Say nothing where there always was something."""
    return re.sub(r'"createdAt":"[^"]+"', '"createdAt":null', body) if operation == "Orders" else body


def widened(operation: str, body: str) -> str:
    """Say more than before."""
    return body.replace('"returnStatus":', '"riskLevel":"LOW","returnStatus":') if operation == "Orders" else body


async def test_a_healthy_shop_of_500_orders_shows_nothing(tmp_path: Path) -> None:
    async with a_shop(tmp_path) as shop:
        await shop.harness.drain()
        await shop.harness.wait(60)
        done = await shop.harness.store.read("flow_progress", flow="orders")
        assert done[0]["jobs"] >= ORDERS
        assert await shop.differences() == []
        await shop.trade(5, rounds=30)
        await shop.harness.wait(A_DAY, poll=True)
        await shop.trade(20, rounds=5)
        assert await shop.differences() == []
        assert shop.watch.failed == 0
        assert shop.watch.looked_at > ORDERS
        learned = {(row["connection"], row["operation"]) for row in await shop.harness.store.read("shapes")}
        assert {("shop", "Orders"), ("erp", "sale.order.search_read")} <= learned
        for row in await shop.harness.store.read("shape_versions"):
            place = {name: row[name] for name in ("connection", "operation", "question")}
            kept = json.loads((await shop.harness.store.read("shape", **place))[0]["shape"])
            assert all(STATE.fullmatch(text) for text in texts(kept["root"]))


def texts(node: dict[str, Any]) -> set[str]:
    return set(node.get("values", {})).union(*(texts(each) for each in node.get("parts", {}).values()))


@pytest.mark.parametrize(
    ("release", "difference"),
    [
        (retyped, ("type_changed", r"\$\.orders\..*\.currentQuantity", "number", "string")),
        (dropped, ("field_missing", r"\$\.orders\.nodes\[\]\.returnStatus", "always there", "not there")),
        (renamed, ("new_enum_value", r"\$\.orders\.nodes\[\]\.returnStatus", "NO_RETURN", "RETURN_LOCKED")),
        (emptied, ("null_where_never", r"\$\.orders\.nodes\[\]\.createdAt", "string", "null")),
        (widened, ("new_field", r"\$\.orders\.nodes\[\]\.riskLevel", "", "string")),
    ],
)
async def test_a_change_in_the_shops_answers_is_told_before_a_job_breaks(
    tmp_path: Path, release: Release, difference: tuple[str, str, str, str]
) -> None:
    async with a_shop(tmp_path, "skus:20") as shop:
        await shop.harness.drain()
        await shop.trade(10, rounds=25)
        await shop.harness.wait(A_DAY, poll=True)
        asked = {row["subject"] for row in await shop.harness.parked()}
        assert await shop.differences() == []

        shop.release = release
        await shop.trade(2, rounds=3)
        found = await shop.differences()
        assert len(found) == 1, found
        kind, path, before, after, _ = found[0]
        assert re.fullmatch(difference[1], path)
        assert (kind, before, after) == (difference[0], *difference[2:])
        assert {row["subject"] for row in await shop.harness.parked()} == asked
