"""What a person sees when a page is not there or could not be made: what happened, and where to go on."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from isthmus.store.group import StoreError
from isthmus.web.desk import Desk
from isthmus.web.guard import OPEN_PATHS

log = logging.getLogger("isthmus.web")
Handlers = Mapping[Any, Callable[[Request, Exception], Any]]
TITLES = {
    400: "This cannot be done",
    403: "This click was not taken",
    404: "There is nothing here",
    405: "This is not a page",
    413: "Too large",
}


@dataclass(frozen=True, slots=True)
class WrongView:
    """Everything the page shows."""

    title: str
    because: str
    next_step: str
    technical: str


class Wrong:
    """Makes the pages for what went wrong."""

    def __init__(self, desk: Desk) -> None:
        """Make them in the look of the others."""
        self._desk = desk

    @property
    def handlers(self) -> Handlers:
        """Return which failure is answered how."""
        return {HTTPException: self.refused, StoreError: self.no_store, Exception: self.defect}

    async def refused(self, request: Request, wrong: Exception) -> Response:
        """Answer for a page that is not there or a click that was not taken."""
        status = wrong.status_code if isinstance(wrong, HTTPException) else 500
        told = wrong.detail if isinstance(wrong, HTTPException) else ""
        headers = dict(wrong.headers or {}) if isinstance(wrong, HTTPException) else {}
        if request.url.path.startswith(OPEN_PATHS):
            return JSONResponse({"error": HTTPStatus(status).name.lower()}, status, headers)
        # Starlette's own words are the status in English, which says nothing to a merchant.
        words = told if told != HTTPStatus(status).phrase else f"There is no page at {request.url.path}."
        view = WrongView(TITLES.get(status, "This did not work"), words, "Go on from one of these:", "")
        return self._desk.page(request, "wrong.html", view, status=status, headers=headers)

    async def no_store(self, request: Request, wrong: Exception) -> Response:
        """Answer while the database does not."""
        log.error("a page could not be made: %s", wrong)
        view = WrongView(
            "The database does not answer",
            "Isthmus cannot read what it knows right now. Nothing is lost: what was taken on is on disk.",
            "The page tries again by itself. If it stays like this, look at the database's disk and server.",
            type(wrong).__name__,
        )
        return self._desk.page(request, "wrong.html", view, status=503, headers={"Retry-After": "10"})

    async def defect(self, request: Request, wrong: Exception) -> Response:
        """Answer for a mistake of ours; the server logs it in full afterwards."""
        view = WrongView(
            "Isthmus made a mistake",
            "This page could not be made. Orders and stock go on: only the page is broken.",
            "Please send the log of this moment to support.",
            type(wrong).__name__,
        )
        return self._desk.page(request, "wrong.html", view, status=500)
