"""A receiver for a real shop's deliveries: takes whatever comes and keeps it."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from threading import Thread
from typing import Any

from isthmus.ports.receiver import Delivery

WAIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Inbox:
    """What came, in the order it came."""

    waiting: "Queue[Delivery]" = field(default_factory=Queue[Delivery])

    def until(self, wanted: Callable[[Delivery], bool]) -> Delivery:
        """Return the next delivery that is wanted; what came before it is dropped. Raises `Empty`."""
        while True:
            found = self.waiting.get(timeout=WAIT_S)
            if wanted(found):
                return found

    def clear(self) -> None:
        """Forget what has come."""
        try:
            while True:
                self.waiting.get_nowait()
        except Empty:
            return


@contextmanager
def receiving(port: int) -> Generator[Inbox]:
    """Take deliveries at a port while the block runs."""
    inbox = Inbox()

    class Taking(BaseHTTPRequestHandler):
        """Answers 202 to everything."""

        def do_POST(self) -> None:
            """Keep one."""
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            inbox.waiting.put(Delivery({name.lower(): value for name, value in self.headers.items()}, body, {}))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Taking)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield inbox
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
