"""A shop, a project between it and a company in a real Tryton, and questions to both systems behind Isthmus's back."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg

from isthmus.bootstrap.config import FILE
from isthmus.testing.lives import Life, Program, free_port
from tests.real.shops import Opened, Shop
from tests.real.tryton import fresh_company, reached

RUN_S, UP_S = 600.0, 60.0
#: Longer than the ERP's settle time: what an ended process left in doubt is looked for only after that.
LOOK_S = 0.5
LINGER_S = 3.0
WELL: Mapping[str, Sequence[str]] = {"lost": (), "doubled": (), "wrong": (), "unfinished": (), "stock": ()}
_LIVE = frozenset({"confirmed", "processing"})
_TOML = """\
[isthmus]
name = "real"
time_zone = "Europe/Berlin"
listen = "{listen}"
public_url = "http://{listen}"

[connections.shop]
connector = "{slug}"
url = "{url}"
allow_private = true
{settings}

[connections.erp]
connector = "tryton"
url = "{tryton}"
database = "{database}"
login = "{login}"
allow_private = true

[flows.orders]
from = "shop"
to = "erp"
every = 3

[flows.stock]
from = "erp"
to = "shop"
every = 5

[flows.stock.places]
{places}
"""


class Scene:
    """One shop and one company, and Isthmus as the command a person would type."""

    def __init__(self, shop: Shop, opened: Opened, folder: Path, tryton: asyncpg.Connection) -> None:
        self.shop, self.opened, self.folder, self._tryton = shop, opened, folder, tryton
        self.lives: list[Life] = []

    # --- Isthmus ------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Do all that is due, as a scheduler would."""
        ended, said = await self._types("run", "--once", "--wait", "60")
        assert ended == 0, f"ended with {ended}:\n{said[-1000:]}\n{(await self._types('parked', '--json'))[1][-3000:]}"

    async def _types(self, *words: str) -> tuple[int | None, str]:
        log = self.folder / "typed.log"
        log.unlink(missing_ok=True)
        ended = await Life(Program([*words, "--dir", str(self.folder)], log, saved_up=True)).over(RUN_S)
        return ended, log.read_text("utf-8", "replace")

    async def up(self) -> Life:
        """Start it for good."""
        life = Life(Program(["up", "--dir", str(self.folder)], self.folder / "up.log", saved_up=True))
        self.lives.append(life)
        return life

    async def agreed(self, seconds: float) -> Mapping[str, Sequence[str]]:
        """Wait until nothing is to be found fault with, now and a moment later; return what is left after `seconds`."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while True:
            found = await self.verdict()
            if found == WELL:
                await asyncio.sleep(LINGER_S)
                found = await self.verdict()
                if found == WELL:
                    return found
            if loop.time() > until:
                return found
            await asyncio.sleep(LOOK_S)

    # --- Both systems -------------------------------------------------------------------------------------------------

    async def verdict(self) -> Mapping[str, Sequence[str]]:
        """Lay the shop's own truth beside Tryton's tables; every figure of every order has to be there, once."""
        state, sales, free = await self.opened.state(), await self.sales(), await self.free()
        found: dict[str, list[str]] = {name: [] for name in WELL}
        placed = {one["reference"]: one for one in state["orders"] if not one["test"]}
        for reference, order in placed.items():
            live = [one for one in sales.get(reference, []) if one["state"] in _LIVE]
            if order["status"] == "cancelled":
                found["wrong"] += [f"{reference} is canceled, Tryton: {one}" for one in live]
            elif not live:
                found["lost"].append(f"{reference}: {sales.get(reference, [])}")
            elif len(live) > 1:
                found["doubled"].append(f"{reference}: {live}")
            elif not _same(order, live[0]):
                found["wrong"].append(f"{reference}: {order['total']} {_ordered(order)}, Tryton: {live[0]}")
        kept = [(reference, one) for reference, ones in sales.items() for one in ones]
        found["wrong"] += [f"nobody ordered {reference}" for reference, _one in kept if reference not in placed]
        found["unfinished"] += [f"{name}: {one}" for name, one in kept if one["state"] in {"draft", "quotation"}]
        found["stock"] += self._stock(state["stock"], free)
        return {name: tuple(each) for name, each in found.items()}

    def _stock(self, shown: Mapping[str, Mapping[str, Any]], free: Mapping[tuple[str, str], int]) -> list[str]:
        due: Counter[tuple[str, str]] = Counter()
        for (sku, code), quantity in free.items():
            if sku in shown:
                due[sku, self.shop.places[code]] += quantity
        return [
            f"{sku} in {place}: {shown[sku]} told, {quantity} free"
            for (sku, place), quantity in due.items()
            if _told(shown[sku], place) != max(0, quantity)
        ]

    async def sales(self) -> dict[str, list[dict[str, Any]]]:
        """Return what Tryton holds under our keys and a number of the shop that nobody has marked as replaced."""
        rows = await self._tryton.fetch(
            "SELECT s.id, s.reference, s.state, s.shipment_state, s.total_amount_cache AS total,"
            " (SELECT string_agg(code || ' ' || quantity, ', ' ORDER BY code) FROM ("
            "   SELECT p.code, sum(l.quantity) AS quantity FROM sale_line l JOIN product_product p ON p.id = l.product"
            "   JOIN product_template t ON t.id = p.template WHERE l.sale = s.id AND t.type = 'goods' GROUP BY p.code"
            " ) g) AS goods FROM sale_sale s WHERE s.description LIKE 'shop:%'"
            " AND s.reference NOT LIKE '% (replaced)' ORDER BY s.id"
        )
        found: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            found.setdefault(row["reference"], []).append(dict(row))
        return found

    async def free(self) -> dict[tuple[str, str], int]:
        """Return what can still be sold of every SKU in every warehouse, by Tryton's own moves."""
        rows = await self._tryton.fetch(_FREE)
        return {(row["sku"], row["place"]): int(row["free"]) for row in rows}


def _told(offered: Mapping[str, Any], place: str) -> Decimal:
    """Return what is offered in a place; a shop with one pool of stock may call it as it likes."""
    pool = next(iter(offered.values())) if len(offered) == 1 else 0
    return Decimal(str(offered.get(place, pool)))


def _same(order: Mapping[str, Any], sale: Mapping[str, Any]) -> bool:
    return Decimal(sale["total"]) == Decimal(order["total"]) and _ordered(order) == _sold(sale["goods"] or "")


def _ordered(order: Mapping[str, Any]) -> Counter[str]:
    goods: Counter[str] = Counter()
    for line in order["lines"]:
        goods[line["sku"]] += int(line["quantity"])
    return +goods


def _sold(goods: str) -> Counter[str]:
    pairs = (each.rsplit(" ", 1) for each in goods.split(", ") if each)
    return Counter({code: int(Decimal(quantity)) for code, quantity in pairs})


@asynccontextmanager
async def scene(shop: Shop, folder: Path) -> AsyncIterator[Scene]:
    """Set one up in a company of its own: nothing an earlier scene left is found."""
    real = reached()
    listen = f"127.0.0.1:{free_port()}"
    async with AsyncExitStack() as stack:
        database = stack.enter_context(fresh_company(real.url, real.admin_url, real.template))
        opened = await stack.enter_async_context(shop.started(folder, f"http://{listen}"))
        tryton = await asyncpg.connect(f"{real.admin_url.rpartition('/')[0]}/{database}")
        stack.push_async_callback(tryton.close)
        there = {"tryton": real.url, "database": database, "login": real.login}
        settings = "\n".join(f'{key} = "{value}"' for key, value in shop.settings.items())
        places = "\n".join(f'{code} = "{place}"' for code, place in shop.places.items())
        form = {"listen": listen, "slug": shop.slug, "url": opened.url, "settings": settings, "places": places}
        (folder / FILE).write_text(_TOML.format(**form, **there), "utf-8")
        lines = [f"ISTHMUS_SHOP_{key.upper()}={value}" for key, value in shop.secrets.items()]
        secrets = folder / ".env"
        secrets.write_text("\n".join([*lines, f"ISTHMUS_ERP_PASSWORD={real.password}", ""]), "utf-8")
        secrets.chmod(0o600)
        made = Scene(shop, opened, folder, tryton)
        try:
            yield made
        finally:
            for life in made.lives:
                await life.kill()


_FREE = """
WITH inside AS (
  SELECT w.code, l.id FROM stock_location w JOIN stock_location l ON l."left" >= w."left" AND l."right" <= w."right"
  WHERE w.type = 'warehouse'
)
SELECT p.code AS sku, b.code AS place, sum(b.quantity) AS free FROM (
  SELECT i.code, m.product, m.internal_quantity AS quantity FROM stock_move m
  JOIN inside i ON i.id = m.to_location WHERE m.state = 'done'
  UNION ALL
  SELECT i.code, m.product, -m.internal_quantity FROM stock_move m
  JOIN inside i ON i.id = m.from_location WHERE m.state = 'done'
  UNION ALL
  SELECT i.code, m.product, -m.internal_quantity FROM stock_move m
  JOIN inside i ON i.id = m.from_location LEFT JOIN inside o ON o.id = m.to_location AND o.code = i.code
  WHERE m.state IN ('draft', 'assigned') AND o.id IS NULL
) b JOIN product_product p ON p.id = b.product GROUP BY p.code, b.code
"""
