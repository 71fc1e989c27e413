"""What ends: records that are deleted or archived, credentials that run out."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from isthmus.canonical.record import Record, fingerprint
from isthmus.ports.errors import AuthExpired
from isthmus.ports.source import Page
from isthmus.testing.conformance.bench import Bench, read_all, records_of
from isthmus.testing.conformance.double import Act, Reading
from isthmus.testing.conformance.failing import attempt, deeds
from isthmus.testing.conformance.rule import Broken, Tier, expect, rule

#: Calls that meet a token's end at the same time.
TOGETHER = 5


@rule(Tier.SILVER)
async def deletions_seen(bench: Bench) -> None:
    """A record that was deleted is not read any more, and its neighbors are."""
    for kind, delete in _acts(bench, lambda one: one.delete, "deletes"):
        reading = bench.double.reads[kind]
        async with bench.another(kind, max(2, reading.least + 1)) as fresh:
            session = fresh.open()
            before = list(reading.ids(fresh.world))
            gone, kept = before[0], before[1:]
            expect(ids_of_read(await session.sources[kind].read(before)) == set(before), f"{kind}: not all are read")
            await fresh.act(delete, gone)
            after = ids_of_read(await session.sources[kind].read(before))
            expect(gone not in after, f"{kind}: {gone} was deleted and is still read")
            expect(after == set(kept) & set(reading.ids(fresh.world)), f"{kind}: neighbors of {gone} are lost: {after}")


@rule(Tier.SILVER)
async def deletions_in_changes(bench: Bench) -> None:
    """A record that was deleted is reported as gone by the next reading of changes."""
    for kind, delete in _acts(bench, lambda one: one.delete, "deletes"):
        gone, pages = await _after(bench, kind, delete)
        reported = {one for page in pages for one in page.gone}
        reported |= {one.external_id for one in records_of(pages) if one.deleted_at is not None}
        expect(gone in reported, f"{kind}: {gone} was deleted and is not reported")


@rule(Tier.SILVER)
async def unreadable_apart(bench: Bench) -> None:
    """A record that cannot be understood is named with its trouble, and its neighbors are read."""
    for kind, spoil in _acts(bench, lambda one: one.spoil, "spoils"):
        reading = bench.double.reads[kind]
        async with bench.another(kind, max(3, reading.least + 1)) as fresh:
            one = reading.ids(fresh.world)[1]
            await fresh.act(spoil, one)
            seen = await attempt(partial(read_all, fresh.open(), kind))
            expect(seen.trouble is None, f"{kind}: one record holds up all others: {seen.trouble}")
            pages = await read_all(fresh.open(), kind)
            named = {each.external_id: each.trouble for page in pages for each in page.bad}
            expect(set(named) == {one}, f"{kind}: {one} cannot be understood, and {sorted(named)} are named")
            expect(str(named[one]), f"{kind}: the trouble of {one} has no words")
            rest = {each.external_id for each in records_of(pages)}
            expect(rest == set(reading.ids(fresh.world)) - {one}, f"{kind}: neighbors of {one} are lost: {rest}")


@rule(Tier.SILVER)
async def archived_seen(bench: Bench) -> None:
    """A record taken out of use is a change, not an absence."""
    for kind, archive in _acts(bench, lambda one: one.archive, "archives"):
        reading = bench.double.reads[kind]
        async with bench.another(kind, max(2, reading.least + 1)) as fresh:
            session = fresh.open()
            first = await read_all(session, kind)
            one = reading.ids(fresh.world)[0]
            await fresh.act(archive, one)
            news = {each.external_id: each for each in records_of(await read_all(session, kind, first[-1].cursor))}
            old = {each.external_id: each for each in records_of(first)}
            expect(one in news, f"{kind}: {one} was archived and is not in the changes")
            expect(fingerprint(news[one]) != fingerprint(old[one]), f"{kind}: {one} was archived and reads the same")
            expect(one in ids_of_read(await session.sources[kind].read([one])), f"{kind}: {one} is not read any more")


def _acts(bench: Bench, of: Callable[[Reading], Act | None], verb: str) -> Sequence[tuple[str, Act]]:
    """Return what the double does to a record of each kind it can do that to."""
    found = [(kind, act) for kind, one in bench.double.reads.items() if (act := of(one)) is not None]
    expect(found, f"the double {verb} nothing")
    return found


async def _after(bench: Bench, kind: str, act: Act) -> tuple[str, list[Page[Any]]]:
    reading = bench.double.reads[kind]
    async with bench.another(kind, max(2, reading.least + 1)) as fresh:
        session = fresh.open()
        first = await read_all(session, kind)
        one = reading.ids(fresh.world)[0]
        await fresh.act(act, one)
        return one, await read_all(session, kind, first[-1].cursor)


def ids_of_read(records: Iterable[Record]) -> set[str]:
    """Return the ids of what `read` returned."""
    return {one.external_id for one in records}


@rule(Tier.SILVER)
async def token_refresh(bench: Bench) -> None:
    """A token that ran out is renewed without a person, whatever number of calls met its end."""
    if bench.double.renewing is None:
        message = "there is nothing to renew (exempt it with a reason if the system has no such thing)"
        raise Broken(message)
    session = bench.open(bench.double.renewing)
    kind = next(iter(bench.double.reads))
    await read_all(session, kind)
    await bench.fault("expire_auth", count=1)
    met = await asyncio.gather(*(attempt(partial(read_all, session, kind)) for _ in range(TOGETHER)))
    for seen in met:
        expect(seen.trouble is None, f"the token ran out and was not renewed: {seen.trouble}")


@rule(Tier.SILVER)
async def token_expiry(bench: Bench) -> None:
    """Credentials refused once and then good again need no new session; a write is then done, not lost."""
    for name, deed in (await deeds(bench)).items():
        await bench.fault("expire_auth", count=1)
        seen = await attempt(deed)
        await bench.calm("expire_auth")
        if seen.trouble is not None:
            seen.check(AuthExpired, f"expire_auth ({name})")
        after = await attempt(deed)
        expect(after.trouble is None, f"{name}: good credentials again, and {after.trouble}")


@rule(Tier.SILVER)
async def token_revocation(bench: Bench) -> None:
    """Credentials taken away for good are AuthExpired at every call, read or write, and never a doubt."""
    revoke = bench.double.revoke
    if revoke is None:
        message = "the double does not say how credentials are revoked"
        raise Broken(message)
    for changed in (None, bench.double.renewing):
        async with bench.another() as fresh:
            known = await deeds(fresh)
            session = fresh.open(changed)
            kind = next(iter(fresh.double.reads))
            await read_all(session, kind)
            known[f"read {kind} once more"] = partial(read_all, session, kind)
            await fresh.act(revoke)
            for name, deed in known.items():
                for _ in range(2):
                    (await attempt(deed)).check(AuthExpired, f"revocation ({name})")
            (await attempt(fresh.open(changed).probe.probe)).check(AuthExpired, "revocation (probe)")
