"""One answer to every question with the same cause, as after an ERP was taken back to an older backup."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Literal, Protocol

from isthmus.admin.answers import Answered, NoAnswer, it_is_not_there, leave_it
from isthmus.engine.context import Context
from isthmus.engine.flow import Flow

#: What can be said of many at once; which record is meant is said of each by itself.
Said = Literal["create", "leave"]
#: Causes that may be answered so: each of two records is looked at by a person.
ALIKE = ("gone", "in_doubt")
LOT = 100


class _Way(Protocol):
    def __call__(
        self, context: Context, flows: Sequence[Flow], record: str, *, by: str, flow: str = ""
    ) -> Awaitable[Answered]: ...


_WAYS: Mapping[Said, _Way] = {"create": it_is_not_there, "leave": leave_it}


async def answer_all(
    context: Context,
    flows: Sequence[Flow],
    code: str,
    said: Said,
    *,
    by: str,
    flow: str = "",
    told: Callable[[int], None] = lambda _done: None,
) -> list[Answered]:
    """Answer every question with this code, of one flow or of all, and return what was answered, the oldest first.

    Each answer is a commit and a line of the audit trail of its own, so being interrupted leaves the rest asked. A
    question that somebody else has answered meanwhile is passed over. `told` hears how many are done. Raises
    `NoAnswer` where the code takes no such answer, or where the first record of a flow refuses it.
    """
    if code not in ALIKE:
        message = f"questions with the code {code!r} are answered one by one; together: {', '.join(ALIKE)}"
        raise NoAnswer(message)
    named = [each.name for each in flows if flow in ("", each.name)]
    if not named:
        message = f"there is no flow {flow!r}"
        raise NoAnswer(message)
    answered: list[Answered] = []
    for name in named:
        while subjects := await _asking(context, name, code):
            before = len(answered)
            for subject in subjects:
                try:
                    answered.append(await _WAYS[said](context, flows, subject, by=by, flow=name))
                except NoAnswer:
                    if subject in await _asking(context, name, code):
                        raise
                told(len(answered))
            if len(answered) == before:
                break
    return answered


async def _asking(context: Context, flow: str, code: str) -> list[str]:
    rows = await context.store.read("parked_with_code", flow=flow, code=code, wish=LOT)
    return [row["subject"] for row in rows]
