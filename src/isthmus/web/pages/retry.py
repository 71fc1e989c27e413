"""The one button that writes: run parked jobs again, as `isthmus retry` does."""

from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from isthmus.admin import operations
from isthmus.web.desk import Desk, back
from isthmus.web.guard import FIELD

#: A token, three short names and an address.
MAX_FORM_BYTES = 16 * 1024
MAX_FIELDS = 10


class Retry:
    """Takes `POST /retry`."""

    def __init__(self, desk: Desk) -> None:
        """Act on the desk's engine."""
        self._desk = desk

    async def act(self, request: Request) -> Response:
        """Queue one record (`flow`, `subject`) or all of one cause (`flow`, `code`), then go back."""
        form = await read_form(request)
        if doubt := self._desk.tokens.doubt(request, form.get(FIELD, "")):
            message = f"This click was not taken: {doubt}. Open the page again and repeat it."
            raise HTTPException(403, message)
        flow, subject, code = (form.get(name, "") for name in ("flow", "subject", "code"))
        if not flow or bool(subject) == bool(code):
            raise HTTPException(400, "Nothing was queued: the form did not say what to run again.")
        queued = await operations.retry(self._desk.context, by="web", flow=flow, subject=subject, code=code)
        return back(request, form.get("back", "/"), f"retried:{len(queued)}")


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a small form. Raises `HTTPException` when it is none of ours."""
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > MAX_FORM_BYTES:
                raise HTTPException(413, "The form is too large to be one of ours.")
    except ClientDisconnect as gone:  # nobody hears the answer, and it is no mistake worth a trace in the log
        raise HTTPException(400, "The form did not arrive whole.") from gone
    try:
        return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError as wrong:
        raise HTTPException(400, "The form could not be read.") from wrong
