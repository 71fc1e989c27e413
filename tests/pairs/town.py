"""Any shops and any ERPs, simulated, with Isthmus between them on a project file such as a person writes."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web

from isthmus.admin import proof
from isthmus.admin.proof import ProofRow
from isthmus.bootstrap.config import FILE, read_config
from isthmus.bootstrap.start import introduce
from isthmus.bootstrap.wiring import App, opened
from isthmus.simulators.demo_shop import PLACES
from isthmus.simulators.stage import Simulator, World, serve, stage
from isthmus.simulators.woocommerce import WooCommerceWorld
from isthmus.simulators.woocommerce.settings import Settings
from isthmus.testing.harness import Harness
from tests.proof.stand import PATIENCE, LaterClock, at_noon

#: What is sold takes so long to come into every list, in minutes.
LISTED_MIN = 3


@dataclass(frozen=True, slots=True)
class Form:
    """How a connection to one simulator is written down. `places`: the shop's location for each ERP warehouse code.

    `canceled`: the state in which the ERP leaves an order that was confirmed and then canceled.
    """

    settings: Mapping[str, str]
    secrets: Mapping[str, str]
    places: Mapping[str, str] = field(default_factory=dict[str, str])
    canceled: str = ""


SHOPS: dict[str, Form] = {
    "shopify": Form({}, {"access_token": "demo-token", "client_secret": "demo-secret"}, dict(PLACES)),
    "woocommerce": Form(
        {},
        {
            "consumer_key": "ck_de0000000000000000000000000000000000a001",
            "consumer_secret": "cs_de0000000000000000000000000000000000a002",
            "webhook_secret": "demo-secret",
        },
        {code: "store" for code, _ in PLACES},
    ),
    "vendure": Form({"login": "demo"}, {"password": "demo-password", "webhook_secret": "demo-secret"}, dict(PLACES)),
}
ERPS: dict[str, Form] = {
    "odoo": Form({"database": "demo", "login": "demo", "fee_sku": "TIP"}, {"api_key": "demo-key"}, canceled="cancel"),
    "tryton": Form(
        {"database": "demo", "login": "demo", "fee_code": "TIP"}, {"password": "demo-password"}, canceled="done"
    ),
}


#: A real Odoo, where one is named (tests/connectors/odoo/test_real.py says what has to be in it).
ODOO = {
    name: os.environ.get(f"ISTHMUS_TEST_ODOO_{word}", "")
    for name, word in (("url", "URL"), ("database", "DB"), ("login", "LOGIN"), ("api_key", "KEY"))
}


@dataclass(slots=True)
class Town:
    """The systems by connection, and questions to them behind everybody's back."""

    app: App
    clock: LaterClock
    addresses: Mapping[str, str]
    http: ClientSession

    async def do(self, name: str, what: str, /, **wish: Any) -> Any:
        """Use a control of a simulator, as a person outside would."""
        async with self.http.post(f"{self.addresses[name]}/__sim/{what}", json=wish) as answer:
            said = await answer.json()
            assert answer.status == 200, said
            return said

    async def state(self, name: str) -> dict[str, Any]:
        async with self.http.get(f"{self.addresses[name]}/__sim/state") as answer:
            return await answer.json()

    async def orders(self, *names: str) -> dict[str, dict[str, Any]]:
        """Return the orders of some systems by reference; nothing may be there twice."""
        found: dict[str, dict[str, Any]] = {}
        for name in names:
            for order in (await self.state(name))["orders"]:
                assert order["reference"] not in found, f"{order['reference']} is there twice"
                found[order["reference"]] = order
        return found

    async def stock(self, name: str) -> dict[str, dict[str, Decimal]]:
        """Return what a system has of each SKU in each place."""
        stock = (await self.state(name))["stock"]
        return {
            sku: {place: Decimal(str(each)) for place, each in places.items() if each is not None}
            for sku, places in stock.items()
        }

    async def sync(self) -> None:
        """Let some minutes pass: everything is read, and everything due is done."""
        harness = Harness(self.app.engine, self.app.context.store, self.clock)
        for _ in range(LISTED_MIN):
            self.clock.ahead += type(self.clock.ahead)(minutes=1)
            await harness.drain()
        for _ in range(PATIENCE):
            if not await self.app.context.store.read("snoozed_job"):
                return
            self.clock.ahead += type(self.clock.ahead)(seconds=30)
            await harness.drain()

    async def questions(self) -> list[tuple[str, str, str]]:
        """Return flow, number and code of what people are asked."""
        rows = await self.app.context.store.read("parked_jobs", flow="", wish=1000)
        return sorted((row["flow"], row["number"], row["code"]) for row in rows)

    async def open_rows(self) -> list[ProofRow]:
        """Prove every flow as of today and return what is open."""
        self.clock.ahead += type(self.clock.ahead)(minutes=20)
        context, sweep = self.app.context, self.app.engine.sweep
        today = context.now().astimezone(self.app.config.zone).date()
        wish = await proof.ask(sweep, context.now(), flow="", first=today, last=today, by="test")
        runs = await proof.finish(context, sweep, wish)
        assert all(run.state == "done" for run in runs), runs
        return [row for run in runs async for row in proof.rows_of(context, run.run, "open")]


def world(slug: str, seed: str, clock: LaterClock) -> World:
    """Return a simulated system. WooCommerce over http looks at the caller's clock: it lives by the same one."""
    if slug == "woocommerce":
        return WooCommerceWorld(
            seed, None, Settings(), lambda: clock.now().replace(microsecond=0), lambda: clock.now().timestamp()
        )
    made: Simulator = next(entry for entry in entry_points(group="isthmus.simulators") if entry.name == slug).load()
    return made.build(seed, None)


@asynccontextmanager
async def standing(
    folder: Path, systems: Mapping[str, str], flows: str, seed: str = "skus:12", *, odoo: str = ""
) -> AsyncIterator[Town]:
    """Serve `systems` (simulator by connection), write the project with `flows`, and open it; nothing is read yet.

    `odoo` names a connection that leads to the real Odoo instead.
    """
    forms, clock = SHOPS | ERPS, LaterClock()
    runners: dict[str, web.AppRunner] = {}
    text = ["[isthmus]", f'time_zone = "{at_noon()}"']
    secrets: list[str] = []
    try:
        for name, slug in systems.items():
            runners[name] = await serve(stage(world(slug, seed, clock)), 0)
        addresses = {name: f"http://127.0.0.1:{runner.addresses[0][1]}" for name, runner in runners.items()}
        if odoo:
            addresses[odoo] = ODOO["url"]
            own = {key: ODOO[key] for key in ("database", "login")}
            forms["odoo"] = replace(
                ERPS["odoo"], settings={**ERPS["odoo"].settings, **own}, secrets={"api_key": ODOO["api_key"]}
            )
        for name, slug in (*systems.items(), *([(odoo, "odoo")] if odoo else [])):
            text += [f"[connections.{name}]", f'connector = "{slug}"', f'url = "{addresses[name]}"']
            text += ["allow_private = true", *(f'{key} = "{value}"' for key, value in forms[slug].settings.items())]
            secrets += [
                f"ISTHMUS_{name}_{key}={value}".replace(f"{name}_{key}", f"{name}_{key}".upper().replace("-", "_"))
                for key, value in forms[slug].secrets.items()
            ]
        (folder / FILE).write_text("\n".join([*text, flows]), "utf-8")
        (folder / ".env").write_text("\n".join(secrets), "utf-8")
        async with ClientSession() as http, opened(read_config(folder), clock) as app:
            await app.engine.prepare(alone=True)
            await introduce(app)
            yield Town(app, clock, addresses, http)
    finally:
        await asyncio.gather(*(runner.cleanup() for runner in runners.values()))


def places(name: str, rows: Mapping[str, str]) -> str:
    """Return the table of a stock flow's places."""
    return "\n".join([f"[flows.{name}.places]", *(f'{code} = "{place}"' for code, place in rows.items())])


def wanted(orders: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Return the references of those orders that belong in an ERP."""
    return {name for name, order in orders.items() if not order["test"] and order["status"] != "cancelled"}


def assert_same(sold: Mapping[str, Any], booked: Mapping[str, Any], names: Mapping[str, str] | None = None) -> None:
    """Assert that an ERP's order says what the shop's says; `names` is the ERP's SKU of a shop's."""
    assert Decimal(booked["total"]) == Decimal(sold["total"]), (sold, booked)
    assert booked["currency"] == sold["currency"]
    there = _quantities(booked["lines"], {})
    assert {sku: there.get(sku) for sku in _quantities(sold["lines"], names or {})} == _quantities(
        sold["lines"], names or {}
    ), (sold, booked)


def _quantities(lines: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for line in lines:
        if quantity := Decimal(str(line["quantity"])):
            sku = names.get(line["sku"], line["sku"])
            found[sku] = found.get(sku, Decimal(0)) + quantity
    return found
