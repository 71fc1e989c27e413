"""Orders the ERP holds and nobody there has confirmed: an approval rule, a block, a person on holiday."""

from isthmus.admin.doctor.diagnosis import NAMED, Diagnosis, warning
from isthmus.engine.context import Context
from isthmus.flows.settings import OrderSettings
from isthmus.kit.clock import from_micros
from isthmus.store.statement import Row

#: More are not counted one by one.
MOST = 1000


async def unconfirmed(context: Context, flow: OrderSettings) -> list[Diagnosis]:
    """Return that orders wait in the ERP for somebody's yes, whatever rule there keeps them from being confirmed."""
    rows = await context.store.read("snoozed_for", flow=flow.name, code="waits_for_erp", most=MOST)
    if not rows:
        return []
    manifest = context.connection(flow.destination).manifest
    many = f"more than {MOST - 1:,}" if len(rows) == MOST else str(len(rows))
    since = f"{from_micros(rows[0]['marked_at']):%Y-%m-%d %H:%M} UTC"
    message = (
        f"{many} orders are in {manifest.name} and not confirmed there, the oldest since {since}: {_named(rows)}. "
        "A rule of approval, or a block on the customer, keeps them"
    )
    fix = f"Approve them under {manifest.at('orders')}; exempt the user of Isthmus from the rule if all are to pass."
    return [warning(flow.name, "orders_unconfirmed", message, fix)]


def _named(rows: list[Row]) -> str:
    return ", ".join(row["number"] or row["subject"] for row in rows[:NAMED])
