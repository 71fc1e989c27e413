"""Join store, connections, flows and engine into a running project."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from isthmus.bootstrap.checks import FILE, ConfigError, check_keys, positive, table_of
from isthmus.bootstrap.config import FlowConfig, ProjectConfig, switch
from isthmus.bootstrap.connectors import open_connections
from isthmus.bootstrap.mappings import LiveRows, Project
from isthmus.bootstrap.needs import refuse_unserved
from isthmus.bootstrap.own import worker_of
from isthmus.bootstrap.routes import read_when, with_neighbors
from isthmus.canonical.order import Order
from isthmus.engine import failpoints
from isthmus.engine.context import Context
from isthmus.engine.drift import Watch
from isthmus.engine.engine import Engine, Plan, Rules
from isthmus.engine.flow import Flow
from isthmus.engine.proof import Proof
from isthmus.engine.shared_clock import SharedClock
from isthmus.flows.customers_proof import CustomersProof
from isthmus.flows.customers_to_erp import CustomersToErp
from isthmus.flows.match_products import MatchProducts
from isthmus.flows.orders_proof import OrdersProof
from isthmus.flows.orders_to_erp import OrdersToErp
from isthmus.flows.settings import OrderSettings, StockSettings
from isthmus.flows.stock_proof import StockProof
from isthmus.flows.stock_to_shop import StockToShop
from isthmus.kit.clock import Clock, SystemClock
from isthmus.kit.http import Http
from isthmus.kit.names import nearest
from isthmus.mapping.tables import KNOWN, Tables
from isthmus.policies.importable import GATES, ImportPolicy
from isthmus.policies.routing import When
from isthmus.store.base import Store
from isthmus.store.level import bring_up
from isthmus.store.open import open_store


@dataclass(frozen=True, slots=True)
class App:
    """A project, opened."""

    config: ProjectConfig
    context: Context
    engine: Engine
    #: The files of each flow of orders.
    mappings: Sequence[Project] = ()


@asynccontextmanager
async def opened(
    config: ProjectConfig,
    clock: Clock | None = None,
    *,
    plan: Plan | None = None,
    way_out: Http | None = None,
    opener: Callable[[str, Path], Awaitable[Store]] | None = None,
    watch: Watch | None = None,
) -> AsyncGenerator[App]:
    """Open a project: schema brought up as far as a start may, connections ready, nothing running yet.

    `plan` is what this process will do; `clock`, `way_out`, `opener` and `watch` are for whoever turns the hands,
    carries the requests, opens the store or looks at the answers himself.

    Raises `ConfigError` and `StoreError`.
    """
    settings = flow_settings(config)
    hands = _hands(config, clock)
    watch = watch or Watch(hands)
    async with joined(config, hands, way_out=way_out, opener=opener, watch=watch) as context:
        rules = Rules(windows={each.name: each.windows for each in config.connections.values()})
        engine = Engine(
            context,
            lambda engine: _flows(engine, settings),
            rules,
            plan,
            lambda engine: _proofs(engine, settings, config),
            watch=watch,
        )
        files = [each.mapping for each in settings if isinstance(each, OrderSettings)]
        yield App(config, context, engine, [each for each in files if isinstance(each, Project)])


@asynccontextmanager
async def joined(
    config: ProjectConfig,
    clock: Clock | None = None,
    *,
    way_out: Http | None = None,
    opener: Callable[[str, Path], Awaitable[Store]] | None = None,
    watch: Watch | None = None,
) -> AsyncGenerator[Context]:
    """Open store and connections without the flows, for questions that are asked while a flow's files are wrong."""
    hands = _hands(config, clock)
    async with way_out or failpoints.http() as http:
        connections = open_connections(config, http, hands, watch=watch or Watch(hands))
        opened_by = opener or partial(open_store, connections=config.database_connections)
        store = failpoints.watched(await opened_by(config.database, config.folder))
        try:
            await bring_up(store, alone=lambda: store.dialect == "sqlite" and not worker_of(config))
            yield Context(store, hands, connections)
        finally:
            async with AsyncExitStack() as closing:  # one that fails keeps none of the others open
                closing.push_async_callback(store.close)
                for connection in connections.values():
                    closing.push_async_callback(connection.session.close)


def _hands(config: ProjectConfig, clock: Clock | None) -> Clock:
    if clock is None and not config.database.startswith("sqlite:"):
        return SharedClock(SystemClock())
    return clock or SystemClock()


def flow_settings(config: ProjectConfig) -> list[OrderSettings | StockSettings]:
    """Return what the project says about each flow. Raises `ConfigError`."""
    return with_neighbors([_settings(flow, config) for flow in config.flows])


def _flows(engine: Engine, settings: Sequence[OrderSettings | StockSettings]) -> list[Flow]:
    """Return the flows in the order in which they may claim: orders before stock. Raises `ConfigError`."""
    orders = [each for each in settings if isinstance(each, OrderSettings)]
    stock = [each for each in settings if isinstance(each, StockSettings)]
    made: list[Flow] = []

    def take(section: str, *flows: Flow) -> None:
        refuse_unserved(section, flows, engine.context.connections)
        made.extend(flows)

    for each in orders:
        fed = [other.name for other in stock if other.source == each.destination]
        take(
            each.name,
            OrdersToErp(engine.context, each, engine.pull, fed),
            CustomersToErp(engine.context, each),
            MatchProducts(engine.context, each),
        )
    for each in stock:
        take(each.name, StockToShop(engine.context, each, engine))
    return made


def _proofs(engine: Engine, settings: Sequence[OrderSettings | StockSettings], config: ProjectConfig) -> list[Proof]:
    """Return what can be reconciled."""
    orders = [OrdersProof(engine.context, each, engine) for each in settings if isinstance(each, OrderSettings)]
    customers = [CustomersProof(engine.context, each) for each in settings if isinstance(each, OrderSettings)]
    stock = [
        StockProof(engine.context, each, engine, config.zone) for each in settings if isinstance(each, StockSettings)
    ]
    return [*orders, *customers, *stock]


def _settings(flow: FlowConfig, config: ProjectConfig) -> OrderSettings | StockSettings:
    values = flow.values
    where = f"[flows.{flow.name}]"
    files = Project(config.folder, flow.name, written_tables(flow), flow.kind)
    tables = Tables(LiveRows(files))
    every_s = _seconds(values.get("every", 60), where)
    if flow.kind == "stock":
        written = table_of(values.get("places", {}), f"[flows.{flow.name}.places]")
        places = {code: str(place) for code, place in written.items()}
        safety = positive(values.get("safety_stock", 0), f"{where} safety_stock")
        return StockSettings(
            flow.name, flow.source, flow.destination, every_s, places, safety, tables, mapping=files.stock
        )
    gate = str(values.get("import_when", "confirmed"))
    if gate not in GATES:
        message = f"{FILE}: {where} import_when = {gate!r}{nearest(gate, GATES)}; there are: {', '.join(GATES)}"
        raise ConfigError(message)
    reference = str(values.get("reference", "{number}"))
    if "{number}" not in reference or not _fits(reference):
        message = f"{FILE}: {where} reference = {reference!r} must contain {{number}} and nothing else in braces"
        raise ConfigError(message)
    return OrderSettings(
        name=flow.name,
        source=flow.source,
        destination=flow.destination,
        every_s=every_s,
        concurrency=_concurrency(values.get("concurrency", 6), where),
        policy=ImportPolicy(gate, test_orders=switch(flow, "test_orders", default=False)),
        tables=tables,
        mapping=files,
        files=files.state,
        reference=reference,
        warehouse=str(values.get("warehouse", "")),
        zone=config.zone,
        when=_with_rule(read_when(values.get("when", {}), flow.name), files),
    )


def _with_rule(when: When, files: Project) -> When:
    """Return what a flow takes, with the condition of its document if it has one."""

    def rule(order: Order) -> bool:
        return files().takes(order)

    return replace(when, rule=rule) if files().when is not None else when


def written_tables(flow: FlowConfig) -> Tables:
    """Return the code tables that isthmus.toml itself holds for a flow. Raises `ConfigError`."""
    where = f"[flows.{flow.name}]"
    try:
        tables = msgspec.convert(flow.values.get("tables", {}), dict[str, dict[str, Any]])
    except msgspec.ValidationError:
        message = f'{FILE}: {where} tables must hold tables such as [flows.orders.tables.sku] "OLD" = "NEW"'
        raise ConfigError(message) from None
    check_keys(tables, KNOWN, f"{where} tables.")
    return Tables({name: {key: str(value) for key, value in rows.items()} for name, rows in tables.items()})


def _seconds(value: Any, where: str) -> int:
    seconds = int(positive(value, f"{where} every"))
    if seconds < 1:
        message = f"{FILE}: {where} every = {value!r} must be 1 second or more"
        raise ConfigError(message)
    return seconds


def _concurrency(value: Any, where: str) -> int:
    concurrency = int(positive(value, f"{where} concurrency"))
    if concurrency < 1:
        message = f"{FILE}: {where} concurrency = {value!r} must be 1 or more: 0 would do nothing at all"
        raise ConfigError(message)
    return concurrency


def _fits(reference: str) -> bool:
    try:
        return bool(reference.format(number="1"))
    except (LookupError, ValueError, AttributeError):
        return False
