"""`isthmus init` as somebody new meets it: two simulators, the file it writes, and what is asked of them after that."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientError, ClientSession

from isthmus.simulators.woocommerce import CONSUMER_KEY, CONSUMER_SECRET
from isthmus.testing.lives import Life, Program, free_port

pytestmark = pytest.mark.slow
#: A dozen have fees among them.
ORDERS = 12
ERPS = {
    "tryton": ({"database": "demo", "login": "demo"}, "ISTHMUS_ERP_PASSWORD=demo-password"),
    "odoo": ({"database": "demo", "login": "demo"}, "ISTHMUS_ERP_API_KEY=demo-key"),
}


class Newcomer:
    """Types commands in a folder and reads what they say."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._typed = 0

    async def types(self, *words: str) -> tuple[int | None, str]:
        self._typed += 1
        log = self.folder / f"{self._typed}.log"
        ended = await Life(Program([*words, "--dir", str(self.folder)], log, {"COLUMNS": "400"}, saved_up=True)).over(
            90
        )
        return ended, log.read_text("utf-8")

    async def asked(self) -> dict[str, str]:
        """Return what is asked, by the record it is about."""
        _ended, said = await self.types("parked", "--json")
        return {one["number"]: one["because"] for one in json.loads(said)}

    def fill_in(self, **values: str) -> None:
        """Fill in what is empty, from the top."""
        path = self.folder / "isthmus.toml"
        text = path.read_text("utf-8").replace("# allow_private", "allow_private")
        for key, value in values.items():
            text = text.replace(f'\n{key.removeprefix("shop_")} = ""', f'\n{key.removeprefix("shop_")} = "{value}"', 1)
        path.write_text(text, "utf-8")

    def write_places(self, rows: str) -> None:
        path = self.folder / "isthmus.toml"
        path.write_text(path.read_text("utf-8") + "\n".join(rows.split(", ")) + "\n", "utf-8")


@pytest.fixture(params=ERPS)
async def newcomer(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Newcomer]:
    ports = {"woocommerce": free_port(), request.param: free_port()}
    lives = [
        Life(Program(["sim", slug, "--port", str(port)], tmp_path / f"{slug}.log")) for slug, port in ports.items()
    ]
    made = Newcomer(tmp_path / "trial")
    try:
        async with ClientSession() as http:
            for port in ports.values():
                await answers(http, port)
            await order(http, ports["woocommerce"])
        told = Life(
            Program(["init", str(made.folder), "--shop", "woocommerce", "--erp", request.param], tmp_path / "i")
        )
        assert await told.over(60) == 0, (tmp_path / "i").read_text("utf-8")
        more, secret = ERPS[request.param]
        made.fill_in(shop_url=url(ports["woocommerce"]), url=url(ports[request.param]), **more)
        keys = f"ISTHMUS_SHOP_CONSUMER_KEY={CONSUMER_KEY}\nISTHMUS_SHOP_CONSUMER_SECRET={CONSUMER_SECRET}"
        (made.folder / ".env").write_text(f"{keys}\nISTHMUS_SHOP_WEBHOOK_SECRET=demo-secret\n{secret}\n", "utf-8")
        yield made
    finally:
        for life in lives:
            await life.kill()


async def test_orders_with_fees_arrive_and_the_question_about_places_holds_its_own_answer(newcomer: Newcomer) -> None:
    _ended, checked = await newcomer.types("connect", "check")
    assert "FEE" not in checked
    ended, said = await newcomer.types("run", "--once", "--wait", "60")
    asked = await newcomer.asked()
    (question,) = set(asked.values())
    assert question == (
        "No ERP warehouse is matched to a shop location: name them in [flows.stock.places], such as "
        'EAST = "Store", WH = "Store"; the shop has: Store'
    ), (ended, said)
    newcomer.write_places(question.partition("such as ")[2].partition(";")[0])
    assert (await newcomer.types("retry"))[0] == 0
    ended, said = await newcomer.types("run", "--once", "--wait", "60")
    assert ended == 0, said
    assert await newcomer.asked() == {}


def url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


async def order(http: ClientSession, port: int) -> None:
    async with http.post(f"{url(port)}/__sim/orders", json={"count": ORDERS, "seed": 3}) as told:
        assert (await told.json())["placed"] == ORDERS


async def answers(http: ClientSession, port: int) -> None:
    for _ in range(300):
        try:
            async with http.get(f"{url(port)}/__sim/meter"):
                return
        except (OSError, ClientError):
            await asyncio.sleep(0.1)
    message = "a simulator does not start"
    raise AssertionError(message)
