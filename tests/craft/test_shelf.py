"""Reference records: asked for once, and again where that could change the answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from isthmus.craft.shelf import KEEP, SETTLED, Shelf

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Row:
    id: int
    name: str = ""


class System:
    """Another system with taxes by code and products by id; counts what it is asked."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 2, 10, tzinfo=UTC)
        self.taxes = {"20": 1}
        self.products = {1: "Mug", 2: "Tea"}
        self.asked: list[Sequence[int]] = []
        self.shelf = Shelf(lambda: self.time)

    async def all_taxes(self) -> dict[str, int]:
        self.asked.append(())
        return dict(self.taxes)

    async def read(self, ids: Sequence[int]) -> list[Row]:
        self.asked.append(sorted(ids))
        return [Row(one, self.products[one]) for one in ids if one in self.products]

    async def tax(self, code: str) -> int | None:
        return await self.shelf.find("taxes", self.all_taxes, lambda known: known.get(code))

    async def names(self, *ids: int) -> dict[int, str]:
        return {one: row.name for one, row in (await self.shelf.rows("product", ids, self.read)).items()}


async def test_what_is_kept_is_not_asked_for_again_until_it_is_old() -> None:
    there = System()
    assert [await there.tax("20") for _order in range(1000)] == [1] * 1000
    there.time += KEEP
    there.taxes["20"] = 2
    assert (await there.tax("20"), len(there.asked)) == (1, 1)
    there.time += SECOND
    assert (await there.tax("20"), len(there.asked)) == (2, 2)


async def test_what_a_person_just_added_is_found_and_what_is_missing_raises_no_storm() -> None:
    there = System()
    assert [await there.tax("7") for _order in range(1000)] == [None] * 1000
    assert len(there.asked) == 1
    there.taxes["7"] = 3
    there.time += SETTLED + SECOND
    assert (await there.tax("7"), len(there.asked)) == (3, 2)


async def test_nothing_is_an_answer_and_zero_is_one_too() -> None:
    there = System()
    there.taxes["0"] = 0
    assert await there.tax("0") == 0
    assert len(there.asked) == 1


async def test_records_are_kept_each_by_itself_and_forgotten_when_deleted() -> None:
    there = System()
    assert await there.names(1) == {1: "Mug"}
    assert await there.names(1, 2, 3) == {1: "Mug", 2: "Tea"}
    assert there.asked == [[1], [2, 3]]

    there.time += KEEP + SECOND
    del there.products[1]
    assert await there.names(1, 2) == {2: "Tea"}
