"""Customers reach the ERP before their orders do, each once.

Runs when an order needs its customer. One job per customer, so two orders of the same person
arriving together make one customer with all addresses.
"""

from collections.abc import Sequence
from functools import partial
from typing import cast

from isthmus.canonical.party import Customer
from isthmus.engine.connections import Connection
from isthmus.engine.context import Context
from isthmus.engine.flow import Change, Listening, Reaction
from isthmus.engine.intents import Adopt, put_once, second_look
from isthmus.engine.outcome import Done, Outcome, Skipped
from isthmus.engine.work import Work
from isthmus.flows.binding import Agreed, bind, join
from isthmus.flows.settings import OrderSettings
from isthmus.policies.identity import same_customer
from isthmus.policies.reasons import REASONS
from isthmus.ports.errors import Gone
from isthmus.ports.pace import Lane
from isthmus.ports.sink import Discerning, Key, Matchable, Receipt
from isthmus.store.records import Standing
from isthmus.store.statement import Step, say


class CustomersToErp:
    """One shop's customers to one ERP."""

    lane = Lane.ORDERS
    batch = 1
    writes: Sequence[str] = ("customer",)
    kind = "customer"

    def __init__(self, context: Context, settings: OrderSettings) -> None:
        """Serve the order flow of `settings`."""
        self.name = settings.customers
        self.source = settings.source
        self.destination = settings.destination
        self.concurrency = settings.concurrency
        self._context = context
        self._settings = settings

    def unique(self, subject: str) -> str:
        """Return the key of a customer in the ERP."""
        return self._settings.customer_key(subject)

    def listens(self) -> Sequence[Listening]:
        """Need no stream: orders bring their customers."""
        return ()

    def react(self, change: Change) -> Reaction:  # noqa: ARG002 - orders mark these jobs
        """Wait for an order to ask."""
        return Reaction()

    async def after_round(self, connection: str, kind: str) -> None:
        """Have nothing to do after a round."""

    async def run(self, works: Sequence[Work]) -> Sequence[Outcome]:
        """Bring one customer to the ERP."""
        return [await self._bring(work) for work in works]

    async def _bring(self, work: Work) -> Outcome:
        unique = self.unique(work.job.subject)
        found = await self._context.standing(
            Customer, self.source, work.job.subject, other=self.destination, key=unique
        )
        if found is None:
            return Skipped("gone", "The shop no longer knows this customer.")
        customer = found.record
        key = Key(unique=unique, reference=customer.number)
        erp = self._context.connection(self.destination)
        await second_look(self._context, work, erp, ("customer", key), found.unanswered)
        if holds(found):
            # Two orders of one new customer arrived together, and the other one has brought all of it.
            work.also(self._awaited(customer))
            return Done(f"{self.destination} holds this customer already", changed=False)
        receipt = await self._put(work, erp, found, key)
        agreed = Agreed(
            kind="customer",
            source=self.source,
            external_id=customer.external_id,
            number=customer.number,
            fingerprint=found.fingerprint,
            destination=self.destination,
            receipt=receipt,
        )
        joined = [join(agreed)] if self._settings.ways else []
        work.also(bind(agreed, self._context.micros()), *joined, self._awaited(customer))
        return Done(f"{self.destination} holds this customer as {receipt.external_id}")

    async def _put(self, work: Work, erp: Connection, found: Standing[Customer], key: Key) -> Receipt:
        put = partial(
            put_once,
            self._context,
            work,
            erp,
            found.record,
            key=key,
            unanswered=found.unanswered,
            adopt=lambda: self._known(work, found.record),
            look=self._look(work, erp, found.record, key),
        )
        try:
            return await put(held=found.held)
        except Gone:
            if found.held is None:
                raise
            # Two contacts were merged there, or ours was deleted: whoever it is now is found as at the first time.
            work.note(f"{self.destination} has no {found.held.external_id} any more")
            return await put()

    def _awaited(self, customer: Customer) -> Step:
        """Return the step that wakes the orders which wait for this customer."""
        return say("wake_waiting", what=f"job:{self.name}:{customer.external_id}", now=self._context.micros())

    async def _known(self, work: Work, customer: Customer) -> Receipt | None:
        sink = self._context.connection(self.destination).sink("customer")
        if not isinstance(sink, Matchable):
            return None
        likely = cast("Matchable[Customer]", sink)
        return _same(work, customer, await likely.candidates(customer))

    def _look(self, work: Work, erp: Connection, customer: Customer, key: Key) -> Adopt | None:
        """Return the way to ask for the customer by its key and by what it says in one call, if there is one."""
        sink = erp.sink("customer")
        if not isinstance(sink, Discerning):
            return None
        discerning = cast("Discerning[Customer]", sink)

        async def look() -> Receipt | None:
            seen = await discerning.look(customer, key=key)
            return seen.found or _same(work, customer, seen.likely)

        return look


def _same(work: Work, customer: Customer, likely: Sequence[Customer]) -> Receipt | None:
    decision = same_customer(customer, likely)
    work.note(f"existing customer? {REASONS[decision.because]}")
    return None if decision.value is None else Receipt(decision.value.external_id, decision.value.number)


def holds(found: Standing[Customer]) -> bool:
    """Tell whether the ERP holds the customer as it is, with every address."""
    held = found.held
    if held is None or held.fingerprint != found.fingerprint:
        return False
    return all(address.fingerprint() in held.refs for address in found.record.addresses)
