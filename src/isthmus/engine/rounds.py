"""Reading by ourselves: every stream in its rhythm, one reader at a time, resumable at each page."""

import asyncio
import logging
from collections.abc import Collection, Sequence
from datetime import timedelta

from isthmus.engine import backoff
from isthmus.engine.context import Context
from isthmus.engine.disposition import OPERATOR_WAIT, sentence
from isthmus.engine.failpoints import failpoint
from isthmus.engine.flow import Flow, Listening
from isthmus.engine.health import Health
from isthmus.engine.holds import Holds
from isthmus.engine.mirror import Mirror
from isthmus.engine.unreadable import park
from isthmus.kit.clock import to_micros
from isthmus.kit.fresh import fresh_id
from isthmus.ports.errors import Held, NeedsOperator, Throttled, Trouble
from isthmus.ports.pace import Caller, Lane, calling
from isthmus.ports.source import Cursor
from isthmus.store.base import one
from isthmus.store.group import StoreError, Unexpected
from isthmus.store.statement import Row, listed, say

log = logging.getLogger("isthmus.engine")
#: A reader that does not say for so long that it is alive is taken for dead.
LEASE_S = 30
LOOK_S = 1.0
READERS = 3


def needed(flows: Sequence[Flow]) -> list[Listening]:
    """Return each stream once, at the rhythm of its most impatient flow."""
    found: dict[tuple[str, str], Listening] = {}
    for flow in flows:
        for each in flow.listens():
            known = found.get((each.connection, each.kind))
            if known is None or each.every_s < known.every_s:
                found[each.connection, each.kind] = each
    return list(found.values())


def next_round(stream: Row) -> str:
    """Return what a job waits for that needs one more round of a stream than it has seen."""
    return f"stream:{stream['connection']}/{stream['kind']}#{stream['rounds']}"


class Rounds:
    """Runs the streams that the flows live on."""

    def __init__(self, context: Context, mirror: Mirror, flows: Sequence[Flow], health: Health, holds: Holds) -> None:
        """Serve `flows`."""
        self._context = context
        self._mirror = mirror
        self._flows = flows
        self._health = health
        self._holds = holds
        self._stopping = False
        self.busy = 0

    async def declare(self) -> None:
        """Write down the streams there are; a new one is due at once."""
        for each in needed(self._flows):
            await self._context.store.write(
                say(
                    "declare_stream",
                    connection=each.connection,
                    kind=each.kind,
                    every_s=each.every_s,
                    now=self._context.micros(),
                )
            )

    def stop(self) -> None:
        """End after the page at hand."""
        self._stopping = True

    async def run(self) -> None:
        """Read until `stop`, several streams at a time."""
        await asyncio.gather(*(self._reader() for _ in range(READERS)))

    async def _reader(self) -> None:
        while not self._stopping:
            try:
                worked = await self.step()
            except StoreError:
                log.exception("the store does not answer; looking again soon")
                worked = False
            if not worked:
                await asyncio.sleep(LOOK_S)

    async def step(self) -> bool:
        """Read one stream that is due, to its end; return whether there was one."""
        mine = [each for each in needed(self._flows) if not self._holds.connection(each.connection)]
        if not await self._due({(each.connection, each.kind) for each in mine}):
            return False
        now = self._context.micros()
        token = fresh_id()
        names = listed(f"{each.connection}/{each.kind}" for each in mine)
        rows = await self._context.store.write(
            say("claim_stream", mine=names, now=now, lease_until=now + LEASE_S * 1_000_000, token=token)
        )
        row = one(rows[0])
        if row is None:
            return False
        self.busy += 1
        beat = asyncio.create_task(self._heartbeat(row, token))
        try:
            await self._round(row, token)
        except asyncio.CancelledError:
            await self._release(row, token)
            raise
        finally:
            beat.cancel()
            self.busy -= 1
        return True

    async def _release(self, row: Row, token: str) -> None:
        """Let the next start go on at the cursor, without waiting for a lease nobody holds."""
        try:
            await self._context.store.write(
                say("release_stream", connection=row["connection"], kind=row["kind"], token=token)
            )
        except StoreError:
            log.exception("a stream could not be given back; its lease ends by itself")

    async def _heartbeat(self, row: Row, token: str) -> None:
        """Keep the stream ours while a page is long in coming."""
        while True:
            await asyncio.sleep(LEASE_S / 3)
            until = self._context.micros() + LEASE_S * 1_000_000
            try:
                await self._context.store.write(
                    say(
                        "extend_stream",
                        connection=row["connection"],
                        kind=row["kind"],
                        token=token,
                        lease_until=until,
                    )
                )
            except StoreError:
                log.exception("the lease of a stream could not be extended")

    async def _due(self, mine: Collection[tuple[str, str]]) -> bool:
        now = self._context.micros()
        return any(
            (row["connection"], row["kind"]) in mine
            and row["run_at"] <= now
            and (row["lease_until"] is None or row["lease_until"] < now)
            for row in await self._context.store.read("streams")
        )

    async def _round(self, row: Row, token: str) -> None:
        connection, kind = row["connection"], row["kind"]
        try:
            with calling(Caller(lane=Lane.READING, since=self._context.now())):
                await self._pages(row, token)
            await self._health.well(connection)
            await self._finish(row, token)
        except Unexpected:
            log.warning("stream %s/%s went on elsewhere", connection, kind)
        except Trouble as trouble:
            await self._health.trouble(connection, trouble)
            await self._fail(row, token, trouble)
        except StoreError:
            raise
        except Exception as bug:
            log.exception("a defect while reading %s/%s", connection, kind)
            await self._fail(row, token, Trouble(f"Isthmus failed while reading: {type(bug).__name__}"))

    async def _pages(self, row: Row, token: str) -> None:
        connection, kind = row["connection"], row["kind"]
        source = self._context.connection(connection).source(kind)
        since = None if row["cursor"] is None else Cursor(row["cursor"])
        read_at = self._context.now()
        async for page in source.changes(since):
            taken = await self._mirror.absorb(connection, kind, page.records, read_at=read_at, gone=page.gone)
            now = self._context.micros()
            questions = park(self._flows, connection, kind, page.bad, now)
            # The cursor moves in the same commit as the page it stands behind.
            await self._context.store.write(
                say(
                    "advance_stream",
                    expect=1,
                    connection=connection,
                    kind=kind,
                    token=token,
                    cursor=str(page.cursor),
                    lease_until=now + LEASE_S * 1_000_000,
                    read_count=taken.read,
                    changed_count=taken.changed,
                ),
                *taken.steps,
                *questions,
            )
            failpoint("poll.page_stored")
            if taken.changed:
                self._context.stir.set()
            if page.last or self._stopping:
                break
            read_at = self._context.now()

    async def _finish(self, row: Row, token: str) -> None:
        connection, kind = row["connection"], row["kind"]
        if self._stopping:
            await self._release(row, token)
            return
        for flow in self._flows:
            await flow.after_round(connection, kind)
        now = self._context.now()
        await self._context.store.write(
            say(
                "finish_stream",
                connection=connection,
                kind=kind,
                token=token,
                now=to_micros(now),
                run_at=to_micros(now + timedelta(seconds=row["every_s"])),
            ),
            say("wake_waiting", what=next_round(row), now=to_micros(now)),
        )
        failpoint("poll.finished")
        self._context.stir.set()

    async def _fail(self, row: Row, token: str, trouble: Trouble) -> None:
        now = self._context.now()
        run_at = now + backoff.wait(row["failures"] + 1)
        if isinstance(trouble, Throttled):
            run_at = trouble.retry_at
        elif isinstance(trouble, Held):
            run_at = trouble.until
        elif isinstance(trouble, NeedsOperator):
            run_at = now + OPERATOR_WAIT
        await self._context.store.write(
            say(
                "fail_stream",
                connection=row["connection"],
                kind=row["kind"],
                token=token,
                run_at=to_micros(run_at),
                spends=0 if isinstance(trouble, Throttled | Held) else 1,
                code=trouble.code,
                because=sentence(trouble),
            )
        )
