"""The jobs of one flow: the list behind every count. (R-SCR-23)"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from isthmus.admin import orders
from isthmus.engine.flow import Flow
from isthmus.web.desk import Desk
from isthmus.web.pages.rows import Filter, JobRow, filters, job_row, older
from isthmus.web.words import FILTER_HELP, jobs_path, order_path, place_from, state_from, with_query


@dataclass(frozen=True, slots=True)
class JobsView:
    """Everything the list shows."""

    flow: str
    source: str
    destination: str
    filters: Sequence[Filter]
    help: str
    rows: Sequence[JobRow]
    older: str
    newest: str
    here: str


class Jobs:
    """Serves `/jobs/{flow}`."""

    def __init__(self, desk: Desk) -> None:
        """Show what the desk's engine knows."""
        self._desk = desk

    async def show(self, request: Request) -> Response:
        """Return a page of the list."""
        flow = self._flow(request.path_params["flow"])
        context = self._desk.context
        state = state_from(request.query_params.get("state", ""))
        place = request.query_params.get("before", "")
        before = place_from(place)
        page = await orders.jobs(context, [flow.name], state=state, before=before)
        path = jobs_path(flow.name)
        has_pages = orders.carriers(self._desk.engine.flows).get(flow.source) is flow
        now = context.now()
        view = JobsView(
            flow=flow.name,
            source=flow.source,
            destination=flow.destination,
            filters=filters(path, state),
            help=FILTER_HELP[state],
            rows=[job_row(job, now, order_path(flow.source, job.subject) if has_pages else "") for job in page.jobs],
            older=older(path, state, page.after),
            newest=with_query(path, state=state) if before else "",
            here=with_query(path, state=state, before=place if before else ""),
        )
        return self._desk.page(request, "jobs.html", view)

    def _flow(self, name: str) -> Flow:
        for flow in self._desk.engine.flows:
            if flow.name == name:
                return flow
        raise HTTPException(404, f"There is no flow named {name}.")
