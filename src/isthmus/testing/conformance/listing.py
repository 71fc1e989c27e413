"""A system's own list: what reconciliation stands on, so it must be whole, and the same however it is read."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from isthmus.ports.connector import Session
from isthmus.ports.listing import Glimpsed, Keyed, Span
from isthmus.ports.source import Cursor
from isthmus.testing.conformance.bench import MOST_PAGES, Bench
from isthmus.testing.conformance.rule import NotThere, Tier, expect, expect_same, rule

#: Whatever a double holds was made within so long of the bench's time.
REACH = timedelta(days=800)
HELD = 5


@rule(Tier.GOLD)
async def own_list(bench: Bench) -> None:
    """Orders are listed whole by their day and by our key, resumable after any page, and never at two days."""
    listings = bench.open().listings
    if "order" not in listings:
        what = "a list of orders by day and by key"
        raise NotThere(what)
    for kind in listings:
        reading = bench.double.reads.get(kind)
        if reading is None:
            continue
        async with bench.another(kind, max(2 * reading.page + 1, reading.least)) as fresh:
            await _whole(fresh, kind, fresh.double.reads[kind].ids(fresh.world))


async def _whole(bench: Bench, kind: str, wanted: Sequence[str]) -> None:
    now = bench.clock.now()
    span = Span(now - REACH, now + REACH)
    pages = await _pages(bench.open(), kind, span)
    entries = [entry for page, _cursor in pages for entry in page]
    expect_same([entry.record.external_id for entry in entries], wanted, f"{kind}: the whole list")
    expect(len(entries) == len(wanted), f"{kind}: a record is listed twice")
    for place, (_page, cursor) in enumerate(pages[:-1], start=1):
        rest = await _pages(bench.open(), kind, span, cursor)
        seen = [entry for page, _ in (*pages[:place], *rest) for entry in page]
        expect_same([entry.record.external_id for entry in seen], wanted, f"{kind}: broken off after page {place}")
    await _by_day(bench, kind, entries)
    some = entries[:HELD]
    named = await bench.open().listings[kind].named([entry.key for entry in some])
    expect_same([entry.key for entry in named], [entry.key for entry in some], f"{kind}: by key")
    nobody = await bench.open().listings[kind].named(["0"])
    expect(not nobody, f"{kind}: a key nobody has names {len(nobody)} records")


async def _by_day(bench: Bench, kind: str, entries: Sequence[Keyed[Any]]) -> None:
    """Cut the time in two right at a record's own moment: each side has its own, and that moment opens the later."""
    placed = sorted(moment for entry in entries if (moment := _dated(entry)) is not None)
    if not placed:
        return
    cut = placed[len(placed) // 2].replace(microsecond=0)
    session = bench.open()
    for name, span in (("before", Span(cut - REACH, cut)), ("after", Span(cut, cut + REACH))):
        there = [entry for page, _cursor in await _pages(session, kind, span) for entry in page]
        due = [each for each in entries if (moment := _dated(each)) and span.first <= moment < span.end]
        ids = [entry.record.external_id for entry in there]
        expect_same(ids, [entry.record.external_id for entry in due], f"{kind}: {name} {cut:%H:%M:%S}")
    listing = session.listings[kind]
    if isinstance(listing, Glimpsed):
        now = bench.clock.now()
        seen = [one async for some in listing.glimpses(Span(now - REACH, now + REACH)) for one in some]
        expect_same(
            [one.external_id for one in seen], [each.record.external_id for each in entries], f"{kind}: glimpsed"
        )


def _dated(entry: Keyed[Any]) -> datetime | None:
    return getattr(entry.record, "placed_at", None)


async def _pages(
    session: Session, kind: str, span: Span, after: Cursor | None = None
) -> list[tuple[Sequence[Keyed[Any]], Cursor]]:
    pages: list[tuple[Sequence[Keyed[Any]], Cursor]] = []
    async for page in session.listings[kind].listed(span, after=after):
        expect(not page.bad, f"{kind}: {len(page.bad)} records of the list could not be read")
        pages.append((page.entries, page.cursor))
        if page.last or len(pages) > MOST_PAGES:
            break
    return pages
