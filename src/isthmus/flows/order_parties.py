"""Who ordered: the customer and addresses an order needs in the ERP, brought there first."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from isthmus.canonical.order import Order
from isthmus.canonical.party import Address, AddressRole, Customer
from isthmus.engine.context import Context
from isthmus.engine.flow import Mark
from isthmus.engine.mirror import mark_jobs
from isthmus.engine.outcome import Ask, Later, Parked, Snoozed
from isthmus.flows.order_words import asking
from isthmus.flows.settings import OrderSettings
from isthmus.mapping.order_mapping import OrderMapping
from isthmus.store.base import one
from isthmus.store.records import Standing, record_values
from isthmus.store.statement import Many

#: Run one job of another flow now, after writing some steps in the same commit as its claim.
Pull = Callable[..., Awaitable[None]]
#: The customer's own job wakes the order; this is only the latest moment to look again.
LATEST = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Parties:
    """The ERP's ids of everyone on an order."""

    customer_ref: str
    billing_ref: str
    shipping_ref: str


class OrderParties:
    """Finds the parties of orders, pulling the customer's job where they are not there yet."""

    def __init__(self, context: Context, settings: OrderSettings, pull: Pull) -> None:
        """Pull through `pull(flow, subject)`."""
        self._context = context
        self._settings = settings
        self._pull = pull

    async def of(self, order: Order, sold: Order, mapping: OrderMapping) -> Parties:
        """Return the parties; `sold` is the order as the ERP is to be told where it goes.

        Raises `Later` while the customer is on its way, `Ask` when it is parked or cannot be mapped.
        """
        with asking():
            customer = mapping.customer(order, buyer(sold))
        known = await self._known(customer)
        found = parties(sold, known)
        if known is not None:
            customer = mapping.kept(customer, known.record)
        if found is None or (known is not None and mapping.differs(customer, known.record)):
            await self._bring(customer, known)
            found = parties(sold, await self._known(customer))
        if found is None:
            await self._wait(customer)
        return found or Parties("", "", "")

    async def _known(self, customer: Customer) -> Standing[Customer] | None:
        return await self._context.standing(
            Customer,
            self._settings.source,
            customer.external_id,
            other=self._settings.destination,
            key=self._settings.customer_key(customer.external_id),
        )

    async def _bring(self, customer: Customer, known: Standing[Customer] | None) -> None:
        """Put the customer, with every address seen so far, into the mirror and run its job."""
        if known is not None:
            customer = msgspec.structs.replace(customer, addresses=together(known.record.addresses, customer.addresses))
        values = record_values(self._settings.source, "customer", customer, self._context.now())
        mark = Mark(self._settings.customers, customer.external_id, customer.number)
        stored = Many("store_record", [values]), mark_jobs([mark], self._context.micros())
        await self._pull(self._settings.customers, customer.external_id, *stored)

    async def _wait(self, customer: Customer) -> None:
        flow, subject = self._settings.customers, customer.external_id
        job = one(await self._context.store.read("job", flow=flow, subject=subject))
        if job is not None and job["state"] == "parked":
            because = f"Its customer cannot be brought to the ERP: {job['because']}"
            raise Ask(Parked("customer_parked", because, tuple(msgspec.json.decode(job["answers"], type=list[str]))))
        because = job["because"] if job is not None and job["because"] else "Its customer is on the way to the ERP."
        until = self._context.now() + LATEST
        raise Later(Snoozed(until, "waits_for_customer", because, waits_for=f"job:{flow}:{subject}"))


def parties(order: Order, known: Standing[Customer] | None) -> Parties | None:
    """Return the parties if the ERP holds the customer with both addresses."""
    if known is None or known.held is None:
        return None
    own, refs = known.held.external_id, known.held.refs
    found = [
        own if address is None else refs.get(address.fingerprint(), "")
        for address in (billing_of(order), shipping_of(order))
    ]
    return Parties(own, *found) if all(found) else None


def buyer(order: Order) -> Customer:
    """Return the customer with the order's addresses; a guest is a customer of this one order.

    The name falls back in a fixed order: shipping, billing, customer, e-mail (R-ORD-10).
    """
    customer = order.customer or Customer(external_id=f"guest:{order.external_id}", is_guest=True)
    own = [billing_of(order), shipping_of(order)]
    return msgspec.structs.replace(
        customer,
        name=_name(order, customer),
        email=customer.email or order.email,
        phone=customer.phone or order.phone,
        addresses=together(customer.addresses, tuple(each for each in own if each is not None)),
    )


def billing_of(order: Order) -> Address | None:
    """Return where the bill goes; a shop that asks for one address means both."""
    return order.billing or (as_role(order.shipping_to, AddressRole.BILLING) if order.shipping_to else None)


def shipping_of(order: Order) -> Address | None:
    """Return where the goods go; a digital order has no such place and uses the billing address."""
    return order.shipping_to or (as_role(order.billing, AddressRole.SHIPPING) if order.billing else None)


def as_role(address: Address, role: AddressRole) -> Address:
    """Return the same place for another purpose."""
    return msgspec.structs.replace(address, role=role)


def together(first: tuple[Address, ...], second: tuple[Address, ...]) -> tuple[Address, ...]:
    """Return every place once, in the order first seen."""
    return tuple({address.fingerprint(): address for address in (*second, *first)}.values())


def _name(order: Order, customer: Customer) -> str:
    company = customer.company.name if customer.company else ""
    names = [address.name for address in (order.shipping_to, order.billing) if address is not None]
    full = " ".join(part for part in (customer.first_name, customer.last_name) if part)
    found = [company, *names, customer.name, full, customer.email, order.email]
    return next((each for each in found if each.strip()), f"Customer of order {order.number}")
