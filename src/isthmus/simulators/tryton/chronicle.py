"""What each sale held after every call that changed it: the order of writes, which the end result hides."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from isthmus.simulators.shapes import is_list, listed
from isthmus.simulators.tryton.orm.env import Env
from isthmus.simulators.tryton.truth import whole

_CHANGING = frozenset({"create", "write", "quote", "confirm", "process", "cancel", "draft"})


class Chronicle:
    """Listens to the calls of one database."""

    def __init__(self, env: Callable[[], Env]) -> None:
        """Know nothing of what was there before; `env` gives an inside view."""
        self._env = env
        self._seen: dict[int, list[dict[str, Any]]] = {}

    def called(self, model: str, method: str, args: Sequence[Any], result: Any) -> None:
        """Note what the sales hold that a call was about, once it is committed."""
        if model != "sale.sale" or method not in _CHANGING:
            return
        named: Any = result if method == "create" else args[0] if args else []
        env = self._env()
        for sale_id in listed(named) if is_list(named) else [named]:
            if sale_id in env.table("sale.sale").rows:
                self._note(env, sale_id)

    def _note(self, env: Env, sale_id: int) -> None:
        row = env.table("sale.sale").rows[sale_id]
        products, quantities = env.table("product.product").rows, dict[str, Decimal]()
        for line_id in env.table("sale.line").where("sale", sale_id):
            line = env.table("sale.line").rows[line_id]
            if line["product"]:
                sku = products[line["product"]]["code"] or ""
                quantities[sku] = quantities.get(sku, Decimal(0)) + (line["quantity"] or 0)
        shown = {"status": row["state"], "lines": {sku: whole(each) for sku, each in sorted(quantities.items())}}
        moments = self._seen.setdefault(sale_id, [])
        if not moments or moments[-1] != shown:
            moments.append(shown)

    def told(self) -> list[dict[str, Any]]:
        """Return every sale with its contents, oldest first; what changed nothing is left out."""
        rows = self._env().table("sale.sale").rows
        return [
            {"id": each, "reference": rows[each]["reference"] or "", "moments": moments}
            for each, moments in self._seen.items()
            if each in rows
        ]
