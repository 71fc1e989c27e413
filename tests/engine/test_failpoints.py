"""Failpoints: derived for every commit and call, dying exactly where asked, and nothing at all when not armed."""

from pathlib import Path

import pytest

from isthmus.engine import failpoints
from isthmus.kit.http import Http, Request, Response
from isthmus.store.open import open_store
from isthmus.store.statement import library, say
from tests.deaths import Died

pytestmark = pytest.mark.usefixtures("deaths")


def test_nothing_is_wrapped_when_nothing_is_armed() -> None:
    failpoints.arm({})
    store = object()
    assert failpoints.watched(store) is store  # type: ignore[arg-type,comparison-overlap]
    assert type(failpoints.http()) is Http
    failpoints.failpoint("job.claimed")


def test_every_statement_that_changes_something_has_its_points() -> None:
    known = failpoints.commit_points()
    for dialect in ("sqlite", "postgres"):
        for name, sql in library(dialect).items():
            words = set(sql.text.upper().replace("(", " ").split())
            if {"INSERT", "DELETE"} & words or ("UPDATE" in words - {"FOR"} and " SET " in sql.text):
                assert {f"commit.{name}.before", f"commit.{name}.after"} <= known, name


@pytest.mark.parametrize("name", ["intent.putt", "commit.open_intnt.before", "commit.open_intent", "call.x.during"])
def test_a_point_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no failpoint"):
        failpoints.arm({"ISTHMUS_FAILPOINT": name})


@pytest.mark.parametrize(("when", "kept"), [("before", 0), ("after", 1)])
async def test_it_dies_before_or_after_the_commit(tmp_path: Path, when: str, kept: int) -> None:
    failpoints.arm({"ISTHMUS_FAILPOINT": f"commit.keep_first.{when}:2"})
    store = failpoints.watched(await open_store("sqlite:///test.db", tmp_path))
    await store.migrate()
    await store.write(say("keep_first", name="one", value="1"))
    with pytest.raises(Died):
        await store.write(say("keep_first", name="two", value="2"))
    assert len(await store.read("kept", name="two")) == kept
    await store.close()


@pytest.mark.parametrize(("when", "sent"), [("before", 0), ("after", 1)])
async def test_it_dies_before_or_after_the_call(monkeypatch: pytest.MonkeyPatch, when: str, sent: int) -> None:
    calls: list[str] = []

    async def send(_self: Http, request: Request) -> Response:
        calls.append(request.operation)
        return Response(200, {}, b"")

    monkeypatch.setattr(Http, "send", send)
    failpoints.arm({"ISTHMUS_FAILPOINT": f"call.sale.order.create.{when}"})
    with pytest.raises(Died):
        await failpoints.http().send(Request("POST", "http://127.0.0.1:9", "sale.order.create"))
    assert len(calls) == sent


async def test_a_process_started_again_dies_once_at_each_moment(tmp_path: Path) -> None:
    book = tmp_path / "met"
    store = await open_store("sqlite:///test.db", tmp_path)
    await store.migrate()
    lives = 0
    while True:
        failpoints.arm({"ISTHMUS_FAILPOINTS_MET": str(book), "ISTHMUS_FAILPOINTS_BY": "test"})
        try:
            await failpoints.watched(store).write(
                say("keep_first", name="one", value="1"), say("process_gone", id="me")
            )
            failpoints.failpoint("job.claimed")
        except Died:
            lives += 1
        else:
            break
    assert lives == 3
    assert book.read_text().splitlines() == [
        "by:test commit.keep_first.before commit.process_gone.before",
        "by:test commit.keep_first.after commit.process_gone.after",
        "by:test job.claimed",
    ]
    await store.close()
