"""Where a reading of orders stands: inside a round, or between two.

A round reads what was placed or saved since the last one began. `updatedAt` of an order does not move when it is paid,
shipped, refunded or taken to another state (seen on 3.5.5, SQLite and PostgreSQL), so every ten minutes a round reads
all open orders besides. `orderPlacedAt` is stamped by the shop's server before its transaction ends, `updatedAt` by its
database: a round begins twelve minutes before the last one did, enough for two clocks that are each five minutes wrong.

Source: https://docs.vendure.io/reference/graphql-api/admin/input-types#orderfilterparameter (3.5; `after` is exclusive)
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from isthmus.connectors.vendure.wire import Moment
from isthmus.ports.errors import ContractBroken
from isthmus.ports.source import Cursor

OVERLAP = timedelta(minutes=12)
SWEEP_EVERY = timedelta(minutes=10)
#: In which nothing happens any more that an order's own stamp does not tell, but refunds: the plugin tells those.
ENDED = ("Delivered", "Cancelled")
#: A cart has not been placed and a draft is staff's; of a sale by several sellers the parts are left out.
PLACED: Mapping[str, Any] = {
    "active": {"eq": False},
    "orderPlacedAt": {"isNull": False},
    "type": {"in": ["Regular", "Aggregate"]},
}
IN_ORDER = {"orderPlacedAt": "ASC", "id": "ASC"}


class Position(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`since` filters this round, `mark` is where the next one begins, `swept` when open orders were read last.

    Inside a round `skip` rows of what is new were read; once `sweeping`, `left` open orders remain (None: not counted
    yet).
    """

    since: Moment | None = None
    mark: Moment | None = None
    swept: Moment | None = None
    skip: int = 0
    sweeping: bool = False
    left: int | None = None

    @property
    def options(self) -> Mapping[str, Any]:
        """Return what to ask for; a first reading asks for everything."""
        if self.since is None:
            return {"filter": PLACED, "sort": IN_ORDER}
        after = {"after": stamp(self.since)}
        return {"filter": {**PLACED, "_or": [{"orderPlacedAt": after}, {"updatedAt": after}]}, "sort": IN_ORDER}

    @property
    def due(self) -> bool:
        """Tell whether this round reads open orders; the first round has read them all."""
        if self.since is None or self.mark is None:
            return False
        # A clock that was put back must not put it off.
        return self.swept is None or not timedelta(0) <= self.mark - self.swept < SWEEP_EVERY

    def began(self, server_time: datetime) -> "Position":
        """Return the same with `mark` set, by the round's first answer."""
        if self.mark is not None:
            return self
        return msgspec.structs.replace(self, mark=server_time - OVERLAP)

    def onward(self, read: int) -> "Position":
        """Return the position after so many rows of what is new."""
        return msgspec.structs.replace(self, skip=self.skip + read)

    def open_orders(self, left: int | None = None) -> "Position":
        """Return the position among open orders."""
        return msgspec.structs.replace(self, skip=0, sweeping=True, left=left)

    def done(self) -> Cursor:
        """Return the cursor that ends the round and begins the next."""
        read_open = self.sweeping or self.since is None
        return Position(since=self.mark, swept=self.mark if read_open else self.swept).cursor()

    def cursor(self) -> Cursor:
        """Return the position as text."""
        return Cursor(msgspec.json.encode(self).decode())


#: Orders that may still change without saying so.
OPEN: Mapping[str, Any] = {"filter": {**PLACED, "state": {"notIn": list(ENDED)}}, "sort": IN_ORDER}


def position(cursor: Cursor | None) -> Position:
    """Return where to go on. Raises `ContractBroken` for a cursor that is not ours."""
    try:
        found = msgspec.json.decode(cursor, type=Position) if cursor else Position()
    except (ValueError, RecursionError) as wrong:
        message = f"not a cursor of this connector: {cursor!r}"
        raise ContractBroken(message) from wrong
    if found.skip < 0 or (found.left or 0) < 0:
        message = f"not a cursor of this connector: {cursor!r}"
        raise ContractBroken(message)
    return found


def stamp(moment: datetime) -> str:
    """Return a time as filters take it: a whole ISO time in UTC, milliseconds; a bare date is refused."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
