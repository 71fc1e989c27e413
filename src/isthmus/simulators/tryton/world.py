"""The simulated Tryton as its stage sees it."""

import random
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from aiohttp import web

from isthmus.simulators.faults import Faults
from isthmus.simulators.shapes import is_object
from isthmus.simulators.stage import answer, body_of
from isthmus.simulators.tryton import seed as seeds
from isthmus.simulators.tryton import truth
from isthmus.simulators.tryton.accounts import FULL, LIMITED, Accounts
from isthmus.simulators.tryton.additions import add_field
from isthmus.simulators.tryton.damage import damage
from isthmus.simulators.tryton.models.quantities import free_in, in_location
from isthmus.simulators.tryton.models.sale import Sale
from isthmus.simulators.tryton.models.stock import Inventory
from isthmus.simulators.tryton.orm.env import Env
from isthmus.simulators.tryton.protocols import rest, rpc, xmlrpc
from isthmus.simulators.tryton.protocols.wire import NotJson, json_body, page
from isthmus.simulators.tryton.service import Service

DATABASE = "demo"
#: what a recount finds of everything, beside what is reserved
RECOUNTED = (150, 900)


class TrytonWorld:
    """One Tryton server with the database `demo`; everything is lost when it ends."""

    def __init__(self, seed: str = "demo", now: Callable[[], datetime] | None = None) -> None:
        """Make the database; `seed` is `empty`, `demo` or `skus:<count>`, `now` the server's clock (aware)."""
        self.faults = Faults()
        self._now = now
        self.seed = seed
        self._throttled = 0
        self.service = self._fresh()

    def _fresh(self) -> Service:
        return Service(seeds.made(self.seed, self._now), Accounts((FULL, LIMITED)), DATABASE)

    def env(self, began: datetime | None = None) -> Env:
        """Return the inside view of the system itself, for controls and tests; `began` as in `Database.env`."""
        return self.service.database.env(seeds.SUPERUSER, {"company": 1}, began=began)

    def routes(self) -> list[web.RouteDef]:
        """Return Tryton's own paths and the controls that count stock and tell the order of writes."""
        now = lambda: self.service  # noqa: E731 - the server changes with every reset
        controls = [web.post("/__sim/stock", self._stock), web.post("/__sim/recount", self._recount)]
        controls += [web.post("/__sim/field", self._field)]
        controls += [web.post("/__sim/damage", self._damage), web.get("/__sim/history", self._history)]
        return [*controls, *rpc.routes(now), *rest.routes(now)]

    async def operation(self, request: web.Request) -> str:
        """Return `sale.sale.create`, `common.db.login` and the like, for every door."""
        parts = request.path.strip("/").split("/")
        if "rest" in parts[1:2]:
            return _rest_operation(request.method, parts[3:])
        if request.method != "POST":
            return ".".join(parts)
        if xmlrpc.is_xml(request):
            call = await xmlrpc.parsed(request)
            return (call[1] if call else ".".join(parts)).removeprefix("model.")
        try:
            body = await json_body(request)
        except NotJson:
            return ".".join(parts)
        method = str(body.get("method")) if is_object(body) and "method" in body else ".".join(parts)
        return method.removeprefix("model.")

    def throttled(self, *, hint: bool) -> web.StreamResponse:
        """Answer as the proxy in front of Tryton does; Tryton itself throttles nothing but logins."""
        self._throttled += 1
        return page(429, headers={"Retry-After": "1"} if hint else None)

    def expire_auth(self) -> None:
        """End every session and refuse the next key; logging in again helps."""
        self.service.accounts.expire()

    async def place_orders(self, count: int, seed: int) -> list[str]:
        """Let staff sell `count` random orders: no reference, confirmed, shipments waiting."""
        chance = random.Random(seed)  # noqa: S311 - repeatable chance, not secrecy
        return [self._sell(chance) for _ in range(count)]

    def _sell(self, chance: random.Random) -> str:
        env = self.env()
        return self.service.database.transact(env, lambda env: _counter_sale(env, chance))

    def truth(self) -> dict[str, Any]:
        """Return orders, free stock, and parties with something in fields that were added."""
        env = self.env()
        return {"orders": truth.orders(env), "stock": truth.stock(env), "partners": truth.partners(env)}

    def meter(self) -> dict[str, Any]:
        """Return how often the proxy said no, and how often processing failed behind a confirmation."""
        return {"throttled": self._throttled, "failed_behind": len(self.service.database.failures)}

    def set_stock(self, sku: str, place: str, quantity: Decimal | float, began: datetime | None = None) -> None:
        """Count a product in a warehouse: `quantity` is what lies there. Raises `LookupError`.

        `began` is when the transaction began, where that was earlier than now.
        """
        env = self.env(began)
        products = env.table("product.product").where("code", sku)
        storage = _storages(env).get(place)
        if not products or storage is None:
            message = f"no product {sku!r} or no warehouse {place!r}"
            raise LookupError(message)
        line = {"product": products[0], "quantity": Decimal(str(quantity))}
        self.service.database.transact(env, lambda env: _count(env, storage, [line]))

    def recount(self, seed: int) -> int:
        """Count everything everywhere: every figure becomes another one. Returns how many there were."""
        chance = random.Random(seed)  # noqa: S311 - repeatable chance, not secrecy
        env = self.env()
        return self.service.database.transact(env, lambda env: _count_all(env, chance))

    def damage(self, **wish: Any) -> str:
        """Spoil something without a trace; see `damage.py`. Raises `NotThere`."""
        return self.service.database.transact(self.env(), lambda env: damage(env, wish))

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

    async def _damage(self, request: web.Request) -> web.Response:
        try:
            return answer({"done": self.damage(**await body_of(request))})
        except (LookupError, ArithmeticError) as wrong:
            return answer({"error": str(wrong)}, status=400)

    def add_field(self, **wish: Any) -> dict[str, Any]:
        """Add a field to a model; see `additions.py`. Raises `LookupError`."""
        return add_field(self.env(), wish)

    async def _field(self, request: web.Request) -> web.Response:
        try:
            return answer(self.add_field(**await body_of(request)))
        except (LookupError, TypeError) as wrong:
            return answer({"error": str(wrong)}, status=400)

    async def _history(self, _request: web.Request) -> web.Response:
        return answer({"orders": self.service.chronicle.told()})

    async def reset(self) -> None:
        """Make the database anew and end every session."""
        self.service = self._fresh()
        self._throttled = 0

    async def start(self) -> None:
        """Nothing runs in the background."""

    async def stop(self) -> None:
        """Nothing runs in the background."""


def _rest_operation(verb: str, parts: list[str]) -> str:
    name, *rest_of = parts or [""]
    if rest_of and not rest_of[-1].isdigit():
        return f"{name}.{rest_of[-1]}"
    words = {"GET": "read" if rest_of else "search_read", "POST": "create", "PUT": "write", "DELETE": "delete"}
    return f"{name}.{words.get(verb, verb.lower())}"


def _storages(env: Env) -> dict[str, int]:
    rows = env.table("stock.location").rows.values()
    return {row["code"]: row["storage_location"] for row in rows if row["type"] == "warehouse"}


def _count(env: Env, storage: int, lines: list[dict[str, Any]]) -> None:
    inventories = env.of(Inventory)
    inventories.confirm(inventories.make([{"location": storage, "lines": [["create", lines]]}]))


def _count_all(env: Env, chance: random.Random) -> int:
    counted = 0
    goods = env["product.product"].matching([["type", "=", "goods"]])
    for storage in _storages(env).values():
        lines: list[dict[str, Any]] = []
        for product in goods:
            now = in_location(env, product, storage)
            # Never so few that what is reserved would be missing.
            found = now - free_in(env, product, storage) + chance.randrange(*RECOUNTED)
            lines.append({"product": product, "quantity": found + (found == now)})
        _count(env, storage, lines)
        counted += len(lines)
    return counted


def _counter_sale(env: Env, chance: random.Random) -> str:
    goods = env["product.product"].matching([["type", "=", "goods"]])
    if not goods:
        return ""
    buyer = env["party.party"].matching([["name", "=", "Counter sale"]]) or env["party.party"].make(
        [{"name": "Counter sale", "addresses": [["create", [{"street": "Counter"}]]]}]
    )
    address = env["party.party"].get(env["party.party"].row(buyer[0]), "addresses")[0]
    products = env["product.product"]
    lines: list[dict[str, Any]] = []
    for product in chance.sample(goods, k=min(len(goods), chance.randint(1, 3))):
        price = products.get(products.row(product), "list_price_used")
        unit = products.follow(products.row(product), "template.sale_uom")
        sold = {"product": product, "unit": unit, "unit_price": price, "quantity": chance.randint(1, 3)}
        lines.append({**sold, "taxes": [["add", list(products.taxes_of(product))]]})  # type: ignore[attr-defined]
    warehouse = chance.choice(sorted(env["stock.location"].matching([["type", "=", "warehouse"]])))
    places = {"invoice_address": address, "shipment_address": address, "warehouse": warehouse}
    sales = env.of(Sale)
    made = sales.make([{"party": buyer[0], **places, "shipment_cost_method": None, "lines": [["create", lines]]}])
    sales.quote(made)
    sales.confirm(made)
    return sales.row(made[0])["number"]


def build(seed: str | None, callback: str | None) -> TrytonWorld:
    """Return a world for "demo", "empty" or "skus:50000". Raises `ValueError` for anything else.

    `callback` is for systems that send webhooks; this one is polled.
    """
    del callback
    name = seed or "demo"
    known = name in ("empty", "demo") or (name.startswith(seeds.SKUS_SEED) and name[len(seeds.SKUS_SEED) :].isdigit())
    if not known:
        message = f"unknown seed {seed!r}: 'demo', 'empty' or 'skus:<count>'"
        raise ValueError(message)
    return TrytonWorld(name)
