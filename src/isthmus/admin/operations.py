"""What an operator may do. Every operation leaves a line in the audit trail."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from isthmus.engine.breakers import close
from isthmus.engine.context import Context
from isthmus.ports.errors import Trouble
from isthmus.ports.pace import Caller, calling
from isthmus.ports.probe import Report
from isthmus.store.statement import say


@dataclass(frozen=True, slots=True)
class Retried:
    """One job that runs again."""

    flow: str
    subject: str
    number: str


async def retry(
    context: Context, *, by: str, flow: str = "", code: str = "", subject: str = "", number: str = ""
) -> Sequence[Retried]:
    """Run parked jobs again: all, those of a flow or a cause, or the one of a record.

    `subject` is the record's id at its source; `number` (with it) also matches what people call it.
    A record named so runs again whatever its state.
    """
    now = context.micros()
    rows = await context.store.write(
        say("retry_jobs", flow=flow, code=code, subject=subject, number=number, now=now),
        say(
            "add_audit",
            now=now,
            who=by,
            action="retry",
            target=subject or flow or "all parked",
            before=code,
            after="",
            why="",
        ),
    )
    context.stir.set()
    return [Retried(row["flow"], row["subject"], row["number"]) for row in rows[0]]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a connection said of itself, or why it did not."""

    connection: str
    report: Report | None
    trouble: Trouble | None


async def check(context: Context, name: str) -> Checked:
    """Ask a system who it is and keep the answer."""
    connection = context.connection(name)
    await context.store.write(say("declare_connection", name=name, connector=connection.manifest.slug))
    now = context.micros()
    try:
        with calling(Caller(regardless=True)):
            report = await connection.session.probe.probe()
    except Trouble as trouble:
        await context.store.write(
            say("connection_state", name=name, state="trouble", code=trouble.code, because=str(trouble), now=now)
        )
        return Checked(name, None, trouble)
    await context.store.write(
        say("connection_report", name=name, report=msgspec.json.encode(report).decode(), now=now),
        say("connection_state", name=name, state="ok", code="", because="", now=now),
    )
    await close(context, name)
    return Checked(name, report, None)


async def reconsider(context: Context) -> int:
    """Look again at questions a change of configuration may have answered; return how many.

    Done at every start: a restart is what follows a mended setting, a granted permission or a
    new row in a table.
    """
    found = 0
    for code in ("forbidden", "misconfigured", "unmapped", "unknown_sku", "customer_parked", "auth_expired"):
        rows = await context.store.write(
            say("retry_jobs", flow="", code=code, subject="", number="", now=context.micros())
        )
        found += len(rows[0])
    return found
