"""What each connection is asked, counted in spans of ten minutes beside the calls themselves. (R-PAC-05)

Counted here and written once a minute: a process that is killed loses a minute of figures, never of work.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from isthmus.engine import allowance
from isthmus.engine.allowance import Terms, Wish
from isthmus.engine.context import Context
from isthmus.ports.pace import Caller
from isthmus.store.statement import Many, Step

SPAN = timedelta(minutes=10)
#: Counted for every connection, whatever it limits.
CALLS = "calls"
#: Records whose work came to its end; counted for the connection they were brought to.
RECORDS = "records"


@dataclass(frozen=True, slots=True)
class _What:
    """What a count is of. `growing`: there is more of it the more records there are."""

    connection: str
    counted: str
    flow: str
    span_at: int
    growing: bool


class Usage:
    """The counts of this process that are not written yet."""

    def __init__(self, context: Context) -> None:
        """Count nothing yet."""
        self._context = context
        self._counts = Counter[_What]()

    def called(self, connection: str, terms: Terms, wish: Wish, who: Caller) -> None:
        """Count one call, in every dimension the connection limits."""
        # Work on a record holds its lease; looks that are made anyway do not.
        growing, flow = bool(who.leases), wish.flow
        span_at = self._span()
        self._counts[_What(connection, CALLS, flow, span_at, growing)] += 1
        for name, cost in allowance.costs(terms, wish):
            if name == allowance.POINTS and not terms.limits.per_second:
                continue  # nothing is limited by it
            self._counts[_What(connection, name, flow, span_at, growing)] += max(1, round(cost))

    def brought(self, connection: str, flow: str, records: int) -> None:
        """Count records whose work came to its end."""
        if records:
            self._counts[_What(connection, RECORDS, flow, self._span(), growing=True)] += records

    async def keep(self) -> None:
        """Write what was counted and what each connection allows now. Raises `StoreError`; nothing is lost then."""
        taken, self._counts = self._counts, Counter[_What]()
        steps: list[Step] = []
        if taken:
            steps.append(Many("add_use", [_row(what, number) for what, number in taken.items()]))
        if limits := list(self._limits()):
            steps.append(Many("keep_limit", limits))
        if not steps:
            return
        try:
            await self._context.store.write(*steps)
        except BaseException:
            self._counts.update(taken)
            raise

    def _limits(self) -> Iterable[dict[str, Any]]:
        for name, connection in self._context.connections.items():
            for counted, amount, seconds in connection.gate.rates():
                thousandths = round(amount * 1000)
                yield {"connection": name, "counted": counted, "thousandths": thousandths, "seconds": seconds}

    def _span(self) -> int:
        now = self._context.micros()
        return now - now % (SPAN // timedelta(microseconds=1))


def _row(what: _What, number: int) -> dict[str, Any]:
    return {
        "connection": what.connection,
        "counted": what.counted,
        "flow": what.flow,
        "span_at": what.span_at,
        "growing": number if what.growing else 0,
        "steady": 0 if what.growing else number,
    }
