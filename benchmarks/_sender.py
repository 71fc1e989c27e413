"""Sends prepared requests over many kept connections with as little work as possible: it shares the machine."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any


@dataclass(slots=True)
class Turn:
    """What one turn of sending showed."""

    began: float = 0.0
    until: float = 0.0
    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter[str])  # by status
    broken: int = 0  # cut off without an answer
    #: Refused without being told when to come back.
    unhelpful: int = 0
    took_ms: list[float] = field(default_factory=list[float])
    ended: float = 0.0

    @property
    def rate(self) -> float:
        """Return how many were accepted a second."""
        return self.accepted / (self.ended - self.began)

    @property
    def offered(self) -> float:
        """Return how many were sent a second."""
        return (self.accepted + self.refused.total() + self.broken) / (self.ended - self.began)


class Sender(asyncio.Protocol):
    """One connection: sends, waits for the answer, sends again; with an `interval_s` not sooner than that."""

    def __init__(self, turn: Turn, ready: Iterator[bytes], interval_s: float) -> None:
        """Take requests from `ready`."""
        self.done = asyncio.get_running_loop().create_future()
        self._loop = asyncio.get_running_loop()
        self._turn = turn
        self._ready = ready
        self._due = 0.0
        self._interval_s = interval_s
        self._sent_at = 0.0
        self._waits = False
        self._answer = b""

    def connection_made(self, transport: Any) -> None:
        """Wait to be started."""
        self._transport = transport

    def start(self, due: float) -> None:
        """Send for the first time at `due`."""
        self._due = due
        self._next()

    def _next(self) -> None:
        now = self._loop.time()
        if now >= self._turn.until:
            self._transport.close()
        elif self._interval_s and self._due > now:
            self._loop.call_at(self._due, self._send)
        else:
            self._send()

    def _send(self) -> None:
        self._due += self._interval_s
        self._sent_at = self._loop.time()
        self._waits = True
        self._transport.write(next(self._ready))

    def data_received(self, data: bytes) -> None:
        """Count the answer once it is whole."""
        self._answer += data
        head, end, body = self._answer.partition(b"\r\n\r\n")
        if not end or len(body) < int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            return
        self._answer = b""
        self._waits = False
        status = head[9:12].decode()
        if status == "202":
            self._turn.accepted += 1
            self._turn.took_ms.append((self._loop.time() - self._sent_at) * 1000)
        else:
            self._turn.refused[status] += 1
            self._turn.unhelpful += b"\r\nretry-after: " not in head
        self._next()

    def connection_lost(self, _exc: Exception | None) -> None:
        """End; whoever began this one sees whether there is time for another."""
        self._turn.broken += self._waits
        if not self.done.done():
            self.done.set_result(None)


async def send(
    port: int, ready: Iterator[bytes], seconds: float, *, connections: int, per_second: float | None = None
) -> Turn:
    """Send for so long, as fast as answered or at a rate shared by all connections."""
    loop = asyncio.get_running_loop()
    turn = Turn()
    interval_s = connections / per_second if per_second else 0.0

    async def connected() -> Sender:
        _transport, made = await loop.create_connection(partial(Sender, turn, ready, interval_s), "127.0.0.1", port)
        return made

    async def keep_one(made: Sender, due: float) -> None:
        made.start(due)
        await made.done
        while loop.time() < turn.until:  # it was cut off
            made = await connected()
            made.start(loop.time())
            await made.done

    senders = [await connected() for _ in range(connections)]  # connecting is not part of the turn
    turn.began = loop.time()
    turn.until = turn.began + seconds
    await asyncio.gather(*(keep_one(each, turn.began + n * interval_s / connections) for n, each in enumerate(senders)))
    turn.ended = loop.time()
    return turn
