"""`isthmus sim`: a local double of an outside system, for trying and testing."""

import asyncio
import os
from importlib.metadata import entry_points
from typing import Annotated

import typer

from isthmus.cli.project import run_async
from isthmus.cli.show import err, fail
from isthmus.cli.stop import stop_on_signals
from isthmus.kit.names import nearest
from isthmus.simulators.stage import Simulator, Stage, serve, stage

GROUP = "isthmus.simulators"


def simulator(slug: str) -> Simulator:
    """Return an installed simulator, or end naming those there are."""
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if slug not in found:
        fail(f"there is no simulator {slug!r}{nearest(slug, found)}; installed: {', '.join(sorted(found))}")
    return found[slug].load()


def sim(
    slug: Annotated[str, typer.Argument(help="Which system: shopify, odoo, ...")],
    *,
    port: Annotated[int, typer.Option(help="Port to listen on.")],
    seed: Annotated[str | None, typer.Option(help="What to start with, such as demo.")] = None,
    callback: Annotated[str | None, typer.Option(help="Where webhooks go, such as http://127.0.0.1:8100.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    latency_ms: Annotated[float, typer.Option(help="Let every answer take at least so long.")] = 0.0,
    with_parent: Annotated[bool, typer.Option("--with-parent", help="End when standard input closes.")] = False,
) -> None:
    """Serve a simulated system at its own paths, with its controls under /__sim."""
    made = simulator(slug)
    try:
        world = made.build(seed, callback)
    except ValueError as wrong:
        fail(str(wrong))
        raise
    run_async(_serve(stage(world, latency_ms=latency_ms), made.title, (host, port), with_parent=with_parent))


async def _serve(app: Stage, title: str, address: tuple[str, int], *, with_parent: bool) -> None:
    host, port = address
    stopping = asyncio.Event()
    stop_on_signals(stopping)
    try:
        runner = await serve(app, port, host)
    except OSError as wrong:
        fail(f"cannot listen on {host}:{port}: {wrong.strerror}")
        raise
    err.print(f"{title} on http://{host}:{port} (truth: /__sim/state). Ctrl-C ends it.")
    if with_parent:
        # The kernel closes the pipe whatever becomes of the parent, kill -9 included.
        asyncio.get_running_loop().add_reader(0, lambda: None if os.read(0, 1024) else stopping.set())
    await stopping.wait()
    await runner.cleanup()
