"""The commands `isthmus init --simulators` prints, typed as somebody new would: the first order within minutes."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession

from isthmus.testing.lives import Life, Program, free_port

pytestmark = pytest.mark.slow
PAIRS = [("shopify", "odoo"), ("woocommerce", "tryton"), ("vendure", "odoo")]


@dataclass(slots=True)
class Newcomer:
    """Types commands in a folder and reads what they say."""

    folder: Path
    ports: dict[str, int]
    typed: int = 0

    async def types(self, *words: str) -> tuple[int | None, str]:
        self.typed += 1
        log = self.folder.parent / f"{self.typed}.log"
        ended = await Life(Program(words, log, {"COLUMNS": "400"}, saved_up=True)).over(120)
        return ended, log.read_text("utf-8")

    async def asks(self, *words: str) -> tuple[int | None, Any]:
        ended, said = await self.types(*words, "--json", "-C", str(self.folder))
        return ended, json.loads(said)

    async def told(self, side: str, what: str, **wish: Any) -> Any:
        url = f"http://127.0.0.1:{self.ports[side]}/__sim/{what}"
        async with ClientSession() as http, http.post(url, json=wish) as answer:
            return await answer.json()

    async def state(self, side: str) -> Any:
        async with ClientSession() as http, http.get(f"http://127.0.0.1:{self.ports[side]}/__sim/state") as answer:
            return await answer.json()


@pytest.fixture(params=PAIRS, ids="-".join)
async def newcomer(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Newcomer]:
    shop, erp = request.param
    ports = {"shop": free_port(), "erp": free_port()}
    lives = [
        Life(Program(["sim", slug, "--port", str(ports[side]), *seed], tmp_path / f"{side}.log"))
        for side, slug, seed in (("shop", shop, ("--seed", "skus:12")), ("erp", erp, ("--seed", "demo")))
    ]
    made = Newcomer(tmp_path / "trial", ports)
    try:
        for port in ports.values():
            await there(port)
        ended, said = await made.types("init", str(made.folder), "--simulators", "--shop", shop, "--erp", erp)
        assert ended == 0, said
        assert f"isthmus sim {shop} --port 8101 --seed demo" in said
        file = made.folder / "isthmus.toml"
        text = file.read_text("utf-8").replace(":8101", f":{ports['shop']}", 1)
        # The hint in a help text names a port as well: only the addresses are changed.
        text = "\n".join(
            line.replace(":8102", f":{ports['erp']}") if line.startswith("url") else line for line in text.split("\n")
        )
        file.write_text(text, "utf-8")
        yield made
    finally:
        for life in lives:
            await life.kill()


async def there(port: int) -> None:
    for _ in range(600):
        try:
            async with ClientSession() as http, http.get(f"http://127.0.0.1:{port}/__sim/meter"):
                return
        except (OSError, ClientError):
            await asyncio.sleep(0.1)
    message = "a simulator does not start"
    raise AssertionError(message)


async def test_a_newcomer_sees_the_doctor_then_the_first_order_in_the_erp(newcomer: Newcomer) -> None:
    placed = (await newcomer.told("shop", "orders", count=1, seed=3))["references"]
    ended, said = await newcomer.asks("doctor", "--sample")
    assert (ended, said["sound"]) == (0, True), said
    assert [(one["number"], one["stops"], one["there"]) for one in said["samples"]] == [(placed[0], [], "")]
    assert (await newcomer.state("erp"))["orders"] == []
    ended, words = await newcomer.types("run", "--once", "--wait", "60", "-C", str(newcomer.folder))
    assert ended == 0, words
    assert len((await newcomer.state("erp"))["orders"]) == 1
    _ended, words = await newcomer.types("trace", placed[0].lstrip("#"), "-C", str(newcomer.folder))
    assert "In step" in words
    ended, said = await newcomer.asks("doctor", "--sample", "--flow", "orders")
    assert ended == 0
    assert said["samples"][0]["there"]


async def test_what_is_to_be_mended_is_in_the_exit_code_and_readable(newcomer: Newcomer) -> None:
    (newcomer.folder / ".env").write_text("", "utf-8")
    ended, words = await newcomer.types("doctor", "-C", str(newcomer.folder))
    assert ended == 2  # a secret is missing: there is no project to look at
    ended, words = await newcomer.types(
        "init", str(newcomer.folder), "--simulators", "--force", "--shop", "shopify", "--erp", "odoo"
    )
    assert ended == 0
    file = newcomer.folder / "isthmus.toml"
    file.write_text(file.read_text("utf-8").replace(":8101", ":9").replace(":8102", ":9"), "utf-8")
    ended, words = await newcomer.types("doctor", "-C", str(newcomer.folder))
    assert ended == 1
    assert words.count("mend") >= 2
    assert "→ Check the address in isthmus.toml" in words
    ended, words = await newcomer.types("doctor", "-C", str(newcomer.folder), "--connection", "shoop")
    assert ended == 2
    assert "there is no connection 'shoop'" in words
