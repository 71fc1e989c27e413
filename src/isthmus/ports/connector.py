"""How a connector presents itself: a manifest, and a way to open a session."""

import tomllib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from typing import Any, Literal

import msgspec

from isthmus.kit.clock import Clock
from isthmus.kit.http import Http
from isthmus.ports.listing import Listing
from isthmus.ports.pace import Pace
from isthmus.ports.probe import Probe
from isthmus.ports.receiver import Receiver, Subscriptions
from isthmus.ports.sink import Sink
from isthmus.ports.source import Source


class Setting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field of the connection form."""

    key: str
    label: str
    help: str
    required: bool = True
    default: str = ""
    secret: bool = False


class Limit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A further dimension of a limit: at most `amount` in any `seconds`.

    `counts` says of what: `calls`, or the `cost` a call states. `only` names the operations it is about; none: all.
    `at_once` is the part of it that may go at the start of the span; the rest is spread over it.
    """

    name: str
    amount: float
    seconds: float
    counts: Literal["calls", "cost"] = "calls"
    only: tuple[str, ...] = ()
    at_once: float = 0.1

    def __post_init__(self) -> None:
        """Raise `ValueError` for a limit that would let nothing through, or everything at once and then nothing."""
        if self.amount <= 0 or self.seconds <= 0 or not 0 <= self.at_once < 1:
            message = f"limit {self.name!r}: amount and seconds must be above 0, at_once at least 0 and below 1"
            raise ValueError(message)


class PaceLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the other side allows: `per_second` points, up to `burst` saved up, `concurrency` calls at a time.

    `per_second` 0: no rate is published. `adaptive`: neither is the number of calls at a time; `concurrency` is then
    the most that is ever tried, and slower answers or refusals lower it. `also` are further dimensions.
    """

    per_second: float = 0.0
    burst: float = 0.0
    concurrency: int = 5
    adaptive: bool = False
    also: tuple[Limit, ...] = ()


#: What `Manifest.where` may name, in the order of the doctor's questions.
WHERE = ("time_zone", "currency", "tax", "rounding", "places", "sku", "orders")


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What there is to know about a connector before opening it; read from its `manifest.toml`."""

    slug: str
    name: str
    role: str  # "shop" or "erp"
    api_version: str
    docs: str
    settle_s: float  # how long a write may take to become findable
    pace: PaceLimits
    settings: tuple[Setting, ...]
    api_ends_on: date | None = None
    reads: tuple[str, ...] = ()  # record kinds
    writes: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    scopes: Mapping[str, tuple[str, ...]] = {}  # flow to the permissions it needs
    limits: tuple[str, ...] = ()  # what is not supported, in words
    where: Mapping[str, str] = {}  # what to click to see or change it: see `WHERE`

    def at(self, topic: str) -> str:
        """Return where in this system people look for one of `WHERE`, in its own words."""
        return self.where.get(topic) or f"{self.name}'s settings"

    @classmethod
    def load(cls, package: str) -> "Manifest":
        """Read `manifest.toml` beside a connector's modules. Raises `ValueError` naming the bad field."""
        text = files(package).joinpath("manifest.toml").read_text("utf-8")
        try:
            return msgspec.convert(tomllib.loads(text), cls)
        except msgspec.ValidationError as wrong:
            message = f"{package}/manifest.toml: {wrong}"
            raise ValueError(message) from wrong


@dataclass(frozen=True, slots=True)
class Tools:
    """What Isthmus lends a session."""

    connection: str
    http: Http
    clock: Clock
    pace: Pace


async def _nothing_to_close() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Session:
    """One opened connection and all it can do; record kinds are the names in `canonical.kinds`."""

    probe: Probe
    sources: Mapping[str, Source[Any]] = field(default_factory=dict[str, Source[Any]])
    sinks: Mapping[str, Sink[Any]] = field(default_factory=dict[str, Sink[Any]])
    receiver: Receiver | None = None
    subscriptions: Subscriptions | None = None
    close: Callable[[], Awaitable[None]] = _nothing_to_close
    #: What can be listed for reconciliation, apart from what flows read and write.
    listings: Mapping[str, Listing[Any]] = field(default_factory=dict[str, Listing[Any]])


@dataclass(frozen=True, slots=True)
class Connector:
    """One outside system. `open` makes no call; the first call is the probe's or a flow's.

    `settings` holds every field of the manifest by key, secrets included, defaults filled in.
    """

    manifest: Manifest
    open: Callable[[Mapping[str, str], Tools], Session]
