"""What happens when a project starts: ask every system who it is, and see that webhooks arrive."""

import asyncio
import logging
from collections.abc import Sequence

from isthmus.admin.operations import Checked, check, reconsider
from isthmus.bootstrap.wiring import App
from isthmus.ports.errors import Trouble
from isthmus.ports.probe import Finding, Severity

log = logging.getLogger("isthmus.start")
#: Webhooks are looked after this often: systems drop subscriptions without a word.
SUBSCRIPTIONS_EVERY_S = 3600


async def introduce(app: App) -> Sequence[Checked]:
    """Probe every connection; a system that is down or refuses us does not stop the start."""
    checked = await asyncio.gather(*(check(app.context, name) for name in app.context.connections))
    for each in checked:
        if each.trouble is not None:
            log.warning("%s: %s", each.connection, each.trouble)
    await reconsider(app.context)
    return checked


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


async def look_after_subscriptions(app: App) -> None:
    """Keep the webhooks of every connection right until cancelled."""
    while True:
        worst = Severity.OK
        for name in app.context.connections:
            for finding in await ensure_subscriptions(app, name):
                if finding.severity is not Severity.OK:
                    worst = finding.severity
                    log.warning("%s: %s", name, finding.message)
        await asyncio.sleep(60 if worst is Severity.PROBLEM else SUBSCRIPTIONS_EVERY_S)
