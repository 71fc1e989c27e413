"""Why two systems may rightly not agree: a question, an unanswered try, an age of a few minutes, a person's word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import blake2b

import msgspec

from isthmus.canonical.order import Order
from isthmus.engine.context import Context
from isthmus.engine.proof import Judgement, Verdict
from isthmus.flows.settings import OrderSettings
from isthmus.kit.clock import from_micros
from isthmus.policies.reasons import REASONS
from isthmus.store.records import LEFT_FROM
from isthmus.store.statement import Row, listed


@dataclass(frozen=True, slots=True)
class Accepted:
    """What people found right as it is, by subject and sight."""

    rows: Mapping[tuple[str, str], Row] = field(default_factory=dict[tuple[str, str], Row])

    def of(self, judgement: Judgement) -> Judgement:
        """Return the judgement, explained where a person has accepted just this."""
        row = self.rows.get((judgement.subject, sight(judgement)))
        if row is None:
            return judgement
        because = f"{row['who']} found this right as it is: {row['because'] or 'no reason given'}."
        return replace(judgement, verdict=Verdict.EXPLAINED, code="accepted", because=because, mend=())


def sight(judgement: Judgement) -> str:
    """Return a short digest of what a finding looks like: what changes later is another finding."""
    return sight_of(str(judgement.finding), {name: list(values) for name, values in judgement.evidence.items()})


def sight_of(finding: str, evidence: Mapping[str, Sequence[str]]) -> str:
    """Return the digest of a finding and its evidence."""
    said = msgspec.json.encode([finding, sorted((name, list(values)) for name, values in evidence.items())])
    return blake2b(said, digest_size=12).hexdigest()


async def accepted_of(context: Context, flow: str, subjects: Sequence[str]) -> Accepted:
    """Look up what people accepted of these records."""
    rows = await context.store.read("accepted_proofs", flow=flow, subjects=listed(subjects))
    return Accepted({(row["subject"], row["sight"]): row for row in rows})


@dataclass(frozen=True, slots=True)
class Ledger:
    """What our own ledger has to say of some records. It explains; it never proves."""

    jobs: Mapping[str, Row]
    doubts: Mapping[str, datetime]  # until when an unanswered try may still be landing, by subject
    accepted: Accepted
    numbers: Mapping[str, str] = field(default_factory=dict[str, str])
    held: Mapping[str, str] = field(default_factory=dict[str, str])  # what the ERP called those it said it holds

    def why(self, subject: str, here: Order, now: datetime, grace: timedelta) -> tuple[str, str] | None:
        """Return the code and the words that explain it, if any do."""
        job = self.jobs.get(subject)
        if job is not None and job["state"] == "parked":
            return "asked", f"A person is asked: {job['because']}"
        if self.doubts.get(subject, now) >= LEFT_FROM:
            return "left", REASONS["left"]
        if subject in self.doubts:
            return "in_doubt", "A try got no answer; what it did is looked up before anything is sent again."
        young = max(here.placed_at, here.changed_at or here.placed_at)
        if now - young < grace:
            minutes = int(grace.total_seconds() // 60)
            return "young", f"It is younger than {minutes} minutes, or was changed in that time."
        return None

    def under_way(self, subject: str) -> str:
        """Return in words what is being done about it already."""
        job = self.jobs.get(subject)
        if job is None or job["state"] == "done":
            return "It is queued to be written."
        if job["state"] == "snoozed":
            return f"It is tried again at {from_micros(job['run_at']):%H:%M} UTC: {job['because']}"
        return "It waits for its turn to be written."

    def waits_for_erp(self, subject: str) -> bool:
        """Tell whether the flow knows that it waits for an approval in the ERP."""
        job = self.jobs.get(subject)
        return job is not None and job["state"] == "snoozed" and job["code"] == "waits_for_erp"

    def number(self, subject: str) -> str:
        """Return what people call a record the shop no longer has."""
        return self.numbers.get(subject, "")


async def ledger_of(context: Context, settings: OrderSettings, subjects: Sequence[str]) -> Ledger:
    """Look up what the ledger knows of some orders."""
    store = context.store
    jobs = {row["subject"]: row for row in await store.read("jobs_of", flow=settings.name, subjects=listed(subjects))}
    keys = [f"{settings.source}:{subject}" for subject in subjects]
    doubts = {
        row["key"].removeprefix(f"{settings.source}:"): from_micros(row["settles_at"])
        for row in await store.read(
            "intents_unanswered", connection=settings.destination, kind="order", keys=listed(keys)
        )
    }
    numbers = {subject: row["number"] for subject, row in jobs.items() if row["number"]}
    bound = await store.read(
        "counterparts", connection=settings.source, kind="order", other=settings.destination, ids=listed(subjects)
    )
    held = {row["mine_id"]: row["other_number"] or row["other_id"] for row in bound}
    return Ledger(jobs, doubts, await accepted_of(context, settings.name, subjects), numbers, held)
