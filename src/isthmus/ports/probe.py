"""Asking a system who it is before trusting it."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

import msgspec


class Severity(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One check: what was found and, where it is not well, what to do in the other system's words.

    `flows` are those it matters to, as `Manifest.scopes` calls them; empty: whatever is switched on.
    """

    code: str
    severity: Severity
    message: str
    fix: str = ""
    flows: tuple[str, ...] = ()


class Held(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A permission the account has, the flows that need it, and where to take it away."""

    name: str
    flows: tuple[str, ...]
    fix: str


class Rounding(StrEnum):
    """Where a system rounds tax to the smallest coin."""

    LINE = "line"
    ORDER = "order"


class CustomField(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A field this merchant's instance has beyond the standard."""

    name: str
    label: str = ""
    type: str = ""
    required: bool = False
    options: tuple[str, ...] = ()  # the values to choose from, as they are written
    size: int | None = None  # letters a text keeps, where it says so
    writable: bool = True  # False: it can be read, and is worked out or filled by the system itself


class Place(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A warehouse or location, for the mapping."""

    id: str
    code: str = ""
    name: str = ""
    active: bool = True


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a system says of itself; kept with the connection and shown to people.

    `currencies` and `tax_modes` (prices with tax: true) are what orders may be written in; empty: not known.
    """

    account: str
    version: str
    api_version: str
    api_ends_on: date | None = None
    time_zone: str = ""
    currency: str = ""
    prices_include_tax: bool | None = None
    server_time: datetime | None = None  # by the other side's clock
    asked_at: datetime | None = None  # ours, half-way through the request
    permissions: tuple[str, ...] = ()
    held: tuple[Held, ...] = ()
    currencies: tuple[str, ...] = ()
    tax_modes: tuple[bool, ...] = ()
    rounding: Rounding | None = None
    places: tuple[Place, ...] = ()
    custom_fields: Mapping[str, tuple[CustomField, ...]] = msgspec.field(
        default_factory=dict[str, tuple[CustomField, ...]]
    )
    findings: tuple[Finding, ...] = ()

    @property
    def clock_skew_s(self) -> float | None:
        """Return how far the other clock is ahead of ours, in seconds."""
        if self.server_time is None or self.asked_at is None:
            return None
        return (self.server_time - self.asked_at).total_seconds()


class Probe(Protocol):
    """A system that can be asked about itself."""

    async def probe(self) -> Report:
        """Return the report, findings included. Raises `AuthExpired`, `Unreachable`, `Misconfigured`."""
        ...

    async def ping(self) -> None:
        """Make one cheap call that only succeeds for somebody the system knows. Raises like any other call."""
        ...
