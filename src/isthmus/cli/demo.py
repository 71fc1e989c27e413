"""`isthmus demo`: a shop, an ERP and Isthmus between them, on this machine, in one command."""

import asyncio
import contextlib
import tempfile
import time
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from isthmus.admin.queries import parked
from isthmus.bootstrap.answering import RowAnswers
from isthmus.bootstrap.config import ConfigError, read_config
from isthmus.bootstrap.own import owned
from isthmus.bootstrap.start import look_after
from isthmus.bootstrap.wiring import App, opened
from isthmus.cli.demo_project import Ports, write_project
from isthmus.cli.demo_world import Controls, DemoFailed, free_ports, simulators
from isthmus.cli.options import JSON
from isthmus.cli.project import run_async, set_up_logs
from isthmus.cli.show import as_json, err, fail, out, table
from isthmus.cli.stop import stop_on_signals
from isthmus.kit.http import Http
from isthmus.store.group import StoreError
from isthmus.testing.truth import clean, figures
from isthmus.web.app import web_app
from isthmus.web.server import CannotListen, listen, serve

#: Longer than any settle time and any pause a simulator asks for.
PATIENCE_S = 180.0


def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="Exit when everything is in step.")] = False,
    json: Annotated[bool, JSON] = False,
    prepare: Annotated[bool, typer.Option("--prepare", help="Only write the project folder.")] = False,
    folder: Annotated[Path | None, typer.Option("--dir", help="Where to put the project (default: a new one).")] = None,
    page: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
) -> None:
    """Watch 500 shop orders arrive in an ERP, and that ERP's stock arrive in the shop."""
    set_up_logs()
    if prepare:
        target = folder or Path("isthmus-demo")
        write_project(target, Ports())
        _explain(target)
        return
    with tempfile.TemporaryDirectory(prefix="isthmus-demo-") as fresh:
        target = folder or Path(fresh)
        ports = free_ports() if once else Ports()
        write_project(target, ports)
        try:
            config = read_config(target)
            with owned(config) as alone:
                one = _Demo(target, ports, alone=alone, once=once, page=page and not once, json=json)
                result = run_async(one.run())
        except (ConfigError, StoreError, CannotListen, DemoFailed) as wrong:
            fail(str(wrong))
            raise
    raise SystemExit(0 if result is None or clean(result) else 1)


class _Demo:
    """One demonstration."""

    def __init__(self, folder: Path, ports: Ports, *, alone: bool, once: bool, page: bool, json: bool) -> None:
        self._folder = folder
        self._ports = ports
        self._alone = alone
        self._once = once
        self._page = page
        self._json = json
        self._stopping = asyncio.Event()

    async def run(self) -> dict[str, Any] | None:
        """Return the figures, or None when it was interrupted before there were any."""
        stop_on_signals(self._stopping)
        sock = listen("127.0.0.1", self._ports.isthmus)
        async with Http() as http, opened(read_config(self._folder)) as app:
            with simulators(self._ports):
                controls = Controls(http, self._ports)
                await controls.ready()
                await app.engine.prepare(alone=self._alone)
                serving = asyncio.create_task(
                    serve(web_app(app.engine, "demo", rows=RowAnswers(app.context, app.config)), sock, self._stopping)
                )
                working = asyncio.create_task(app.engine.run(self._stopping))
                starting = asyncio.create_task(look_after(app))
                try:
                    return await self._show(app, controls)
                finally:
                    self._stopping.set()
                    starting.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await starting
                    await asyncio.gather(serving, working)

    async def _show(self, app: App, controls: Controls) -> dict[str, Any] | None:
        url = f"http://127.0.0.1:{self._ports.isthmus}/"
        err.print(f"a shop with 500 orders, an ERP, and Isthmus between them: [link={url}]{url}[/link]")
        if self._page:
            webbrowser.open(url)
        began = time.monotonic()
        if not await self._settle(app, "orders into the ERP"):
            return None
        await self._change(controls)
        if not await self._settle(app, "an edit and a cancellation"):
            return None
        seconds = time.monotonic() - began
        numbers = {job.number for job in await parked(app.context)}
        result = figures(await controls.state("shop"), await controls.state("erp"), numbers, seconds)
        await self._tell(app, result)
        if not self._once:
            err.print(f"It keeps running: {url} (Ctrl-C ends it). Try: isthmus status -C {self._folder}")
            await self._stopping.wait()
        return result

    async def _settle(self, app: App, words: str) -> bool:
        """Wait until everything is in step; return False when interrupted first. Raises `DemoFailed`."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        deadline = time.monotonic() + PATIENCE_S
        with Progress(*columns, console=err, transient=True, disable=self._json) as bar:
            task = bar.add_task(words, total=None)
            quiet = 0
            while quiet < 3:  # noqa: PLR2004 - three looks in a row, so that nothing is between two steps
                if self._stopping.is_set():
                    return False
                if time.monotonic() > deadline:
                    message = f"{words}: not in step after {PATIENCE_S:.0f} s; see `isthmus status -C {self._folder}`"
                    raise DemoFailed(message)
                done, total = await _orders_done(app)
                bar.update(task, total=total, completed=done)
                quiet = quiet + 1 if await _in_step(app) else 0
                await asyncio.sleep(0.3)
        return True

    async def _change(self, controls: Controls) -> None:
        """Edit one order and cancel another that the ERP holds already, as shops do."""
        state = await controls.state("shop")
        known = {order["reference"] for order in (await controls.state("erp"))["orders"] if order["status"] == "sale"}
        plain = [
            order
            for order in state["orders"]
            if order["reference"] in known and order["status"] == "open" and order["lines"]
        ]
        edited, cancelled = _first(plain, lambda order: int(order["lines"][0]["quantity"]) > 1), plain[-1]
        line = edited["lines"][0]
        await controls.do(
            "shop", "edit", reference=edited["reference"], sku=line["sku"], quantity=int(line["quantity"]) - 1
        )
        await controls.do("shop", "cancel", reference=cancelled["reference"])
        # The change is heard of by webhook; this leaves it the moment it needs to arrive.
        await asyncio.sleep(1.0)

    async def _tell(self, app: App, result: dict[str, Any]) -> None:
        if self._json:
            as_json(result)
            return
        orders, stock = result["orders"], result["stock"]
        table("Orders, counted in both systems", tuple(orders), [tuple(str(each) for each in orders.values())])
        table("Stock, compared in both systems", tuple(stock), [tuple(str(each) for each in stock.values())])
        questions = [(job.number or job.subject, job.because, job.answers[0]) for job in await parked(app.context)]
        table("Questions for a person", ("order", "because", "what to do"), questions)
        calls = result["calls"]
        out.print(f"{result['seconds']} s, {calls['shop']} calls to the shop, {calls['erp']} to the ERP")


async def _orders_done(app: App) -> tuple[int, int]:
    rows = await app.context.store.read("flow_progress", flow="orders")
    return (rows[0]["done"] or 0, rows[0]["jobs"] or 0) if rows else (0, 0)


async def _in_step(app: App) -> bool:
    progress = await app.engine.progress()
    snoozed = await app.context.store.read("snoozed_job")
    done, jobs = await _orders_done(app)
    busy = app.engine.worker.busy or app.engine.intake.busy
    return jobs > 0 and not busy and not snoozed and progress.deliveries == 0 and progress.jobs == 0 and done <= jobs


def _first(orders: list[dict[str, Any]], wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    return next(order for order in orders if wanted(order))


def _explain(folder: Path) -> None:
    out.print(f"made {folder}. Each in a terminal of its own:")
    out.print("  isthmus sim shopify --port 8101 --seed demo --callback http://127.0.0.1:8100")
    out.print("  isthmus sim odoo --port 8102 --seed demo")
    out.print(f"  isthmus up -C {folder}")
