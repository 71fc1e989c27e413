"""An order in the other system's words: what the mapping document says of it, with questions where it has no answer."""

from collections.abc import Generator
from contextlib import contextmanager

from isthmus.canonical.order import Order
from isthmus.engine.outcome import Ask, Parked
from isthmus.engine.work import Work
from isthmus.flows.settings import OrderSettings
from isthmus.mapping.errors import MappingError
from isthmus.mapping.order_mapping import OrderMapping
from isthmus.policies.reasons import REASONS
from isthmus.policies.totals import difference

_ANSWERS = ("Correct the record in the shop: it is tried again", "Change the row of the mapping, then retry", "Retry")


@contextmanager
def asking() -> Generator[None]:
    """Ask a person where a row has no answer for a record. Raises `Ask`."""
    try:
        yield
    except MappingError as wrong:
        raise Ask(Parked("mapping_failed", f"{REASONS['mapping_failed']} {wrong}", _ANSWERS)) from wrong


def mapping_of(settings: OrderSettings, work: Work) -> OrderMapping:
    """Return the document as it is now, and have the attempt say which one that was (R-MAP-09)."""
    mapping = settings.mapping()
    if mapping.revision:
        work.note(f"mapping {mapping.revision}")
    return mapping


def reference_of(settings: OrderSettings, mapping: OrderMapping, order: Order) -> str:
    """Return the number that people see in the ERP. Raises `Ask`."""
    with asking():
        return mapping.reference(order) or settings.reference.format(number=order.number)


def sold_of(mapping: OrderMapping, order: Order) -> Order:
    """Return what the document says is sold. Raises `Ask`, also where its lines are not worth what the buyer paid."""
    with asking():
        sold = mapping.first(order)
    if mapping.changes_lines and not order.canceled_at and (gap := difference(sold)):
        because = f"After the mapping's rows for lines: {gap}"
        raise Ask(Parked("total_unexplained", because, ("Change the rows or the added lines, then retry", "Retry")))
    return sold
