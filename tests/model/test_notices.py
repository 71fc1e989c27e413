"""No change is lost, doubled or left behind, however its notices come: a slice of `make notices`."""

import random
from typing import Any

import msgspec
import pytest

from isthmus.canonical.quantity import pieces
from isthmus.ports.sink import Key
from isthmus.testing.builders import a_line, an_order
from isthmus.testing.clock import HandClock
from tests.flows.fakes import Shop
from tests.model.notices import Books, Post, play, verdict
from tests.store.conftest import BOTH, address_of


@pytest.fixture(params=BOTH)
async def database(request: pytest.FixtureRequest) -> str:
    return await address_of(request)


async def test_whatever_becomes_of_the_notices_both_sides_agree(database: str) -> None:
    found = await play(400, 3, database)

    assert [found[what] for what in ("notices", "lost", "doubled", "stale", "parked")] == [400, 0, 0, 0, 0]
    assert 0 < found["dropped"] < 160
    assert found["deliveries"] > 2 * found["notices"]
    # A delivery that came before costs no look at the shop.
    assert found["records_read"] < found["notices"]


@pytest.mark.parametrize("what", ["lost", "doubled", "stale"])
async def test_what_went_wrong_would_be_seen(what: str) -> None:
    shop, books = Shop(HandClock()), Books()
    order = shop.sells(an_order("#1", a_line("MUG")))
    line = msgspec.structs.replace(order.lines[0], quantity=pieces(2))
    held: dict[str, Any] = {
        "lost": [],
        "doubled": [order, order],
        "stale": [msgspec.structs.replace(order, lines=(line,))],
    }
    for one in held[what]:
        await books.put(one, key=Key("shop:1"))

    found = verdict(shop, books, Post(random.Random(1)), 1)  # noqa: S311 - nothing is drawn

    assert {each: found[each] for each in ("lost", "doubled", "stale")} == {
        each: int(each == what) for each in ("lost", "doubled", "stale")
    }
