"""Serve the web face inside the running event loop."""

import asyncio
import contextlib
import resource
import socket
from collections.abc import Generator
from dataclasses import replace
from functools import partial
from math import ceil

import uvicorn

from isthmus.web.face import Face
from isthmus.web.wire import Line, Lines

#: Requests at hand when the process is told to stop get this long to finish.
DRAIN_S = 10
#: Files the process needs besides: the database, calls to other systems.
OTHER_FILES = 256
#: How often connections that wait too long are looked for.
SWEEP_S = 0.25


class CannotListen(Exception):
    """The address is taken or not ours; the message says so."""


def listen(host: str, port: int) -> socket.socket:
    """Bind the address before anything else starts. Raises `CannotListen`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as wrong:
        sock.close()
        message = f"cannot listen on {host}:{port}: {wrong.strerror}. Is another Isthmus running?"
        raise CannotListen(message) from wrong
    sock.listen(1024)
    return sock


async def serve(face: Face, sock: socket.socket, stopping: asyncio.Event) -> None:
    """Serve until `stopping` is set, then finish the requests at hand."""
    limits = face.ingress.admission.limits
    lines = Lines(replace(limits, connections=connections(limits.connections)))
    config = uvicorn.Config(
        face,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=DRAIN_S,
        timeout_keep_alive=ceil(limits.idle_s),
        server_header=False,
        proxy_headers=False,  # `Face` looks at them, for pages
        http=partial(Line, face.ingress, lines),  # type: ignore[arg-type] - called, never looked at
        ws="none",
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[sock]))
    sweeping = asyncio.create_task(_sweep(lines))
    ended = asyncio.create_task(stopping.wait())
    await asyncio.wait([serving, ended], return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    face.ingress.admission.close("stopping")
    await serving
    ended.cancel()
    sweeping.cancel()
    await face.ingress.close()


def connections(most: int) -> int:
    """Return how many of so many connections the system lets us have, having asked it for the files they take."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most + OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return most if soft == resource.RLIM_INFINITY else min(most, max(soft - OTHER_FILES, soft // 2))


async def _sweep(lines: Lines) -> None:
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(SWEEP_S)
        lines.sweep(loop.time())


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the process has one that stops everything."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals alone."""
        yield
