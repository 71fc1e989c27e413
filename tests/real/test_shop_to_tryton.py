"""Orders from a simulated store into a real Tryton, and its stock back, counted in Tryton's own database.

Isthmus runs as the command a person would type, on a project of its own; what came of it is read with SQL, behind its
back and the connector's.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiohttp import ClientSession

from isthmus.bootstrap.config import FILE
from isthmus.simulators.demo_shop import PLACES
from isthmus.testing.lives import Life, Program, free_port

NAMES = {
    "url": "ISTHMUS_TEST_TRYTON_URL",
    "database": "ISTHMUS_TEST_TRYTON_DATABASE",
    "login": "ISTHMUS_TEST_TRYTON_LOGIN",
    "password": "ISTHMUS_TEST_TRYTON_PASSWORD",
    "postgres": "ISTHMUS_TEST_TRYTON_POSTGRES",
}
REAL = {name: os.environ.get(variable, "") for name, variable in NAMES.items()}
pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(not all(REAL.values()), reason="no real Tryton given: `make test-real` starts one"),
]
ORDERS = 12
RUN_S = 600.0
_TOML = """\
[isthmus]
name = "real"
time_zone = "Europe/Berlin"

[connections.shop]
connector = "shopify"
url = "{shop}"
client_id = "demo-client"
allow_private = true

[connections.erp]
connector = "tryton"
url = "{url}"
database = "{database}"
login = "{login}"
allow_private = true

[flows.orders]
from = "shop"
to = "erp"

[flows.stock]
from = "erp"
to = "shop"

[flows.stock.places]
{places}
"""


class Scene:
    """A store, a project, and questions to both systems."""

    def __init__(self, folder: Path, shop: str, http: ClientSession, tryton: asyncpg.Connection) -> None:
        self.folder, self.shop, self._http, self._tryton = folder, shop, http, tryton
        places = "\n".join(f'{code} = "{name}"' for code, name in PLACES)
        (folder / FILE).write_text(_TOML.format(shop=shop, places=places, **REAL), "utf-8")
        secrets = folder / ".env"
        secrets.write_text(
            f"ISTHMUS_SHOP_CLIENT_SECRET=demo-secret\nISTHMUS_ERP_PASSWORD={REAL['password']}\n", "utf-8"
        )
        secrets.chmod(0o600)

    async def do(self, what: str, **wish: Any) -> Any:
        async with self._http.post(f"{self.shop}/__sim/{what}", json=wish) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def state(self) -> Any:
        async with self._http.get(f"{self.shop}/__sim/state") as answer:
            return await answer.json()

    async def run(self) -> None:
        log = self.folder / "run.log"
        life = Life(Program(["run", "--dir", str(self.folder), "--once", "--wait", "60"], log, saved_up=True))
        ended = await life.over(RUN_S)
        assert ended == 0, f"ended with {ended}:\n{log.read_text('utf-8', 'replace')[-3000:]}"

    async def sales(self) -> dict[str, list[Any]]:
        """Return what Tryton holds under our keys, by the store's number."""
        rows = await self._tryton.fetch(
            "SELECT s.id, s.reference, s.state, s.shipment_state, s.total_amount_cache AS total,"
            " (SELECT sum(l.quantity) FROM sale_line l JOIN product_product p ON p.id = l.product"
            "  JOIN product_template t ON t.id = p.template WHERE l.sale = s.id AND t.type = 'goods') AS goods"
            " FROM sale_sale s WHERE s.description LIKE 'shop:%' ORDER BY s.id"
        )
        found: dict[str, list[Any]] = {}
        for row in rows:
            found.setdefault(row["reference"], []).append(row)
        return found

    async def free(self) -> dict[tuple[str, str], int]:
        """Return what can still be sold of every SKU in every warehouse, by Tryton's own moves."""
        rows = await self._tryton.fetch(
            "WITH inside AS (SELECT w.code, l.id FROM stock_location w JOIN stock_location l"
            '   ON l."left" >= w."left" AND l."right" <= w."right" WHERE w.type = \'warehouse\')'
            " SELECT p.code AS sku, b.code AS place, sum(b.quantity) AS free FROM ("
            "   SELECT i.code, m.product, m.internal_quantity AS quantity FROM stock_move m"
            "   JOIN inside i ON i.id = m.to_location WHERE m.state = 'done'"
            "   UNION ALL"
            "   SELECT i.code, m.product, -m.internal_quantity FROM stock_move m"
            "   JOIN inside i ON i.id = m.from_location WHERE m.state = 'done'"
            "   UNION ALL"
            "   SELECT i.code, m.product, -m.internal_quantity FROM stock_move m"
            "   JOIN inside i ON i.id = m.from_location LEFT JOIN inside o ON o.id = m.to_location AND o.code = i.code"
            "   WHERE m.state IN ('draft', 'assigned') AND o.id IS NULL"
            " ) b JOIN product_product p ON p.id = b.product GROUP BY p.code, b.code"
        )
        return {(row["sku"], row["place"]): int(row["free"]) for row in rows}


@asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[Scene]:
    port = free_port()
    shop = Life(
        Program(["sim", "shopify", "--port", str(port)], folder / "shop.log", {"ISTHMUS_SIM_SHOPIFY_RESTORE": "100000"})
    )
    address = f"{REAL['postgres'].rpartition('/')[0]}/{REAL['database']}"
    tryton = await asyncpg.connect(address)
    try:
        async with ClientSession() as http:
            url = f"http://127.0.0.1:{port}"
            await _answers(http, url)
            yield Scene(folder, url, http, tryton)
    finally:
        await tryton.close()
        await shop.kill()


async def _answers(http: ClientSession, url: str) -> None:
    for _ in range(600):
        try:
            async with http.get(f"{url}/__sim/meter"):
                return
        except OSError:
            await asyncio.sleep(0.1)
    message = "the simulated store does not start"
    raise AssertionError(message)


async def test_orders_arrive_once_and_whole_and_stock_comes_back(tmp_path: Path) -> None:
    async with scene(tmp_path) as there:
        await there.do("orders", count=ORDERS, seed=7)
        await there.run()
        placed = {one["reference"]: one for one in (await there.state())["orders"]}
        assert len(placed) == ORDERS
        _agree(placed, await there.sales())
        await _stock_agrees(there)

        # Again: nothing changes. Then one order is edited and one canceled.
        before = await there.sales()
        await there.run()
        assert await there.sales() == before
        first, second = sorted(placed)[:2]
        line = placed[first]["lines"][0]
        await there.do("edit", reference=first, sku=line["sku"], quantity=int(line["quantity"]) + 1)
        await there.do("cancel", reference=second)
        await there.run()
        placed = {one["reference"]: one for one in (await there.state())["orders"]}
        _agree({name: one for name, one in placed.items() if name != second}, await there.sales())
        (canceled,) = (await there.sales())[second]
        assert (canceled["state"], canceled["shipment_state"]) == ("done", "none")
        await there.run()
        await _stock_agrees(there)


def _agree(placed: dict[str, Any], sales: dict[str, list[Any]]) -> None:
    for reference, order in placed.items():
        live = [one for one in sales[reference] if one["state"] == "processing"]
        assert [Decimal(one["total"]) for one in live] == [Decimal(order["total"])], (
            reference,
            order,
            sales[reference],
        )
        assert live[0]["goods"] == sum(line["quantity"] for line in order["lines"])


async def _stock_agrees(there: Scene) -> None:
    shown, free = (await there.state())["stock"], await there.free()
    names = dict(PLACES)
    for (sku, code), quantity in free.items():
        assert shown[sku].get(names[code], shown[sku].get(code)) == quantity, (sku, code)
