"""Find connectors and open connections with their settings and secrets."""

import time
from collections.abc import Mapping
from importlib.metadata import entry_points

from isthmus.bootstrap.config import FILE, ConfigError, ConnectionConfig, ProjectConfig
from isthmus.engine.connections import Connection
from isthmus.engine.pace import Budget
from isthmus.kit.clock import Clock
from isthmus.kit.http import Http
from isthmus.kit.names import nearest
from isthmus.ports.connector import Connector, Manifest, Tools

GROUP = "isthmus.connectors"


def connector(slug: str) -> Connector:
    """Return an installed connector. Raises `ConfigError` naming those there are."""
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if slug not in found:
        message = f"there is no connector {slug!r}{nearest(slug, found)}; installed: {', '.join(sorted(found))}"
        raise ConfigError(message)
    return found[slug].load()


def installed() -> list[str]:
    """Return the slugs of all installed connectors."""
    return sorted(entry.name for entry in entry_points(group=GROUP))


def open_connections(config: ProjectConfig, http: Http, clock: Clock) -> dict[str, Connection]:
    """Open every connection of a project; no call is made yet. Raises `ConfigError`."""
    return {each.name: open_connection(config, each, http, clock) for each in config.connections.values()}


def open_connection(config: ProjectConfig, wanted: ConnectionConfig, http: Http, clock: Clock) -> Connection:
    """Open one connection. Raises `ConfigError` naming the setting or the variable."""
    made = connector(wanted.connector)
    pace = Budget(made.manifest.pace, clock, time.monotonic)
    settings = _settings(made.manifest, wanted, config.environment)
    tools = Tools(wanted.name, http, clock, pace)
    try:
        session = made.open(settings, tools)
    except ValueError as wrong:
        message = f"{FILE}: [connections.{wanted.name}] {wrong}"
        raise ConfigError(message) from wrong
    secrets = tuple(settings[field.key] for field in made.manifest.settings if field.secret and settings[field.key])
    return Connection(wanted.name, made.manifest, session, pace, secrets)


def variable(connection: str, key: str) -> str:
    """Return the environment variable a secret is read from."""
    return f"ISTHMUS_{connection}_{key}".upper().replace("-", "_")


def _settings(manifest: Manifest, wanted: ConnectionConfig, environment: Mapping[str, str]) -> dict[str, str]:
    where = f"[connections.{wanted.name}]"
    plain = [field.key for field in manifest.settings if not field.secret]
    secret = [field.key for field in manifest.settings if field.secret]
    for key in wanted.settings:
        if key in secret:
            message = f"{FILE}: {where} {key} is a secret: put it into {variable(wanted.name, key)} instead"
            raise ConfigError(message)
        if key not in plain:
            message = f"{FILE}: {where} {key!r} is not a setting{nearest(key, plain)}; there are: {', '.join(plain)}"
            raise ConfigError(message)
    settings: dict[str, str] = {}
    for field in manifest.settings:
        name = variable(wanted.name, field.key)
        value = environment.get(name, "") if field.secret else wanted.settings.get(field.key, "")
        settings[field.key] = value or field.default
        if field.required and not settings[field.key]:
            place = f"the environment variable {name}" if field.secret else f"{FILE}: {where} {field.key}"
            message = f"{place} is missing: {field.label}. {field.help}"
            raise ConfigError(message)
    return settings
