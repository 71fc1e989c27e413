"""`isthmus up`, `web`, `worker` and `scheduler`: the programs that stay."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from isthmus.bootstrap.answering import RowAnswers
from isthmus.bootstrap.config import ConfigError, ProjectConfig
from isthmus.bootstrap.own import owned
from isthmus.bootstrap.revisions import keep_what_runs
from isthmus.bootstrap.start import look_after, page_key
from isthmus.bootstrap.wiring import opened
from isthmus.cli.options import FOLDER
from isthmus.cli.project import project, run_async, set_up_logs
from isthmus.cli.show import err, fail
from isthmus.cli.stop import stop_on_signals
from isthmus.engine.engine import DRAIN_S, EVERYTHING, Part, Plan
from isthmus.kit.names import nearest
from isthmus.store.group import StoreError
from isthmus.web.app import health_app, web_app
from isthmus.web.server import CannotListen, listen, serve

VERBOSE = typer.Option("--verbose", "-v", help="Log what happens.")
DRAIN = typer.Option("--drain", help="Seconds to finish what is at hand when told to stop.", min=0.0)
LISTEN = typer.Option("--listen", help="Address and port, instead of the project's.")
HEALTH = typer.Option("--listen", help="Answer /health/live and /health/ready on this address and port.")
PARTS = {
    "up": EVERYTHING,
    "web": frozenset[Part](),
    "worker": frozenset({Part.INTAKE, Part.WORK, Part.CANARY}),
    "scheduler": frozenset({Part.ROUNDS, Part.UPKEEP, Part.CANARY}),
}


def up(
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    address: Annotated[str, LISTEN] = "",
    drain: Annotated[float, DRAIN] = DRAIN_S,
    verbose: Annotated[bool, VERBOSE] = False,
) -> None:
    """Run everything in one process: deliveries, pages, schedules and workers, until Ctrl-C or SIGTERM."""
    _stay(folder, Plan("up", PARTS["up"], drain_s=drain), address, verbose=verbose)


def web(
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    address: Annotated[str, LISTEN] = "",
    drain: Annotated[float, DRAIN] = DRAIN_S,
    verbose: Annotated[bool, VERBOSE] = False,
) -> None:
    """Take deliveries and serve the pages. Needs PostgreSQL, and a scheduler and workers beside it."""
    _stay(folder, Plan("web", PARTS["web"], drain_s=drain), address, verbose=verbose)


def worker(
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    flows: Annotated[str, typer.Option(help="Only these flows, such as orders,customers (default: all).")] = "",
    address: Annotated[str, HEALTH] = "",
    drain: Annotated[float, DRAIN] = DRAIN_S,
    verbose: Annotated[bool, VERBOSE] = False,
) -> None:
    """Take deliveries into the mirror and run jobs, beside as many other workers as you like. Needs PostgreSQL."""
    names = tuple(name.strip() for name in flows.split(",") if name.strip())
    _stay(folder, Plan("worker", PARTS["worker"], names, drain), address, verbose=verbose)


def scheduler(
    folder: Annotated[Path, FOLDER] = Path(),
    *,
    address: Annotated[str, HEALTH] = "",
    drain: Annotated[float, DRAIN] = DRAIN_S,
    verbose: Annotated[bool, VERBOSE] = False,
) -> None:
    """Read what changed, look after webhooks, keep house. Of several, one at a time does each. Needs PostgreSQL."""
    _stay(folder, Plan("scheduler", PARTS["scheduler"], drain_s=drain), address, verbose=verbose)


def _stay(folder: Path, plan: Plan, address: str, *, verbose: bool) -> None:
    set_up_logs(verbose=verbose)
    config = project(folder)
    if not config.flows:
        fail("isthmus.toml has no [flows.*] yet, so there is nothing to run")
    if plan.role != "up" and config.database.startswith("sqlite:"):
        fail(f"a file database has one process: `isthmus {plan.role}` needs PostgreSQL, `isthmus up` does not")
    try:
        with owned(config) as alone:
            run_async(_run(config, plan, address, alone=alone))
    except (ConfigError, StoreError, CannotListen) as wrong:
        fail(str(wrong))


async def _run(config: ProjectConfig, plan: Plan, address: str, *, alone: bool) -> None:
    stopping = asyncio.Event()
    stop_on_signals(stopping)
    pages = plan.role in ("up", "web")
    host, port = config.listen if pages and not address else _address(address) if address else ("", 0)
    sock = listen(host, port) if host else None
    async with opened(config, plan=plan) as app:
        _check_flows(plan, [flow.name for flow in app.engine.flows])
        await app.engine.prepare(alone=alone)
        where = f" on http://{host}:{port}" if host else ""
        err.print(f"Isthmus {plan.role} for [bold]{config.name}[/bold]{where} (Ctrl-C ends it)")
        if pages:
            face = web_app(
                app.engine,
                config.name,
                config.public_url,
                key=await page_key(app),
                proxies=config.proxies,
                rows=RowAnswers(app.context, config),
            )
        else:
            face = health_app(app.engine)
        serving = asyncio.create_task(serve(face, sock, stopping)) if sock else None
        duties = [look_after(app)] if plan.role in ("up", "scheduler") else []
        caring = [asyncio.create_task(each) for each in (*duties, keep_what_runs(app))]
        try:
            await app.engine.run(stopping)
        finally:
            stopping.set()
            for each in caring:
                each.cancel()
            await asyncio.gather(*caring, return_exceptions=True)
            if serving is not None:
                await serving
    err.print("stopped; everything that was taken on is kept")


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        fail(f"--listen {text!r} must look like 127.0.0.1:8100")
    return host.strip("[]"), int(port)


def _check_flows(plan: Plan, there: list[str]) -> None:
    for name in plan.flows:
        if name not in there:
            fail(f"there is no flow {name!r}{nearest(name, there)}; there are: {', '.join(there)}")
