"""Write down that two records are the same real thing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from isthmus.engine.context import Context
from isthmus.ports.sink import Receipt
from isthmus.store.base import one
from isthmus.store.statement import Many, Step


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


async def bind(context: Context, agreed: Agreed) -> Step:
    """Return the step that binds both records to one entity, an existing one where either has it."""
    entity = await _entity(context, agreed)
    now = context.micros()
    refs = msgspec.json.encode({**agreed.refs, **agreed.receipt.refs}).decode()
    shared = {"kind": agreed.kind, "entity": entity, "state": "synced", "base": None, "now": now}
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
            },
            {
                **shared,
                "connection": agreed.destination,
                "external_id": agreed.receipt.external_id,
                "number": agreed.receipt.number,
                "fingerprint": agreed.fingerprint,
                "refs": refs,
            },
        ],
    )


async def _entity(context: Context, agreed: Agreed) -> str:
    for connection, external_id in (
        (agreed.destination, agreed.receipt.external_id),
        (agreed.source, agreed.external_id),
    ):
        row = one(
            await context.store.read("entity_of", connection=connection, kind=agreed.kind, external_id=external_id)
        )
        if row is not None:
            return row["entity"]
    return f"{agreed.kind}:{agreed.source}:{agreed.external_id}"
