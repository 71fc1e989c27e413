"""Find connectors and open connections with their settings and secrets."""

from collections.abc import Mapping
from importlib.metadata import entry_points

from msgspec.structs import replace

from isthmus.bootstrap.checks import FILE, ConfigError, positive
from isthmus.bootstrap.config import CONNECTION_KEYS, ConnectionConfig, ProjectConfig, variable
from isthmus.engine.allowance import Terms
from isthmus.engine.connections import Connection
from isthmus.engine.drift import Watch
from isthmus.engine.gate import Gate
from isthmus.kit.addresses import Place, place_of_url
from isthmus.kit.clock import Clock, seconds_of
from isthmus.kit.http import NEVER_ASKED, Http
from isthmus.kit.names import nearest
from isthmus.ports.connector import Connector, Limit, Manifest, PaceLimits, Tools
from isthmus.ports.errors import Trouble

GROUP = "isthmus.connectors"
ALLOW = "allow_private = true"
#: The span over which a limit of the merchant's own is kept.
OWN_SPAN_S = 10.0


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


def open_connections(
    config: ProjectConfig, http: Http, clock: Clock, *, watch: Watch | None = None
) -> dict[str, Connection]:
    """Open every connection of a project, its answers passing `watch`; no call is made yet. Raises `ConfigError`."""
    ways = {name: http if watch is None else watch.over(name, http) for name in config.connections}
    return {each.name: open_connection(config, each, ways[each.name], clock) for each in config.connections.values()}


def open_connection(config: ProjectConfig, wanted: ConnectionConfig, http: Http, clock: Clock) -> Connection:
    """Open one connection. Raises `ConfigError` naming the setting or the variable."""
    made = connector(wanted.connector)
    terms = Terms(limits_of(made.manifest, wanted), flow_shares(config, wanted.name))
    gate = Gate(wanted.name, terms, clock, seconds_of(clock))
    settings = _settings(made.manifest, wanted, config.environment)
    _refuse_places(wanted)
    way_out = f"if that is meant, write {ALLOW} under [connections.{wanted.name}] in {FILE}"
    tools = Tools(wanted.name, http if wanted.allow_private else http.outward(way_out), clock, gate)
    try:
        session = made.open(settings, tools)
    except (ValueError, Trouble) as wrong:
        message = f"{FILE}: [connections.{wanted.name}] {wrong}"
        raise ConfigError(message) from wrong
    manifest = made.manifest
    if wanted.settle_s:
        manifest = replace(manifest, settle_s=max(wanted.settle_s, manifest.settle_s))
    secrets = tuple(settings[field.key] for field in made.manifest.settings if field.secret and settings[field.key])
    return Connection(wanted.name, manifest, session, gate, secrets)


def _refuse_places(wanted: ConnectionConfig) -> None:
    """Refuse a URL that is seen to lead where it must not; others are looked at when they are connected to."""
    for key, value in wanted.settings.items():
        url = value.lower().startswith(("http:", "https:"))
        where = place_of_url(value) if url else None
        if where is Place.NEVER:
            message = f"{FILE}: [connections.{wanted.name}] {key} = {value!r}: {NEVER_ASKED}"
            raise ConfigError(message)
        if where is Place.OWN and not wanted.allow_private:
            message = (
                f"{FILE}: [connections.{wanted.name}] {key} = {value!r} leads to this machine or into a network "
                f"of your own. If that is meant, add a line there: {ALLOW}"
            )
            raise ConfigError(message)


def limits_of(manifest: Manifest, wanted: ConnectionConfig) -> PaceLimits:
    """Return the system's limits, and the merchant's own where they are narrower or the system has none."""
    limits = manifest.pace
    if wanted.calls_at_a_time:
        limits = replace(limits, concurrency=wanted.calls_at_a_time)
    if wanted.calls_per_second:
        own = Limit(name="own", amount=wanted.calls_per_second * OWN_SPAN_S, seconds=OWN_SPAN_S)
        limits = replace(limits, also=(*limits.also, own))
    return limits


def flow_shares(config: ProjectConfig, connection: str) -> dict[str, float]:
    """Return the part of a connection's budget each flow may use, where the project says so. Raises `ConfigError`."""
    found: dict[str, float] = {}
    for flow in config.flows:
        if "share_of_calls" not in flow.values or connection not in (flow.source, flow.destination):
            continue
        share = float(positive(flow.values["share_of_calls"], f"[flows.{flow.name}] share_of_calls"))
        if not 0 < share <= 1:
            message = f"{FILE}: [flows.{flow.name}] share_of_calls = {share} must be more than 0 and at most 1"
            raise ConfigError(message)
        found[flow.name] = share
    return found


def _settings(manifest: Manifest, wanted: ConnectionConfig, environment: Mapping[str, str]) -> dict[str, str]:
    where = f"[connections.{wanted.name}]"
    plain = [field.key for field in manifest.settings if not field.secret]
    secret = [field.key for field in manifest.settings if field.secret]
    for key in wanted.settings:
        if key in secret:
            message = f"{FILE}: {where} {key} is a secret: put it into {variable(wanted.name, key)} instead"
            raise ConfigError(message)
        if key not in plain:
            there = [*plain, *CONNECTION_KEYS]
            message = f"{FILE}: {where} {key!r} is not a setting{nearest(key, there)}; there are: {', '.join(there)}"
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
