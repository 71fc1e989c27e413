"""Forms that act: small ones of our own, sent from a page of ours."""

from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from isthmus.web.guard import FIELD, Tokens

#: A token, a few short names, a sentence and an address.
MAX_FORM_BYTES = 16 * 1024
MAX_FIELDS = 10


async def clicked(request: Request, tokens: Tokens) -> dict[str, str]:
    """Return the fields of a form that was made by us for this browser. Raises `HTTPException` for any other."""
    form = await _read(request)
    if doubt := tokens.doubt(request, form.get(FIELD, "")):
        message = f"This click was not taken: {doubt}. Open the page again and repeat it."
        raise HTTPException(403, message)
    return form


async def _read(request: Request) -> dict[str, str]:
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
