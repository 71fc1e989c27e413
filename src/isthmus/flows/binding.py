"""Write down that two records are the same real thing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from isthmus.ports.sink import Receipt
from isthmus.store.statement import Many, Step, say


@dataclass(frozen=True, slots=True)
class Agreed:
    """What both sides hold now: the source's record, and the destination's yes to it."""

    kind: str
    source: str
    external_id: str
    number: str
    fingerprint: str  # of the source's record that was written
    destination: str
    receipt: Receipt
    refs: Mapping[str, str] = field(default_factory=dict[str, str])


def bind(agreed: Agreed, now: int) -> Step:
    """Return the step that binds both records to one entity, an existing one where either has it."""
    refs = msgspec.json.encode({**agreed.refs, **agreed.receipt.refs}).decode()
    shared = {
        "kind": agreed.kind,
        "entity": f"{agreed.kind}:{agreed.source}:{agreed.external_id}",
        "here": agreed.source,
        "here_id": agreed.external_id,
        "there": agreed.destination,
        "there_id": agreed.receipt.external_id,
        "state": "synced",
        "base": None,
        "now": now,
    }
    return Many(
        "bind",
        [
            {
                **shared,
                "connection": agreed.source,
                "external_id": agreed.external_id,
                "number": agreed.number,
                "fingerprint": agreed.fingerprint,
                "refs": "{}",
                "born": "",
            },
            {
                **shared,
                "connection": agreed.destination,
                "external_id": agreed.receipt.external_id,
                "number": agreed.receipt.number,
                "fingerprint": agreed.fingerprint,
                "refs": refs,
                "born": agreed.receipt.born,
            },
        ],
    )


def join(agreed: Agreed) -> Step:
    """Return the step, to follow `bind`, for a record that may be bound to a third system already."""
    return say(
        "join_entities",
        kind=agreed.kind,
        here=agreed.source,
        here_id=agreed.external_id,
        there=agreed.destination,
        there_id=agreed.receipt.external_id,
    )
