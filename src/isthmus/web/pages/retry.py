"""The button that runs parked jobs again, as `isthmus retry` does."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from isthmus.admin import operations
from isthmus.web.desk import Desk, back
from isthmus.web.forms import clicked


class Retry:
    """Takes `POST /retry`."""

    def __init__(self, desk: Desk) -> None:
        """Act on the desk's engine."""
        self._desk = desk

    async def act(self, request: Request) -> Response:
        """Queue one record (`flow`, `subject`) or all of one cause (`flow`, `code`), then go back."""
        form = await clicked(request, self._desk.tokens)
        flow, subject, code = (form.get(name, "") for name in ("flow", "subject", "code"))
        if not flow or bool(subject) == bool(code):
            raise HTTPException(400, "Nothing was queued: the form did not say what to run again.")
        queued = await operations.retry(self._desk.context, by="web", flow=flow, subject=subject, code=code)
        return back(request, form.get("back", "/"), f"retried:{len(queued)}")
