"""What is known of a create whose outcome is not: what was sent when, and what a look showed."""

from isthmus.engine.context import Context
from isthmus.kit.clock import from_micros

#: How a try ends of which nobody knows what it did.
_UNKNOWN = frozenset({"in_doubt", "worker_lost"})


async def evidence(context: Context, flow: str, subject: str) -> str:
    """Return it in sentences, empty when nothing was sent."""
    intents = await context.store.read("intents_of", flow=flow, subject=subject)
    if not intents:
        return ""
    newest = intents[-1]
    attempts = await context.store.read("attempts_of", flow=flow, subject=subject)
    lost = sum(row["code"] in _UNKNOWN and row["started_at"] >= newest["opened_at"] for row in attempts)
    sent_at = f"{from_micros(newest['opened_at']):%Y-%m-%d %H:%M:%S} UTC"
    said = [
        f"First sent to {newest['connection']} at {sent_at} as {newest['reference'] or newest['key']}.",
        f"No answer came to {lost} {'try' if lost == 1 else 'tries'}." if lost else "",
        f"What is looked for: {newest['key']}.",
        f"Known so far: {newest['because']}" if newest["because"] else "",
    ]
    return " ".join(each for each in said if each)
