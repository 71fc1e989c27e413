"""A connection tried before there is a project: opened with what somebody just typed, and asked who it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from isthmus.bootstrap.checks import FILE, ConfigError, zone_of
from isthmus.bootstrap.config import ConnectionConfig, ProjectConfig, variable
from isthmus.bootstrap.connectors import connector, installed, open_connection
from isthmus.engine import failpoints
from isthmus.kit.addresses import Place, place_of_url
from isthmus.kit.clock import Clock, SystemClock
from isthmus.ports.connector import Manifest
from isthmus.ports.probe import Report
from isthmus.store.postgres import CONNECTIONS


@dataclass(frozen=True, slots=True)
class Filled:
    """The form of one connection, filled in: `values` by setting, secrets included."""

    name: str
    manifest: Manifest
    values: Mapping[str, str]
    allow_private: bool = False

    @property
    def plain(self) -> dict[str, str]:
        """Return what may stand in the project file."""
        secret = {each.key for each in self.manifest.settings if each.secret}
        return {key: value for key, value in self.values.items() if value and key not in secret}

    @property
    def secrets(self) -> dict[str, str]:
        """Return the secrets by the environment variable they are read from."""
        return {
            variable(self.name, each.key): self.values[each.key]
            for each in self.manifest.settings
            if each.secret and self.values.get(each.key)
        }


def manifests(role: str) -> list[Manifest]:
    """Return what each installed connector of a role (shop, erp) says of itself."""
    return [made for made in (connector(slug).manifest for slug in installed()) if made.role == role]


def leads_inside(filled: Filled) -> bool:
    """Tell whether an address of the form leads to this machine or into a private network."""
    return any(place_of_url(value) is Place.OWN for value in filled.plain.values() if value.startswith("http"))


def is_zone(name: str) -> bool:
    """Tell whether a time zone has this name."""
    try:
        zone_of(name, FILE)
    except ConfigError:
        return False
    return True


async def introduced(filled: Filled, clock: Clock | None = None) -> Report:
    """Ask a system who it is, once and without a project. Raises `ConfigError`, `Trouble`."""
    wanted = ConnectionConfig(filled.name, filled.manifest.slug, filled.plain, allow_private=filled.allow_private)
    config = ProjectConfig(
        folder=Path(),
        name="",
        database="",
        database_connections=CONNECTIONS,
        public_url="",
        listen=("", 0),
        proxies=(),
        zone=ZoneInfo("UTC"),
        connections={filled.name: wanted},
        flows=(),
        environment=filled.secrets,
    )
    async with failpoints.http() as http:
        connection = open_connection(config, wanted, http, clock or SystemClock())
        try:
            return await connection.session.probe.probe()
        finally:
            await connection.session.close()
