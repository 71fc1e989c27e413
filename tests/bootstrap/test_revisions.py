"""A mapping that runs is written down by whatever process runs it, and a text that cannot run is not."""

import asyncio
from pathlib import Path

import pytest

from isthmus.admin.revisions import kept, revisions
from isthmus.bootstrap import mappings
from isthmus.bootstrap import revisions as keeping
from isthmus.bootstrap.config import read_config
from isthmus.bootstrap.revisions import keep_news, keep_what_runs
from isthmus.bootstrap.wiring import opened
from tests.cli.mapping_project import PROJECT, SECRETS


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(mappings, "LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(keeping, "LOOK_EVERY_S", 0.01)
    (tmp_path / "isthmus.toml").write_text(PROJECT, "utf-8")
    (tmp_path / ".env").write_text(SECRETS, "utf-8")
    (tmp_path / "mappings").mkdir()
    return tmp_path


async def test_each_text_that_ran_is_kept_once_with_its_hooks(folder: Path) -> None:
    document, hooks = folder / "mappings/orders.toml", folder / "mappings/hooks.py"
    hooks.write_text("def small(text: str) -> str:\n    return text.lower()\n", "utf-8")
    document.write_text('[order]\nnote = "trim(note)"\n', "utf-8")
    async with opened(read_config(folder)) as app:
        await keep_news(app)
        await keep_news(app)
        document.write_text('[order]\nnote = "nonsense("\n', "utf-8")
        await keep_news(app)
        document.write_text('[order]\nnote = "hooks.small(note)"\n', "utf-8")
        await keep_news(app)
        now, first = await revisions(app.context, "orders")
        texts = await kept(app.context, "orders", now.revision)
        assert texts is not None
        assert (texts.document, texts.hooks) == (document.read_text("utf-8"), hooks.read_text("utf-8"))
        assert now.live_at >= first.live_at
        assert (now.who, now.why) == ("", "")


async def test_a_process_follows_the_files_while_nothing_else_happens(folder: Path) -> None:
    async with opened(read_config(folder)) as app:
        caring = asyncio.create_task(keep_what_runs(app))
        (folder / "mappings/orders.toml").write_text('[order]\nnote = "trim(note)"\n', "utf-8")
        for _ in range(500):
            if await revisions(app.context):
                break
            await asyncio.sleep(0.01)
        assert len(await revisions(app.context)) == 1
        caring.cancel()
        await asyncio.gather(caring, return_exceptions=True)
