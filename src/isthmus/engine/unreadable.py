"""Records nobody could read: each becomes a question of its own, and the rest goes on."""

from collections.abc import Sequence

import msgspec

from isthmus.canonical.record import Record
from isthmus.engine.disposition import answers, sentence
from isthmus.engine.flow import Flow
from isthmus.ports.errors import Defect, Rejected
from isthmus.ports.source import Source, Unreadable
from isthmus.store.statement import Many, Step


def park(flows: Sequence[Flow], connection: str, kind: str, bad: Sequence[Unreadable], now: int) -> list[Step]:
    """Return the steps that ask about unreadable records, in the name of the flow they come from."""
    owners = [flow for flow in flows if flow.source == connection and carries(flow, kind)]
    rows = [
        {
            "flow": owner.name,
            "subject": each.external_id,
            "number": each.number,
            "now": now,
            "code": each.trouble.code,
            "because": sentence(each.trouble),
            "answers": msgspec.json.encode(answers(each.trouble)).decode(),
        }
        for owner in owners[:1]
        for each in bad
    ]
    return [Many("park_unreadable", rows)] if rows else []


def carries(flow: Flow, kind: str) -> bool:
    """Tell whether records of `kind` are what this flow brings from its source."""
    return any((each.connection, each.kind) == (flow.source, kind) for each in flow.listens())


async def read_apart(source: Source[Record], ids: Sequence[str]) -> tuple[list[Record], list[Unreadable]]:
    """Read records by id (none: no call); one that cannot be understood is found by halves and left out."""
    try:
        return (list(await source.read(ids)) if ids else []), []
    except (Defect, Rejected) as trouble:
        if len(ids) == 1:
            return [], [Unreadable(ids[0], "", trouble)]
    middle = len(ids) // 2
    first, bad_first = await read_apart(source, ids[:middle])
    second, bad_second = await read_apart(source, ids[middle:])
    return first + second, bad_first + bad_second
