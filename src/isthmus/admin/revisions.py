"""The revisions of mapping documents that ran: which there are, and what a person changed and why."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from isthmus.engine.context import Context
from isthmus.kit.clock import from_micros
from isthmus.store.base import one
from isthmus.store.statement import Step, say


class Ran(Protocol):
    """A mapping and the texts that made it."""

    @property
    def revision(self) -> str:
        """Return its name."""
        ...

    @property
    def document(self) -> str:
        """Return the text of its document."""
        ...

    @property
    def hooks(self) -> str:
        """Return the text of the project's functions."""
        ...

    @property
    def tables(self) -> str:
        """Return a digest of its code tables."""
        ...


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """One revision: when it ran first, when it began last, and who published it (empty: the file was edited)."""

    flow: str
    revision: str
    seen_at: datetime
    live_at: datetime
    who: str
    why: str


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The texts of a revision."""

    revision: str
    document: str
    hooks: str
    tables: str


def kept_step(flow: str, live: Ran, now: int, *, who: str = "", why: str = "") -> Step:
    """Return the step that writes a revision down."""
    return say(
        "keep_mapping",
        flow=flow,
        revision=live.revision,
        document=live.document,
        hooks=live.hooks,
        code_tables=live.tables,
        now=now,
        who=who,
        why=why,
    )


async def revisions(context: Context, flow: str = "") -> list[Revision]:
    """Return every revision that ran, of one flow or all, the newest first."""
    rows = await context.store.read("mappings_kept")
    return [
        Revision(
            flow=row["flow"],
            revision=row["revision"],
            seen_at=from_micros(row["seen_at"]),
            live_at=from_micros(row["live_at"]),
            who=row["who"],
            why=row["why"],
        )
        for row in rows
        if not flow or row["flow"] == flow
    ]


async def kept(context: Context, flow: str, revision: str) -> Kept | None:
    """Return the texts of a revision, None where it never ran here."""
    row = one(await context.store.read("mapping_kept", flow=flow, revision=revision))
    if row is None:
        return None
    return Kept(revision=row["revision"], document=row["document"], hooks=row["hooks"], tables=row["code_tables"])


async def changed(
    context: Context, flow: str, action: str, *, before: Ran | None, after: Ran, by: str, why: str
) -> Sequence[Revision]:
    """Write down that a person made another revision the one that runs; return the flow's revisions."""
    now = context.micros()
    steps: list[Step] = []
    if before is not None and before.revision:
        # One moment earlier: what is listed first is what runs.
        steps.append(kept_step(flow, before, now - 1))
    if after.revision:
        steps.append(kept_step(flow, after, now, who=by, why=why))
    audit = say(
        "add_audit",
        now=now,
        who=by,
        action=action,
        target=flow,
        before=before.revision if before is not None else "",
        after=after.revision,
        why=why,
    )
    await context.store.write(*steps, audit)
    context.stir.set()
    return await revisions(context, flow)
