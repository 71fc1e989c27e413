"""Lists of orders and of jobs, a page at a time, however many there are."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from isthmus.canonical.money import Money
from isthmus.canonical.order import Order
from isthmus.engine.context import Context
from isthmus.engine.flow import Flow
from isthmus.kit.clock import from_micros
from isthmus.store.base import one
from isthmus.store.records import mirrored
from isthmus.store.statement import Row, listed

#: What a filter's name covers. `waiting` is due now or running; the others are states of the ledger.
STATES: Mapping[str, Sequence[str]] = {
    "waiting": ("ready", "running"),
    "snoozed": ("snoozed",),
    "parked": ("parked",),
    "done": ("done",),
}
PAGE_ROWS = 50
_LAST = 2**63 - 1


class Place(msgspec.Struct, frozen=True):
    """Where a page ended: the next one starts right after it."""

    at: int  # microseconds: when it arose or was done; the list of everything is sorted by `id` alone
    id: int


class ListedJob(msgspec.Struct, frozen=True, kw_only=True):
    """One job of a list, with the reason it stands where it stands."""

    flow: str
    subject: str
    number: str
    state: str
    code: str
    because: str
    since: datetime
    run_at: datetime
    attempts: int
    answers: Sequence[str]


class OrderFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a person recognizes an order by; nothing about its buyer."""

    placed_at: datetime
    total: Money
    payment: str
    status: str
    lines: int
    read_at: datetime
    deleted: bool


class ListedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One order of a list: where it came from, where its job stands. Without a job no flow carries it."""

    connection: str
    external_id: str
    number: str
    job: ListedJob | None
    facts: OrderFacts | None


class JobPage(msgspec.Struct, frozen=True):
    """Some jobs, newest first; `after` is where the next page starts, None on the last one."""

    jobs: Sequence[ListedJob]
    after: Place | None


class OrderPage(msgspec.Struct, frozen=True):
    """Some orders, newest first."""

    orders: Sequence[ListedOrder]
    after: Place | None


def carriers(flows: Sequence[Flow]) -> dict[str, Flow]:
    """Return the flow that carries each shop's orders, by the shop's connection."""
    return {
        flow.source: flow
        for flow in reversed(flows)
        if any(each.kind == "order" and each.connection == flow.source for each in flow.listens())
    }


async def jobs(context: Context, names: Sequence[str], *, state: str = "", before: Place | None = None) -> JobPage:
    """Return a page of the jobs of these flows, those of one filter of `STATES` or all."""
    found: list[Row] = []
    for name in names:
        for one_state in STATES.get(state, ("",)):
            found += await _rows(context, name, one_state, before or Place(_LAST, _LAST))
    found.sort(key=lambda row: (_at(state, row), row["id"]), reverse=True)
    page = found[:PAGE_ROWS]
    after = Place(_at(state, page[-1]), page[-1]["id"]) if len(found) > PAGE_ROWS else None
    return JobPage([_job(row) for row in page], after)


async def orders(context: Context, flows: Sequence[Flow], *, state: str = "", before: Place | None = None) -> OrderPage:
    """Return a page of the orders, newest first."""
    carrying = carriers(flows)
    sources = {flow.name: source for source, flow in carrying.items()}
    page = await jobs(context, list(sources), state=state, before=before)
    listed_orders = [(sources[job.flow], job.subject, job.number, job) for job in page.jobs]
    return OrderPage(await _with_facts(context, listed_orders), page.after)


async def find(context: Context, flows: Sequence[Flow], term: str) -> list[ListedOrder]:
    """Return the orders whose number or id is `term`, with or without its #."""
    alternative = term.removeprefix("#") if term.startswith("#") else f"#{term}"
    rows = await context.store.read("find_records", kind="order", term=term, alternative=alternative)
    carrying = carriers(flows)
    found: list[tuple[str, str, str, ListedJob | None]] = []
    for row in rows:
        flow = carrying.get(row["connection"])
        job = one(await _named(context, flow.name, [row["external_id"]])) if flow else None
        found.append((row["connection"], row["external_id"], row["number"], _job(job) if job else None))
    return await _with_facts(context, found)


async def facts(context: Context, connection: str, external_id: str) -> OrderFacts | None:
    """Return what one order is recognized by, None when it was never read."""
    return (await _facts(context, connection, [external_id])).get(external_id)


async def _rows(context: Context, flow: str, state: str, before: Place) -> list[Row]:
    wish = PAGE_ROWS + 1
    if not state:
        return await context.store.read("jobs_listed", flow=flow, before_id=before.id, wish=wish)
    if state == "done":
        return await context.store.read(
            "jobs_listed_done", flow=flow, before_at=before.at, before_id=before.id, wish=wish
        )
    return await context.store.read(
        "jobs_listed_open", flow=flow, state=state, before_at=before.at, before_id=before.id, wish=wish
    )


def _at(state: str, row: Row) -> int:
    """Return the moment a list is sorted by."""
    return 0 if not state else row["done_at"] if state == "done" else row["marked_at"]


async def _named(context: Context, flow: str, subjects: Iterable[str]) -> list[Row]:
    return await context.store.read("jobs_named", flow=flow, subjects=listed(subjects))


async def _with_facts(context: Context, found: Sequence[tuple[str, str, str, ListedJob | None]]) -> list[ListedOrder]:
    known: dict[tuple[str, str], OrderFacts] = {}
    for connection in {each[0] for each in found}:
        ids = [external_id for name, external_id, _number, _job in found if name == connection]
        known |= {(connection, each): told for each, told in (await _facts(context, connection, ids)).items()}
    return [
        ListedOrder(
            connection=connection,
            external_id=external_id,
            number=number or external_id,
            job=job,
            facts=known.get((connection, external_id)),
        )
        for connection, external_id, number, job in found
    ]


async def _facts(context: Context, connection: str, ids: Sequence[str]) -> dict[str, OrderFacts]:
    rows = await context.store.read("records", connection=connection, kind="order", ids=listed(ids))
    told = {row["external_id"]: _order_facts(row) for row in rows}
    return {external_id: each for external_id, each in told.items() if each is not None}


def _order_facts(row: Row) -> OrderFacts | None:
    try:
        known = mirrored(Order, row)
    except ValueError:
        # Kept by an older version and not read again since: the list still stands, without a total.
        return None
    order = known.record
    return OrderFacts(
        placed_at=order.placed_at,
        total=order.total,
        payment=order.payment_status.value,
        status=order.status.value,
        lines=len(order.lines),
        read_at=known.read_at,
        deleted=known.deleted,
    )


def _job(row: Row) -> ListedJob:
    return ListedJob(
        flow=row["flow"],
        subject=row["subject"],
        number=row["number"],
        state=row["state"],
        code=row["code"],
        because=row["because"],
        since=from_micros(row["since"]),
        run_at=from_micros(row["run_at"]),
        attempts=row["attempts"],
        answers=msgspec.json.decode(row["answers"], type=list[str]),
    )
