"""The buttons that pause and resume a connection or a flow, as `isthmus pause` and `isthmus resume` do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from isthmus.admin import holds
from isthmus.admin.holds import NotThere
from isthmus.web.desk import Desk, back
from isthmus.web.forms import clicked

#: How long a pause may be asked for here; any other end is said with `isthmus pause --until`.
LENGTHS: Mapping[str, timedelta | None] = {
    "": None,
    "1h": timedelta(hours=1),
    "4h": timedelta(hours=4),
    "1d": timedelta(days=1),
}
CHOICES: Sequence[tuple[str, str]] = (
    ("", "until somebody resumes it"),
    ("1h", "for 1 hour"),
    ("4h", "for 4 hours"),
    ("1d", "for 1 day"),
)
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Switch:
    """What can be paused, or resumed when it is: `what` is its whole name, `anchor` one that fits into a page."""

    what: str
    name: str
    anchor: str
    paused: bool
    choices: Sequence[tuple[str, str]] = CHOICES


class Hold:
    """Takes `POST /hold`."""

    def __init__(self, desk: Desk) -> None:
        """Act on the desk's engine."""
        self._desk = desk

    async def act(self, request: Request) -> Response:
        """Pause or resume (`said`) a connection or a flow (`what`), then go back."""
        form = await clicked(request, self._desk.tokens)
        try:
            match form.get("said", ""):
                case "pause":
                    said = await self._pause(form)
                case "resume":
                    said = await self._resume(form)
                case _:
                    raise HTTPException(400, "Nothing was done: the form did not say whether to pause or to resume.")
        except NotThere as wrong:
            raise HTTPException(404, f"Nothing was done: {wrong}.") from wrong
        await self._desk.engine.holds.refresh()
        return back(request, form.get("back", "/"), f"hold:{said}")

    async def _pause(self, form: Mapping[str, str]) -> str:
        length = form.get("length", "")
        if length not in LENGTHS:
            raise HTTPException(400, "Nothing was paused: choose one of the lengths.")
        context, flows = self._desk.context, self._desk.engine.flows
        because = form.get("because", "").strip()[:LONGEST_REASON]
        if not because:
            raise HTTPException(400, "Nothing was paused: say in a few words why. Everybody will read it.")
        span = LENGTHS[length]
        until = None if span is None else context.now() + span
        await holds.pause(context, flows, form.get("what", ""), by="web", because=because, until=until)
        return "paused"

    async def _resume(self, form: Mapping[str, str]) -> str:
        was = await holds.resume(self._desk.context, self._desk.engine.flows, form.get("what", ""), by="web")
        return "resumed" if was else "not_paused"
