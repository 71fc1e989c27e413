"""`isthmus init` on a terminal, as somebody new meets it: questions, a mistake, its correction, the doctor."""

import asyncio
import contextlib
import os
import pty
import select
import stat
import subprocess
import sys
import time
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from isthmus.simulators.odoo import OdooWorld
from isthmus.simulators.shopify import ShopifyWorld
from isthmus.simulators.shopify.settings import Settings
from isthmus.simulators.stage import serve, stage

pytestmark = pytest.mark.slow
PATIENCE_S = 60


class Terminal:
    """A program on a terminal of its own; answers what it asks."""

    def __init__(self, *words: str, cwd: Path) -> None:
        self._ours, theirs = pty.openpty()
        environment = {**os.environ, "COLUMNS": "300", "TERM": "dumb", "NO_COLOR": "1"}
        command = [sys.executable, "-m", "isthmus", *words]
        self._life = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, env=environment, cwd=cwd
        )
        os.close(theirs)
        self.said = ""
        self._seen = 0

    async def answers(self, *pairs: tuple[str, str]) -> None:
        """Wait for each question in turn and type its answer.

        A prompt for a secret throws away what was typed before its last character is shown.
        """
        for question, reply in pairs:
            await asyncio.to_thread(self._wait_for, question)
            os.write(self._ours, f"{reply}\n".encode())

    async def over(self) -> int:
        """Read on until the program has ended; return its exit code."""
        await asyncio.to_thread(self._wait_for, None)
        return await asyncio.to_thread(self._life.wait, PATIENCE_S)

    def close(self) -> None:
        self._life.kill()
        self._life.wait()
        os.close(self._ours)

    def _wait_for(self, text: str | None) -> None:
        until = time.monotonic() + PATIENCE_S
        while text is None or text not in self.said[self._seen :] or not self.said.endswith(": "):
            ready, _, _ = select.select([self._ours], [], [], 0.2)
            if ready and not self._read() and text is None:
                return
            if time.monotonic() > until:
                message = f"{text!r} was never asked:\n{self.said}"
                raise AssertionError(message)
        self._seen = len(self.said)

    def _read(self) -> bool:
        """Take in what was said; a terminal whose program has ended answers with an error on Linux."""
        try:
            some = os.read(self._ours, 65536)
        except OSError:
            return False
        self.said += some.decode("utf-8", "replace")
        return bool(some)


@pytest.fixture
async def systems() -> AsyncIterator[dict[str, str]]:
    shop = ShopifyWorld(None, None, Settings(restore_per_s=1e6, bucket_size=1e7))
    runners = [await serve(stage(shop), 0), await serve(stage(OdooWorld("demo")), 0)]
    try:
        yield {
            name: f"http://127.0.0.1:{runner.addresses[0][1]}"
            for name, runner in zip(("shop", "erp"), runners, strict=True)
        }
    finally:
        for runner in runners:
            await runner.cleanup()


def odoo(url: str) -> list[tuple[str, str]]:
    asked = [("URL", url), ("Database", "demo"), ("Login", "demo"), ("API key", "demo-key")]
    usual = ("Company", "Protocol", "shipping", "discounts", "rounding", "tips", "fees", "Rounding tolerance")
    return [*asked, *((label, "") for label in usual), ("Is it meant?", "y")]


def shopify(url: str, token: str, secret: str = "demo-secret") -> list[tuple[str, str]]:
    return [
        ("Shop address", url),
        ("Client ID", ""),
        ("Client secret", secret),
        ("Previous client secret", ""),
        ("Access token (may", token),
        ("Metafields of customers", ""),
        ("API version", ""),
        ("Is it meant?", "y"),
    ]


async def test_a_newcomer_is_led_to_a_project_that_works(tmp_path: Path, systems: dict[str, str]) -> None:
    terminal = Terminal("init", "shop-and-erp", cwd=tmp_path)
    with contextlib.closing(terminal):
        await terminal.answers(
            ("Shop (", "shopfy"),
            ("Shop (", "shopify"),
            ("ERP (", "odoo"),
            ("simulators of both first?", "n"),
            *shopify(systems["shop"], "wrong-token"),
            ("Correct it now?", "y"),
            *shopify("", "demo-token", ""),
            *odoo(systems["erp"]),
            ("Name of the project", ""),
            ("Public address", ""),
            ("time zone", "Middle/Earth"),
            ("time zone", ""),
            ("WH (Main warehouse)", ""),
            ("EAST (East warehouse)", "-"),
        )
        assert await terminal.over() == 0, terminal.said
    folder = tmp_path / "shop-and-erp"
    project = tomllib.loads((folder / "isthmus.toml").read_text("utf-8"))
    assert project["isthmus"]["time_zone"] == "Europe/Berlin"
    assert project["connections"]["shop"] == {"connector": "shopify", "url": systems["shop"], "allow_private": True}
    assert project["connections"]["erp"]["database"] == "demo"
    assert project["flows"]["stock"]["places"] == {"WH": "Main warehouse", "EAST": ""}
    secrets = folder / ".env"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    assert set(secrets.read_text("utf-8").split()) == {
        "ISTHMUS_SHOP_ACCESS_TOKEN=demo-token",
        "ISTHMUS_SHOP_CLIENT_SECRET=demo-secret",
        "ISTHMUS_ERP_API_KEY=demo-key",
    }
    for secret in ("demo-token", "demo-secret", "demo-key"):
        assert secret not in terminal.said
        assert secret not in (folder / "isthmus.toml").read_text("utf-8")
    assert "Orders older than 60 days are shown only with the scope read_all_orders." in terminal.said  # a known limit
    assert "no warehouse of Odoo stands for East warehouse" in terminal.said  # the doctor
    assert "next: isthmus doctor -C shop-and-erp --sample" in terminal.said


async def test_whoever_gives_up_leaves_nothing_behind(tmp_path: Path) -> None:
    terminal = Terminal("init", "given-up", cwd=tmp_path)
    with contextlib.closing(terminal):
        await terminal.answers(("Shop (", "shopify"), ("ERP (", "odoo"), ("first?", "n"), ("Shop address", "\x04"))
        assert await terminal.over() != 0
    assert not (tmp_path / "given-up").exists()


async def test_a_system_that_is_not_there_yet_may_be_corrected_later(tmp_path: Path, systems: dict[str, str]) -> None:
    terminal = Terminal("init", "later", cwd=tmp_path)
    with contextlib.closing(terminal):
        await terminal.answers(
            ("Shop (", ""),
            ("ERP (", ""),
            ("first?", ""),
            *shopify("http://127.0.0.1:9", "demo-token"),
            ("Correct it now?", "n"),
            *odoo(systems["erp"]),
            ("Name of the project", ""),
            ("Public address", "https://sync.example.com/"),
            ("time zone", ""),
        )
        assert await terminal.over() == 0, terminal.said
    text = (tmp_path / "later" / "isthmus.toml").read_text("utf-8")
    assert tomllib.loads(text)["isthmus"]["public_url"] == "https://sync.example.com"
    assert "1 to mend" in terminal.said


async def test_the_simulators_may_be_chosen_on_the_way(tmp_path: Path) -> None:
    terminal = Terminal("init", "trial", cwd=tmp_path)
    with contextlib.closing(terminal):
        await terminal.answers(("Shop (", "woocommerce"), ("ERP (", "tryton"), ("simulators of both first?", "y"))
        assert await terminal.over() == 0, terminal.said
    project = tomllib.loads((tmp_path / "trial" / "isthmus.toml").read_text("utf-8"))
    assert project["connections"]["shop"]["url"] == "http://127.0.0.1:8101"
    assert "isthmus sim tryton --port 8102 --seed demo" in terminal.said
