"""The opened connections of a running project."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from isthmus.engine.gate import Gate
from isthmus.ports.connector import Manifest, Session
from isthmus.ports.errors import Misconfigured
from isthmus.ports.listing import Listing
from isthmus.ports.sink import Sink
from isthmus.ports.source import Source


@dataclass(frozen=True, slots=True)
class Connection:
    """One outside system, opened by name. `secrets` are the values that must never be shown."""

    name: str
    manifest: Manifest
    session: Session
    gate: Gate
    secrets: tuple[str, ...] = ()

    @property
    def settle(self) -> timedelta:
        """Return how long a write may take to become findable there."""
        return timedelta(seconds=self.manifest.settle_s)

    def source(self, kind: str) -> Source[Any]:
        """Return where records of `kind` are read. Raises `Misconfigured`."""
        found = self.session.sources.get(kind)
        if found is None:
            message = f"{self.manifest.name} ({self.name}) offers no {kind} records to read"
            raise Misconfigured(message)
        return found

    def sink(self, kind: str) -> Sink[Any]:
        """Return where records of `kind` are written. Raises `Misconfigured`."""
        found = self.session.sinks.get(kind)
        if found is None:
            message = f"{self.manifest.name} ({self.name}) takes no {kind} records"
            raise Misconfigured(message)
        return found

    def listing(self, kind: str) -> Listing[Any]:
        """Return where records of `kind` are listed for reconciliation. Raises `Misconfigured`."""
        found = self.session.listings.get(kind)
        if found is None:
            message = f"{self.manifest.name} ({self.name}) cannot list {kind} records"
            raise Misconfigured(message)
        return found


Connections = Mapping[str, Connection]
