"""HTTP/1.1 as strangers may speak it: uvicorn's own protocol, with an end to everything it lets grow or wait.

uvicorn limits neither the head of a request, nor the time it takes to arrive, nor how many requests are sent ahead of
their answers. And a delivery is worked on only when it is complete: a slow sender holds a connection, but no place.
"""

from dataclasses import dataclass, field
from random import uniform
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from isthmus.web.admission import Limits
from isthmus.web.ingress import HOOKS, MAX_BODY_BYTES, SIZE, Ingress
from isthmus.web.refusals import HEAD_TOO_LARGE, NOT_HTTP, STOPPING, TOO_LARGE, TOO_MANY, TOO_SLOW, Refusal

#: Of the request line and headers. Shops send 1 to 2 KB.
HEAD_BYTES = 32 * 1024
HEADERS = 100
#: Of one request as it goes over the wire: chunks of a few bytes each have more framing than content.
REQUEST_BYTES = 2 * MAX_BODY_BYTES
NO_ROOM = 503
#: Requests sent ahead of their answers on one connection.
AHEAD = 16


@dataclass(slots=True)
class Lines:
    """All connections of one server."""

    limits: Limits
    open: set["Line"] = field(default_factory=set["Line"])

    def room(self, now: float) -> bool:
        """Say whether there is room for one more, if need be by closing the one that has waited longest."""
        if len(self.open) < self.limits.connections:
            return True
        oldest = min((each for each in self.open if each.waits), key=lambda each: each.since, default=None)
        if oldest is None or now - oldest.since < self.limits.spare_s:
            return False
        oldest.cut()
        return True

    def sweep(self, now: float) -> None:
        """Close what has waited too long."""
        for each in [each for each in self.open if each.waits]:
            if now - each.since > (self.limits.arrival_s if each.arriving else self.limits.idle_s):
                each.cut(TOO_SLOW if each.arriving else None)


class Line(HttpToolsProtocol):
    """One connection."""

    def __init__(self, ingress: Ingress, lines: Lines, **of_uvicorn: Any) -> None:
        """Ask `ingress` about deliveries."""
        super().__init__(**of_uvicorn)
        self._ingress = ingress
        self._admission = ingress.admission
        self._lines = lines
        #: Since when it has been as it is: `arriving` (a request is not complete yet), or waiting for the next one, or
        #: at work, when nothing is expected from the other side and it does not wait.
        self.since = self.loop.time()
        self.arriving = True
        self.waits = True
        self.headers = []
        self._in_head = True
        #: Bytes of the request that is arriving, with those before it in the same piece.
        self._received = 0
        self._piece = 0
        self._fault = NOT_HTTP
        self._ended = False
        #: A delivery that was let in and whose body is still coming.
        self._coming: tuple[RequestResponseCycle, Any] | None = None

    def connection_made(self, transport: Any) -> None:
        """Take the connection, or say at once that there are too many."""
        super().connection_made(transport)
        if self._lines.room(self.since):
            self._lines.open.add(self)
        else:
            self.cut(TOO_MANY)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give back what it held."""
        self._lines.open.discard(self)
        self._ended = True
        self._let_go()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """End what can be ended: a delivery that is not complete is sent again later."""
        if self._coming is not None:
            self.cut(STOPPING)
        else:
            super().shutdown()

    def cut(self, refusal: Refusal | None = None) -> None:
        """Close the connection, with a last word when no answer is under way."""
        if self._ended:
            return
        self._ended = True
        self._lines.open.discard(self)  # its place is free from now on, and for one newcomer only
        self._let_go()
        unanswered = self._unanswered()
        in_answer = unanswered is not None and unanswered.response_started
        if refusal is not None and not in_answer and not self.transport.is_closing():
            self.transport.write(refusal.wire(last=True))
        if unanswered is not None:
            unanswered.disconnected = True
            unanswered.message_event.set()
        self.transport.close()

    # --- Requests as they arrive --------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        if self._ended:
            return
        self._unset_keepalive_if_required()
        self._piece = len(data)
        self._received += self._piece
        try:
            cast("httptools.HttpRequestParser", self.parser).feed_data(data)
        except httptools.HttpParserError:
            self.cut(self._fault)
        except httptools.HttpParserUpgrade:
            pass  # answered as any other request; what else came with it is not read
        if self.arriving and self._received > (HEAD_BYTES if self._in_head else REQUEST_BYTES):
            self.cut(HEAD_TOO_LARGE if self._in_head else TOO_LARGE)
        elif len(self.headers) > HEADERS:  # those after a body in chunks count, too
            self.cut(HEAD_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self.since = self.loop.time()
        self.arriving = self.waits = self._in_head = True
        self._received = self._piece

    def on_headers_complete(self) -> None:
        """Let uvicorn make a cycle of it, which it starts or queues."""
        self._in_head = False
        if self._received > HEAD_BYTES and size(self.url, self.headers) > HEAD_BYTES:
            self._fault = HEAD_TOO_LARGE
        elif not self._ended and not self.transport.is_closing() and len(self.pipeline) < AHEAD:
            super().on_headers_complete()
            return
        message = "no more of this"
        raise ValueError(message)  # ends the parsing of this piece

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body: of a delivery as long as there is room for it."""
        if self._coming is None:
            super().on_body(body)
            return
        cycle = self._coming[0]
        cycle.body += body
        self._admission.held_bytes += len(body)
        refused = TOO_LARGE if len(cycle.body) > MAX_BODY_BYTES else self._admission.full()
        if refused is not None:
            self._let_go()
            self._refuse(cycle, refused)

    def on_message_complete(self) -> None:
        """Work on a delivery now that it is there."""
        super().on_message_complete()
        self.arriving = False
        self.since = self.loop.time()
        coming, self._coming = self._coming, None
        if coming is not None:
            self._work(*coming)
        self.waits = self.cycle.response_complete

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        if not self.arriving and self._unanswered() is None:
            self.since = self.loop.time()
            self.waits = True

    # --- Deliveries ---------------------------------------------------------------------------------------------------

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Start what uvicorn would start; a delivery only if it may come in, and when it has come."""
        scope: Any = cycle.scope
        if not scope["path"].startswith(HOOKS):
            super()._start_asgi_task(cycle, app)
            return
        refused = self._ingress.look(scope)
        if refused is not None:
            self._refuse(cycle, refused)
            return
        self._admission.held_bytes += len(cycle.body)
        if not cycle.more_body:
            self._work(cycle, app)
            return
        if cycle.waiting_for_100_continue:
            cycle.waiting_for_100_continue = False
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._coming = (cycle, app)

    def _work(self, cycle: RequestResponseCycle, app: Any) -> None:
        refused = self._admission.full()
        scope: Any = cycle.scope
        scope[SIZE] = len(cycle.body)
        if refused is not None:
            self._admission.held_bytes -= len(cycle.body)
            self._refuse(cycle, refused)
            return
        self._admission.arrived += 1
        super()._start_asgi_task(cycle, app)

    def _refuse(self, cycle: RequestResponseCycle, refusal: Refusal) -> None:
        """Answer without starting anything: under overload this is what most of the work is."""
        # Whoever waited to be told to go on may send the body or not, so nobody could say what comes next.
        last = not cycle.keep_alive or cycle.waiting_for_100_continue
        cycle.response_started = cycle.response_complete = True
        self.transport.write(refusal.wire(last=last, bodiless=cycle.scope["method"] == "HEAD"))
        if last:
            self.transport.close()
        self.on_response_complete()
        if refusal.status == NO_ROOM and not last:
            self.flow.pause_reading()
            # Not all at the same time: they would come back as a crowd, most of it to be refused again.
            seconds = self._lines.limits.pause_s * uniform(0.5, 1.5)  # noqa: S311 - nobody gains by guessing it
            self.loop.call_later(seconds, self._go_on)

    def _go_on(self) -> None:
        if not self._ended:
            self.flow.resume_reading()

    def _unanswered(self) -> RequestResponseCycle | None:
        latest = cast("RequestResponseCycle | None", self.cycle)  # uvicorn says there is always one
        return latest if latest is not None and not latest.response_complete else None

    def _let_go(self) -> None:
        coming, self._coming = self._coming, None
        if coming is not None:
            self._admission.held_bytes -= len(coming[0].body)
            coming[0].body = bytearray()


def size(url: bytes, headers: list[tuple[bytes, bytes]]) -> int:
    """Return how many bytes the head of a request holds."""
    return len(url) + sum(len(name) + len(value) for name, value in headers)
