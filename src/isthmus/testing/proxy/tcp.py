"""The proxy before anything that speaks TCP, such as a database."""

import asyncio
import contextlib
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

from isthmus.testing.proxy.faults import Faults
from isthmus.testing.proxy.line import reset

#: One look at the line.
CHUNK = 65_536


class TcpProxy:
    """Forwards connections to `to_host:to_port`, spoilt as its faults say.

    A fault's `match` is looked for in what the client sends (`COMMIT`, for one); each chunk the client sends counts as
    one request. `drop` lets that chunk through and cuts the way back. `cut` lets nothing through in either direction,
    without a word to anybody, until `mend`.
    """

    def __init__(self, to_host: str, to_port: int, *, port: int = 0, seed: int = 0) -> None:
        """Listen on `port` (0: a free one) of this machine once entered."""
        self.faults = Faults(seed)
        self.port = port
        self._to = (to_host, to_port)
        self._whole = asyncio.Event()
        self._whole.set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._ends: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """Return its own address."""
        return f"tcp://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        """Begin to listen. Raises `OSError` when the port is taken."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening and end every connection."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.reset_all()

    def cut(self) -> None:
        """Let nothing through."""
        self._whole.clear()

    def mend(self) -> None:
        """Let everything through."""
        self._whole.set()

    def reset_all(self) -> int:
        """Reset every connection there is; return how many that were."""
        ends, self._ends = self._ends, set()
        for each in ends:
            reset(each.transport)
        return len(ends) // 2

    async def _connected(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            far_source, far_sink = await asyncio.open_connection(*self._to)
        except OSError:
            reset(sink.transport)  # what cannot be reached behind us cannot be reached through us
            return
        self._ends |= {sink, far_sink}
        back = self._run(self._backward(far_source, sink))
        self._run(self._onward(source, far_sink, sink, back))

    def _run(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _onward(
        self,
        source: asyncio.StreamReader,
        far: asyncio.StreamWriter,
        near: asyncio.StreamWriter,
        back: "asyncio.Task[None]",
    ) -> None:
        with contextlib.suppress(OSError):
            while read := await source.read(CHUNK):
                await self._whole.wait()
                if await self._spoilt(read, far, near, back):
                    return
                far.write(read)
                await far.drain()
        self._part(far)

    async def _spoilt(
        self, read: bytes, far: asyncio.StreamWriter, near: asyncio.StreamWriter, back: "asyncio.Task[None]"
    ) -> bool:
        """Do to a chunk what its faults say; return whether the connection is over."""
        for fault in self.faults.draw(read.decode("latin-1")):
            match fault.kind:
                case "latency":
                    await asyncio.sleep(self.faults.wait_s(fault))
                case "slow" | "bandwidth":
                    seconds = fault.seconds if fault.kind == "slow" else len(read) / fault.bytes_per_s
                    await asyncio.sleep(seconds)
                case "reset" | "hang":
                    await asyncio.sleep(fault.seconds if fault.kind == "hang" else 0)
                    return self._end(far, near)
                case "truncate":
                    far.write(read[: len(read) // 2])
                    return self._end(far, near)
                case _:  # drop, abandon: it arrives, the answer does not
                    back.cancel()
                    far.write(read)
                    await asyncio.sleep(fault.seconds if fault.kind == "abandon" else 0.05)
                    return self._end(far, near)
        return False

    def _end(self, far: asyncio.StreamWriter, near: asyncio.StreamWriter) -> bool:
        reset(near.transport)
        self._ends -= {far, near}
        far.close()
        return True

    async def _backward(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while read := await source.read(CHUNK):
                await self._whole.wait()
                sink.write(read)
                await sink.drain()
        self._part(sink)

    def _part(self, end: asyncio.StreamWriter) -> None:
        self._ends.discard(end)
        end.close()
