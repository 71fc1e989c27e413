"""The server `intake.py` measures: the real web face, with or without its store."""

import asyncio
import math
import signal
import sys
from pathlib import Path

import uvloop

from isthmus.bootstrap.config import read_config
from isthmus.bootstrap.wiring import opened
from isthmus.web.admission import Admission, Limits
from isthmus.web.app import web_app
from isthmus.web.inbox import Arrival
from isthmus.web.server import listen, serve

#: One connection sends all there is, for longer than one is meant to.
LIMITS = Limits(sender_per_s=math.inf, sender_burst=math.inf)


class Nowhere:
    """What the floor has for an inbox: the delivery is forgotten and answered."""

    def __init__(self, admission: Admission) -> None:
        """Count as the real one does, or the floor would soon be full."""
        self._admission = admission

    async def keep(self, arrival: Arrival) -> None:
        """Do nothing with it."""
        self._admission.held_bytes -= len(arrival.body)

    async def close(self) -> None:
        """Have nothing to wait for."""


async def main(folder: Path, port: int, *, storing: bool) -> None:
    """Serve until told to stop. The engine's workers do not run: only intake is measured."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    async with opened(read_config(folder)) as app:
        face = web_app(app.engine, "bench", limits=LIMITS)
        if not storing:
            face.ingress.inbox = Nowhere(face.ingress.admission)  # all else is the same: wire, admission, checks
        await serve(face, listen("127.0.0.1", port), stopping)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(Path(sys.argv[1]), int(sys.argv[2]), storing=sys.argv[3] == "1"))
