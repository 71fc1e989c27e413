"""What each sales order held after every call that changed it: the order of writes, which the end result hides."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from isthmus.simulators.odoo.orm.env import Env
from isthmus.simulators.odoo.truth import whole
from isthmus.simulators.shapes import is_list, listed

_READS = frozenset({"read", "search", "search_read", "search_count", "fields_get", "name_search"})


class Chronicle:
    """Listens to the calls of one database."""

    def __init__(self, env: Callable[[], Env]) -> None:
        """Know nothing of what was there before; `env` gives an inside view."""
        self._env = env
        self._seen: dict[int, list[dict[str, Any]]] = {}

    def called(self, model: str, method: str, args: list[Any], result: Any) -> None:
        """Note what the orders hold that a call was about, once it is committed."""
        if model != "sale.order" or method in _READS:
            return
        named: Any = result if method == "create" else args[0] if args else []
        env = self._env()
        for order_id in listed(named) if is_list(named) else [named]:
            if order_id in env.table("sale.order").rows:
                self._note(env, order_id)

    def _note(self, env: Env, order_id: int) -> None:
        row = env.table("sale.order").rows[order_id]
        products, quantities = env.table("product.product").rows, dict[str, Decimal]()
        for line_id in env.table("sale.order.line").where("order_id", order_id):
            line = env.table("sale.order.line").rows[line_id]
            if line["product_id"]:
                sku = products[line["product_id"]]["default_code"] or ""
                quantities[sku] = quantities.get(sku, Decimal(0)) + line["product_uom_qty"]
        shown = {"status": row["state"], "lines": {sku: whole(each) for sku, each in sorted(quantities.items())}}
        moments = self._seen.setdefault(order_id, [])
        if not moments or moments[-1] != shown:
            moments.append(shown)

    def told(self) -> list[dict[str, Any]]:
        """Return every order with its contents, oldest first; what changed nothing is left out."""
        rows = self._env().table("sale.order").rows
        return [
            {"id": each, "reference": rows[each]["client_order_ref"] or "", "moments": moments}
            for each, moments in self._seen.items()
            if each in rows
        ]
