"""Orders, proven: the shop's own list of a day against the ERP's, in both directions and with their content.

What does not agree at first sight is read again at both systems, so that an order that moved while the lists were read
is no finding. What then still differs is explained (by policy, by a question, by its age) or open.
"""

import dataclasses
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from isthmus.canonical.order import Order, OrderStatus
from isthmus.canonical.party import Customer
from isthmus.canonical.record import dump, load
from isthmus.engine.context import Context
from isthmus.engine.flow import Mark
from isthmus.engine.mirror import Absorbs, mark_jobs
from isthmus.engine.proof import GRACE, Entry, Finding, Judgement, Pair, Part, Side, Verdict, matched
from isthmus.engine.unreadable import read_apart
from isthmus.flows.order_content import contents, known_of, sold_of_list
from isthmus.flows.order_routes import OrderRoutes
from isthmus.flows.proof_reasons import Accepted, Ledger, ledger_of
from isthmus.flows.settings import OrderSettings
from isthmus.policies.agreement import Difference, differences
from isthmus.policies.importable import importable
from isthmus.policies.reasons import REASONS
from isthmus.ports.errors import Defect, Rejected
from isthmus.ports.listing import Keyed, Listing, Span
from isthmus.ports.source import Cursor
from isthmus.store.statement import Step, say

ORDER = "order"


@dataclass(frozen=True, slots=True)
class Orders:
    """One key's orders on both sides."""

    key: str
    here: Order | None
    live: Sequence[Order]
    canceled: Sequence[Order]

    @property
    def there(self) -> Order | None:
        """Return the ERP's order: one that lives, else the last that was canceled."""
        return next(iter([*self.live, *reversed(self.canceled)]), None)


class OrdersProof:
    """One shop's orders in one ERP."""

    kind = ORDER
    daily = True

    def __init__(self, context: Context, settings: OrderSettings, mirror: Absorbs, grace: timedelta = GRACE) -> None:
        """Prove the flow of `settings`."""
        self.flow = settings.name
        self.source = settings.source
        self.destination = settings.destination
        self.zone = settings.zone
        self._context = context
        self._settings = settings
        self._routes = OrderRoutes(context, settings)
        self._mirror = mirror
        self._grace = grace

    async def listed(self, side: Side, span: Span, after: Cursor | None) -> AsyncIterator[Part]:
        """Yield one side's orders of a day."""
        listing = self._listing(side)
        ours = "" if side is Side.HERE else f"{self.source}:"
        async for page in listing.listed(span, ours=ours, after=after):
            mine = await self._own(side, page.entries)
            entries = [self._entry(side, each) for each in mine if self._is_order(side, each)]
            yield Part(entries, page.cursor, page.bad, page.last)

    async def judge(self, pairs: Sequence[Pair], now: datetime) -> Sequence[Judgement]:
        """Compare; look again at what does not agree; say what that means."""
        first = [_orders(pair) for pair in pairs]
        found = dict(zip([each.key for each in first], await self._differ(first), strict=True))
        doubtful = [each.key for each in first if found[each.key] is not None]
        if not doubtful:
            return [matched(pair.key) for pair in pairs]
        again = [_orders(pair) for pair in await self._again(doubtful)]
        verdicts: dict[str, Judgement] = {}
        ledger = await ledger_of(
            self._context, self._settings, [each.removeprefix(f"{self.source}:") for each in doubtful]
        )
        for orders, differing in zip(again, await self._differ(again), strict=True):
            verdicts[orders.key] = self._verdict(orders, differing, ledger, now)
        lost = [each for each in again if _to_write(verdicts[each.key])]
        for key, steps in (await self._mending(lost, "lose_binding")).items():
            verdicts[key] = dataclasses.replace(verdicts[key], mend=steps)
        return [verdicts.get(pair.key) or matched(pair.key) for pair in pairs]

    async def again(self, subject: str) -> Sequence[Step]:
        """Have one order written as the shop has it now."""
        orders = _orders((await self._again([f"{self.source}:{subject}"]))[0])
        mending = await self._mending([orders], "unbind" if orders.there is None else "loosen_binding")
        return mending.get(orders.key, ())

    def _listing(self, side: Side) -> Listing[Order]:
        return self._context.connection(self.source if side is Side.HERE else self.destination).listing(ORDER)

    async def _own(self, side: Side, some: Sequence[Keyed[Order]]) -> Sequence[Keyed[Order]]:
        """Return the shop's orders that this flow takes: the others are proven by the flows that do."""
        if side is Side.THERE:
            return some
        mine = await self._routes.own_of_list([each.record for each in some])
        return [each for each in some if each.record.external_id in mine]

    def _is_order(self, side: Side, each: Keyed[Order]) -> bool:
        """Tell orders from whatever else bears a key of the same shop."""
        return side is Side.HERE or ":" not in each.key.removeprefix(f"{self.source}:")

    def _entry(self, side: Side, each: Keyed[Order]) -> Entry:
        order = bare(each.record)
        key = f"{self.source}:{each.key}" if side is Side.HERE else each.key
        amount = None if order.status is OrderStatus.CANCELED else order.total.rounded().amount
        return Entry(key, order.external_id, dump(order).decode(), order.currency, amount)

    async def _again(self, keys: Sequence[str]) -> list[Pair]:
        """Read these orders at both systems now."""
        pairs = {key: Pair(key) for key in keys}
        for there in await self._listing(Side.THERE).named(keys):
            pairs[there.key].there.append(self._entry(Side.THERE, there))
        ids = [key.removeprefix(f"{self.source}:") for key in keys]
        for here in await _apart(self._listing(Side.HERE), ids):
            pairs[f"{self.source}:{here.key}"].here.append(self._entry(Side.HERE, here))
        return list(pairs.values())

    async def _differ(self, some: Iterable[Orders]) -> list[list[Difference] | None]:
        """Return what differs: None when both sides agree, an empty list when one side has none or too many."""
        listed = list(some)
        mine = [each.here for each in listed if each.here is not None]
        known = await known_of(self._context, self._settings, mine)
        sold = await sold_of_list(self._context, self._settings, mine)
        found: list[list[Difference] | None] = []
        for each in listed:
            if each.here is None or each.there is None or len(each.live) > 1:
                found.append([])
            else:
                found.append(
                    differences(*contents(sold[each.here.external_id], each.there, known, self._settings)) or None
                )
        return found

    def _verdict(self, orders: Orders, differing: list[Difference] | None, ledger: Ledger, now: datetime) -> Judgement:
        """Say what it means that these two do not agree, as both were just now."""
        here, there = orders.here, orders.there
        subject = orders.key.removeprefix(f"{self.source}:")
        number = (
            here.number
            if here
            else ledger.number(subject) or (there.custom.get("client_order_ref", "") if there else "")
        )
        about = _About(orders.key, subject, number or subject, ledger.accepted)
        if differing is None:
            return matched(orders.key)
        if here is None:
            return self._orphaned(orders, about)
        if len(orders.live) > 1:
            return _doubled(orders, about, self.destination)
        if there is None:
            return self._missing(orders, about, ledger, now)
        return self._different(orders, differing, about, ledger, now)

    def _orphaned(self, orders: Orders, about: "_About") -> Judgement:
        there = orders.there
        if there is None:
            return matched(orders.key)  # gone on both sides by now
        if not orders.live:
            because = f"The shop no longer has it, and {self.destination} has cancelled it as {there.number}."
            return about.explained(Finding.ORPHANED, "canceled_there", because)
        numbers = ", ".join(each.number for each in orders.live)
        because = (
            f"{self.destination} holds it as {numbers} with our key, and the shop has no such order. Look whether it "
            f"was deleted in the shop; cancel it in {self.destination}, or say that it is right as it is."
        )
        evidence = {"order": ("not there", numbers), "total": ("", str(there.total))}
        return about.open(Finding.ORPHANED, "orphaned", because, evidence)

    def _missing(self, orders: Orders, about: "_About", ledger: Ledger, now: datetime) -> Judgement:
        here = orders.here
        assert here is not None  # noqa: S101 - the caller has looked
        reason = importable(here, self._settings.policy, known=False)
        if not reason.value:
            return about.explained(
                Finding.MISSING, reason.because, f"{REASONS[reason.because]} {reason.detail}".strip()
            )
        if why := ledger.why(about.subject, here, now, self._grace):
            return about.explained(Finding.MISSING, *why)
        evidence = {"order": (here.number, "not there"), "total": (str(here.total), "")}
        because = f"The shop has it and {self.destination} does not. {ledger.under_way(about.subject)}"
        if held := ledger.held.get(about.subject):
            because = (
                f"{self.destination} held it as {held} and does not any more: somebody has removed it there. "
                "You are asked whether it is to be written again."
            )
        return about.open(Finding.MISSING, "missing", because.strip(), evidence)

    def _different(
        self, orders: Orders, differing: list[Difference], about: "_About", ledger: Ledger, now: datetime
    ) -> Judgement:
        here, there = orders.here, orders.there
        assert here is not None  # noqa: S101 - the caller has looked
        assert there is not None  # noqa: S101 - the caller has looked
        fields = [each.field for each in differing]
        if fields == ["status"] and there.status is OrderStatus.RECEIVED and ledger.waits_for_erp(about.subject):
            because = f"{self.destination} holds it as {there.number} and waits for an approval there."
            return about.explained(Finding.DIFFERENT, "waits_for_erp", because, differing)
        if why := ledger.why(about.subject, here, now, self._grace):
            return about.explained(Finding.DIFFERENT, *why, differing)
        words = "; ".join(f"{each.field}: {each.here} in the shop, {each.there} there" for each in differing)
        because = (
            f"{self.destination} holds it as {there.number}, not as the shop has it: {words}. Write the shop's order "
            "once more (Retry), or say that it is right as it is."
        )
        return about.open(Finding.DIFFERENT, "different", because, _evidence(differing), fields=fields)

    async def _mending(self, some: Sequence[Orders], doubt: str) -> dict[str, Sequence[Step]]:
        """Return, by key, the steps that have these orders written as the shop has them.

        `doubt` is the statement about what is known of one in the ERP. `unbind`: it is no longer so; whoever writes
        looks for it first. `lose_binding`: where the ERP once said that it holds it, a person is asked. An order that
        was never brought has no binding, and is written.
        """
        wanted = {each.here.external_id: each for each in some if each.here is not None}
        if not wanted:
            return {}
        read_at = self._context.now()
        source = self._context.connection(self.source).source(ORDER)
        whole, _bad = await read_apart(source, list(wanted))
        taken = await self._mirror.absorb(self.source, ORDER, whole, read_at=read_at)
        found: dict[str, Sequence[Step]] = {}
        shared: Sequence[Step] = taken.steps
        for subject, orders in wanted.items():
            undo = say(doubt, kind=ORDER, here=self.source, external_id=subject, there=self.destination)
            number = orders.here.number if orders.here else ""
            mark = mark_jobs([Mark(self.flow, subject, number)], self._context.micros())
            found[orders.key] = (*shared, undo, mark)
            shared = ()  # the readings of all are taken in once
        return found


def _to_write(judgement: Judgement) -> bool:
    return judgement.verdict is Verdict.OPEN and judgement.finding is Finding.MISSING


def _doubled(orders: Orders, about: "_About", destination: str) -> Judgement:
    numbers = ", ".join(each.number for each in orders.live)
    because = (
        f"{destination} holds it {len(orders.live)} times: {numbers}. Cancel all but one there; nothing is sent again "
        "until then."
    )
    return about.open(Finding.DOUBLED, "doubled", because, {"orders": (about.number, numbers)})


@dataclass(frozen=True, slots=True)
class _About:
    """Which order is spoken of."""

    key: str
    subject: str
    number: str
    accepted: Accepted

    def explained(self, finding: Finding, code: str, because: str, differing: Sequence[Difference] = ()) -> Judgement:
        return Judgement(
            self.key,
            Verdict.EXPLAINED,
            finding,
            code,
            because,
            self.subject,
            self.number,
            [each.field for each in differing],
            _evidence(differing),
        )

    def open(
        self,
        finding: Finding,
        code: str,
        because: str,
        evidence: dict[str, tuple[str, str]],
        fields: Sequence[str] = (),
    ) -> Judgement:
        judgement = Judgement(
            self.key, Verdict.OPEN, finding, code, because, self.subject, self.number, fields, evidence
        )
        return self.accepted.of(judgement)


def bare(order: Order) -> Order:
    """Return what is compared of an order: nothing about its buyer but who it is to both systems."""
    customer = order.customer
    return Order(
        external_id=order.external_id,
        number=order.number,
        changed_at=order.changed_at,
        status=order.status,
        hold_reason=order.hold_reason,
        placed_at=order.placed_at,
        is_test=order.is_test,
        currency=order.currency,
        total=order.total,
        payment_status=order.payment_status,
        lines=tuple(
            replace(line, taxes=(), discounts=(), note="", title=line.title if not line.sku else "")
            for line in order.lines
        ),
        customer=Customer(external_id=customer.external_id, number=customer.number) if customer else None,
        custom={name: order.custom[name] for name in ("client_order_ref",) if name in order.custom},
    )


def _orders(pair: Pair) -> Orders:
    here = [load(Order, entry.body) for entry in pair.here]
    there = [load(Order, entry.body) for entry in pair.there]
    canceled = [each for each in there if each.status is OrderStatus.CANCELED]
    live = [each for each in there if each.status is not OrderStatus.CANCELED]
    return Orders(pair.key, here[0] if here else None, live, canceled)


def _evidence(differing: Sequence[Difference]) -> dict[str, tuple[str, str]]:
    return {each.field: (each.here, each.there) for each in differing}


async def _apart(listing: Listing[Order], ids: Sequence[str]) -> list[Keyed[Order]]:
    """Read orders by id; one that cannot be understood is found by halves and left out."""
    try:
        return list(await listing.named(ids))
    except (Defect, Rejected):
        if len(ids) == 1:
            raise
    middle = len(ids) // 2
    return [*await _apart(listing, ids[:middle]), *await _apart(listing, ids[middle:])]
