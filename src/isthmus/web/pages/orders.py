"""All orders, newest first, and the search by number. (R-SCR-04)"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from isthmus.admin import orders
from isthmus.admin.orders import ListedOrder
from isthmus.web.desk import Desk
from isthmus.web.pages.rows import Filter, JobRow, filters, job_row, older
from isthmus.web.words import FILTER_HELP, Moment, moment, order_path, place_from, state_from, with_query

PATH = "/orders"


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order of the list."""

    number: str
    path: str
    store: str
    total: str
    placed: Moment | None
    job: JobRow | None
    because: str


@dataclass(frozen=True, slots=True)
class OrdersView:
    """Everything the list shows."""

    term: str
    filters: Sequence[Filter]
    help: str
    rows: Sequence[OrderRow]
    several_stores: bool
    older: str
    newest: str
    here: str


class Orders:
    """Serves `/orders`."""

    def __init__(self, desk: Desk) -> None:
        """Show what the desk's engine knows."""
        self._desk = desk

    async def show(self, request: Request) -> Response:
        """Return the list, or the order itself when the search names exactly one."""
        term = request.query_params.get("q", "").strip()
        return await (self._search(request, term) if term else self._list(request))

    async def _search(self, request: Request, term: str) -> Response:
        desk = self._desk
        found = await orders.find(desk.context, desk.engine.flows, term)
        if len(found) == 1:
            return RedirectResponse(order_path(found[0].connection, found[0].external_id), status_code=303)
        view = OrdersView(
            term=term,
            filters=filters(PATH, ""),
            help="Several stores have this number." if found else "",
            rows=[order_row(each, desk.context.now()) for each in found],
            several_stores=True,
            older="",
            newest=PATH,
            here=with_query(PATH, q=term),
        )
        return desk.page(request, "orders.html", view)

    async def _list(self, request: Request) -> Response:
        desk = self._desk
        state = state_from(request.query_params.get("state", ""))
        place = request.query_params.get("before", "")
        before = place_from(place)
        page = await orders.orders(desk.context, desk.engine.flows, state=state, before=before)
        view = OrdersView(
            term="",
            filters=filters(PATH, state),
            help=FILTER_HELP[state],
            rows=[order_row(each, desk.context.now()) for each in page.orders],
            several_stores=len(orders.carriers(desk.engine.flows)) > 1,
            older=older(PATH, state, page.after),
            newest=with_query(PATH, state=state) if before else "",
            here=with_query(PATH, state=state, before=place if before else ""),
        )
        return desk.page(request, "orders.html", view)


def order_row(order: ListedOrder, now: datetime) -> OrderRow:
    """Return the row of an order; one without a job says why."""
    path = order_path(order.connection, order.external_id)
    row = job_row(order.job, now, path) if order.job else None
    deleted = order.facts is not None and order.facts.deleted
    because = row.because if row else "Seen, but no flow carries it."
    return OrderRow(
        number=order.number,
        path=path,
        store=order.connection,
        total=str(order.facts.total) if order.facts else "",
        placed=moment(order.facts.placed_at, now) if order.facts else None,
        job=row,
        because=f"Deleted in the shop. {because}" if deleted else because,
    )
