"""Lists by id: nothing is left out and nothing comes twice, wherever a page ends."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.canonical.party import Customer
from isthmus.craft.by_id import first, listed, place, stretches
from isthmus.ports.errors import ContractBroken, Rejected
from isthmus.ports.listing import Keyed, ListPage
from isthmus.ports.source import Cursor, Unreadable

ids = st.lists(st.integers(1, 10**6), unique=True, max_size=40).map(sorted)


@dataclass(frozen=True)
class Row:
    id: int


class Shelf:
    """Rows as another system gives them: by id, so many at a time."""

    def __init__(self, known: Sequence[int], page: int) -> None:
        self.known, self.page = [*known], page
        self.asked: list[int] = []

    async def read(self, after: int) -> list[Row]:
        self.asked.append(after)
        return [Row(one) for one in sorted(self.known) if one > after][: self.page]


@given(ids, st.integers(1, 9), st.integers(0, 10**6))
async def test_every_row_behind_a_place_comes_once(known: list[int], page: int, after: int) -> None:
    shelf = Shelf(known, page)
    parts = [part async for part in stretches(shelf.read, after, page=page)]

    assert [row.id for part in parts for row in part.rows] == [one for one in known if one > after]
    assert [part.last for part in parts] == [False] * (len(parts) - 1) + [True]
    assert shelf.asked == [after, *(part.after for part in parts[:-1])]


async def test_what_is_made_or_deleted_meanwhile_moves_nothing_else() -> None:
    shelf, seen = Shelf([1, 2, 3, 4, 5], 2), list[int]()
    async for part in stretches(shelf.read, page=2):
        seen += [row.id for row in part.rows]
        if seen == [1, 2]:
            shelf.known = [3, 4, 5, 6]
    assert seen == [1, 2, 3, 4, 5, 6]


@given(ids, st.integers(1, 9), st.integers(1, 5))
async def test_the_beginning_of_a_list_is_read_no_further_than_asked(known: list[int], page: int, pages: int) -> None:
    shelf = Shelf(known, page)
    rows = await first(shelf.read, page=page, most=page * pages)
    assert [row.id for row in rows] == known[: page * pages]
    assert len(shelf.asked) <= pages


async def test_a_list_goes_on_behind_any_page_and_names_what_it_cannot_read() -> None:
    shelf, strange = Shelf(range(1, 8), 3), Unreadable("4", "four", Rejected("no"))

    async def told(rows: Sequence[Row]) -> tuple[list[Keyed[Customer]], list[Unreadable]]:
        good = [Keyed(f"k{row.id}", Customer(external_id=str(row.id))) for row in rows if row.id != 4]
        return good, [strange for row in rows if row.id == 4]

    async def read(after: Cursor | None) -> list[ListPage[Customer]]:
        return [page async for page in listed(shelf.read, told, after, page=3)]

    pages = await read(None)
    assert [[entry.key for entry in page.entries] for page in pages] == [["k1", "k2", "k3"], ["k5", "k6"], ["k7"]]
    assert [len(page.bad) for page in pages] == [0, 1, 0]
    for number, page in enumerate(pages[:-1]):
        assert await read(page.cursor) == pages[number + 1 :]
    assert [(page.entries, page.last) for page in await read(pages[-1].cursor)] == [([], True)]


def test_a_place_in_a_list_is_a_number() -> None:
    assert (place(None), place(Cursor("17"))) == (0, 17)
    for strange in ("x", "-1", "1.5", "\u0663"):
        with pytest.raises(ContractBroken):
            place(Cursor(strange))
