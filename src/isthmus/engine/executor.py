"""Run claimed jobs and write what came of them: one commit with all facts, attempts and calls."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from isthmus.engine import disposition
from isthmus.engine.context import Context
from isthmus.engine.disposition import Circumstances, dispose
from isthmus.engine.evidence import evidence
from isthmus.engine.failpoints import failpoint
from isthmus.engine.flow import Creates, Flow
from isthmus.engine.hold import Why
from isthmus.engine.mirror import Absorbs
from isthmus.engine.outcome import Ask, Done, Later, Leave, Outcome, Parked, Skipped, Snoozed
from isthmus.engine.usage import Usage
from isthmus.engine.work import Work
from isthmus.kit.clock import to_micros
from isthmus.kit.http import Exchange, recorded
from isthmus.kit.scrub import scrub
from isthmus.ports.errors import AuthExpired, InDoubt, Trouble, Unreachable
from isthmus.ports.pace import Caller, calling
from isthmus.store.group import StoreError, Unexpected
from isthmus.store.statement import Many, Statement, Step, listed, say

log = logging.getLogger("isthmus.engine")
_STATE = {Done: "done", Skipped: "done", Parked: "parked", Snoozed: "snoozed"}


class Executor:
    """Runs the jobs of all flows."""

    def __init__(self, context: Context, mirror: Absorbs | None = None, usage: Usage | None = None) -> None:
        """Write to the context's store; `mirror` takes in what has to be read once more; `usage` counts records."""
        self._context = context
        self._mirror = mirror
        self._usage = usage

    async def run(
        self, flow: Flow, works: Sequence[Work], tried: Callable[[], None] | None = None
    ) -> Sequence[Outcome]:
        """Run works of one flow together and finish each of them; `tried` is called between the two."""
        who = Caller(flow.name, flow.lane, works[0].started_at, tuple(work.lease for work in works))
        with recorded() as exchanges, calling(who):
            outcomes = [
                await self._told(work, each) for work, each in zip(works, await self._try(flow, works), strict=True)
            ]
        if tried is not None:
            tried()
        calls = self._calls(flow, works[0], exchanges)
        if len(works) == 1:
            await self._finish(works[0], outcomes[0], calls)
        else:
            await self._finish_batch(works, outcomes, calls)
        failpoint("job.finished")
        if self._usage is not None:
            self._usage.brought(flow.destination, flow.name, sum(isinstance(each, Done | Skipped) for each in outcomes))
        await self._wake_if_over(outcomes)
        return outcomes

    async def _told(self, work: Work, outcome: Outcome) -> Outcome:
        """Return a question about an unknown outcome with what is known of it."""
        if not isinstance(outcome, Parked) or outcome.code not in disposition.ANSWERABLE:
            return outcome
        known = await evidence(self._context, work.job.flow, work.job.subject)
        return replace(outcome, because=f"{outcome.because} {known}") if known else outcome

    async def _wake_if_over(self, outcomes: Sequence[Outcome]) -> None:
        """Wake what waits for something that was being written while it decided to wait, and is by now."""
        for step in self._waking(outcomes):
            await self._context.store.write(step)

    def _waking(self, outcomes: Sequence[Outcome]) -> list[Statement]:
        """Return the steps that wake what waits for something that is over already."""
        waited = sorted({each.waits_for for each in outcomes if isinstance(each, Snoozed) and each.waits_for})
        now = self._context.micros()
        return [say("wake_if_over", what=what, now=now, **awaited(what)) for what in waited]

    async def _try(self, flow: Flow, works: Sequence[Work]) -> Sequence[Outcome]:
        try:
            await self._read_again(flow, works)
            answers = await flow.run(works)
            return [
                self._dispose(flow, work, answer) if isinstance(answer, Trouble) else _unless_again(work, answer)
                for work, answer in zip(works, answers, strict=True)
            ]
        except Later as later:
            return [later.outcome for _ in works]
        except (Ask, Leave) as end:
            return [end.outcome for _ in works]
        except Trouble as trouble:
            return [self._dispose(flow, work, trouble) for work in works]
        except Unexpected:
            # The lease went to someone else; finishing will find that out and keep nothing.
            return [Snoozed(self._context.now(), "lease_lost", "Another worker has this job.") for _ in works]
        except StoreError:
            raise
        except Exception as bug:
            log.exception("a defect in flow %s", flow.name)
            because = f"Isthmus failed on this record: {type(bug).__name__}. The log has the details."
            return [Parked("defect", because, ("Send the log to support", disposition.RETRY)) for _ in works]

    async def _read_again(self, flow: Flow, works: Sequence[Work]) -> None:
        """Read at their source what could not be understood the last time. Raises what that raises."""
        ids = [work.job.subject for work in works if work.job.unread]
        if not ids or self._mirror is None or not isinstance(flow, Creates):
            return
        source = self._context.connection(flow.source).session.sources.get(flow.kind)
        if source is None:
            return
        read_at = self._context.now()
        records = await source.read(ids)
        gone = [each for each in ids if each not in {record.external_id for record in records}]
        taken = await self._mirror.absorb(flow.source, flow.kind, records, read_at=read_at, gone=gone)
        if taken.steps:
            await self._context.store.write(*taken.steps)

    def _dispose(self, flow: Flow, work: Work, trouble: Trouble) -> Outcome:
        destination = self._context.connections.get(flow.destination)
        outcome = dispose(
            trouble,
            Circumstances(
                flow=flow.name,
                now=self._context.now(),
                attempts=work.job.attempts,
                first_failed_at=work.job.first_failed_at,
                settle=destination.settle if destination else disposition.CONTENDED_WAIT,
                creates=isinstance(flow, Creates),
            ),
        )
        if isinstance(outcome, Snoozed):
            # Nobody could have done better: it waits for the connection, and no try is spent.
            if down := self._down(flow, trouble):
                return replace(outcome, waits_for=f"connection:{down}", spends=False)
            if isinstance(trouble, AuthExpired):
                return replace(outcome, waits_for=f"connection:{flow.destination}")
        return outcome

    def _down(self, flow: Flow, trouble: Trouble) -> str | None:
        """Return the connection that is known to be down by now and explains this trouble."""
        if not isinstance(trouble, Unreachable | InDoubt):
            return None
        ends = [self._context.connections.get(name) for name in (flow.destination, flow.source)]
        found = (each.name for each in ends if each and any(hold.why is Why.DOWN for hold in each.gate.holds))
        return next(found, None)

    async def _finish(self, work: Work, outcome: Outcome, calls: Sequence[Mapping[str, Any]]) -> bool:
        """Write what came of one job and return whether it is kept: not when the job went on elsewhere."""
        steps: list[Step] = [
            Statement("finish_job", self._finishing(work, outcome), expect=1),
            say("add_attempt", **self._attempt(work, outcome)),
            *work.facts,
            # Also in this commit: whoever is killed right after it wakes nobody.
            *self._waking((outcome,)),
        ]
        if calls:
            steps.append(_exchanges(work, calls))
        try:
            await self._context.store.write(*steps)
        except Unexpected:
            log.warning("%s %s went on elsewhere; this run is not kept", work.job.flow, work.job.subject)
            return False
        return True

    async def _finish_batch(
        self, works: Sequence[Work], outcomes: Sequence[Outcome], calls: Sequence[Mapping[str, Any]]
    ) -> None:
        pairs = list(zip(works, outcomes, strict=True))
        steps: list[Step] = [Many("finish_job", [self._finishing(work, outcome) for work, outcome in pairs])]
        # A record that matched already leaves no attempt: a million unchanged SKUs would leave a million.
        told = [(work, outcome) for work, outcome in pairs if not isinstance(outcome, Done) or outcome.changed]
        if told:
            steps.append(Many("add_attempt", [self._attempt(work, outcome) for work, outcome in told]))
        for work in works:
            steps.extend(work.facts)
        steps.extend(self._waking(outcomes))
        if calls and told:
            steps.append(_exchanges(told[0][0], calls))
        try:
            await self._context.store.write(self._held(works), *steps)
        except Unexpected:
            # Somebody else has one of them now: each is kept, or not, by itself. The calls were made for all of them
            # and stay with the first that is kept.
            for work, outcome in pairs:
                if await self._finish(work, outcome, calls):
                    calls = ()

    def _held(self, works: Sequence[Work]) -> Statement:
        return say(
            "held_jobs",
            expect=len(works),
            flow=works[0].job.flow,
            subjects=listed(work.job.subject for work in works),
            tokens=listed(work.job.token for work in works),
        )

    def _finishing(self, work: Work, outcome: Outcome) -> dict[str, Any]:
        job, now = work.job, self._context.now()
        failed = isinstance(outcome, Snoozed) and outcome.spends
        waits = isinstance(outcome, Snoozed)
        attempts = job.attempts + 1 if failed else job.attempts if waits else 0
        first = (job.first_failed_at or now) if failed else job.first_failed_at if waits else None
        return {
            "id": job.id,
            "token": job.token,
            "state": _STATE[type(outcome)],
            "now": to_micros(now),
            "run_at": to_micros(outcome.until if isinstance(outcome, Snoozed) else now),
            "attempts": attempts,
            "first_failed_at": _micros(first),
            "waits_for": outcome.waits_for if isinstance(outcome, Snoozed | Parked) else None,
            "code": "" if isinstance(outcome, Done) else outcome.code,
            "because": outcome.because,
            "answers": _json(outcome.answers if isinstance(outcome, Parked) else ()),
            "number": outcome.number if isinstance(outcome, Done) else "",
        }

    def _attempt(self, work: Work, outcome: Outcome) -> dict[str, Any]:
        return {
            "id": work.job.token,
            "flow": work.job.flow,
            "subject": work.job.subject,
            "started_at": to_micros(work.started_at),
            "now": self._context.micros(),
            "outcome": type(outcome).__name__.lower(),
            "code": "" if isinstance(outcome, Done) else outcome.code,
            "because": outcome.because,
            "notes": _json(work.notes),
        }

    def _calls(self, flow: Flow, work: Work, exchanges: Sequence[Exchange]) -> list[dict[str, Any]]:
        names = (flow.destination, flow.source)
        secrets = tuple(
            secret
            for name in names
            if name in self._context.connections
            for secret in self._context.connections[name].secrets
        )
        return [call_values(flow.destination, work.job.token, each, secrets) for each in exchanges]


def _exchanges(work: Work, calls: Sequence[Mapping[str, Any]]) -> Many:
    """Return the step that keeps calls with the attempt of `work`."""
    return Many("add_exchange", [{**call, "attempt_id": work.job.token} for call in calls])


def _unless_again(work: Work, answer: Outcome) -> Outcome:
    return work.again if isinstance(answer, Done) and work.again is not None else answer


def awaited(what: str) -> dict[str, Any]:
    """Return the parts of `stream:shop/order#7` or `job:customers:12` as `wake_if_over` takes them."""
    kind, _, rest = what.partition(":")
    stream, _, rounds = rest.partition("#") if kind == "stream" else ("", "", "")
    flow, _, subject = rest.partition(":") if kind == "job" else ("", "", "")
    connection, _, record_kind = stream.partition("/")
    return {
        "stream_connection": connection,
        "stream_kind": record_kind,
        "rounds": int(rounds or 0),
        "other_flow": flow,
        "other_subject": subject,
    }


def call_values(connection: str, attempt_id: str | None, exchange: Exchange, secrets: Sequence[str]) -> dict[str, Any]:
    """Return one request and its answer as `add_exchange` takes them, without secrets and personal data."""
    answer = exchange.response
    return {
        "attempt_id": attempt_id,
        "connection": connection,
        "operation": exchange.request.operation,
        "started_at": int(exchange.started * 1_000_000),
        "elapsed_ms": exchange.elapsed_ms,
        "status": answer.status if answer else None,
        "failure": scrub((exchange.failure or "").encode(), secrets),
        "request": scrub(exchange.request.body, secrets),
        "response": scrub(answer.body if answer else None, secrets),
    }


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else to_micros(moment)


def _json(texts: Sequence[str]) -> str:
    return msgspec.json.encode(list(texts)).decode()
