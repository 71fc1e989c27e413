"""`isthmus.toml`: what a project says, checked before anything runs.

Secrets are not in it. A secret field `access_token` of connection `shop` comes from the
environment variable `ISTHMUS_SHOP_ACCESS_TOKEN`, or from a `.env` file beside `isthmus.toml`.
"""

import os
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from isthmus.kit.names import nearest

FILE = "isthmus.toml"
_TOP = ("isthmus", "connections", "flows")
#: Keys of `[isthmus]`; the table in docs/reference/settings.md is made from this.
PROJECT_KEYS: Mapping[str, str] = {
    "name": "what the project is called on pages (default: the folder's name)",
    "database": "sqlite:///file.db (default sqlite:///isthmus.db) or postgresql://...; the environment variable "
    "ISTHMUS_DATABASE_URL comes first",
    "public_url": "https address under which shops reach /hooks/ of this Isthmus; empty: no webhooks, polling only",
    "listen": "address and port (default 127.0.0.1:8100)",
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
        "import_when": "confirmed (default), authorized or paid",
        "test_orders": "true lets test orders through",
        "reference": "what is written into the ERP's reference field (default {number})",
        "warehouse": "ERP warehouse code for orders whose place is unknown",
        "concurrency": "orders worked on at the same time (default 6)",
        "tables": "code tables: sku, tax, warehouse, payment, payment_terms, shipping",
    },
    "stock": {
        "kind": "what this section is when its name does not say: orders or stock",
        "from": "the ERP's connection",
        "to": "the shop's connection",
        "every": "seconds between two looks at the ERP's stock (default 60)",
        "enabled": "false switches the flow off",
        "safety_stock": "pieces kept back of every SKU in every place (default 0)",
        "places": "ERP warehouse code to shop location (id or name)",
        "tables": "code tables: sku",
    },
}
LAST_PORT = 65_535


class ConfigError(Exception):
    """The project file or a secret is wrong; the message says where and what would be right."""


@dataclass(frozen=True, slots=True)
class ConnectionConfig:
    """One `[connections.<name>]`: its connector and plain settings."""

    name: str
    connector: str
    settings: Mapping[str, str]


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
    public_url: str
    listen: tuple[str, int]
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
    except tomllib.TOMLDecodeError as wrong:
        message = f"{FILE}: {wrong}"
        raise ConfigError(message) from wrong
    check_keys(document, _TOP, "")
    top = table_of(document.get("isthmus", {}), "[isthmus]")
    check_keys(top, PROJECT_KEYS, "[isthmus] ")
    environment = {**_dotenv(folder / ".env"), **os.environ}
    connections = {
        name: _connection(name, body)
        for name, body in table_of(document.get("connections", {}), "[connections]").items()
    }
    flows = (_flow(name, body, connections) for name, body in table_of(document.get("flows", {}), "[flows]").items())
    return ProjectConfig(
        folder=folder,
        name=str(top.get("name", folder.resolve().name)),
        database=environment.get("ISTHMUS_DATABASE_URL") or str(top.get("database", "sqlite:///isthmus.db")),
        public_url=str(top.get("public_url", "")).rstrip("/"),
        listen=_listen(str(top.get("listen", "127.0.0.1:8100"))),
        zone=_zone(str(top.get("time_zone", "UTC"))),
        connections=connections,
        flows=tuple(flow for flow in flows if switch(flow, "enabled", default=True)),
        environment=environment,
    )


def check_keys(table: Mapping[str, Any], right: Collection[str], where: str) -> None:
    """Refuse a key that does not exist. Raises `ConfigError` naming the nearest right one."""
    for key in table:
        if key not in right:
            message = f"{FILE}: {where}{key!r} is not a setting{nearest(key, right)}; there are: {', '.join(right)}"
            raise ConfigError(message)


def switch(flow: FlowConfig, key: str, *, default: bool) -> bool:
    """Return a switch of a flow. Raises `ConfigError` for a word: "false" in quotes would mean true."""
    value = flow.values.get(key, default)
    if not isinstance(value, bool):
        message = f"{FILE}: [flows.{flow.name}] {key} = {value!r} must be true or false, without quotes"
        raise ConfigError(message)
    return value


def _connection(name: str, body: Any) -> ConnectionConfig:
    where = f"[connections.{name}]"
    table = table_of(body, where)
    if not isinstance(table.get("connector"), str):
        message = f'{FILE}: {where} needs connector = "..."'
        raise ConfigError(message)
    settings = {key: _text(value, f"{where} {key}") for key, value in table.items() if key != "connector"}
    return ConnectionConfig(name, table["connector"], settings)


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


def table_of(body: Any, where: str) -> dict[str, Any]:
    """Return a table of the file. Raises `ConfigError` for anything else."""
    try:
        return msgspec.convert(body, dict[str, Any])
    except msgspec.ValidationError:
        message = f"{FILE}: {where} must be a table"
        raise ConfigError(message) from None


def _text(value: Any, where: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    message = f"{FILE}: {where} must be a text or a whole number"
    raise ConfigError(message)


def _listen(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > LAST_PORT:
        message = f'{FILE}: [isthmus] listen = {text!r} must look like "127.0.0.1:8100"'
        raise ConfigError(message)
    return host.strip("[]"), int(port)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        message = f'{FILE}: [isthmus] time_zone = {name!r} is not a time zone such as "Europe/Berlin"'
        raise ConfigError(message) from None


def _dotenv(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    pairs = (line.partition("=") for line in path.read_text("utf-8").splitlines() if not line.lstrip().startswith("#"))
    return {key.strip(): value.strip().strip("\"'") for key, mark, value in pairs if mark}
