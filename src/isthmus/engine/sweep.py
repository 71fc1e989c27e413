"""The sweep: both systems' own lists, kept side by side in the store and compared key by key.

One page at a time, so that a day of any size needs little memory; the place in each list is committed with what was
read up to there, so that a sweep that was stopped goes on. One process works at a run at a time, by lease.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from isthmus.engine import backoff
from isthmus.engine.chain import START, link
from isthmus.engine.context import Context
from isthmus.engine.disposition import OPERATOR_WAIT, sentence
from isthmus.engine.failpoints import failpoint
from isthmus.engine.proof import Entry, Finding, Judgement, Pair, Part, Proof, Side, Verdict, span_of
from isthmus.engine.tally import tally_of, tally_text
from isthmus.kit.clock import to_micros
from isthmus.kit.fresh import fresh_id
from isthmus.ports.errors import Held, NeedsOperator, Throttled, Trouble
from isthmus.ports.pace import Caller, Lane, calling
from isthmus.ports.source import Cursor
from isthmus.store.base import one
from isthmus.store.group import StoreError, Unexpected
from isthmus.store.statement import Many, Row, Step, listed, say

log = logging.getLogger("isthmus.engine")
LEASE_S = 60
#: Keys compared in one go; each costs a few rows of memory.
PAGE = 200
#: Another run may add to the chain between our look at its end and our commit.
RACES = 20


@dataclass(frozen=True, slots=True)
class Claimed:
    """A run that is ours."""

    row: Row
    proof: Proof
    token: str

    @property
    def id(self) -> int:
        """Return the run's number."""
        return self.row["id"]


class Sweep:
    """Works off the reconciliations that were asked for."""

    def __init__(self, context: Context, proofs: Sequence[Proof]) -> None:
        """Serve `proofs`, one for each flow that can be reconciled."""
        self._context = context
        self.proofs: Mapping[str, Proof] = {each.flow: each for each in proofs}
        self.stopping = False

    async def ask(self, flow: str, day: date, *, asked: str, who: str = "") -> None:
        """Ask for a run; `asked` names the wish, so that it is done once."""
        await self._context.store.write(
            say("ask_proof", flow=flow, day=day.isoformat(), asked=asked, who=who, now=self._context.micros())
        )

    async def step(self) -> bool:
        """Work at one run that is due, to its end; return whether there was one."""
        now = self._context.micros()
        due = one(await self._context.store.read("proof_due", now=now))
        if due is None or due["run_at"] is None or due["run_at"] > now:
            return False
        token = fresh_id()
        claim = say("claim_proof", now=now, lease_until=now + LEASE_S * 1_000_000, token=token)
        row = one((await self._context.store.write(claim))[0])
        if row is None:
            return False
        proof = self.proofs.get(row["flow"])
        if proof is None:
            await self._postpone(row, token, Trouble(f"The project has no flow {row['flow']} any more."), OPERATOR_WAIT)
            return True
        await self._work(Claimed(row, proof, token))
        return True

    async def _work(self, run: Claimed) -> None:
        beat = asyncio.create_task(self._heartbeat(run))
        try:
            with calling(Caller(flow=run.proof.flow, lane=Lane.READING, since=self._context.now())):
                await self._lists(run)
                await self._compare(run)
        except (_Stopped, asyncio.CancelledError) as stop:
            log.info("the reconciliation %d of %s goes on at the next start", run.id, run.proof.flow)
            await self._give_back(run)
            if isinstance(stop, asyncio.CancelledError):
                raise
        except Unexpected:
            log.warning("the reconciliation %d of %s went on elsewhere", run.id, run.proof.flow)
        except Trouble as trouble:
            await self._fail(run, trouble)
        except StoreError:
            raise
        except Exception as bug:
            log.exception("a defect while reconciling %s", run.proof.flow)
            await self._fail(run, Trouble(f"Isthmus failed while reconciling: {type(bug).__name__}"))
        finally:
            beat.cancel()

    async def _heartbeat(self, run: Claimed) -> None:
        while True:
            await asyncio.sleep(LEASE_S / 3)
            until = self._context.micros() + LEASE_S * 1_000_000
            try:
                await self._context.store.write(say("extend_proof", id=run.id, token=run.token, lease_until=until))
            except StoreError:
                log.exception("the lease of a reconciliation could not be extended")

    async def _lists(self, run: Claimed) -> None:
        row = run.row
        if row["state"] != "listing":
            return
        # The destination first: what is sold meanwhile is missing there, which the second look explains.
        for side, name in ((Side.THERE, "there"), (Side.HERE, "here")):
            if not row[f"{name}_ended"]:
                cursor = row[f"{name}_cursor"]
                await self._list(run, side, None if cursor is None else Cursor(cursor))

    async def _list(self, run: Claimed, side: Side, after: Cursor | None) -> None:
        span = span_of(date.fromisoformat(run.row["day"]), run.proof.zone)
        async for part in run.proof.listed(side, span, after):
            name = "list_proof_here" if side is Side.HERE else "list_proof_there"
            place: dict[str, Any] = {"cursor": str(part.cursor), "ended": int(part.last), "entries": len(part.entries)}
            step = say(name, expect=1, id=run.id, token=run.token, **place)
            rows = [*_rows(run.id, side, part), *_strange(run.id, side, part)]
            await self._context.store.write(step, *([Many("keep_listed", rows)] if rows else []))
            failpoint("proof.listed")
            if self.stopping:
                raise _Stopped
            if part.last:
                return

    async def _compare(self, run: Claimed) -> None:
        tally, after = tally_of(run.row["summary"]), run.row["last_key"]
        store = self._context.store
        while True:
            keys = [row["key"] for row in await store.read("listed_keys", run=run.id, after=after, wish=PAGE)]
            if not keys:
                break
            pairs = _pairs(keys, await store.read("listed_entries", run=run.id, keys=listed(keys)))
            judged = list(await self._judged(run, pairs))
            tally.add(list(pairs.values()), judged)
            await self._commit(
                run,
                judged,
                say("advance_proof", expect=1, id=run.id, token=run.token, last=keys[-1], summary=tally_text(tally)),
                say("drop_listed", run=run.id, after=after, last=keys[-1]),
            )
            after = keys[-1]
            failpoint("proof.compared")
            if self.stopping:
                raise _Stopped
        now = self._context.micros()
        # The counts stand in the chain too, so that no figure of a report can be edited unseen.
        counts = Judgement(run.row["day"], Verdict.COUNTED, evidence={"counts": (tally_text(tally),)})
        finish = say("finish_proof", expect=1, id=run.id, token=run.token, now=now, summary=tally_text(tally))
        await self._commit(run, [counts], finish)

    async def _judged(self, run: Claimed, pairs: Mapping[str, Pair]) -> Sequence[Judgement]:
        strange = {key: each for key, pair in pairs.items() if (each := _unreadable(pair)) is not None}
        rest = [pair for key, pair in pairs.items() if key not in strange]
        judged = {each.key: each for each in await run.proof.judge(rest, self._context.now())} if rest else {}
        return [strange.get(key) or judged[key] for key in pairs]

    async def _commit(self, run: Claimed, judged: Sequence[Judgement], *steps: Step) -> None:
        """Write the rows behind the end of the chain, with everything they cause."""
        told = [each for each in judged if each.verdict is not Verdict.MATCHED and not each.quiet]
        mending = [step for each in judged for step in each.mend]
        for _ in range(RACES):
            chained = await self._chained(run, told) if told else ()
            try:
                await self._context.store.write(*steps, *chained, *mending)
            except Unexpected as moved:
                if "move_proof_head" not in str(moved):
                    raise
                continue
            if mending:
                self._context.stir.set()
            return
        message = "others add to the results all the time"
        raise Trouble(message)

    async def _chained(self, run: Claimed, told: Sequence[Judgement]) -> Sequence[Step]:
        head = one(await self._context.store.read("proof_head"))
        previous, links = (head["digest"], head["links"]) if head else (START, 0)
        rows: list[dict[str, Any]] = []
        digest = previous
        for number, each in enumerate(told, start=links + 1):
            said = {"id": number, "run": run.id, "flow": run.proof.flow, "day": run.row["day"], **_said(each)}
            said["at"] = self._context.micros()
            values = {("now" if name == "at" else name): value for name, value in said.items()}
            before, digest = digest, link(digest, said)
            rows.append({**values, "previous": before, "digest": digest})
        move = say("move_proof_head", expect=1, links=links + len(rows), digest=digest, previous=previous)
        return move, Many("add_proof_row", rows)

    async def _give_back(self, run: Claimed) -> None:
        """Let go of a run: whoever comes next goes on after the last page that was kept."""
        now = self._context.micros()
        release = say("postpone_proof", id=run.id, token=run.token, run_at=now, spends=0, code="", because="")
        await self._context.store.write(release)

    async def _fail(self, run: Claimed, trouble: Trouble) -> None:
        wait = backoff.wait(run.row["failures"] + 1)
        if isinstance(trouble, Throttled):
            wait = max(timedelta(0), trouble.retry_at - self._context.now())
        elif isinstance(trouble, Held):
            wait = max(timedelta(0), trouble.until - self._context.now())
        elif isinstance(trouble, NeedsOperator):
            wait = OPERATOR_WAIT
        await self._postpone(run.row, run.token, trouble, wait)

    async def _postpone(self, row: Row, token: str, trouble: Trouble, wait: timedelta) -> None:
        await self._context.store.write(
            say(
                "postpone_proof",
                id=row["id"],
                token=token,
                run_at=to_micros(self._context.now() + wait),
                spends=0 if isinstance(trouble, Throttled | Held) else 1,
                code=trouble.code,
                because=sentence(trouble),
            )
        )


class _Stopped(Exception):
    """The process stops: the page at hand was the last one."""


#: Stands where the body would, for a record nobody could read.
_STRANGE = "strange:"


def _rows(run: int, side: Side, part: Part) -> list[dict[str, Any]]:
    return [
        {
            "run": run,
            "key": entry.key,
            "side": int(side),
            "external_id": entry.external_id,
            "unit": entry.unit,
            "amount": None if entry.amount is None else f"{entry.amount:f}",
            "body": entry.body,
        }
        for entry in part.entries
    ]


def _strange(run: int, side: Side, part: Part) -> list[dict[str, Any]]:
    return [
        {
            "run": run,
            "key": each.external_id,
            "side": int(side),
            "external_id": each.external_id,
            "unit": each.number,
            "amount": None,
            "body": f"{_STRANGE}{sentence(each.trouble)}",
        }
        for each in part.bad
    ]


def _unreadable(pair: Pair) -> Judgement | None:
    for entry in (*pair.here, *pair.there):
        if entry.body.startswith(_STRANGE):
            return Judgement(
                pair.key,
                Verdict.OPEN,
                Finding.UNREADABLE,
                code="unreadable",
                because=entry.body.removeprefix(_STRANGE),
                subject=entry.external_id,
                number=entry.unit,
            )
    return None


def _pairs(keys: Sequence[str], rows: Sequence[Row]) -> dict[str, Pair]:
    pairs = {key: Pair(key) for key in keys}
    for row in rows:
        amount = None if row["amount"] is None else Decimal(row["amount"])
        entry = Entry(row["key"], row["external_id"], row["body"], row["unit"], amount)
        pair = pairs[row["key"]]
        (pair.here if row["side"] == Side.HERE else pair.there).append(entry)
    return pairs


def _said(each: Judgement) -> dict[str, Any]:
    return {
        "verdict": str(each.verdict),
        "finding": str(each.finding or ""),
        "code": each.code,
        "because": each.because,
        "subject": each.subject,
        "number": each.number,
        "fields": msgspec.json.encode(list(each.fields)).decode(),
        "evidence": msgspec.json.encode({name: list(values) for name, values in each.evidence.items()}).decode(),
    }
