"""What people do in a shop and in the ERP behind it, in any order and at any moment."""

from decimal import Decimal
from typing import Any

from isthmus.simulators.odoo.errors import OdooError
from isthmus.simulators.odoo.models.picking import Picking
from isthmus.simulators.odoo.orm.env import Env
from isthmus.simulators.shopify.amendments import CannotAmend
from tests.model.town import PLACES, Town


class People:
    """Buyers, the merchant, and the staff of the ERP."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.orders: list[str] = []  # references, oldest first
        self.amended: dict[str, list[str]] = {}  # what happened to an order after it was placed
        self.shipped: set[str] = set()
        self._names = 0

    # --- In the shop --------------------------------------------------------------------------------------------------

    async def buy(self, count: int, seed: int) -> list[str]:
        """Place orders."""
        placed = await self.town.shop.place_orders(count, seed)
        self.orders += placed
        return placed

    def edit(self, reference: str, line: int, quantity: int) -> bool:
        """Change a quantity; return whether the shop allowed it."""
        order = self.town.shop.shop.order(reference)
        goods = [each for each in order.line_items if not each.is_tip and each.sku] if order else []
        if not goods:
            return False
        try:
            self.town.shop.edit(reference, str(goods[line % len(goods)].sku), quantity)
        except CannotAmend:
            return False
        self._note(reference, "edited")
        return True

    def cancel(self, reference: str) -> bool:
        """Cancel an order; return whether the shop allowed it."""
        try:
            self.town.shop.cancel(reference)
        except CannotAmend:
            return False
        self._note(reference, "canceled")
        return True

    def set_shop_stock(self, sku: str, place: str, quantity: int) -> None:
        """Let somebody type a figure into the shop's admin."""
        self.town.shop.set_stock(sku, place, quantity)

    # --- In the ERP ---------------------------------------------------------------------------------------------------

    def count(self, sku: str, place: str, quantity: int) -> None:
        """Count what lies in a place, by the shop's name for it."""
        self.town.erp.set_stock(self._in_erp_called(sku), PLACES[place], quantity)

    async def sell_over_the_counter(self, seed: int) -> None:
        """Sell something the shop never hears of."""
        await self.town.erp.place_orders(1, seed)

    def ship(self, reference: str) -> bool:
        """Send an order's goods out of the ERP; return whether there was anything to send."""
        env = self.town.erp.env()
        for order_id in self._in_erp(env, reference):
            pickings = [
                each
                for each, row in env.table("stock.picking").rows.items()
                if row["sale_id"] == order_id and row["state"] == "assigned"
            ]
            for picking in pickings:
                with self.town.erp.service.database.store.transaction():
                    validated = self.town.erp.env().with_context(skip_backorder=True, skip_immediate=True)
                    try:
                        validated.of(Picking).button_validate([picking])
                    except OdooError:
                        return False
                self.shipped.add(reference)
                self._note(reference, "shipped")
                return True
        return False

    # --- In either or both --------------------------------------------------------------------------------------------

    def rename(self, sku: str, where: str = "both") -> str:
        """Give what the shop calls `sku` another name in the shop, in the ERP or in both; return it.

        No name is ever used twice, and each begins with the first one.
        """
        self._names += 1
        name = f"{first_name(sku)}~{self._names}"
        if where != "erp":
            self.town.shop.rename(sku, name)
        if where != "shop":
            env = self.town.erp.env()
            products = env.table("product.product").where("default_code", self._in_erp_called(sku))
            with self.town.erp.service.database.store.transaction():
                env["product.product"].change(products, default_code=name)
        return name

    def skus(self) -> list[str]:
        """Return what is sold, by the shop's names."""
        return sorted(self.town.shop.truth()["stock"])

    def _in_erp_called(self, sku: str) -> str:
        return next(each for each in self.town.erp.truth()["stock"] if first_name(each) == first_name(sku))

    def _note(self, reference: str, what: str) -> None:
        self.amended.setdefault(reference, []).append(what)

    def _in_erp(self, env: Env, reference: str) -> list[int]:
        rows: dict[int, dict[str, Any]] = env.table("sale.order").rows
        return [each for each, row in rows.items() if row["client_order_ref"] == reference and row["state"] == "sale"]


def first_name(sku: str) -> str:
    """Return what a SKU was called at first: the same on both sides, whatever they call it now."""
    return sku.partition("~")[0]


def whole(quantity: object) -> Decimal:
    """Return a quantity as the simulators show it."""
    return Decimal(str(quantity))
