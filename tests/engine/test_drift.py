"""The shape of answers is learned, differences are told once, a person accepts them, and no call breaks over it."""

import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from isthmus.admin import drift as admin
from isthmus.admin.drift import NoSuchDrift
from isthmus.engine import drift
from isthmus.engine.context import Context
from isthmus.engine.drift import MOST_DRIFTS, MOST_QUESTIONS, Budget, Watch, everything
from isthmus.engine.learned import BASELINE
from isthmus.engine.upkeep import Retention, Upkeep
from isthmus.kit.http import Http, Request, Response
from isthmus.store.base import Store
from isthmus.store.group import StoreError
from isthmus.store.open import open_store
from isthmus.testing.clock import HandClock
from tests.engine.answers import ORDER, URL, hear, told

A_DAY = 86_400.0
TYPE = ("type_changed", "$.total", "string", "number")


@pytest.fixture
async def store(database: str, tmp_path: Any) -> AsyncIterator[Store]:
    made = await open_store(database or "sqlite:///watch.db", tmp_path)
    await made.migrate()
    yield made
    await made.close()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def watch(clock: HandClock) -> Watch:
    return Watch(clock, everything())


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in ORDER.items() if key != name}


async def test_the_first_answers_are_learned_and_a_different_one_is_told_once(watch: Watch, store: Store) -> None:
    hear(watch, {"total": 1}, times=3)
    hear(watch, times=BASELINE + 10)
    await watch.keep(store)
    assert await told(store) == []
    hear(watch, {**ORDER, "total": 10})
    await watch.keep(store)
    assert await told(store) == []  # of two types in the baseline neither is the only one

    hear(watch, times=BASELINE + 10, operation="Other")
    hear(watch, {**ORDER, "total": 10}, times=2, operation="Other")
    await watch.keep(store)
    hear(watch, {**ORDER, "total": 10}, operation="Other")
    await watch.keep(store)
    assert await told(store) == [(*TYPE, 3)]


async def test_all_kinds_are_told_with_when_they_were_seen(watch: Watch, store: Store, clock: HandClock) -> None:
    hear(watch, times=250)
    await clock.advance(A_DAY)
    first = clock.now()
    hear(watch, {**ORDER, "state": "void"})
    hear(watch, {**ORDER, "total": None})
    hear(watch, {**ORDER, "channel": "app"})
    hear(watch, without("lines"), times=3)
    await clock.advance(60)
    hear(watch, {**ORDER, "state": "void"})
    await watch.keep(store)
    assert await told(store) == [
        ("new_enum_value", "$.state", "paid", "void", 2),
        ("null_where_never", "$.total", "string", "null", 1),
        ("field_missing", "$.lines", "always there", "not there", 1),
        ("new_field", "$.channel", "", "string", 1),
    ]
    report = await admin.drift(Context(store, clock, {}))
    assert (report.drifts[0].first_at, report.drifts[0].last_at) == (first, first + timedelta(seconds=60))
    assert (report.breaking, [each.breaking for each in report.drifts]) == (3, [True, True, True, False])
    (shape,) = report.shapes
    assert (shape.connection, shape.operation, len(shape.fingerprint)) == ("shop", "Orders", 16)


async def test_a_field_that_comes_back_may_be_absent(watch: Watch, store: Store) -> None:
    hear(watch, times=50)
    for _ in range(4):
        hear(watch, without("lines"), times=2)
        hear(watch)
    hear(watch, without("lines"), times=10)
    await watch.keep(store)
    assert await told(store) == []


async def test_what_is_missing_in_a_row_is_counted_across_restarts(
    watch: Watch, store: Store, clock: HandClock
) -> None:
    hear(watch, times=50)
    for _ in range(3):
        hear(watch, without("lines"))
        await watch.keep(store)
        watch = Watch(clock, everything())
        await watch.load(store)
    assert [each[:2] for each in await told(store)] == [("field_missing", "$.lines")]


async def test_what_was_learned_is_known_after_a_restart(watch: Watch, store: Store, clock: HandClock) -> None:
    hear(watch, times=250)
    await watch.keep(store)
    await clock.advance(A_DAY)
    again = Watch(clock, everything())
    await again.load(store)
    hear(again, {**ORDER, "state": "void", "total": 1})
    await again.keep(store)
    assert {each[0] for each in await told(store)} == {"new_enum_value", "type_changed"}


async def test_an_accepted_difference_is_the_baseline(watch: Watch, store: Store, clock: HandClock) -> None:
    context = Context(store, clock, {})
    hear(watch, times=50)
    hear(watch, {**ORDER, "total": 10})
    hear(watch, without("lines"), times=3)
    await watch.keep(store)
    rows = (await admin.drift(context)).drifts
    assert [each.kind for each in rows] == ["type_changed", "field_missing"]
    with pytest.raises(NoSuchDrift, match=f"no open difference 999; open are: {rows[0].id}, {rows[1].id}"):
        await admin.accept(context, [999], by="eve")
    assert await admin.accept(context, [rows[0].id], by="eve", because="they said so") == 1
    assert await admin.breaking(context) == 1
    assert await admin.accept(context, [], by="eve") == 1
    assert await admin.accept(context, [], by="eve") == 0
    assert await admin.breaking(context) == 0
    await watch.keep(store)
    hear(watch, {**without("lines"), "total": 10}, times=5)
    hear(watch, {**ORDER, "total": True})
    await watch.keep(store)
    assert [each[:4] for each in await told(store)] == [("type_changed", "$.total", "number or string", "boolean")]
    old = (await admin.drift(context, accepted=True)).drifts[1:]
    assert [(each.accepted_by, each.answers) for each in old] == [("eve", 1), ("eve", 1)]
    lines = await store.read("audit_trail", wish=5)
    assert [(row["who"], row["action"], row["target"], row["why"]) for row in lines][-1] == (
        "eve",
        "accept drift",
        "shop Orders $.total",
        "they said so",
    )


async def test_several_processes_learn_together(store: Store, clock: HandClock) -> None:
    one, other = Watch(clock, everything()), Watch(clock, everything())
    for _ in range(4):
        hear(one, times=5)
        hear(other, times=5)
        await one.keep(store)
        await other.keep(store)
    await one.keep(store)
    await other.keep(store)
    (shape,) = await store.read("shapes")
    assert shape["answers"] == 40
    hear(one, {**ORDER, "total": 1})
    hear(other, {**ORDER, "total": 1})
    await one.keep(store)
    await other.keep(store)
    assert await told(store) == [(*TYPE, 2)]


async def test_no_content_is_on_disk(watch: Watch, store: Store) -> None:
    person = {"name": "Jane", "email": "jane@example.com", "kind": "Jane", "notes": {"jane@example.com": "Jane"}}
    for number in range(500):
        hear(watch, {**person, "id": number, "kind": f"Jane{number}"})
    hear(watch, {**person, "kind": "Jane Doe"})
    await watch.keep(store)
    for row in await store.read("shape_versions"):
        (shape,) = await store.read(
            "shape", connection=row["connection"], operation=row["operation"], question=row["question"]
        )
        assert "jane" not in shape["shape"].lower()


async def test_the_store_is_not_written_when_nothing_is_new(
    watch: Watch, store: Store, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear(watch, times=100)
    await watch.keep(store)
    hear(watch, times=10)

    async def refused(*_steps: object) -> None:
        raise AssertionError

    with monkeypatch.context() as quiet:
        quiet.setattr(store, "write", refused)
        await watch.keep(store)
    await clock.advance(3600)
    hear(watch)
    await watch.keep(store)
    assert (await store.read("shapes"))[0]["answers"] == 111


async def test_nothing_is_lost_while_the_store_is_away(
    watch: Watch, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear(watch, times=30)
    hear(watch, {**ORDER, "total": 1}, times=2)

    async def gone(*_steps: object) -> None:
        message = "the database is away"
        raise StoreError(message)

    with monkeypatch.context() as away:
        away.setattr(store, "write", gone)
        with pytest.raises(StoreError):
            await watch.keep(store)
    hear(watch, {**ORDER, "total": 1})
    hear(watch, times=5)
    await watch.keep(store)
    await watch.keep(store)
    assert await told(store) == [(*TYPE, 3)]
    assert (await store.read("shapes"))[0]["answers"] == 35


async def test_what_fails_inside_breaks_no_call_and_is_told(
    watch: Watch, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_said: object) -> None:
        message = "a mistake of ours"
        raise KeyError(message)

    monkeypatch.setattr(drift, "read", broken)
    with caplog.at_level(logging.ERROR):
        hear(watch, times=3)
    assert [each.message for each in caplog.records] == ["answers of shop Orders cannot be watched"]
    assert watch.failed == 3
    await watch.keep(store)
    assert await told(store) == [("not_watched", "$", "", "KeyError", 3)]
    assert await admin.breaking(Context(store, HandClock(), {})) == 0


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<order/>"), (200, b"{"), (500, b'{"total":1}'), (404, b"{}"), (200, b"")]
)
async def test_only_good_answers_of_json_are_learned(watch: Watch, store: Store, status: int, body: bytes) -> None:
    hear(watch, body, times=50, status=status)
    await watch.keep(store)
    assert await store.read("shapes") == []
    assert watch.failed == 0


async def test_what_is_kept_is_bounded(watch: Watch, store: Store) -> None:
    for number in range(30):
        request = Request("GET", f"{URL}?_fields=f{number}", "Orders")
        watch.heard("shop", request, Response(200, {}, b'{"a":1}'))
    hear(watch, {}, times=1, operation="Wide")
    hear(watch, {"a": 1}, times=50, operation="Wide")
    for number in range(3 * MOST_DRIFTS):
        hear(watch, {"a": 1, f"field_{chr(97 + number % 26)}_{chr(97 + number // 26)}": 1}, operation="Wide")
    await watch.keep(store)
    assert len([row for row in await store.read("shapes") if row["operation"] == "Orders"]) == MOST_QUESTIONS
    assert len(await store.read("drifts", most=10_000)) <= MOST_DRIFTS


def test_only_a_share_of_the_processor_is_used(clock: HandClock) -> None:
    now = [0.0]

    class Slow(Watch):
        def _look(self, what: tuple[str, str], request: Request, response: Response) -> bool:
            now[0] += 0.010  # each takes 10 ms
            return super()._look(what, request, response)

    watch = Slow(clock, Budget(seconds=lambda: now[0]))
    for _ in range(100_000):
        now[0] += 0.002
        hear(watch)
    # What was saved up, and after that 10 ms of each second at most: an operation rests a hundred times its cost.
    assert watch.looked_at > BASELINE
    assert watch.seconds <= 2.0 + now[0] * 0.02
    assert watch.seconds / now[0] < 0.012


async def test_a_pool_is_watched_for_each_connection_and_stays_its_owners(watch: Watch, store: Store) -> None:
    class Pool(Http):
        closed = 0

        async def send(self, request: Request) -> Response:  # noqa: ARG002
            return Response(200, {}, b'{"total":"1"}')

        def outward(self, way_out: str) -> Http:  # noqa: ARG002
            return self.keep(Pool())

        async def close(self) -> None:
            self.closed += 1

    pool = Pool()
    shop, erp = watch.over("shop", pool), watch.over("erp", pool).outward("")
    for way in (shop, erp):
        assert (await way.send(Request("GET", URL, "Orders"))).body == b'{"total":"1"}'
        await way.close()
    assert pool.closed == 0
    await watch.keep(store)
    assert [row["connection"] for row in await store.read("shapes")] == ["erp", "shop"]


async def test_what_nobody_asks_any_more_is_forgotten(watch: Watch, store: Store, clock: HandClock) -> None:
    hear(watch, times=30)
    hear(watch, {**ORDER, "total": 1})
    await watch.keep(store)
    await clock.advance(89 * A_DAY)
    upkeep = Upkeep(Context(store, clock, {}), Retention())
    await upkeep.prune()
    assert len(await store.read("shapes")) == len(await told(store)) == 1
    await clock.advance(2 * A_DAY)
    await upkeep.prune()
    assert await store.read("shapes") == await told(store) == []
