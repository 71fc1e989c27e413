"""Deliveries are stored many at a time, each with its own fate, on both databases."""

import asyncio
from typing import Any

import pytest

from isthmus.kit.clock import SystemClock
from isthmus.store.base import Store
from isthmus.store.group import StoreError
from isthmus.store.statement import say
from isthmus.web.admission import Admission
from isthmus.web.inbox import LARGEST, Arrival, Inbox
from tests.store.conftest import database, opener, store

__all__ = ["database", "opener", "store"]  # fixtures of the store's suite: each test here runs on both databases


def an_arrival(name: str, **said: Any) -> Arrival:
    values: dict[str, Any] = {"topic": "orders/create", "body": name.encode(), "kind": "order", "external_id": name}
    return Arrival(connection="shop", delivery_id=name, at=1_700_000_000_000_000, **values | said)


class Bench:
    """An inbox, and how often it said that something is there."""

    def __init__(self, store: Store) -> None:
        self.stirred = 0
        self.admission = Admission(SystemClock().now)
        self.inbox = Inbox(store, self.admission, self._stir)

    def _stir(self) -> None:
        self.stirred += 1

    async def keep(self, *arrivals: Arrival) -> list[BaseException | None]:
        self.admission.held_bytes += sum(len(each.body) for each in arrivals)
        return await asyncio.gather(*(self.inbox.keep(each) for each in arrivals), return_exceptions=True)


async def rows(store: Store) -> dict[str, Any]:
    [found] = await store.write(say("claim_inbox", now=2**60, lease_until=2**60, token="t", wish=1000))
    return {bytes(row["body"]).decode("latin-1"): row for row in found}


async def test_every_byte_arrives_in_its_own_row(store: Store) -> None:
    bodies = [b"", b"\x00\xff\xfe", "ü日本".encode(), b'{"a": "\\u0000"}', b"'; DROP TABLE inbox; --", b"x" * 300_000]
    told = await Bench(store).keep(*(an_arrival(f"d-{n}", body=body) for n, body in enumerate(bodies)))
    assert told == [None] * len(bodies)
    kept = await rows(store)
    assert set(kept) == {body.decode("latin-1") for body in bodies}
    for number, body in enumerate(bodies):
        row = kept[body.decode("latin-1")]
        assert (row["connection"], row["topic"]) == ("shop", "orders/create")
        assert row["received_at"] == 1_700_000_000_000_000
        found = await store.read("deliveries_of", connection="shop", kind="order", external_id=f"d-{number}")
        assert [each["delivery_id"] for each in found] == [f"d-{number}"]


async def test_texts_are_kept_as_they_came(store: Store) -> None:
    odd = ["it's", 'say "x"', "back\\slash", "日本", "{}", "null", "1.50", ""]
    await Bench(store).keep(*(an_arrival(f"d-{n}", external_id=text) for n, text in enumerate(odd)))
    for number, text in enumerate(odd):
        found = await store.read("deliveries_of", connection="shop", kind="order", external_id=text)
        assert [each["delivery_id"] for each in found] == [f"d-{number}"]


async def test_a_repeat_is_stored_once_within_one_turn_and_later(store: Store) -> None:
    bench = Bench(store)
    assert await bench.keep(an_arrival("a"), an_arrival("a"), an_arrival("b")) == [None] * 3
    assert await bench.keep(an_arrival("b")) == [None]
    assert set(await rows(store)) == {"a", "b"}


async def test_more_than_fit_in_one_statement_are_all_stored(store: Store) -> None:
    count = 2 * LARGEST + 1
    bench = Bench(store)
    assert await bench.keep(*(an_arrival(f"d-{n}") for n in range(count))) == [None] * count
    assert len(await rows(store)) == count
    await bench.inbox.close()
    assert (bench.admission.storing, bench.admission.held_bytes) == (0, 0)


async def test_one_that_cannot_be_stored_does_not_spoil_the_others(store: Store) -> None:
    bench = Bench(store)
    told = await bench.keep(an_arrival("a"), an_arrival("bad", kind=None), an_arrival("b"))
    assert [type(each) for each in told] == [type(None), StoreError, type(None)]
    assert set(await rows(store)) == {"a", "b"}
    await bench.inbox.close()
    assert (bench.admission.storing, bench.admission.held_bytes) == (0, 0)
    assert bench.admission.standing().taking
    assert bench.stirred == 2


async def test_nothing_is_said_to_be_there_before_it_is(store: Store) -> None:
    bench = Bench(store)
    with pytest.raises(StoreError):
        await bench.inbox.keep(an_arrival("bad", kind=None))
    assert bench.stirred == 0
    assert bench.admission.standing().code == "store_fails"
