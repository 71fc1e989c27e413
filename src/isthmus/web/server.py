"""Serve the web face inside the running event loop."""

import asyncio
import contextlib
import socket
from collections.abc import Generator

import uvicorn
from starlette.applications import Starlette

#: Requests at hand when the process is told to stop get this long to finish.
DRAIN_S = 10


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


async def serve(app: Starlette, sock: socket.socket, stopping: asyncio.Event) -> None:
    """Serve until `stopping` is set, then finish the requests at hand."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=DRAIN_S,
        server_header=False,
        http="httptools",
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[sock]))
    ended = asyncio.create_task(stopping.wait())
    await asyncio.wait([serving, ended], return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    ended.cancel()
    await serving


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the process has one that stops everything."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals alone."""
        yield
