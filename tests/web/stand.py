"""A served project with real parts and seeded facts: no engine runs, so nothing changes unless a test says so."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from isthmus.bootstrap.answering import RowAnswers
from isthmus.bootstrap.config import read_config
from isthmus.bootstrap.connectors import connector
from isthmus.canonical.order import OrderLine
from isthmus.connectors.odoo import CONNECTOR as ODOO
from isthmus.engine.connections import Connection
from isthmus.engine.engine import Engine
from isthmus.engine.flow import Flow
from isthmus.flows.customers_to_erp import CustomersToErp
from isthmus.flows.orders_to_erp import OrdersToErp
from isthmus.flows.settings import OrderSettings, StockSettings
from isthmus.flows.stock_to_shop import StockToShop
from isthmus.kit.clock import SystemClock
from isthmus.kit.http import Http
from isthmus.ports.connector import Connector, Tools
from isthmus.ports.probe import Report
from isthmus.store.base import Store
from isthmus.store.records import record_values
from isthmus.store.statement import Many, say
from isthmus.testing.builders import an_order
from isthmus.testing.harness import Harness, connection, running
from isthmus.web.admission import Limits
from isthmus.web.app import web_app
from isthmus.web.ingress import Ingress
from isthmus.web.server import listen, serve

SECRET = "demo-secret"
#: Nobody listens there: a test that calls out fails.
NOWHERE = "http://127.0.0.1:9"
SHOP = {"url": NOWHERE, "access_token": "shpat_x", "client_secret": SECRET}
#: What a shop of each connector is opened with.
SHOPS: Mapping[str, Mapping[str, str]] = {
    "shopify": SHOP,
    "woocommerce": {"url": NOWHERE, "consumer_key": "ck_x", "consumer_secret": "cs_x", "webhook_secret": SECRET},
    "vendure": {"url": NOWHERE, "login": "x", "password": "x", "webhook_secret": SECRET},
}
ERP = {"url": NOWHERE, "database": "demo", "login": "demo", "api_key": "x"}
ASKED = {
    "state": "parked",
    "code": "unknown_sku",
    "because": "The ERP has no item with SKU MUG-0010.",
    "answers": ("Create the item MUG-0010 in the ERP: the order goes on by itself", "Retry"),
}


@dataclass
class Stand:
    """The project under test, reachable as `url`; `client` follows no redirects and keeps cookies."""

    harness: Harness
    url: str
    client: aiohttp.ClientSession
    ingress: Ingress
    stopping: asyncio.Event
    serial: int = field(default=0)

    @property
    def engine(self) -> Engine:
        return self.harness.engine

    @property
    def store(self) -> Store:
        return self.harness.store

    async def get(self, path: str, status: int = 200, **said: Any) -> str:
        async with self.client.get(self.url + path, allow_redirects=False, **said) as answer:
            text = await answer.text()
            assert answer.status == status, text
            return text

    async def order(self, number: str, *lines: OrderLine, flow: str = "orders", **said: Any) -> str:
        """Keep an order in the mirror with a job in `state`; return its id in the shop."""
        order = an_order(number, *lines, external_id=f"id-{number.strip('#')}")
        now = datetime.now(UTC)
        await self.store.write(say("store_record", **record_values("shop", "order", order, now)))
        await self.job(flow, order.external_id, number, **said)
        return order.external_id

    async def job(
        self,
        flow: str,
        subject: str,
        number: str = "",
        *,
        state: str = "done",
        code: str = "",
        because: str = "",
        answers: Sequence[str] = (),
        calls: Sequence[dict[str, Any]] = (),
        waits_for: str | None = None,
    ) -> None:
        """Put a job into the ledger as the engine leaves it."""
        await self.harness.mark(flow, subject, number)
        if state == "ready":
            return
        self.serial += 1
        token, now = f"t{self.serial}", self.engine.context.micros()
        [[row]] = await self.store.write(
            say("claim_job", flow=flow, subject=subject, token=token, lease_until=now + 60_000_000, now=now)
        )
        finish = {"state": state, "code": code, "because": because, "answers": json.dumps(list(answers))}
        later = now + (timedelta(minutes=3) // timedelta(microseconds=1) if state == "snoozed" else 0)
        rest = {"attempts": 0, "first_failed_at": None, "waits_for": waits_for, "number": "", "run_at": later}
        outcome = {"id": row["token"], "outcome": state, "notes": '["looked it up by SKU"]', "started_at": now}
        await self.store.write(
            say("finish_job", expect=1, id=row["id"], token=row["token"], now=now, **finish, **rest),
            say("add_attempt", flow=flow, subject=subject, now=now, code=code, because=because, **outcome),
            Many("add_exchange", [{**a_call(now), **call, "attempt_id": row["token"]} for call in calls]),
        )

    async def connected(self, name: str, **trouble: str) -> None:
        """Say what a connection said of itself."""
        now = self.engine.context.micros()
        told = Report(account=f"Example {name}", version="19.0", api_version="1")
        state = {"state": "trouble" if trouble else "ok", "code": "", "because": "", **trouble}
        await self.store.write(
            say("declare_connection", name=name, connector="odoo" if name == "erp" else "shopify"),
            say("connection_report", name=name, report=json.dumps(to_builtins(told)), now=now),
            say("connection_state", name=name, now=now, **state),
        )


def to_builtins(report: Report) -> Any:
    return {"account": report.account, "version": report.version, "api_version": report.api_version}


def a_call(now: int) -> dict[str, Any]:
    return {
        "connection": "erp",
        "operation": "product.product.search_read",
        "started_at": now,
        "elapsed_ms": 12,
        "status": 200,
        "failure": "",
        "request": '{"domain":[["default_code","=","MUG-0010"]]}',
        "response": "[]",
    }


def flows(engine: Engine) -> list[Flow]:
    context = engine.context
    settings = OrderSettings("orders", "shop", "erp")
    return [
        OrdersToErp(context, settings, engine.pull, ["stock"]),
        CustomersToErp(context, settings),
        StockToShop(context, StockSettings("stock", "erp", "shop"), engine),
    ]


@asynccontextmanager
async def standing(
    *,
    public_url: str = "",
    database: str = "",
    limits: Limits | None = None,
    proxies: Sequence[str] = (),
    more: Mapping[str, Mapping[str, str]] | None = None,
    slug: str = "shopify",
    folder: Path | None = None,
) -> AsyncIterator[Stand]:
    """Serve a project on loopback; `more` are further shops by name, with what their settings say otherwise.

    With `folder`, code tables are written there, into a project of the same connections and flows.
    """
    shop, said_of_it = connector(slug), dict(SHOPS[slug])
    clock = SystemClock()
    async with Http() as http:
        opened = [_open("shop", shop, said_of_it, http, clock), _open("erp", ODOO, ERP, http, clock)]
        opened += [_open(name, shop, {**said_of_it, **said}, http, clock) for name, said in (more or {}).items()]
        async with running(opened, flows, clock=clock, database=database) as harness:
            sock = listen("127.0.0.1", 0)
            stopping = asyncio.Event()
            rows = None if folder is None else RowAnswers(harness.engine.context, read_config(folder))
            app = web_app(harness.engine, "example", public_url, limits=limits, proxies=proxies, rows=rows)
            serving = asyncio.create_task(serve(app, sock, stopping))
            # Cookies of an address without a name are kept too.
            async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
                try:
                    yield Stand(harness, f"http://127.0.0.1:{sock.getsockname()[1]}", client, app.ingress, stopping)
                finally:
                    await client.close()
                    stopping.set()
                    await serving


def _open(name: str, made: Connector, said: dict[str, str], http: Http, clock: SystemClock) -> Connection:
    settings = {each.key: said.get(each.key, each.default) for each in made.manifest.settings}
    bare = connection(name, made.open(settings, Tools(name, http, clock, _Free())), clock=clock, manifest=made.manifest)
    return Connection(
        name, made.manifest, bare.session, bare.gate, tuple(each for each in said.values() if each == SECRET)
    )


class _Free:
    """A pace that never waits."""

    @asynccontextmanager
    async def slot(self, cost: float = 1.0, **_more: Any) -> AsyncIterator[None]:  # noqa: ARG002 - any cost is fine
        yield

    def learn(self, **_said: Any) -> None:
        return

    def back_off(self, **_said: Any) -> None:
        return
