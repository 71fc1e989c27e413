"""Customers, proven: each buyer of a day has one contact in the ERP, and each contact with our key has a buyer.

Content is not compared: what a person filled in in the ERP stays (R-CUS-05), so a different name there is no error.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

from isthmus.canonical.order import Order
from isthmus.canonical.party import Customer
from isthmus.canonical.record import dump, load
from isthmus.engine.context import Context
from isthmus.engine.flow import Mark
from isthmus.engine.mirror import mark_jobs
from isthmus.engine.proof import GRACE, Entry, Finding, Judgement, Pair, Part, Side, Verdict, matched
from isthmus.flows.order_routes import OrderRoutes
from isthmus.flows.proof_reasons import Accepted, accepted_of
from isthmus.flows.settings import OrderSettings
from isthmus.policies.importable import importable
from isthmus.policies.reasons import REASONS
from isthmus.ports.listing import Listing, Span
from isthmus.ports.source import Cursor
from isthmus.store.base import one
from isthmus.store.statement import Step, listed, say

CUSTOMER = "customer"


class CustomersProof:
    """One shop's buyers in one ERP."""

    kind = CUSTOMER
    daily = True

    def __init__(self, context: Context, settings: OrderSettings, grace: timedelta = GRACE) -> None:
        """Prove the customers of the order flow of `settings`."""
        self.flow = settings.customers
        self.source = settings.source
        self.destination = settings.destination
        self.zone = settings.zone
        self._context = context
        self._settings = settings
        self._routes = OrderRoutes(context, settings)
        self._grace = grace

    async def listed(self, side: Side, span: Span, after: Cursor | None) -> AsyncIterator[Part]:
        """Yield one side's customers of a day: who bought, and which contacts were made."""
        ours = "" if side is Side.HERE else self._settings.customer_key("")
        async for page in self._listing(side).listed(span, ours=ours, after=after):
            entries = [self._entry(side, each.key, each.record) for each in page.entries]
            # An order that cannot be read is a finding of the orders' own proof.
            yield Part(entries, page.cursor, last=page.last)

    async def judge(self, pairs: Sequence[Pair], now: datetime) -> Sequence[Judgement]:
        """Compare; look again at what does not agree; say what that means."""
        doubtful = [pair for pair in pairs if not (pair.here and len(_people(pair)) == 1)]
        if not doubtful:
            return [matched(pair.key) for pair in pairs]
        again = await self._again(doubtful)
        subjects = [self._subject(pair.key) for pair in doubtful]
        accepted = await accepted_of(self._context, self.flow, subjects)
        adopted = await self._adopted(subjects)
        verdicts: dict[str, Judgement] = {}
        for pair in again:
            verdict = await self._verdict(pair, now, known=self._subject(pair.key) in adopted)
            verdicts[pair.key] = accepted_if_open(verdict, accepted)
        return [verdicts.get(pair.key) or matched(pair.key) for pair in pairs]

    async def again(self, subject: str) -> Sequence[Step]:
        """Have one customer brought to the ERP once more; whoever writes looks for it first."""
        undo = say("unbind", kind=CUSTOMER, here=self.source, external_id=subject, there=self.destination)
        return (undo, mark_jobs([Mark(self.flow, subject, "")], self._context.micros()))

    def _listing(self, side: Side) -> Listing[Customer]:
        return self._context.connection(self.source if side is Side.HERE else self.destination).listing(CUSTOMER)

    def _subject(self, key: str) -> str:
        return key.removeprefix(self._settings.customer_key(""))

    def _entry(self, side: Side, key: str, customer: Customer) -> Entry:
        if side is Side.THERE:
            return Entry(key, customer.external_id, dump(customer).decode())
        # One entry for each order: which of them explains an absence shows later.
        order = str(customer.custom.get("order", ""))
        return Entry(self._settings.customer_key(key), order or customer.external_id, dump(customer).decode())

    async def _again(self, pairs: Sequence[Pair]) -> list[Pair]:
        """Ask both systems for these customers now, whenever they came to be."""
        fresh = {pair.key: Pair(pair.key) for pair in pairs}
        for there in await self._listing(Side.THERE).named(list(fresh)):
            fresh[there.key].there.append(self._entry(Side.THERE, there.key, there.record))
        for pair in pairs:
            fresh[pair.key].here.extend(pair.here)
        unseen = [self._subject(pair.key) for pair in pairs if not pair.here]
        for here in await self._listing(Side.HERE).named(unseen):
            entry = self._entry(Side.HERE, here.key, here.record)
            fresh[entry.key].here.append(entry)
        return list(fresh.values())

    async def _adopted(self, subjects: Sequence[str]) -> set[str]:
        """Return who was found in the ERP under a reference of the merchant's own, or is another buyer's contact.

        Somebody who buys twice as a guest is two buyers in the shop and one person in the ERP, under the first one's
        key.
        """
        rows = await self._context.store.read(
            "counterparts", connection=self.source, kind=CUSTOMER, other=self.destination, ids=listed(subjects)
        )
        ours = self._settings.customer_key("")
        adopted = {row["mine_id"] for row in rows if not row["other_number"].startswith(ours)}
        shared = [row for row in rows if row["other_number"] not in (ours + row["mine_id"], "")]
        shared = [row for row in shared if row["mine_id"] not in adopted]
        if not shared:
            return adopted
        keys = sorted({row["other_number"] for row in shared})
        there = {each.record.external_id for each in await self._listing(Side.THERE).named(keys)}
        return adopted | {row["mine_id"] for row in shared if row["other_id"] in there}

    async def _verdict(self, pair: Pair, now: datetime, *, known: bool) -> Judgement:
        subject, people = self._subject(pair.key), _people(pair)
        number = next((load(Customer, entry.body).number for entry in pair.here), "")
        evidence = {"contacts": (subject, ", ".join(sorted(people)))}
        about = (subject, f"buyer of {number}" if number else subject, ("contacts",), evidence)
        if len(people) > 1:
            because = (
                f"{self.destination} has {len(people)} contacts with the same key: {', '.join(sorted(people))}. Merge "
                "them there."
            )
            return Judgement(pair.key, Verdict.OPEN, Finding.DOUBLED, "doubled", because, *about)
        if not pair.here:
            if not people:
                return matched(pair.key)
            because = (
                f"{self.destination} has the contact {', '.join(people)} with our key, and the shop has no such "
                "customer. Look whether it was deleted in the shop; archive it, or say that it is right as it is."
            )
            return Judgement(pair.key, Verdict.OPEN, Finding.ORPHANED, "orphaned", because, *about)
        if people or known:
            return matched(pair.key)
        if why := await self._why(pair, now):
            return Judgement(pair.key, Verdict.EXPLAINED, Finding.MISSING, *why, *about)
        because = (
            f"The shop has the buyer and {self.destination} has no contact with its key. It is queued to be written."
        )
        steps = await self.again(subject)
        return Judgement(pair.key, Verdict.OPEN, Finding.MISSING, "missing", because, *about, mend=steps)

    async def _why(self, pair: Pair, now: datetime) -> tuple[str, str] | None:
        """Return why a buyer may rightly be unknown there: none of the orders has gone yet."""
        store = self._context.store
        why: tuple[str, str] | None = None
        for entry in pair.here:
            order = str(load(Customer, entry.body).custom.get("order", ""))
            found = await self._context.mirrored(Order, self.source, order)
            if found is None:
                return "young", "The order has not been read yet."
            if not await self._routes.own([found.record]):
                why = "other_flow", REASONS["other_flow"]
                continue
            decision = importable(found.record, self._settings.policy, known=False)
            if not decision.value:
                why = decision.because, REASONS[decision.because]
                continue
            if now - found.record.placed_at < self._grace:
                return "young", REASONS["young"]
            job = one(await store.read("job", flow=self._settings.name, subject=order))
            if job is None or job["state"] != "parked":
                return None
            why = "asked", f"The order has a question: {job['because']}"
        return why


def accepted_if_open(judgement: Judgement, accepted: Accepted) -> Judgement:
    """Return the judgement, explained where it is open and a person has accepted just this."""
    return accepted.of(judgement) if judgement.verdict is Verdict.OPEN else judgement


def _people(pair: Pair) -> set[str]:
    return {entry.external_id for entry in pair.there}
