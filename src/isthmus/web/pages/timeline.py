"""What happened to an order, step by step, for a page and as text to send to somebody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from isthmus.admin.views import Call, Step, Trace
from isthmus.web.words import Badge, Moment, moment, outcome_badge

#: Bodies shown without being asked for, in characters: a phone opens a page of this size at once.
BODIES = 400_000
SUCCESS, FAILURE = 200, 400


@dataclass(frozen=True, slots=True)
class CallView:
    """One request and its answer, scrubbed; bodies are None when they are left out for size."""

    connection: str
    operation: str
    at: Moment
    answer: str
    tone: str
    elapsed: str
    request: str | None
    response: str | None


@dataclass(frozen=True, slots=True)
class StepView:
    """One thing that happened."""

    what: str
    at: Moment
    title: str
    detail: str
    badge: Badge | None
    notes: Sequence[str]
    calls: Sequence[CallView]
    calls_title: str


def timeline(steps: Sequence[Step], now: datetime, *, every_body: bool = False) -> tuple[list[StepView], bool]:
    """Return the steps in time order, and whether bodies were left out: those of the oldest calls."""
    room = None if every_body else BODIES
    shown: list[StepView] = []
    hidden = False
    for step in reversed(steps):
        size = sum(len(call.request) + len(call.response) for call in step.calls)
        bodies = room is None or size <= room
        hidden = hidden or not bodies
        if room is not None:
            room = max(0, room - size)
        shown.append(_step(step, now, bodies=bodies))
    return shown[::-1], hidden


def _step(step: Step, now: datetime, *, bodies: bool) -> StepView:
    number = len(step.calls)
    return StepView(
        what=step.what,
        at=moment(step.at, now),
        title=step.title,
        detail=step.detail,
        badge=outcome_badge(step.outcome),
        notes=step.notes,
        calls=[_call(call, now, bodies=bodies) for call in step.calls],
        calls_title=f"{number} call{'' if number == 1 else 's'}",
    )


def _call(call: Call, now: datetime, *, bodies: bool) -> CallView:
    worked = call.status is not None and SUCCESS <= call.status < FAILURE and not call.failure
    return CallView(
        connection=call.connection,
        operation=call.operation,
        at=moment(call.at, now),
        answer=_answer(call),
        tone="good" if worked else "bad",
        elapsed=f"{call.elapsed_ms} ms",
        request=indented(call.request) if bodies else None,
        response=indented(call.response) if bodies else None,
    )


def _answer(call: Call) -> str:
    return str(call.status) if call.status is not None else call.failure or "no answer"


def indented(body: str) -> str:
    """Return JSON spread over lines; anything else, such as a body that was cut, as it is."""
    try:
        return msgspec.json.format(body, indent=2)
    except msgspec.DecodeError:
        return body


def as_text(found: Trace) -> str:
    """Return the story without bodies, as one pastes it into a mail."""
    lines = [f"Order {found.number or found.subject} from {found.connection} (id {found.subject})", found.summary, ""]
    lines += [f"{each.connection} holds {each.number or each.external_id} ({each.state})" for each in found.holdings]
    for step in found.steps:
        ending = f" ({step.outcome})" if step.outcome else ""
        lines += ["", f"{step.at:%Y-%m-%d %H:%M:%S} UTC  {step.title}{ending}"]
        lines += [f"    {line}" for line in (step.detail, *(f"- {note}" for note in step.notes)) if line]
        lines += [
            f"    > {call.connection} {call.operation}: {_answer(call)}, {call.elapsed_ms} ms" for call in step.calls
        ]
    return "\n".join(lines) + "\n"
