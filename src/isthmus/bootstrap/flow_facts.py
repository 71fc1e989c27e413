"""What a flow is, in words: who takes part, how records are matched, how often, how late it may be. (R-MAP-03)"""

from collections.abc import Mapping

from isthmus.admin.known import Known
from isthmus.admin.queries import LATE_AFTER
from isthmus.bootstrap.config import FlowConfig, ProjectConfig
from isthmus.bootstrap.connectors import connector
from isthmus.bootstrap.mappings import Project
from isthmus.bootstrap.wiring import written_tables

#: Kinds of flow, and the keys under which manifests list what permissions they need.
SCOPES: Mapping[str, tuple[str, ...]] = {"orders": ("orders_to_erp", "customers"), "stock": ("stock_to_shop",)}
_TAKES_PART = {
    "orders": "orders with their lines, taxes, delivery, payments and addresses, and the customers they need; products "
    "and warehouses of both systems are read to find counterparts",
    "stock": "stock of each SKU in each place; the shop's variants and locations and its newest orders are read for it",
}
_MATCHED = {
    "orders": "an order by the shop's order id, kept at the ERP's record and looked for before one is made; a customer "
    "by the shop's customer id, else by the same tax number, else by the same e-mail address and name; a line by its "
    "SKU, after the code table sku; a place by the code table warehouse, else by the same name",
    "stock": "an item by its SKU, after the code table sku; a place by [flows.<name>.places], else by the same name",
}
_SETTINGS = {
    "import_when": "goes to the ERP when",
    "test_orders": "test orders",
    "reference": "reference in the ERP",
    "warehouse": "warehouse of orders without a place",
    "safety_stock": "kept back of every SKU in every place",
    "concurrency": "worked on at the same time",
    "share_of_calls": "part of the connections' calls",
}
_CONFIRMED = "confirmed"


def facts(config: ProjectConfig, flow: FlowConfig, known: Known) -> dict[str, str]:
    """Return what there is to know of a flow, in the order in which it is shown. Raises `ConfigError`."""
    source = connector(config.connections[flow.source].connector).manifest
    destination = connector(config.connections[flow.destination].connector).manifest
    every = f"its own list is looked at every {flow.values.get('every', 60)} s"
    if config.public_url and source.topics:
        every = f"{source.name} tells of changes as they happen; beside that, {every}"
    found = {
        "from": f"{flow.source} ({source.name})",
        "to": f"{flow.destination} ({destination.name})",
        "what takes part": _TAKES_PART[flow.kind],
        "how it is matched": _MATCHED[flow.kind],
        "how often": every,
        "allowed delay": f"{LATE_AFTER.total_seconds() / 60:.0f} minutes; then `isthmus status` calls the flow late",
        "volume": known.volume(flow.name),
    }
    if flow.kind == "orders":
        found[_SETTINGS["import_when"]] = _CONFIRMED
    found |= {words: _word(flow.values[key]) for key, words in _SETTINGS.items() if key in flow.values}
    if when := flow.values.get("when"):
        found["takes only orders of"] = "; ".join(f"{name}: {_word(value)}" for name, value in when.items())
    for code, place in flow.values.get("places", {}).items():
        found[f"place {code}"] = str(place) or "kept out"
    return found


def counts(config: ProjectConfig, flow: FlowConfig) -> dict[str, int]:
    """Return the code tables a flow uses, and how many rows each has. Raises `ConfigError`."""
    rows = running(config, flow).rows()
    return {name: len(rows[name]) for name in sorted(rows)}


def running(config: ProjectConfig, flow: FlowConfig) -> Project:
    """Return the files of a flow as they run. Raises `ConfigError` for what cannot run."""
    return Project(config.folder, flow.name, written_tables(flow), flow.kind)


def _word(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in value)  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
