"""What a connector tells the suite: how to make a double of its system and how to act on it.

One small file per connector, `tests/conformance/<slug>.py`, exports `DOUBLE`. A package of its own names its
`DOUBLE` in the entry point group `isthmus.conformance`.

Functions given here act on the double from the inside, as a person at that system would; what they return is the
truth the connector is held against. They may be plain or async.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from isthmus.ports.connector import Connector, Session
from isthmus.ports.sink import Put
from isthmus.simulators.stage import World
from isthmus.testing.clock import HandClock

#: `build(clock, callback)`: a fresh world that keeps the clock's time; webhooks go to `callback`, when it is given.
Build = Callable[[HandClock, str | None], World]
Act = Callable[[Any, str], Awaitable[None] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One kind of record that is read. Ids are the connector's external ids."""

    #: Make the world hold exactly so many of what the connector pages by.
    fill: Callable[[Any, int], Awaitable[None] | None]
    #: Every id there is, archived ones included.
    ids: Callable[[Any], Sequence[str]]
    #: Change a record, so that it is news.
    touch: Act
    #: How many of them come on one page.
    page: int
    #: The fewest this system can hold (an ERP has at least one warehouse).
    least: int = 0
    #: Take a record away for good; None where the system cannot.
    delete: Act | None = None
    #: Take a record out of use without deleting it: archived, deactivated, canceled.
    archive: Act | None = None
    #: Make a record one that cannot be understood: a state nobody knows, an amount that is none.
    spoil: Act | None = None
    #: Give a record this amount of money, somewhere the connector reads; for kinds with amounts.
    price: Callable[[Any, str, str], Awaitable[None] | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """One kind of record that is written."""

    #: A record the double takes, different for each number, with its key.
    sample: Callable[[Session, Any, int], Awaitable[Put[Any]]]
    #: The same, but one it refuses.
    refused: Callable[[Session, Any, int], Awaitable[Put[Any]]]
    #: How many records there say what this one says.
    standing: Callable[[Any, Put[Any]], int]
    #: Operations that change something there; the first one creates.
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Deliveries: what makes the double send one."""

    happen: Callable[[Any], Awaitable[None] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Double:
    """A connector and a double of its system."""

    connector: Connector
    #: The package the connector's files are in.
    package: str
    build: Build
    #: The form of the connection, by the double's address. Secrets included: they are the canaries.
    form: Callable[[str], Mapping[str, str]]
    #: What to change in the form so that the system refuses it.
    wrong: Mapping[str, str]
    #: Recordings live here, one per kind.
    golden: Path
    #: A world that meters as the real system does, where the usual one is roomier.
    metered: Build | None = None
    reads: Mapping[str, Reading] = field(default_factory=dict[str, Reading])
    writes: Mapping[str, Writing] = field(default_factory=dict[str, Writing])
    told: Told | None = None
    #: What to change in the form to sign in with credentials that are renewed; None where there is no renewal.
    renewing: Mapping[str, str] | None = None
    #: Take the credentials away for good.
    revoke: Callable[[Any], Awaitable[None] | None] | None = None
    #: What to change in the form to try the vendor's next version.
    next_version: Mapping[str, str] | None = None
    #: Checks of gold rules that cannot be said without knowing the system, by rule.
    proofs: Mapping[str, Callable[[Any], Awaitable[None]]] = field(
        default_factory=dict[str, Callable[[Any], Awaitable[None]]]
    )
