"""The server `intake.py` measures: the real ingress, with or without its store."""

import asyncio
import signal
import sys
from pathlib import Path

import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from isthmus.bootstrap.config import read_config
from isthmus.bootstrap.wiring import App, opened
from isthmus.ports.receiver import Delivery
from isthmus.web.app import web_app
from isthmus.web.ingress import read_body
from isthmus.web.server import listen, serve


def floor_app(app: App) -> Starlette:
    """Return the same server doing everything but storing."""
    receiver = app.context.connection("shop").session.receiver
    assert receiver is not None

    async def take(request: Request) -> Response:
        body = await read_body(request)
        headers = {name.lower(): value for name, value in request.headers.items()}
        accepted = receiver.verify(Delivery(headers, body or b"", {}), app.context.now())
        receiver.notices(accepted.topic, body or b"")
        return Response(status_code=202)

    async def live(_request: Request) -> Response:
        return JSONResponse({"live": True})

    return Starlette(routes=[Route("/hooks/{connection}", take, methods=["POST"]), Route("/health/live", live)])


async def main(folder: Path, port: int, *, storing: bool) -> None:
    """Serve until told to stop. The engine's workers do not run: only intake is measured."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    async with opened(read_config(folder)) as app:
        face = web_app(app.engine, "bench") if storing else floor_app(app)
        await serve(face, listen("127.0.0.1", port), stopping)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(Path(sys.argv[1]), int(sys.argv[2]), storing=sys.argv[3] == "1"))
