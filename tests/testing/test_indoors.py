"""A simulator behind no socket answers as one behind a socket does, and its time is the hands'."""

from datetime import timedelta

import pytest

from isthmus.kit.http import AnswerLost, NotSent, Request
from isthmus.simulators.odoo.world import OdooWorld
from isthmus.simulators.stage import stage
from isthmus.testing.clock import START, HandClock
from isthmus.testing.indoors import USUAL_S, Indoors, Side

VERSION = Request("GET", "http://erp/json/version", "json.version")


def indoors(hands: HandClock) -> tuple[Indoors, OdooWorld]:
    world = OdooWorld("empty", now=hands.now)
    return Indoors({"erp": Side(stage(world), hands.now)}, hands), world


async def test_an_answer_bears_the_time_of_the_hands() -> None:
    hands = HandClock(flowing=True)
    line, _world = indoors(hands)

    answer = await line.send(VERSION)

    assert answer.status == 200
    assert answer.json()["version"].startswith("19")
    assert answer.headers["date"] == "Mon, 02 Mar 2026 10:00:00 GMT"
    assert hands.now() == START + timedelta(seconds=USUAL_S)


async def test_a_path_that_is_not_there_is_told_so() -> None:
    line, _world = indoors(HandClock(flowing=True))

    assert (await line.send(Request("GET", "http://erp/nothing", "nothing"))).status == 404


async def test_an_unknown_host_was_never_reached() -> None:
    line, _world = indoors(HandClock(flowing=True))

    with pytest.raises(NotSent):
        await line.send(Request("GET", "http://shop/", "shop"))


@pytest.mark.parametrize("kind", ["reset", "commit_then_drop", "truncate"])
async def test_a_line_that_is_cut_is_a_lost_answer(kind: str) -> None:
    line, world = indoors(HandClock(flowing=True))
    world.faults.set({"kind": kind, "count": 1})

    with pytest.raises(AnswerLost):
        await line.send(VERSION)

    assert (await line.send(VERSION)).status == 200


async def test_a_row_that_commits_late_bears_the_stamp_of_its_beginning() -> None:
    hands = HandClock(flowing=True)
    world = OdooWorld("skus:1", now=hands.now)
    began = hands.now()
    await hands.sleep(60)

    world.set_stock("LAMP-0001", "WH", 7, began)

    stamps = {row["write_date"] for row in world.env().table("stock.quant").rows.values() if row["quantity"] == 7}
    assert stamps == {began.replace(tzinfo=None)}
