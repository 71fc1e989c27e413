"""Where a reading stands: inside a round, or between two.

A round reads everything changed since the last one, oldest change first. Times have whole seconds
and the search index lags, so a round begins five minutes before the former one began, by the shop's
own clock. Ties on a page border are safe because inside a round Shopify's page cursor is used.
A filtered list is said to end at 25 000 objects, so a long round moves its filter on in time.

Source: https://shopify.dev/docs/api/usage/pagination-graphql, .../usage/search-syntax (2026-07)
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from isthmus.connectors.shopify.wire import PageInfo
from isthmus.ports.errors import ContractBroken
from isthmus.ports.source import Cursor

OVERLAP = timedelta(minutes=5)
WINDOW = 20_000


class Position(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`since` filters this round; `mark` is where the next one begins; the rest says how far we are."""

    since: datetime | None = None
    mark: datetime | None = None
    after: str | None = None
    seen: int = 0
    place: str = ""

    @property
    def filter(self) -> str:
        """Return the search query of this round; no query lists everything."""
        return f"updated_at:>='{stamp(self.since)}'" if self.since else ""

    def began(self, server_time: datetime) -> "Position":
        """Return the same with `mark` set, by the shop's clock at the round's first answer."""
        if self.mark is not None:
            return self
        return msgspec.structs.replace(self, mark=server_time - OVERLAP)

    def onward(self, page: PageInfo, changed: Sequence[datetime]) -> "Position":
        """Return the position after a page that was not the last; `changed` are its nodes' times in order."""
        seen = self.seen + len(changed)
        # Only a window that really moves may be left, or the same page would come again for ever.
        if seen >= WINDOW and changed and (self.since is None or changed[-1] > self.since):
            return msgspec.structs.replace(self, since=changed[-1], after=None, seen=0)
        return msgspec.structs.replace(self, after=page.end_cursor, seen=seen)

    def done(self) -> Cursor:
        """Return the cursor that ends the round."""
        return Position(since=self.mark).cursor()

    def cursor(self) -> Cursor:
        """Return the position as text."""
        return Cursor(_ENCODER.encode(self).decode())


def position(cursor: Cursor | None) -> Position:
    """Return where to go on. Raises `ContractBroken` for a cursor that is not ours."""
    if not cursor:
        return Position()
    try:
        return msgspec.json.decode(cursor, type=Position)
    except msgspec.DecodeError as wrong:
        message = f"not a cursor of the Shopify connector: {cursor!r}"
        raise ContractBroken(message) from wrong


def stamp(moment: datetime) -> str:
    """Return a time as search filters take it: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def quoted(value: str) -> str:
    """Return a value for a search filter, in quotes; backslash and quotes are escaped."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"')
    return f"'{escaped}'"


_ENCODER = msgspec.json.Encoder()
