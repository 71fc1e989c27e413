"""The forms that answer an unknown outcome or say what a word is, as `isthmus answer` does."""

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from isthmus.admin import answers
from isthmus.admin.answer_all import ALIKE, answer_all
from isthmus.admin.answers import NoAnswer
from isthmus.bootstrap.checks import ConfigError
from isthmus.engine.disposition import ANSWERABLE
from isthmus.ports.errors import Trouble
from isthmus.web.desk import Desk, back
from isthmus.web.forms import clicked


@dataclass(frozen=True, slots=True)
class Ways:
    """What can be said to a question beside naming the record that is meant; empty where it cannot."""

    create: str
    leave: str
    #: May be said to all that ask the same.
    alike: bool = False


def ways(code: str, *, an_order: bool) -> Ways | None:
    """Return the answers a question with this code takes, None when it is not of this kind."""
    if code not in ANSWERABLE:
        return None
    removed = code == "gone"
    create = "Write it again" if removed else "It is not there: create it"
    leave = "Leave it deleted" if removed else "Leave it as it is"
    return Ways(
        create if code != "duplicate" else "", leave if an_order and code != "left" else "", alike=code in ALIKE
    )


class Answer:
    """Takes `POST /answer`."""

    def __init__(self, desk: Desk) -> None:
        """Act on the desk's engine."""
        self._desk = desk

    async def act(self, request: Request) -> Response:
        """Carry out one answer (`flow`, `subject`, `said`, `as_what`), then go back. What does not fit is refused.

        With `code` instead of `subject` it is the answer to all that ask the same. With `said` = `as` it is what `word`
        is called in the other system.
        """
        form = await clicked(request, self._desk.tokens)
        flow, subject, said, code = (form.get(name, "") for name in ("flow", "subject", "said", "code"))
        context, flows = self._desk.context, self._desk.engine.flows
        try:
            match said:
                case "create" | "leave" if code:
                    done = await answer_all(context, flows, code, said, by="web", flow=flow)
                    return back(request, form.get("back", "/"), f"all:{len(done)}")
                case "as" if self._desk.rows is not None:
                    word, other = form.get("word", ""), form.get("as_what", "")
                    given = await self._desk.rows.give(subject, other, by="web", flow=flow, word=word)
                    return back(request, form.get("back", "/"), f"mapped:{given.records}")
                case "there" if as_what := form.get("as_what", "").strip():
                    await answers.it_is_there(context, flows, subject, as_what, by="web", flow=flow)
                case "create":
                    await answers.it_is_not_there(context, flows, subject, by="web", flow=flow)
                case "leave":
                    await answers.leave_it(context, flows, subject, by="web", flow=flow)
                case _:
                    raise HTTPException(400, "Nothing was done: say its number or id there, or choose another answer.")
        except (NoAnswer, Trouble, ConfigError) as wrong:
            message = f"Nothing was done: {wrong}."
            raise HTTPException(409, message) from wrong
        return back(request, form.get("back", "/"), f"answered:{said}")
