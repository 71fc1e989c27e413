"""What a merchant may say about each flow; defaults are the ordinary case."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from decimal import Decimal

from isthmus.mapping.order_mapping import OrderMapping
from isthmus.mapping.stock_mapping import StockMapping
from isthmus.mapping.tables import Tables
from isthmus.policies.importable import ImportPolicy
from isthmus.policies.routing import Way, When

_AS_IT_COMES = OrderMapping()


def as_it_comes() -> OrderMapping:
    """Return the mapping of a flow that has no document."""
    return _AS_IT_COMES


def nothing_changes(*, look: bool = False) -> object:  # noqa: ARG001 - there is nothing to look at
    """Return the same at all times: the state of a flow without files."""
    return None


@dataclass(frozen=True, slots=True)
class OrderSettings:
    """Orders from one shop to one ERP. `ways`: every order flow of a shop that has several, in their order.

    `mapping` gives the document as it is now: it may change while the flow runs. `files` gives something else once the
    document or a code table has changed; with `look=True` as of this moment.
    """

    name: str
    source: str
    destination: str
    every_s: int = 60
    concurrency: int = 6
    policy: ImportPolicy = field(default_factory=ImportPolicy)
    tables: Tables = field(default_factory=Tables)
    mapping: Callable[[], OrderMapping] = as_it_comes
    files: Callable[..., object] = nothing_changes
    reference: str = "{number}"
    warehouse: str = ""
    zone: tzinfo = UTC
    when: When = field(default_factory=When)
    ways: tuple[Way, ...] = ()

    @property
    def customers(self) -> str:
        """Return the name of the flow that brings this flow's customers."""
        return "customers" if self.name == "orders" else f"{self.name}-customers"

    def customer_key(self, external_id: str) -> str:
        """Return what a customer of this flow's shop is known by in the ERP."""
        return f"{self.source}:customer:{external_id}"

    @property
    def products(self) -> str:
        """Return the name of the flow that matches this flow's products."""
        return "products" if self.name == "orders" else f"{self.name}-products"


_AS_IT_STANDS = StockMapping()


def as_it_stands() -> StockMapping:
    """Return the mapping of a flow of stock that has no document."""
    return _AS_IT_STANDS


@dataclass(frozen=True, slots=True)
class StockSettings:
    """Stock from one ERP to one shop. `places` maps ERP warehouse codes to shop locations (id or name, empty: none).

    `beside`: the other stock flows of the shop.
    """

    name: str
    source: str
    destination: str
    every_s: int = 60
    places: Mapping[str, str] = field(default_factory=dict[str, str])
    safety: Decimal = Decimal(0)
    tables: Tables = field(default_factory=Tables)
    mapping: Callable[[], StockMapping] = as_it_stands
    beside: tuple["StockSettings", ...] = ()
