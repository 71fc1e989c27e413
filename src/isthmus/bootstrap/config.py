"""`isthmus.toml`: what a project says, checked before anything runs.

Secrets are not in it. A secret field `access_token` of connection `shop` comes from the
environment variable `ISTHMUS_SHOP_ACCESS_TOKEN`, or from a `.env` file beside `isthmus.toml`.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from isthmus.bootstrap.checks import FILE, LARGEST, ConfigError, check_keys, positive, table_of, zone_of
from isthmus.bootstrap.windows import read_windows
from isthmus.engine.hold import Window
from isthmus.kit.names import nearest
from isthmus.store.postgres import CONNECTIONS, FEWEST

_TOP = ("isthmus", "connections", "flows")
#: Keys of `[isthmus]`; the table in docs/reference/settings.md is made from this.
PROJECT_KEYS: Mapping[str, str] = {
    "name": "what the project is called on pages (default: the folder's name)",
    "database": "sqlite:///file.db (default sqlite:///isthmus.db) or postgresql://...; the environment variable "
    "ISTHMUS_DATABASE_URL comes first",
    "database_connections": "the most each process has open to PostgreSQL at a time (default 7, at least 2)",
    "public_url": "https address under which shops reach /hooks/ of this Isthmus; empty: no webhooks, polling only",
    "listen": "address and port (default 127.0.0.1:8100)",
    "proxies": 'addresses or networks of your own reverse proxies, such as ["127.0.0.1"]: only of them is believed, in '
    "X-Forwarded-For, where a delivery came from",
    "time_zone": "the company's zone (default UTC): decides on which day an order is booked",
}
#: Keys of `[flows.<name>]` by kind of flow; the table in docs/reference/settings.md is made from this.
FLOW_KEYS: Mapping[str, Mapping[str, str]] = {
    "orders": {
        "kind": "what this section is when its name does not say: orders or stock",
        "from": "the shop's connection",
        "to": "the ERP's connection",
        "every": "seconds between two looks at the shop's own list (default 60)",
        "enabled": "false switches the flow off",
        "when": "which orders it takes, where a shop has several order flows: store, channel, country, warehouse",
        "import_when": "confirmed (default), authorized or paid",
        "test_orders": "true lets test orders through",
        "reference": "what is written into the ERP's reference field (default {number})",
        "warehouse": "ERP warehouse code for orders whose place is unknown",
        "concurrency": "orders worked on at the same time in each process (default 6)",
        "share_of_calls": "part of the connections' call budgets this flow may use, such as 0.8 (default: all)",
        "tables": "code tables: sku, tax, warehouse, payment, payment_terms, shipping",
    },
    "stock": {
        "kind": "what this section is when its name does not say: orders or stock",
        "from": "the ERP's connection",
        "to": "the shop's connection",
        "every": "seconds between two looks at the ERP's stock (default 60)",
        "enabled": "false switches the flow off",
        "share_of_calls": "part of the connections' call budgets this flow may use, such as 0.5 (default: all)",
        "safety_stock": "pieces kept back of every SKU in every place (default 0)",
        "places": 'ERP warehouse code to shop location (id or name); "" keeps a warehouse out',
        "tables": "code tables: sku",
    },
}
#: Keys every `[connections.<name>]` takes beside its connector's own.
CONNECTION_KEYS: Mapping[str, str] = {
    "connector": "which system it is: see docs/reference/connectors.md",
    "calls_at_a_time": "the most calls made at the same time, by all processes together (default: the connector's)",
    "calls_per_second": "a limit of your own on top of the system's, such as 2 for a small server (default: none)",
    "allow_private": "true lets its address lead to this machine or into a private network, where an ERP often is "
    "(default: false); so does true in the environment variable ISTHMUS_<CONNECTION>_ALLOW_PRIVATE",
    "windows": "planned maintenance: a list of [[connections.<name>.windows]]",
    "settle": "seconds until a write there can be found for certain, where it takes longer than the connector says",
}
LAST_PORT, LONGEST_PORT = 65_535, 6


@dataclass(frozen=True, slots=True)
class ConnectionConfig:
    """One `[connections.<name>]`: its connector and plain settings."""

    name: str
    connector: str
    settings: Mapping[str, str]
    calls_at_a_time: int = 0
    calls_per_second: float = 0.0
    settle_s: float = 0.0
    allow_private: bool = False
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class FlowConfig:
    """One `[flows.<name>]`, keys checked, values as written."""

    name: str
    kind: str
    source: str
    destination: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ProjectConfig:
    """A whole project."""

    folder: Path
    name: str
    database: str
    database_connections: int
    public_url: str
    listen: tuple[str, int]
    proxies: tuple[str, ...]
    zone: ZoneInfo
    connections: Mapping[str, ConnectionConfig]
    flows: tuple[FlowConfig, ...]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


def read_config(folder: Path) -> ProjectConfig:
    """Read and check the project in `folder`. Raises `ConfigError`."""
    path = folder / FILE
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        message = f"there is no {FILE} in {folder.resolve().name or folder}: run `isthmus init` to make one"
        raise ConfigError(message) from None
    except (UnicodeDecodeError, RecursionError):
        message = f"{FILE} is not a text in UTF-8 such as `isthmus init` writes"
        raise ConfigError(message) from None
    except ValueError as wrong:  # TOML's own, and a number of thousands of digits
        message = f"{FILE}: {wrong}"
        raise ConfigError(message) from wrong
    check_keys(document, _TOP, "")
    top = table_of(document.get("isthmus", {}), "[isthmus]")
    check_keys(top, PROJECT_KEYS, "[isthmus] ")
    environment = {**_dotenv(folder / ".env"), **os.environ}
    zone = zone_of(str(top.get("time_zone", "UTC")), "[isthmus] time_zone")
    connections = {
        name: _connection(name, body, zone, environment)
        for name, body in table_of(document.get("connections", {}), "[connections]").items()
    }
    flows = (_flow(name, body, connections) for name, body in table_of(document.get("flows", {}), "[flows]").items())
    return ProjectConfig(
        folder=folder,
        name=str(top.get("name", folder.resolve().name)),
        database=environment.get("ISTHMUS_DATABASE_URL") or str(top.get("database", "sqlite:///isthmus.db")),
        database_connections=_pool(top.get("database_connections", CONNECTIONS)),
        public_url=str(top.get("public_url", "")).rstrip("/"),
        listen=_listen(str(top.get("listen", "127.0.0.1:8100"))),
        proxies=_proxies(top.get("proxies", [])),
        zone=zone,
        connections=connections,
        flows=tuple(flow for flow in flows if switch(flow, "enabled", default=True)),
        environment=environment,
    )


def switch(flow: FlowConfig, key: str, *, default: bool) -> bool:
    """Return a switch of a flow. Raises `ConfigError` for a word: "false" in quotes would mean true."""
    return _switch(flow.values.get(key, default), f"[flows.{flow.name}] {key}")


def _switch(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        message = f"{FILE}: {where} = {value!r} must be true or false, without quotes"
        raise ConfigError(message)
    return value


def variable(connection: str, key: str) -> str:
    """Return the environment variable a secret, or `allow_private`, of a connection is read from."""
    return f"ISTHMUS_{connection}_{key}".upper().replace("-", "_")


def _connection(name: str, body: Any, zone: ZoneInfo, environment: Mapping[str, str]) -> ConnectionConfig:
    where = f"[connections.{name}]"
    table = table_of(body, where)
    if not isinstance(table.get("connector"), str):
        message = f'{FILE}: {where} needs connector = "..."'
        raise ConfigError(message)
    # The environment, because a release that does not know the setting refuses the file: upgrades are done one by one.
    allowed = environment.get(variable(name, "allow_private"), "").strip().lower() in ("1", "true", "yes")
    settings = {key: _text(value, f"{where} {key}") for key, value in table.items() if key not in CONNECTION_KEYS}
    return ConnectionConfig(
        name,
        table["connector"],
        settings,
        calls_at_a_time=int(positive(table.get("calls_at_a_time", 0), f"{where} calls_at_a_time")),
        calls_per_second=float(positive(table.get("calls_per_second", 0), f"{where} calls_per_second")),
        settle_s=float(positive(table.get("settle", 0), f"{where} settle")),
        allow_private=_switch(table.get("allow_private", allowed), f"{where} allow_private"),
        windows=read_windows(name, table.get("windows", []), zone),
    )


def _flow(name: str, body: Any, connections: Mapping[str, ConnectionConfig]) -> FlowConfig:
    where = f"[flows.{name}] "
    table = table_of(body, where.strip())
    kind = str(table.get("kind", name))
    if kind not in FLOW_KEYS:
        message = f"{FILE}: {where}needs kind = one of: {', '.join(FLOW_KEYS)}{nearest(kind, FLOW_KEYS)}"
        raise ConfigError(message)
    check_keys(table, FLOW_KEYS[kind], where)
    for side in ("from", "to"):
        written = table.get(side, "")
        if not isinstance(written, str) or written not in connections:
            hint = nearest(str(written), connections)
            message = f"{FILE}: {where}{side} = {written!r} is not one of the connections{hint}"
            raise ConfigError(message)
    return FlowConfig(name, kind, table["from"], table["to"], table)


def _text(value: Any, where: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) or (isinstance(value, int) and abs(value) <= LARGEST):
        return str(value)
    message = f"{FILE}: {where} must be a text or a whole number up to {LARGEST:,}"
    raise ConfigError(message)


def _listen(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and len(port) < LONGEST_PORT) or int(port) > LAST_PORT:
        message = f'{FILE}: [isthmus] listen = {text!r} must look like "127.0.0.1:8100"'
        raise ConfigError(message)
    return host.strip("[]"), int(port)


def _pool(written: Any) -> int:
    if isinstance(written, bool) or not isinstance(written, int) or written < FEWEST:
        message = f"{FILE}: [isthmus] database_connections = {written!r} must be a whole number, at least {FEWEST}"
        raise ConfigError(message)
    return written


def _proxies(written: Any) -> tuple[str, ...]:
    try:
        proxies = msgspec.convert(written, tuple[str, ...])
        for each in proxies:
            ip_network(each)
    except (msgspec.ValidationError, ValueError):
        message = f'{FILE}: [isthmus] proxies = {written!r} must be a list such as ["127.0.0.1", "10.0.0.0/8"]'
        raise ConfigError(message) from None
    return proxies


def _dotenv(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        lines = path.read_text("utf-8").splitlines()
    except UnicodeDecodeError:
        message = f"{path.name} is not a text in UTF-8"
        raise ConfigError(message) from None
    pairs = (line.partition("=") for line in lines if not line.lstrip().startswith("#"))
    return {key.strip(): value.strip().strip("\"'") for key, mark, value in pairs if mark}
