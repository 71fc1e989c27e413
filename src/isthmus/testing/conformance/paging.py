"""Reading to the end, from anywhere, without losing what changes meanwhile."""

from typing import Any

from isthmus.canonical.record import fingerprint
from isthmus.ports.source import Page
from isthmus.testing.conformance.bench import Bench, ids_of, read_all, records_of
from isthmus.testing.conformance.rule import Tier, expect, expect_same, readable, rule


@rule(Tier.BRONZE)
@readable
async def paging_complete(bench: Bench, kind: str) -> None:
    """Nothing, one, a full page, one more, and exactly two pages: each is read whole, and ends once."""
    reading = bench.double.reads[kind]
    sizes = (0, 1, reading.page, reading.page + 1, 2 * reading.page)
    for size in sorted({max(size, reading.least) for size in sizes}):
        async with bench.another(kind, size) as fresh:
            pages = await read_all(fresh.open(), kind)
            expect_same(ids_of(pages), reading.ids(fresh.world), f"{size} there")
            _check_end(pages, size)


def _check_end(pages: list[Page[Any]], size: int) -> None:
    expect(pages, f"{size} there: no page at all, so no cursor")
    expect(pages[-1].last, f"{size} there: the final page does not say so")
    expect(not any(page.last for page in pages[:-1]), f"{size} there: a page before the final one says it is last")
    expect(all(page.cursor for page in pages), f"{size} there: a page without a cursor")


@rule(Tier.BRONZE)
@readable
async def cursor_resumes(bench: Bench, kind: str) -> None:
    """A reading broken off after any page goes on from that page's cursor in a new session, missing nothing."""
    reading = bench.double.reads[kind]
    async with bench.another(kind, max(2 * reading.page + 1, reading.least)) as fresh:
        whole = await read_all(fresh.open(), kind)
        wanted = reading.ids(fresh.world)
        for place, page in enumerate(whole[:-1], start=1):
            rest = await read_all(fresh.open(), kind, page.cursor)
            expect_same(ids_of([*whole[:place], *rest]), wanted, f"broken off after page {place}")
            expect(rest and rest[-1].last, f"broken off after page {place}: the rest does not end")


@rule(Tier.BRONZE)
@readable
async def cursor_ties(bench: Bench, kind: str) -> None:
    """A change of the same second as the reading, or in the middle of it, is read: in this round or the next."""
    reading = bench.double.reads[kind]
    async with bench.another(kind, max(reading.page + 1, reading.least, 1)) as fresh:
        session = fresh.open()
        first = await read_all(session, kind)
        one = reading.ids(fresh.world)[0]
        await fresh.act(reading.touch, one)
        second = await read_all(session, kind, first[-1].cursor)
        expect(one in ids_of(second), f"{one} changed in the second of the reading and is not read again")
        _expect_news(one, first, second)
        # Now in the middle: a record of the first page changes while the second one is still to come.
        early = ids_of(first[:1])[0]
        broken_off = await _first_page(fresh, kind)
        await fresh.act(reading.touch, early)
        rest = await read_all(session, kind, broken_off.cursor) if not broken_off.last else [broken_off]
        after = await read_all(session, kind, rest[-1].cursor)
        expect(early in ids_of([*rest, *after]), f"{early} changed while its round went on and is not read again")


async def _first_page(bench: Bench, kind: str) -> Page[Any]:
    async for page in bench.open().sources[kind].changes(None):
        return page
    message = "a source without a page"
    raise AssertionError(message)


def _expect_news(one: str, before: list[Page[Any]], after: list[Page[Any]]) -> None:
    old = {record.external_id: fingerprint(record) for record in records_of(before)}
    new = {record.external_id: fingerprint(record) for record in records_of(after)}
    expect(old.get(one) != new.get(one), f"{one} changed and reads the same")
