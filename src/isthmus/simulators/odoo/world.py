"""The simulated Odoo as its stage sees it."""

import random
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from aiohttp import web

from isthmus.simulators.faults import Faults
from isthmus.simulators.odoo import seed as seeds
from isthmus.simulators.odoo import truth
from isthmus.simulators.odoo.accounts import FULL, LIMITED, Accounts
from isthmus.simulators.odoo.additions import add_field, install
from isthmus.simulators.odoo.damage import damage
from isthmus.simulators.odoo.models.quant import Quant
from isthmus.simulators.odoo.orm.env import Env
from isthmus.simulators.odoo.protocols import json2, jsonrpc, xmlrpc
from isthmus.simulators.odoo.protocols.session import Sessions
from isthmus.simulators.odoo.protocols.wire import NotJson, json_body
from isthmus.simulators.odoo.service import OBJECT_ARGUMENTS, Service
from isthmus.simulators.shapes import is_list, is_object
from isthmus.simulators.stage import answer, body_of

DATABASE = "demo"
VERSIONS = (14, 15, 16, 17, 18, 19)
NEWEST = 19
#: what a recount finds of everything, beside what is reserved
RECOUNTED = (150, 900)


class OdooWorld:
    """One Odoo server with the database `demo`; everything is lost when it ends."""

    def __init__(self, seed: str = "demo", version: int = NEWEST, now: Callable[[], datetime] | None = None) -> None:
        """Make the database; `seed` is `empty`, `demo` or `skus:<count>`, `now` the server's clock (aware)."""
        self.faults = Faults()
        self._now = now
        self.seed = seed
        self.version = version
        self._throttled = 0
        self._sessions = Sessions(lambda: self.service)
        self.service = self._fresh()

    def _fresh(self) -> Service:
        return Service(seeds.made(self.version, self.seed, self._now), Accounts((FULL, LIMITED)), DATABASE)

    def env(self, began: datetime | None = None) -> Env:
        """Return the inside view of the system itself, for controls and tests; `began` as in `Database.env`."""
        return self.service.database.env(seeds.SUPERUSER, began=began)

    def routes(self) -> list[web.RouteDef]:
        """Return Odoo's own paths and the controls that count stock and tell the order of writes."""
        now = lambda: self.service  # noqa: E731 - the server changes with every reset
        doors = [*jsonrpc.routes(now), *xmlrpc.routes(now), *json2.routes(now), *self._sessions.routes()]
        controls = [web.post("/__sim/stock", self._stock), web.post("/__sim/recount", self._recount)]
        controls += [web.post("/__sim/field", self._field), web.post("/__sim/app", self._app)]
        controls += [web.post("/__sim/damage", self._damage), web.get("/__sim/history", self._history)]
        return [*doors, *controls]

    async def operation(self, request: web.Request) -> str:
        """Return `sale.order.create`, `common.authenticate` and the like, for every protocol."""
        path = request.path
        if path.startswith("/json/2/"):
            return ".".join(path.removeprefix("/json/2/").split("/"))
        if path.startswith("/xmlrpc/2/"):
            told = await xmlrpc.parsed(request)
            return "" if told is None else _named(path.rpartition("/")[2], told[1], told[0])
        if request.method != "POST":
            return path.strip("/").replace("/", ".")
        try:
            body = await json_body(request)
        except NotJson:
            return path.strip("/").replace("/", ".")
        told = body.get("params") if is_object(body) else None
        params = told if is_object(told) else {}
        if path == "/jsonrpc":
            return _named(str(params.get("service")), str(params.get("method")), params.get("args"))
        if "model" in params and "method" in params:
            return f"{params['model']}.{params['method']}"
        return path.strip("/").replace("/", ".")

    def throttled(self, *, hint: bool) -> web.StreamResponse:
        """Answer as the proxy in front of Odoo does; Odoo itself never throttles."""
        self._throttled += 1
        headers = {"Retry-After": "1"} if hint else None
        body = (
            "<html><head><title>429 Too Many Requests</title></head><body><h1>429 Too Many Requests</h1></body></html>"
        )
        return web.Response(status=429, text=body, headers=headers, content_type="text/html")

    def expire_auth(self) -> None:
        """Refuse the next request that brings a credential; the one after it passes again."""
        self.service.accounts.expire()

    async def place_orders(self, count: int, seed: int) -> list[str]:
        """Let staff sell `count` random orders: no customer reference, confirmed, stock reserved."""
        chance = random.Random(seed)  # noqa: S311 - repeatable chance, not secrecy
        return [self._sell(chance) for _ in range(count)]

    def _sell(self, chance: random.Random) -> str:
        with self.service.database.store.transaction():
            env = self.env()
            goods = [
                i for i, row in env.table("product.product").rows.items() if row["default_code"] and row["barcode"]
            ]
            if not goods:
                return ""
            buyer = env["res.partner"].named("Counter sale", "=") or env["res.partner"].make([{"name": "Counter sale"}])
            picked = chance.sample(goods, k=min(len(goods), chance.randint(1, 3)))
            lines = [[0, 0, {"product_id": i, "product_uom_qty": chance.randint(1, 3)}] for i in picked]
            warehouse = chance.choice(sorted(env.table("stock.warehouse").rows))
            order = {"partner_id": buyer[0], "warehouse_id": warehouse, "order_line": lines}
            made = env["sale.order"].make([order])
            env["sale.order"].action_confirm(made)  # type: ignore[attr-defined]
            return env["sale.order"].row(made[0])["name"]

    def truth(self) -> dict[str, Any]:
        """Return orders, free stock, and contacts with something in fields that were added."""
        env = self.env()
        return {"orders": truth.orders(env), "stock": truth.stock(env), "partners": truth.partners(env)}

    def meter(self) -> dict[str, Any]:
        """Return how often the proxy said no; Odoo itself counts nothing."""
        return {"throttled": self._throttled}

    def set_stock(self, sku: str, place: str, quantity: Decimal | float, began: datetime | None = None) -> None:
        """Count a product in a warehouse: `quantity` is what lies there. Raises `LookupError`.

        `began` is when the transaction began, where that was earlier than now.
        """
        with self.service.database.store.transaction():
            env = self.env(began)
            products = env.table("product.product").where("default_code", sku)
            warehouses = env.table("stock.warehouse").where("code", place)
            if not products or not warehouses:
                message = f"no product {sku!r} or no warehouse {place!r}"
                raise LookupError(message)
            place_id = env["stock.warehouse"].row(warehouses[0])["lot_stock_id"]
            env.of(Quant).count(products[0], place_id, Decimal(str(quantity)))

    def recount(self, seed: int) -> int:
        """Count everything everywhere: every figure becomes another one. Returns how many there were."""
        chance = random.Random(seed)  # noqa: S311 - repeatable chance, not secrecy
        with self.service.database.store.transaction():
            env = self.env()
            quants = env.of(Quant)
            stock = {row["lot_stock_id"] for row in env.table("stock.warehouse").rows.values()}
            counted = [row for row in quants.table.rows.values() if row["location_id"] in stock]
            for row in counted:
                # Never so few that what is reserved would be missing.
                found = row["reserved_quantity"] + chance.randrange(*RECOUNTED)
                quants.count(row["product_id"], row["location_id"], found + (found == row["quantity"]))
        return len(counted)

    async def _recount(self, request: web.Request) -> web.Response:
        wish = await body_of(request)
        try:
            return answer({"counted": self.recount(int(wish.get("seed", 0)))})
        except (ValueError, TypeError) as wrong:
            return answer({"error": f"'seed' must be a number ({wrong})"}, status=400)

    async def _stock(self, request: web.Request) -> web.Response:
        wish = await body_of(request)
        try:
            self.set_stock(str(wish["sku"]), str(wish["place"]), wish["quantity"])
        except (LookupError, ArithmeticError) as wrong:
            return answer({"error": f"give 'sku', 'place' and 'quantity' ({wrong})"}, status=400)
        return answer({"sku": wish["sku"], "place": wish["place"], "quantity": wish["quantity"]})

    def damage(self, **wish: Any) -> str:
        """Spoil something without a trace; see `damage.py`. Raises `NotThere`."""
        with self.service.database.store.transaction():
            return damage(self.env(), wish)

    async def _damage(self, request: web.Request) -> web.Response:
        try:
            return answer({"done": self.damage(**await body_of(request))})
        except (LookupError, ArithmeticError) as wrong:
            return answer({"error": str(wrong)}, status=400)

    def add_field(self, **wish: Any) -> dict[str, Any]:
        """Add a field to a model; see `additions.py`. Raises `LookupError`."""
        with self.service.database.store.transaction():
            return add_field(self.env(), wish)

    async def _field(self, request: web.Request) -> web.Response:
        try:
            return answer(self.add_field(**await body_of(request)))
        except (LookupError, TypeError) as wrong:
            return answer({"error": str(wrong)}, status=400)

    async def _app(self, request: web.Request) -> web.Response:
        try:
            install(self.env(), str((await body_of(request)).get("name")))
        except LookupError as wrong:
            return answer({"error": str(wrong)}, status=400)
        return answer({"apps": sorted(self.service.database.apps)})

    async def _history(self, _request: web.Request) -> web.Response:
        return answer({"orders": self.service.chronicle.told()})

    async def reset(self) -> None:
        """Make the database anew and end every session."""
        self.service = self._fresh()
        self._sessions.forget()
        self._throttled = 0

    async def start(self) -> None:
        """Nothing runs in the background."""

    async def stop(self) -> None:
        """Nothing runs in the background."""


def _named(service: str, method: str, args: Any) -> str:
    if service == "object" and is_list(args) and len(args) >= OBJECT_ARGUMENTS:
        return f"{args[3]}.{args[4]}"
    return f"{service}.{method}"


def build(seed: str | None, callback: str | None) -> OdooWorld:
    """Return a world for "demo", "empty", "skus:50000", "demo@17". Raises `ValueError` for anything else.

    `callback` is for systems that send webhooks; this one is polled.
    """
    del callback
    name, _, version = (seed or "demo").partition("@")
    name = name or "demo"
    known = name in ("empty", "demo") or (name.startswith(seeds.SKUS_SEED) and name[len(seeds.SKUS_SEED) :].isdigit())
    if not known or (version and (not version.isdigit() or int(version) not in VERSIONS)):
        message = f"unknown seed {seed!r}: 'demo', 'empty' or 'skus:<count>', with '@14' to '@19' for the version"
        raise ValueError(message)
    return OdooWorld(name, int(version or NEWEST))
