"""How much is taken on: what is refused hears when to come back, what is answered 2xx is on disk."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

from isthmus.store.statement import say
from isthmus.web.admission import Limits
from tests.web.deliveries import BODY, deliver, headers, kept, until, whole, wire
from tests.web.stand import Stand, standing

NEVER = 0.000_001


async def ready(stand: Stand, *, taking: bool) -> Any:
    """Ask until the answer is that; it may be a second old."""
    async with asyncio.timeout(20):
        while True:
            async with stand.client.get(f"{stand.url}/health/ready") as answer:
                told = await answer.json()
                assert answer.status == (200 if told["ready"] else 503)
            if told["ready"] == taking:
                return told
            await asyncio.sleep(0.05)


@contextmanager
def locked(stand: Stand) -> Iterator[None]:
    """Keep the database from being written, as another program working on the file would."""
    other = sqlite3.connect(file_of(stand), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def file_of(stand: Stand) -> str:
    side: Any = stand.store
    return side._write_side.execute("PRAGMA database_list").fetchone()[2]


@contextmanager
def full(stand: Stand) -> Iterator[None]:
    """Let the file grow no further; SQLite then says that the disk is full."""
    side: Any = stand.store
    side._write_side.execute("PRAGMA max_page_count = 1")
    try:
        yield
    finally:
        side._write_side.execute("PRAGMA max_page_count = 1073741823")


def on_its_way(stand: Stand, count: int) -> list[asyncio.Task[tuple[int, str, Any]]]:
    return [asyncio.create_task(deliver(stand, headers=headers(delivery=f"w-{number}"))) for number in range(count)]


# --- The store ------------------------------------------------------------------------------------------------------


async def test_a_store_that_stands_still_lets_no_more_in_and_loses_nothing() -> None:
    async with standing(limits=Limits(stall_s=0.05)) as stand:
        with locked(stand):
            waiting = on_its_way(stand, 3)
            await until(lambda: stand.ingress.admission.storing == 3)
            await until(lambda: not stand.ingress.admission.standing().taking)
            status, code, told = await deliver(stand)
            assert (status, code) == (503, "store_stalls")
            assert int(told["Retry-After"]) >= 30
        assert [(await each)[0] for each in waiting] == [202] * 3
        assert (await deliver(stand))[0] == 202
        assert stand.ingress.admission.standing().taking
        assert await kept(stand) == 4


async def test_only_so_many_wait_for_their_commit() -> None:
    async with standing(limits=Limits(storing=3)) as stand:
        with locked(stand):
            waiting = on_its_way(stand, 3)
            await until(lambda: stand.ingress.admission.storing == 3)
            status, code, told = await deliver(stand)
            assert (status, code) == (503, "busy")
            assert 1 <= int(told["Retry-After"]) <= 5
        assert [(await each)[0] for each in waiting] == [202] * 3
        assert await kept(stand) == 3


async def test_who_waits_too_long_is_sent_away_and_keeps_its_place_until_the_store_lets_go() -> None:
    async with standing(limits=Limits(answer_s=0.05)) as stand:
        with locked(stand):
            assert (await deliver(stand))[:2] == (503, "store_fails")
            assert (stand.ingress.admission.storing, stand.ingress.admission.held_bytes) == (1, len(BODY))
        await until(lambda: stand.ingress.admission.storing == 0)
        assert stand.ingress.admission.held_bytes == 0
        # It is on disk after all; sent again, it is known.
        assert (await deliver(stand))[0] == 202
        assert await kept(stand) == 1


async def test_a_store_that_fails_sends_senders_away_until_it_works_again() -> None:
    async with standing(limits=Limits(probe_s=NEVER)) as stand:
        with full(stand):
            large = json.dumps({"id": 1, "note": "x" * 500_000}).encode()
            status, code, told = await deliver(stand, large)
            assert (status, code) == (503, "store_fails")
            assert int(told["Retry-After"]) >= 30
            assert (await ready(stand, taking=False))["code"] == "store_fails"
        assert (await deliver(stand, large))[0] == 202
        assert await ready(stand, taking=True) == {"ready": True}
        assert await kept(stand) == 1


async def test_a_failure_nobody_has_tried_again_is_forgotten_so_that_somebody_does() -> None:
    async with standing(limits=Limits(probe_s=3600.0, forget_s=0.2)) as stand:
        with full(stand):
            assert (await deliver(stand, json.dumps({"id": 1, "note": "x" * 500_000}).encode()))[0] == 503
        assert await ready(stand, taking=True) == {"ready": True}
        assert (await deliver(stand))[0] == 202


async def test_the_health_check_does_not_wait_for_a_store_that_stands_still() -> None:
    async with standing(limits=Limits(stall_s=0.05)) as stand:
        with locked(stand):
            waiting = on_its_way(stand, 1)
            await until(lambda: not stand.ingress.admission.standing().taking)
            assert (await ready(stand, taking=False))["code"] == "store_stalls"
        assert [(await each)[0] for each in waiting] == [202]
        assert await ready(stand, taking=True) == {"ready": True}


async def test_while_the_store_fails_nearly_nothing_is_read() -> None:
    async with standing(limits=Limits(probe_s=3600.0)) as stand:
        stand.ingress.admission.close("store_fails")
        stand.ingress.admission._probed_at = stand.ingress.admission.monotonic()
        async with wire(stand) as line:
            await line.say(b"POST /hooks/shop HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n")
            assert await line.answer() == (503, "store_fails")


# --- The disk, and what nobody has read yet -------------------------------------------------------------------------


async def test_a_disk_that_is_almost_full_is_left_to_the_work_that_was_taken_on() -> None:
    async with standing(limits=Limits(free_bytes=10**18)) as stand:
        told = await ready(stand, taking=False)
        assert (told["code"], told["ready"]) == ("disk_full", False)
        assert "free some space" in told["because"]
        assert told["since"].endswith("+00:00")
        assert (await deliver(stand))[:2] == (503, "disk_full")


async def test_a_backlog_beyond_the_bound_refuses_until_it_is_read() -> None:
    async with standing(limits=Limits(backlog=2)) as stand:
        for number in range(2):
            assert (await deliver(stand, headers=headers(delivery=f"d-{number}")))[0] == 202
        assert (await ready(stand, taking=False))["code"] == "backlog"
        assert (await deliver(stand))[:2] == (503, "backlog")
        now = stand.engine.context.micros()
        [rows] = await stand.store.write(say("claim_inbox", now=now, lease_until=now, token="t", wish=10))
        await stand.store.write(*(say("finish_delivery", id=row["id"], token="t", now=now, because="") for row in rows))
        assert await ready(stand, taking=True) == {"ready": True}
        assert (await deliver(stand))[0] == 202


# --- Senders and strangers ------------------------------------------------------------------------------------------


async def test_a_sender_gone_wild_is_told_how_long_to_wait() -> None:
    async with standing(limits=Limits(sender_burst=3, sender_per_s=0.1)) as stand:
        answers = [await deliver(stand, headers=headers(delivery=f"d-{number}")) for number in range(4)]
        assert [status for status, _code, _told in answers] == [202, 202, 202, 429]
        assert 1 <= int(answers[-1][2]["Retry-After"]) <= 11
        assert await kept(stand) == 3


async def test_a_stranger_who_goes_on_is_not_even_read() -> None:
    async with standing(limits=Limits(stranger_burst=2, stranger_per_s=0.1)) as stand:
        unsigned = headers() | {"X-Shopify-Hmac-Sha256": ""}
        answers = [await deliver(stand, headers=unsigned) for _ in range(3)]
        assert [code for _status, code, _told in answers] == ["bad_signature", "bad_signature", "too_many_refused"]
        assert answers[-1][0] == 429
        assert int(answers[-1][2]["Retry-After"]) >= 1


async def test_guessing_names_of_connections_is_counted_too() -> None:
    async with standing(limits=Limits(stranger_burst=2, stranger_per_s=0.1)) as stand:
        answers = [await deliver(stand, connection=name) for name in ("a", "b", "c")]
        assert [status for status, _code, _told in answers] == [404, 404, 429]


async def test_an_address_a_shop_was_heard_from_is_never_shut_out() -> None:
    async with standing(limits=Limits(stranger_burst=2, stranger_per_s=0.1)) as stand:
        assert (await deliver(stand))[0] == 202
        unsigned = headers() | {"X-Shopify-Hmac-Sha256": ""}
        assert {(await deliver(stand, headers=unsigned))[0] for _ in range(10)} == {401}
        assert (await deliver(stand, headers=headers(delivery="d-2")))[0] == 202


async def test_behind_a_known_proxy_strangers_are_told_apart() -> None:
    async with standing(limits=Limits(stranger_burst=1, stranger_per_s=0.1), proxies=["127.0.0.1"]) as stand:

        async def from_address(address: str) -> int:
            unsigned = headers() | {"X-Shopify-Hmac-Sha256": "", "X-Forwarded-For": f"10.9.9.9, {address}"}
            return (await deliver(stand, headers=unsigned))[0]

        assert [await from_address("192.0.2.1") for _ in range(2)] == [401, 429]
        assert [await from_address("192.0.2.2") for _ in range(2)] == [401, 429]


# --- Too many at once -----------------------------------------------------------------------------------------------


async def test_of_too_many_at_once_some_are_stored_and_all_others_are_told_to_come_back() -> None:
    async with standing(limits=Limits(arrived=5)) as stand, AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(wire(stand)) for _ in range(60)]
        for number, line in enumerate(lines):
            line.writer.write(whole(f"d-{number}"))
        answers = [await line.answer() for line in lines]
        accepted = answers.count((202, ""))
        assert accepted >= 5
        assert answers.count((503, "busy")) == 60 - accepted > 0
        assert await kept(stand) == accepted
        await until(lambda: stand.ingress.admission.storing == 0)
        admission = stand.ingress.admission
        assert (admission.arrived, admission.held_bytes) == (0, 0)


async def test_who_hangs_up_before_the_answer_may_have_been_heard_and_is_welcome_again(stand: Stand) -> None:
    with locked(stand):
        async with wire(stand) as line:
            await line.say(whole())
            await until(lambda: stand.ingress.admission.storing == 1)
    await until(lambda: stand.ingress.admission.storing == 0)
    assert stand.ingress.admission.held_bytes == 0
    assert (await deliver(stand))[0] == 202
    assert await kept(stand) == 1


# --- Stopping -------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def stopped(stand: Stand) -> AsyncIterator[None]:
    """Tell the server to stop and wait until it takes no more connections."""
    stand.stopping.set()
    host, port = stand.url.removeprefix("http://").split(":")
    async with asyncio.timeout(20):
        while True:
            try:
                _reader, writer = await asyncio.open_connection(host, int(port))
            except ConnectionError:
                break
            writer.close()
            await asyncio.sleep(0.01)
    yield


async def test_a_stop_finishes_what_has_arrived_and_refuses_the_rest(stand: Stand) -> None:
    async with wire(stand) as first, wire(stand) as half, wire(stand) as idle:
        await idle.say(whole("idle"))
        assert await idle.answer() == (202, "")
        await half.say(b"POST /hooks/shop HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n", b"half")
        await until(lambda: stand.ingress.admission.held_bytes == 4)
        with locked(stand):
            await first.say(whole("first"))
            await until(lambda: stand.ingress.admission.storing == 1)
            async with stopped(stand):
                assert await half.answer() == (503, "stopping")
                assert await idle.ended() == b""
        assert await first.answer() == (202, "")
        assert await first.ended() == b""
    assert await kept(stand) == 2
