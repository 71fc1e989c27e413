"""The fault proxy through real sockets: what arrives, what does not, and what the other side has done all the same."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from isthmus.kit.http import AnswerLost, Http, HttpFailure, NotSent, Request, Response
from isthmus.testing.lives import free_port
from isthmus.testing.proxy import KINDS, BadFault, Fault, Proxy, TcpProxy, parse

BODY = bytes(range(256)) * 40


@dataclass
class Shop:
    """A service that writes down what it was asked."""

    url: str = ""
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)
    wait_s: float = 0.0

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        await asyncio.sleep(self.wait_s)
        self.asked.append((request.method, request.raw_path, body))
        return web.Response(body=BODY, status=201, headers={"X-Kept": "yes"})


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    made = Shop()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", made.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@asynccontextmanager
async def between(shop: Shop, *faults: Fault) -> AsyncIterator[tuple[Proxy, Http]]:
    async with Proxy(shop.url) as proxy, Http() as http:
        proxy.faults.orders.extend(faults)
        yield proxy, http


async def ask(
    http: Http, proxy: Proxy, path: str = "/a?b=%20c", body: bytes | None = b"x", timeout_s: float = 10
) -> Response:
    return await http.send(Request("POST", f"{proxy.url}{path}", "ask", body=body, timeout_s=timeout_s))


async def until(met: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not met():  # noqa: ASYNC110 - the other side sets no event
            await asyncio.sleep(0.01)


async def test_what_is_not_spoilt_arrives_as_it_was_sent(shop: Shop) -> None:
    async with between(shop) as (proxy, http):
        answer = await ask(http, proxy)
    assert (answer.status, answer.headers["X-Kept"], answer.body) == (201, "yes", BODY)
    assert shop.asked == [("POST", "/a?b=%20c", b"x")]


@pytest.mark.parametrize("kind", ["reset", "hang"])
async def test_the_other_side_never_hears_of_it(shop: Shop, kind: str) -> None:
    async with between(shop, Fault(kind, seconds=0.05)) as (proxy, http):
        with pytest.raises(AnswerLost):
            await ask(http, proxy)
    assert shop.asked == []
    assert proxy.faults.struck() == {kind: 1}


async def test_what_is_dropped_was_done(shop: Shop) -> None:
    async with between(shop, Fault("drop", count=1)) as (proxy, http):
        with pytest.raises(AnswerLost):
            await ask(http, proxy)
        assert len(shop.asked) == 1
        assert (await ask(http, proxy)).body == BODY


async def test_what_is_abandoned_is_still_being_done(shop: Shop) -> None:
    shop.wait_s = 0.4
    async with between(shop, Fault("abandon", seconds=0.05)) as (proxy, http):
        with pytest.raises(AnswerLost):
            await ask(http, proxy)
        assert shop.asked == []
        await until(lambda: len(shop.asked) == 1)


async def test_half_an_answer_is_none(shop: Shop) -> None:
    async with between(shop, Fault("truncate")) as (proxy, http):
        with pytest.raises(AnswerLost):
            await ask(http, proxy)
    assert len(shop.asked) == 1


@pytest.mark.parametrize("fault", [Fault("truncate"), Fault("slow", seconds=0.05)], ids=lambda fault: fault.kind)
async def test_a_client_that_has_gone_is_no_mistake(shop: Shop, fault: Fault, caplog: pytest.LogCaptureFixture) -> None:
    shop.wait_s = 0.3
    async with between(shop, fault) as (proxy, http):
        with pytest.raises(AnswerLost):
            await ask(http, proxy, timeout_s=0.1)
        await until(lambda: len(shop.asked) == 1)
        await asyncio.sleep(0.1)
    assert caplog.records == []


@pytest.mark.parametrize(
    "fault",
    [Fault("latency", seconds=0.3), Fault("slow", seconds=0.3), Fault("bandwidth", bytes_per_s=len(BODY) * 3)],
    ids=lambda fault: fault.kind,
)
async def test_slowly_it_arrives_whole(shop: Shop, fault: Fault) -> None:
    async with between(shop, fault) as (proxy, http):
        began = time.monotonic()
        assert (await ask(http, proxy)).body == BODY
    assert time.monotonic() - began > 0.25  # the least there was to wait; nothing says how quick the machine is


async def test_only_the_nth_of_what_matches(shop: Shop) -> None:
    async with between(shop, Fault("reset", match="orders", nth=2)) as (proxy, http):
        failed: list[str] = []
        for path in ("/stock", "/orders", "/orders/1", "/orders"):
            try:
                await ask(http, proxy, path)
            except HttpFailure:
                failed.append(path)
    assert failed == ["/orders/1"]


@pytest.mark.parametrize(
    ("body", "match"),
    [
        (b'{"query": "mutation Pay { pay }", "operationName": "Pay"}', " Pay"),
        (b'{"params": {"service": "object", "args": ["d", 2, "k", "sale.order", "write"]}}', " sale.order.write"),
        (b'{"params": {"service": "common", "method": "version", "args": []}}', " common.version"),
    ],
    ids=["graphql", "odoo", "odoo-service"],
)  # fmt: skip
async def test_an_operation_is_found_in_the_body(shop: Shop, body: bytes, match: str) -> None:
    async with between(shop, Fault("reset", match=match)) as (proxy, http):
        with pytest.raises(AnswerLost):
            await ask(http, proxy, body=body)
        assert (await ask(http, proxy, body=b'{"operationName": 3}')).status == 201
        assert (await ask(http, proxy, body=b"{broken")).status == 201


async def test_the_same_seed_strikes_the_same_requests(shop: Shop) -> None:
    async def struck(seed: int) -> list[int]:
        found: list[int] = []
        async with Proxy(shop.url, seed=seed) as proxy, Http() as http:
            proxy.faults.orders.append(Fault("reset", rate=0.5))
            for number in range(20):
                try:
                    await ask(http, proxy)
                except HttpFailure:
                    found.append(number)
        return found

    assert await struck(3) == await struck(3)
    assert await struck(3) != await struck(4)


async def test_what_cannot_be_reached_behind_cannot_be_reached_through() -> None:
    async with Proxy(f"http://127.0.0.1:{free_port()}") as proxy, Http() as http:
        with pytest.raises(AnswerLost):
            await ask(http, proxy)
    with pytest.raises(NotSent):
        async with Http() as http:
            await ask(http, proxy)  # nobody listens there any more


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("reset", Fault("reset")),
        ("drop:match=sale.order,nth=2", Fault("drop", "sale.order", nth=2)),
        ("latency:seconds=0.2,jitter=0.1,rate=0.5", Fault("latency", seconds=0.2, jitter=0.1, rate=0.5)),
    ],
)
def test_a_fault_is_read_from_its_text(text: str, expected: Fault) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("explode", "there is no fault 'explode'"),
        ("reset:often=yes", "'often=yes' is not one of: match"),
        ("reset:nth=two", "nth must be a number"),
        ("reset:rate=2", "rate must be between 0 and 1"),
        ("reset:nth=0", "must be 1 or more"),
        ("hang:seconds=-1", "must not be negative"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(text: str, words: str) -> None:
    with pytest.raises(BadFault, match=words):
        parse(text)


# --- Before something that speaks no HTTP -----------------------------------------------------------------------------


@dataclass
class Echo:
    port: int
    heard: bytearray = field(default_factory=bytearray)


@asynccontextmanager
async def echo() -> AsyncIterator[Echo]:
    made = Echo(0)

    async def serve(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while read := await source.read(100):
                made.heard += read
                sink.write(read)
        except ConnectionError:
            pass
        finally:
            sink.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


@asynccontextmanager
async def talking(proxy: TcpProxy) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    source, sink = await asyncio.open_connection("127.0.0.1", proxy.port)
    yield source, sink
    sink.close()


async def test_bytes_go_both_ways() -> None:
    async with echo() as there, TcpProxy("127.0.0.1", there.port) as proxy, talking(proxy) as (source, sink):
        sink.write(b"hello")
        assert await source.readexactly(5) == b"hello"


@pytest.mark.parametrize(("kind", "heard"), [("reset", b""), ("truncate", b"COM"), ("drop", b"COMMIT")])
async def test_a_connection_that_says_this_is_broken(kind: str, heard: bytes) -> None:
    async with echo() as there, TcpProxy("127.0.0.1", there.port) as proxy, talking(proxy) as (source, sink):
        proxy.faults.orders.append(Fault(kind, match="COMMIT"))
        sink.write(b"BEGIN!")
        assert await source.readexactly(6) == b"BEGIN!"
        sink.write(b"COMMIT")
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await source.readexactly(1)
        await until(lambda: bytes(there.heard) == b"BEGIN!" + heard)
        assert proxy.faults.struck() == {kind: 1}


async def test_a_cut_line_is_silent_until_it_is_mended() -> None:
    async with echo() as there, TcpProxy("127.0.0.1", there.port) as proxy, talking(proxy) as (source, sink):
        proxy.cut()
        sink.write(b"hello")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await source.readexactly(5)
        proxy.mend()
        async with asyncio.timeout(10):
            assert await source.readexactly(5) == b"hello"


async def test_every_connection_can_be_reset_at_once() -> None:
    async with echo() as there, TcpProxy("127.0.0.1", there.port) as proxy, talking(proxy) as (source, sink):
        sink.write(b"hello")
        await source.readexactly(5)
        assert proxy.reset_all() == 1
        with pytest.raises(ConnectionResetError):
            await source.readexactly(1)


# --- The command ------------------------------------------------------------------------------------------------------


def isthmus(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "isthmus", "proxy", *words], capture_output=True, text=True, timeout=60, check=False
    )


def test_the_command_lists_every_fault() -> None:
    done = isthmus("--to", "http://127.0.0.1:9", "--kinds")
    assert done.returncode == 0
    assert [kind for kind in KINDS if kind not in done.stdout] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "ftp://host"), "must look like"),
        (("--to", "tcp://host"), "must look like"),
        (("--to", "http://127.0.0.1:9", "--fault", "explode"), "there is no fault 'explode'"),
    ],
)
def test_the_command_says_what_is_wrong(words: tuple[str, ...], said: str) -> None:
    done = isthmus(*words)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())


async def test_the_command_stands_between(shop: Shop) -> None:
    port = free_port()
    words = ["proxy", "--to", shop.url, "--port", str(port), "--fault", "drop:nth=1"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "isthmus", *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    async with asyncio.timeout(60):
        assert f"leads to {shop.url}" in (await process.stderr.readline()).decode()
        async with Http() as http:
            with pytest.raises(AnswerLost):
                await http.send(Request("POST", f"http://127.0.0.1:{port}/", "ask"))
            assert (await http.send(Request("POST", f"http://127.0.0.1:{port}/", "ask"))).status == 201
        process.terminate()
        said, _ = await process.communicate()
    assert process.returncode == 0
    assert "drop" in said.decode()
