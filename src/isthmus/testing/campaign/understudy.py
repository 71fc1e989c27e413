"""A merchant's own project, played by simulators: what it says stays, whom it calls is replaced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from isthmus.bootstrap.config import FILE, FlowConfig, ProjectConfig
from isthmus.bootstrap.connectors import variable
from isthmus.testing.campaign.project import EVERY_S, PLACES, STOCK_EVERY_S

#: What the simulators take, public and good for nothing else.
SETTINGS: Mapping[str, Mapping[str, str]] = {
    "shopify": {"client_id": "demo-client"},
    "odoo": {"database": "demo", "login": "demo"},
}
SECRETS: Mapping[str, Mapping[str, str]] = {
    "shopify": {"client_secret": "demo-secret", "access_token": "", "previous_client_secret": ""},
    "odoo": {"api_key": "demo-key"},
}
#: What is taken over from a connection and from a flow; the rest names things only the real systems have, or decides
#: which orders are let through at all.
OF_CONNECTION = ("calls_at_a_time", "calls_per_second", "rounding_tolerance")
OF_FLOW = ("concurrency", "share_of_calls", "tables")


class CannotStandIn(Exception):
    """The project cannot be played; the message says why."""


@dataclass(frozen=True, slots=True)
class Understudy:
    """One shop, one ERP and the flows between them, as a project has them."""

    config: ProjectConfig
    orders: FlowConfig
    stock: FlowConfig | None

    def write(self, folder: Path, *, port: int, shop: str, erp: str, stock: bool) -> None:
        """Write the project to play; `shop` and `erp` are the simulators' addresses."""
        urls = {self.orders.source: shop, self.orders.destination: erp}
        document: dict[str, Any] = {
            "isthmus": {
                "name": self.config.name,
                "listen": f"127.0.0.1:{port}",
                "public_url": f"http://127.0.0.1:{port}",
                "time_zone": self.config.zone.key,
            },
            "connections": {name: self._connection(name, url) for name, url in urls.items()},
            "flows": {self.orders.name: _flow(self.orders, EVERY_S)},
        }
        if stock and self.stock is not None:
            document["flows"][self.stock.name] = {**_flow(self.stock, STOCK_EVERY_S), "places": dict(PLACES)}
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(toml(document), "utf-8")
        secrets = folder / ".env"
        secrets.write_text("".join(f"{name}={value}\n" for name, value in self.secrets().items()), "utf-8")
        secrets.chmod(0o600)

    def secrets(self) -> Mapping[str, str]:
        """Return the simulators' credentials by variable: they also hide real ones of the environment."""
        return {
            variable(name, key): value
            for name in (self.orders.source, self.orders.destination)
            for key, value in SECRETS[self.config.connections[name].connector].items()
        }

    def _connection(self, name: str, url: str) -> Mapping[str, Any]:
        wanted = self.config.connections[name]
        limits = {"calls_at_a_time": wanted.calls_at_a_time, "calls_per_second": wanted.calls_per_second}
        kept = {key: value for key, value in {**wanted.settings, **limits}.items() if key in OF_CONNECTION and value}
        return {
            "connector": wanted.connector,
            "url": url,
            "allow_private": True,
            **SETTINGS[wanted.connector],
            **kept,
        }


def understudy(config: ProjectConfig) -> Understudy:
    """Return who plays a project: its first orders flow, and the stock flow back. Raises `CannotStandIn`."""
    orders = next((flow for flow in config.flows if flow.kind == "orders"), None)
    if orders is None:
        message = f"{FILE} has no enabled flow of kind orders, so there is nothing to drill"
        raise CannotStandIn(message)
    for name, wanted in ((orders.source, "shopify"), (orders.destination, "odoo")):
        found = config.connections[name].connector
        if found != wanted:
            message = f"no simulator can stand in for {name} ({found}) yet; there are: {', '.join(SETTINGS)}"
            raise CannotStandIn(message)
    ends = (orders.destination, orders.source)
    stock = next(
        (flow for flow in config.flows if flow.kind == "stock" and (flow.source, flow.destination) == ends), None
    )
    # With stock kept back the two sides differ on purpose, which the judge would take for wrong.
    kept_back = stock is not None and bool(stock.values.get("safety_stock"))
    return Understudy(config, orders, None if kept_back else stock)


def _flow(flow: FlowConfig, every_s: int) -> dict[str, Any]:
    kept = {key: flow.values[key] for key in OF_FLOW if key in flow.values}
    return {"kind": flow.kind, "from": flow.source, "to": flow.destination, "every": every_s, **kept}


def toml(document: Mapping[str, Any]) -> str:
    """Write tables of texts, numbers, switches, lists and further tables as TOML. Raises `CannotStandIn` for others."""
    return "\n".join(_table((), document)) + "\n"


def _table(path: Sequence[str], body: Mapping[str, Any]) -> list[str]:
    plain = {key: value for key, value in body.items() if not isinstance(value, Mapping)}
    lines = [f"[{'.'.join(_quoted(each) for each in path)}]"] if path else []
    lines += [f"{_quoted(key)} = {_value(value)}" for key, value in plain.items()]
    for key, value in body.items():
        if isinstance(value, Mapping):
            lines += _table((*path, key), cast("Mapping[str, Any]", value))
    return lines


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(_value(each) for each in cast('list[Any]', value))}]"
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        message = f"the project cannot be played: drill does not know what {value!r} would be there"
        raise CannotStandIn(message)
    return _quoted(value)


def _quoted(text: str) -> str:
    marks = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return '"' + "".join(marks.get(each, each if each >= " " else f"\\u{ord(each):04x}") for each in text) + '"'
