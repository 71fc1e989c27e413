"""Where a reading of changes stands: a round over everything changed since a moment, resumable after every page.

To cite: by what the list is sorted, whether `updated_since` includes the second it names, what the page token is good
for, and how late a change may show up in the list; the overlap has to be longer than that and than clocks are apart.
Source: https://docs.vendure.io/reference/graphql-api/admin/
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from isthmus.connectors.vendure.wire import Moment
from isthmus.ports.errors import ContractBroken, WireDrift
from isthmus.ports.source import Cursor

#: A round begins so long before the last one did, by their clock: changes that showed late are read again, not missed.
OVERLAP = timedelta(minutes=5)


class Position(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`since` filters this round, `after` is the page to ask for, `mark` is where the next round begins."""

    since: Moment | None = None
    mark: Moment | None = None
    after: str = ""

    @property
    def asked(self) -> Mapping[str, str]:
        """Return what to ask for; a first reading asks for everything."""
        since = {"updated_since": stamp(self.since)} if self.since else {}
        return since | ({"after": self.after} if self.after else {})

    def began(self, server_time: datetime) -> "Position":
        """Return the same with `mark` set, by the round's first answer."""
        if self.mark is not None:
            return self
        return msgspec.structs.replace(self, mark=server_time - OVERLAP)

    def onward(self, token: str) -> "Position":
        """Return the position after a page. Raises `WireDrift` when the same page would come for ever."""
        if token == self.after:
            message = "the token of the next page is that of the page before"
            raise WireDrift(message, path="next")
        return msgspec.structs.replace(self, after=token)

    def done(self) -> Cursor:
        """Return the cursor that ends the round and begins the next."""
        return Position(since=self.mark).cursor()

    def cursor(self) -> Cursor:
        """Return the position as text."""
        return Cursor(msgspec.json.encode(self).decode())


def position(cursor: Cursor | None) -> Position:
    """Return where to go on. Raises `ContractBroken` for a cursor that is not ours."""
    if not cursor:
        return Position()
    try:
        return msgspec.json.decode(cursor, type=Position)
    except (ValueError, RecursionError) as wrong:
        message = f"not a cursor of this connector: {cursor!r}"
        raise ContractBroken(message) from wrong


def stamp(moment: datetime) -> str:
    """Return a time as the filter takes it: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
