"""What happens when a project starts: ask every system who it is, and see that webhooks arrive."""

import asyncio
import logging
import secrets
from collections.abc import Sequence

from isthmus.admin.operations import Checked, check, reconsider
from isthmus.bootstrap.wiring import App
from isthmus.engine.hold import Why
from isthmus.ports.errors import Trouble
from isthmus.ports.probe import Finding, Severity
from isthmus.store.group import StoreError
from isthmus.store.statement import say

log = logging.getLogger("isthmus.start")
#: Webhooks are looked after this often: systems drop subscriptions without a word.
SUBSCRIPTIONS_EVERY_S = 3600
#: And so soon again when something about them is wrong.
AFTER_TROUBLE_S = 60
DUTY_EVERY_S = 20


async def introduce(app: App) -> Sequence[Checked]:
    """Probe every connection; a system that is down or refuses us does not stop the start."""
    # What somebody has paused is left alone; one that was down may be back.
    holds = {name: app.engine.holds.connection(name) for name in app.context.connections}
    names = [name for name, hold in holds.items() if hold is None or hold.why is Why.DOWN]
    checked = await asyncio.gather(*(check(app.context, name) for name in names))
    for each in checked:
        if each.trouble is not None:
            log.warning("%s: %s", each.connection, each.trouble)
    await reconsider(app.context)
    return checked


async def page_key(app: App) -> bytes:
    """Return what forms are signed with: the same in every process of the project, and after a restart."""
    store = app.context.store
    await store.write(say("keep_first", name="page_key", value=secrets.token_hex(32)))
    [row] = await store.read("kept", name="page_key")
    return bytes.fromhex(row["value"])


async def ensure_subscriptions(app: App, connection: str) -> Sequence[Finding]:
    """See that a system sends its webhooks to us; trouble becomes a finding."""
    subscriptions = app.context.connection(connection).session.subscriptions
    if subscriptions is None:
        return ()
    if not app.config.public_url:
        message = "webhooks are off: [isthmus] public_url is empty, so changes are only found by looking"
        return (Finding(code="no_public_url", severity=Severity.WARNING, message=message),)
    try:
        return await subscriptions.ensure(f"{app.config.public_url}/hooks/{connection}")
    except Trouble as trouble:
        return (Finding(code=trouble.code, severity=Severity.PROBLEM, message=str(trouble)),)


async def look_after(app: App) -> None:
    """Introduce every system, then keep its webhooks right, where that is this process's duty, until cancelled."""
    loop = asyncio.get_running_loop()
    introduced, due = False, 0.0
    while True:
        try:
            if await app.engine.presence.on_duty("webhooks") and loop.time() >= due:
                if not introduced:
                    await introduce(app)
                    introduced = True
                due = loop.time() + (
                    AFTER_TROUBLE_S if await _subscribe(app) is Severity.PROBLEM else SUBSCRIPTIONS_EVERY_S
                )
        except StoreError:
            log.exception("the store does not answer; looking again soon")
        except Exception:
            log.exception("a defect while asking the systems who they are; asking again soon")
            due = loop.time() + AFTER_TROUBLE_S
        await asyncio.sleep(DUTY_EVERY_S)


async def _subscribe(app: App) -> Severity:
    worst = Severity.OK
    for name in app.context.connections:
        try:
            findings = await ensure_subscriptions(app, name)
        except Exception:
            log.exception("a defect while looking after the webhooks of %s; trying again soon", name)
            worst = Severity.PROBLEM
            continue
        for finding in findings:
            if finding.severity is not Severity.OK:
                log.warning("%s: %s", name, finding.message)
                worst = Severity.PROBLEM if Severity.PROBLEM in (worst, finding.severity) else finding.severity
    return worst
