"""Customers reach the ERP before their orders do, each once.

Runs when an order needs its customer. One job per customer, so two orders of the same person
arriving together make one customer with all addresses.
"""

from collections.abc import Sequence
from typing import cast

from isthmus.canonical.party import Customer
from isthmus.engine.context import Context
from isthmus.engine.flow import Change, Listening, Reaction
from isthmus.engine.intents import put_once
from isthmus.engine.outcome import Done, Outcome, Skipped
from isthmus.engine.work import Work
from isthmus.flows.binding import Agreed, bind
from isthmus.flows.settings import OrderSettings
from isthmus.policies.identity import same_customer
from isthmus.policies.reasons import REASONS
from isthmus.ports.sink import Key, Matchable, Receipt
from isthmus.store.statement import say


class CustomersToErp:
    """One shop's customers to one ERP."""

    batch = 1

    def __init__(self, context: Context, settings: OrderSettings) -> None:
        """Serve the order flow of `settings`."""
        self.name = settings.customers
        self.source = settings.source
        self.destination = settings.destination
        self.concurrency = settings.concurrency
        self._context = context

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
        found = await self._context.mirrored(Customer, self.source, work.job.subject)
        if found is None:
            return Skipped("gone", "The shop no longer knows this customer.")
        customer = found.record
        key = Key(unique=f"{self.source}:customer:{customer.external_id}", reference=customer.number)
        receipt = await put_once(
            self._context,
            work,
            self._context.connection(self.destination),
            customer,
            key=key,
            adopt=lambda: self._known(work, customer),
        )
        agreed = Agreed(
            kind="customer",
            source=self.source,
            external_id=customer.external_id,
            number=customer.number,
            fingerprint=found.fingerprint,
            destination=self.destination,
            receipt=receipt,
        )
        work.also(
            await bind(self._context, agreed),
            say("wake_waiting", what=f"job:{self.name}:{customer.external_id}", now=self._context.micros()),
        )
        return Done(f"{self.destination} holds this customer as {receipt.external_id}")

    async def _known(self, work: Work, customer: Customer) -> Receipt | None:
        sink = self._context.connection(self.destination).sink("customer")
        if not isinstance(sink, Matchable):
            return None
        likely = cast("Matchable[Customer]", sink)
        decision = same_customer(customer, await likely.candidates(customer))
        work.note(f"existing customer? {REASONS[decision.because]}")
        return None if decision.value is None else Receipt(decision.value.external_id, decision.value.number)
