"""What can go wrong, sorted by who acts next.

    Trouble
    ├── Transient       the engine, by itself: Unreachable, Throttled, Held, LeaseLost, Contended
    ├── InDoubt         nobody before we have looked
    ├── NeedsOperator   a person: AuthExpired, Forbidden, Misconfigured, Unmapped
    ├── Rejected        the record's owner: Invalid, NotFound, Gone, Duplicate, TotalsDiffer
    └── Defect          a developer: WireDrift, ContractBroken

Connectors raise, flows let pass, `engine/disposition.py` decides. `code` is the stable name in
screens, logs and docs; the message is written for a merchant and never holds a secret.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from isthmus.canonical.money import Money


class Trouble(Exception):
    """Anything a connector reports instead of an answer."""

    code = "trouble"


class Transient(Trouble):
    """Likely to pass by itself."""

    code = "transient"


class Unreachable(Transient):
    """No usable answer, and the other side has certainly not acted on a write."""

    code = "unreachable"


class Throttled(Transient):
    """Too fast for the other side; waiting until `retry_at` spends no attempt."""

    code = "throttled"

    def __init__(self, message: str, *, retry_at: datetime) -> None:
        """Say when the other side will listen again."""
        super().__init__(message)
        self.retry_at = retry_at


class Held(Transient):
    """Nothing was asked: the connection is paused, in a maintenance window, or known to be down.

    Spends no attempt. `until` is when to look again, `connection` whose reopening wakes what waits.
    """

    code = "held"

    def __init__(self, message: str, *, connection: str, until: datetime) -> None:
        """Say what is on hold and when to look again."""
        super().__init__(message)
        self.connection = connection
        self.until = until


class LeaseLost(Transient):
    """Another worker has the record now: this one must not touch it any more, and keeps nothing."""

    code = "lease_lost"


class Contended(Transient):
    """Someone else changed the record meanwhile: read again, decide again."""

    code = "contended"


class InDoubt(Trouble):
    """A write left and its outcome is unknown; look for `key` after the settle time, not before `look_at` if given."""

    code = "in_doubt"

    def __init__(self, message: str, *, key: str, look_at: datetime | None = None) -> None:
        """Name the key to look for."""
        super().__init__(message)
        self.key = key
        self.look_at = look_at


class NeedsOperator(Trouble):
    """Only a person can go on from here."""

    code = "needs_operator"


class AuthExpired(NeedsOperator):
    """The credentials are wrong, expired or revoked."""

    code = "auth_expired"


class Forbidden(NeedsOperator):
    """The account lacks a permission; `missing` names it as the other system does."""

    code = "forbidden"

    def __init__(self, message: str, *, missing: str = "") -> None:
        """Name the permission where the other side told."""
        super().__init__(message)
        self.missing = missing


class Misconfigured(NeedsOperator):
    """A setting of ours or of the other system makes the flow impossible."""

    code = "misconfigured"


class Unmapped(NeedsOperator):
    """A value has no counterpart yet: `value` in code table `table`."""

    code = "unmapped"
    #: The value was looked up in the merchant's own table, so that a row there is an answer.
    looked_up = False

    def __init__(self, table: str, value: str, message: str = "") -> None:
        """Name the table and the value that needs a row in it."""
        super().__init__(message or f"{table}: {value!r} has no counterpart yet")
        self.table = table
        self.value = value


class Rejected(Trouble):
    """The other side understood and said no."""

    code = "rejected"


class Invalid(Rejected):
    """Fields are wrong in the other side's eyes; `fields` maps path to its words."""

    code = "invalid"

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        """Keep what was said about each field."""
        super().__init__(message)
        self.fields = dict(fields or {})


class NotFound(Rejected):
    """The record was never there."""

    code = "not_found"


class Gone(Rejected):
    """The record was there and is not any more."""

    code = "gone"


class Duplicate(Rejected):
    """Something with the same key exists and may not be ours; `external_ids` name what was found."""

    code = "duplicate"

    def __init__(self, message: str, *, external_ids: Sequence[str] = ()) -> None:
        """Keep the ids of what was found."""
        super().__init__(message)
        self.external_ids = tuple(external_ids)


class TotalsDiffer(Rejected):
    """The other side computes another total; nothing was confirmed there."""

    code = "totals_differ"

    def __init__(self, message: str, *, ours: Money, theirs: Money, external_id: str = "") -> None:
        """Keep both sums."""
        super().__init__(message)
        self.ours = ours
        self.theirs = theirs
        self.external_id = external_id


class Defect(Trouble):
    """Our mistake, or the other system changed: a developer acts."""

    code = "defect"


class WireDrift(Defect):
    """An answer does not have the documented shape; `path` says where."""

    code = "wire_drift"

    def __init__(self, message: str, *, path: str = "$") -> None:
        """Say where the answer differs."""
        super().__init__(message)
        self.path = path


class ContractBroken(Defect):
    """A port was used or implemented against its contract."""

    code = "contract_broken"
