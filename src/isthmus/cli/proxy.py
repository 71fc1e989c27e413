"""`isthmus proxy`: spoil the line to a system or a database, for trying and testing."""

import asyncio
from typing import Annotated
from urllib.parse import urlsplit

import typer

from isthmus.cli.project import run_async
from isthmus.cli.show import err, fail, table
from isthmus.cli.stop import stop_on_signals
from isthmus.testing.proxy import KINDS, BadFault, Fault, Proxy, TcpProxy, parse

HTTP = ("http", "https")


def proxy(
    *,
    to: Annotated[
        str, typer.Option(help="Where to: http://host:port, https://..., or tcp://host:port for a database.")
    ],
    fault: Annotated[
        list[str] | None,
        typer.Option(
            help="What to do: kind, or kind:key=value,... such as drop:match=sale.order,nth=2. May be repeated."
        ),
    ] = None,
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65_535)] = 0,
    seed: Annotated[int, typer.Option(help="Of the chance faults with a rate are drawn from.")] = 0,
    kinds: Annotated[bool, typer.Option("--kinds", help="Only list the faults there are.")] = False,
) -> None:
    """Pass everything on to another address, with faults: slow, cut off, silent, done but unanswered.

    Point a connection's url at it in a project of your own; never leave it in front of a real system.
    """
    if kinds:
        table("Faults", ("kind", "what it does"), list(KINDS.items()))
        return
    parts = urlsplit(to)
    if parts.scheme not in (*HTTP, "tcp") or not parts.hostname or (parts.scheme == "tcp" and not parts.port):
        fail(f"--to {to!r} must look like http://127.0.0.1:8102 or tcp://127.0.0.1:5432")
    try:
        faults = [parse(each) for each in fault or ()]
    except BadFault as wrong:
        fail(f"--fault: {wrong}")
        raise
    made = (
        Proxy(to, port=port, seed=seed)
        if parts.scheme in HTTP
        else TcpProxy(parts.hostname or "", parts.port or 0, port=port, seed=seed)
    )
    run_async(_serve(made, faults, to))


async def _serve(made: Proxy | TcpProxy, faults: list[Fault], to: str) -> None:
    stopping = asyncio.Event()
    stop_on_signals(stopping)
    made.faults.orders.extend(faults)
    try:
        async with made:
            words = ", ".join(each.kind for each in faults) or "no fault"
            err.print(f"{made.url} leads to {to}, with {words}. Ctrl-C ends it.")
            await stopping.wait()
    except OSError as wrong:
        fail(f"cannot listen: {wrong.strerror or wrong}")
    struck = made.faults.struck()
    table("Faults that struck", ("kind", "times"), [(kind, str(times)) for kind, times in sorted(struck.items())])
