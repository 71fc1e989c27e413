"""What is written is what may be sold plus what is set aside; nothing is put on sale that is not there."""

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from isthmus.canonical.quantity import Quantity, pieces
from isthmus.canonical.stock import StockLevel
from isthmus.kit.http import AnswerLost, Response
from isthmus.ports.errors import (
    Contended,
    ContractBroken,
    Invalid,
    NotFound,
    Trouble,
    Unreachable,
)
from isthmus.ports.sink import Key, Put, Receipt
from tests.connectors.vendure.builders import Content, a_level, a_shop, a_stocked, listed
from tests.connectors.vendure.harness import Desk, failed, opened, said

if TYPE_CHECKING:
    from collections.abc import Callable

    from isthmus.ports.connector import Session


class Stockroom(Desk):
    """A shop with stock: levels by variant and place, on hand and allocated, as Vendure keeps them."""

    def __init__(self, *levels: tuple[str, str, int, int], tracks: str = "TRUE") -> None:
        super().__init__()
        self.levels = {(variant, place): (on_hand, allocated) for variant, place, on_hand, allocated in levels}
        self.tracks = tracks
        self.known = {variant for variant, _place in self.levels}
        self.places = {"1", "2"}
        self.writes: list[list[Content]] = []
        self.meanwhile: list[Callable[[], None]] = []
        self.on("Levels", self.list).on("SetStock", self.set)

    def list(self, variables: Content) -> Content:
        wanted = variables["options"]["filter"]["id"]["in"]
        return listed(*(self.row(one) for one in wanted if one in self.known))

    def row(self, variant: str) -> Content:
        levels = [a_level(place, *count) for (owner, place), count in self.levels.items() if owner == variant]
        return {**a_stocked(int(variant), trackInventory=self.tracks), "stockLevels": levels}

    def set(self, variables: Content) -> Content | Response:
        if self.meanwhile:
            self.meanwhile.pop(0)()
        self.writes.append(variables["input"])
        for one in variables["input"]:
            if one["id"] not in self.known:
                return failed("ENTITY_NOT_FOUND")
            if not {level["stockLocationId"] for level in one["stockLevels"]} <= self.places:
                return failed("", "SqliteError: FOREIGN KEY constraint failed")
        for one in variables["input"]:
            for level in one["stockLevels"]:
                key = one["id"], level["stockLocationId"]
                self.levels[key] = level["stockOnHand"], self.levels.get(key, (0, 0))[1]
        return {"updateProductVariants": [self.row(one["id"]) for one in variables["input"]]}

    def offered(self, variant: str = "1", place: str = "1") -> int:
        on_hand, allocated = self.levels[variant, place]
        return on_hand - allocated


def wanted(count: int | None, variant: str = "1", place: str = "1", base: int | None = None) -> Put[StockLevel]:
    record = StockLevel(
        external_id=f"{variant}@{place}",
        sku=f"SKU-{variant}",
        warehouse=place,
        item_ref=variant,
        available=None if count is None else pieces(count),
    )
    before = StockLevel(external_id="b", sku="b", warehouse=place, available=pieces(base)) if base is not None else None
    return Put(record, Key(f"shop:{variant}@{place}"), before)


async def put(desk: Desk, *puts: Put[StockLevel]) -> list[Receipt | Trouble]:
    return list(await opened(desk).sinks["stock_level"].put_many(puts))


def kinds(answers: list[Receipt | Trouble]) -> list[type[object]]:
    return [type(one) for one in answers]


async def test_what_is_set_aside_is_added() -> None:
    room = Stockroom(("1", "1", 10, 4), ("1", "2", 99, 0))

    [answer] = await put(room, wanted(20, base=6))

    assert room.writes == [[{"id": "1", "stockLevels": [{"stockLocationId": "1", "stockOnHand": 24}]}]]
    assert room.levels == {("1", "1"): (24, 4), ("1", "2"): (99, 0)}
    assert isinstance(answer, Receipt)
    assert (answer.external_id, answer.details) == ("1@1", {"available": 20})


async def test_a_figure_that_stands_already_is_not_written() -> None:
    room = Stockroom(("1", "1", 10, 4))

    assert kinds(await put(room, wanted(6, base=99))) == [Receipt]
    assert room.writes == []


async def test_a_place_the_variant_has_never_been_at_is_set_whole() -> None:
    room = Stockroom(("1", "1", 10, 4))

    assert kinds(await put(room, wanted(7, place="2"))) == [Receipt]
    assert room.levels["1", "2"] == (7, 0)


async def test_a_figure_that_moved_is_decided_upon_anew() -> None:
    room = Stockroom(("1", "1", 10, 4))

    assert kinds(await put(room, wanted(20, base=7))) == [Contended]
    assert room.writes == []


async def test_a_shipment_in_between_puts_nothing_on_sale() -> None:
    room = Stockroom(("1", "1", 10, 4))
    room.meanwhile.append(lambda: room.levels.update({("1", "1"): (6, 0)}))

    assert kinds(await put(room, wanted(20))) == [Receipt]
    assert [one[0]["stockLevels"][0]["stockOnHand"] for one in room.writes] == [24, 20]
    assert room.offered() == 20


async def test_a_sale_in_between_stays_sold() -> None:
    room = Stockroom(("1", "1", 10, 4))
    room.meanwhile.append(lambda: room.levels.update({("1", "1"): (10, 7)}))

    assert kinds(await put(room, wanted(20))) == [Receipt]
    assert room.offered() == 17
    assert len(room.writes) == 1


async def test_shipments_without_end_are_left_to_the_next_decision() -> None:
    room = Stockroom(("1", "1", 20, 9))
    for left in (8, 7, 6):
        room.meanwhile.append(lambda left=left: room.levels.update({("1", "1"): (20, left)}))  # type: ignore[misc]

    assert kinds(await put(room, wanted(5))) == [Contended]


async def test_a_variant_at_two_places_goes_in_one_row() -> None:
    room = Stockroom(("1", "1", 1, 0), ("1", "2", 1, 0), ("2", "1", 1, 0))

    answers = await put(room, wanted(5), wanted(6, place="2"), wanted(7, "2"))

    assert kinds(answers) == [Receipt] * 3
    [[first, second]] = room.writes
    assert [one["stockOnHand"] for one in first["stockLevels"]] == [5, 6]
    assert second["id"] == "2"


async def test_the_same_level_twice_ends_as_the_later_one_says() -> None:
    room = Stockroom(("1", "1", 1, 0))

    assert kinds(await put(room, wanted(5), wanted(6))) == [Receipt, Receipt]
    assert room.offered() == 6


async def test_one_bad_row_fails_alone() -> None:
    room = Stockroom(*((str(number), "1", 1, 0) for number in range(1, 8)))
    puts = [wanted(5, str(number)) for number in range(1, 8)]
    puts[4] = wanted(5, "5", "77")

    answers = await put(room, *puts)

    assert kinds(answers) == [Receipt] * 4 + [Invalid] + [Receipt] * 2
    assert [room.offered(str(number)) for number in (1, 2, 3, 4, 6, 7)] == [5] * 6
    assert len(room.writes) <= 2 * 3 + 1


async def test_what_is_not_there_or_keeps_no_stock_is_said_so() -> None:
    room = Stockroom(("1", "1", 1, 0))
    assert kinds(await put(room, wanted(5, "9"))) == [NotFound]

    off = Stockroom(("1", "1", 1, 0), tracks="FALSE")
    assert kinds(await put(off, wanted(5))) == [Invalid]
    inherits = Stockroom(("1", "1", 1, 0), tracks="INHERIT")
    assert kinds(await put(inherits, wanted(5))) == [Receipt]
    inherits.on("Shop", a_shop(trackInventory=False))
    assert kinds(await put(inherits, wanted(6))) == [Invalid]


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(wanted(None).record, id="unknown-is-not-zero"),
        pytest.param(
            StockLevel(external_id="1@1", sku="", warehouse="1", available=Quantity(Decimal("1.5"))), id="half-a-piece"
        ),
        pytest.param(
            StockLevel(external_id="1@1", sku="", warehouse="1", available=Quantity(Decimal(1), "KGM")), id="kilograms"
        ),
        pytest.param(StockLevel(external_id="1@1", sku="", warehouse="1", available=pieces(2**40)), id="too-many"),
        pytest.param(StockLevel(external_id="one@1", sku="", warehouse="1", available=pieces(1)), id="no-variant"),
        pytest.param(StockLevel(external_id="1@", sku="", warehouse="", available=pieces(1)), id="no-place"),
    ],
)
async def test_what_cannot_be_written_is_refused_before_it_is_sent(record: StockLevel) -> None:
    room = Stockroom(("1", "1", 1, 0))

    with pytest.raises(Invalid):
        await opened(room).sinks["stock_level"].put(record, key=Key("k"))
    assert room.asked == []


async def test_a_single_put_returns_its_receipt() -> None:
    one = wanted(5)
    sink = opened(Stockroom(("1", "1", 1, 0))).sinks["stock_level"]

    assert (await sink.put(one.record, key=one.key)).details == {"available": 5}
    assert await sink.find(one.key) is None


async def test_a_lost_answer_may_be_sent_again() -> None:
    room = Stockroom(("1", "1", 1, 0)).on("SetStock", AnswerLost("reset"))

    with pytest.raises(Unreachable):
        await put(room, wanted(5))


async def test_rows_that_were_written_are_not_lost_with_those_that_were_not() -> None:
    room = Stockroom(("1", "1", 1, 0), ("2", "1", 1, 0))
    answers = iter([failed("ENTITY_NOT_FOUND"), room.set, AnswerLost("reset")])

    def play(variables: Content) -> object:
        answer = next(answers)
        if isinstance(answer, AnswerLost):
            raise answer
        return answer(variables) if callable(answer) else answer

    room.on("SetStock", play)
    assert kinds(await put(room, wanted(5), wanted(6, "2"))) == [Receipt, Unreachable]


@pytest.mark.parametrize(
    "told", [[], [None], [a_stocked(1, a_level("1", 6))], [a_stocked(1, a_level("2", 5))]], ids=str
)
async def test_an_answer_that_does_not_say_it_was_done_is_none(told: list[Content]) -> None:
    room = Stockroom(("1", "1", 1, 0)).on("SetStock", said({"updateProductVariants": told}))

    assert kinds(await put(room, wanted(5))) == [Unreachable]


async def test_more_than_a_batch_is_refused() -> None:
    session: Session = opened(Stockroom())
    with pytest.raises(ContractBroken):
        await session.sinks["stock_level"].put_many([wanted(1)] * 51)
