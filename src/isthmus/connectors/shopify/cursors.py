"""Where a reading stands: inside a round, or between two.

A round reads everything changed since the last one, oldest change first. Times have whole seconds
and the search index lags, so a round begins five minutes before the former one began, by the shop's
own clock. That clock is not one: whoever stamps a change and whoever answers us may be minutes apart, and
either may be put right at any moment. So every ten minutes a round reaches back further, to before the last
round that did: far enough for a change that shows a minute late and clocks that are each five minutes wrong.
Ties on a page border are safe because inside a round Shopify's page cursor is used.
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
#: Twice five minutes and one that a change may take to show, and one to spare.
REACH = timedelta(minutes=12)
REACH_EVERY = timedelta(minutes=10)
#: Where it is not known when the last round reached back: how long before the last round's beginning that can have
#: been, and its reach; clocks may have jumped.
UNKNOWN = REACH + REACH_EVERY * 2
WINDOW = 20_000
SECOND = timedelta(seconds=1)
#: As many seconds as microseconds can tell: a reading that stood still for eleven days reads everything since.
LONGEST = 999_999


class Position(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`since` filters this round; `mark` is where the next one begins; the rest says how far we are.

    Between two rounds `seen` is below zero: by so many seconds the last round began after the last one that reached
    back; zero means that the coming one does. Inside a round the microseconds of `mark`, which the shop's clock does
    not have, say the same: a release from before there were two reaches ignores them and can go on with our cursors.
    """

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
        reached = server_time
        if self.since is not None and self.seen < 0:
            reached = self.since + OVERLAP + timedelta(seconds=self.seen)
        passed = (server_time - reached) // SECOND
        told = passed + 1 if 0 <= passed < LONGEST else 0
        return msgspec.structs.replace(self, mark=(server_time - OVERLAP).replace(microsecond=told), seen=0)

    def onward(self, page: PageInfo, changed: Sequence[datetime]) -> "Position":
        """Return the position after a page that was not the last; `changed` are its nodes' times in order."""
        seen = self.seen + len(changed)
        # Only a window that really moves may be left, or the same page would come again for ever.
        if seen >= WINDOW and changed and (self.since is None or changed[-1] > self.since):
            return msgspec.structs.replace(self, since=changed[-1], after=None, seen=0)
        return msgspec.structs.replace(self, after=page.end_cursor, seen=seen)

    def done(self) -> Cursor:
        """Return the cursor that ends the round."""
        if self.mark is None:
            return Position().cursor()
        mark, told = self.mark.replace(microsecond=0), self.mark.microsecond
        if not told:  # an older release began this round, or the clock was put back
            return Position(since=min(mark, self.since or mark) - UNKNOWN).cursor()
        passed = SECOND * (told - 1)
        if passed < REACH_EVERY:
            return Position(since=mark, seen=-told).cursor()
        return Position(since=mark + OVERLAP - passed - REACH).cursor()

    def at_place(self, place: str, *, since: datetime | None) -> "Position":
        """Return the beginning of another list of the same round, filtered by `since`."""
        # What stands in `seen` before the round's first answer is not about this list.
        return msgspec.structs.replace(self, since=since, after=None, seen=min(self.seen, 0), place=place)

    def cursor(self) -> Cursor:
        """Return the position as text."""
        return Cursor(_ENCODER.encode(self).decode())


def position(cursor: Cursor | None) -> Position:
    """Return where to go on. Raises `ContractBroken` for a cursor that is not ours."""
    if not cursor:
        return Position()
    try:
        return msgspec.json.decode(cursor, type=Position)
    except (ValueError, RecursionError) as wrong:
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
