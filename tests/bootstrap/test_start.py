"""Looking after webhooks goes on for as long as the program does, whatever one connector makes of it."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from isthmus.bootstrap import start
from isthmus.bootstrap.config import read_config
from isthmus.bootstrap.start import look_after
from isthmus.bootstrap.wiring import App
from isthmus.kit.clock import SystemClock
from isthmus.ports.probe import Finding, Report
from isthmus.testing.harness import connection, running
from tests.engine.fakes import Probing, session

FIELD, NAME = "webhookSubscriptions", "shop"


class Subscribed:
    """A system's webhooks; at first its answer is none anybody expects."""

    def __init__(self, mistakes: int) -> None:
        self.mistakes = mistakes
        self.seen = asyncio.Event()

    async def ensure(self, address: str) -> Sequence[Finding]:
        del address
        if self.mistakes:
            self.mistakes -= 1
            raise KeyError(FIELD)
        self.seen.set()
        return ()


class Forgetful(Probing):
    """A system that is asked who it is and answers like another one, once."""

    async def probe(self) -> Report:
        self.asked += 1
        if self.asked == 1:
            raise KeyError(NAME)
        return await super().probe()


async def test_a_mistake_in_one_connector_ends_nobodys_webhooks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "isthmus.toml").write_text('[isthmus]\npublic_url = "https://isthmus.example.com"\n', "utf-8")
    monkeypatch.setattr(start, "DUTY_EVERY_S", 0.01)
    monkeypatch.setattr(start, "AFTER_TROUBLE_S", 0.02)
    webhooks = {"first": Subscribed(mistakes=2), "second": Subscribed(mistakes=0)}
    clock = SystemClock()
    opened = [
        connection(name, replace(session(), probe=Forgetful(), subscriptions=each), clock=clock)
        for name, each in webhooks.items()
    ]
    async with running(opened, lambda _engine: (), clock=clock) as harness:
        app = App(read_config(tmp_path), harness.engine.context, harness.engine)
        with caplog.at_level(logging.ERROR):
            caring = asyncio.create_task(look_after(app))
            for each in webhooks.values():
                await asyncio.wait_for(each.seen.wait(), 5)
        caring.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caring
    assert "KeyError: 'webhookSubscriptions'" in caplog.text
    assert "KeyError: 'shop'" in caplog.text
