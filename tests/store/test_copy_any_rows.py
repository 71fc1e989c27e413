"""Whatever the rows are: copied to PostgreSQL and back, they have the same digests."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isthmus.bootstrap.config import read_config
from isthmus.bootstrap.moving import move
from isthmus.store.open import open_store
from isthmus.store.shape import KINDS, Table, shapes
from isthmus.store.side_postgres import PostgresSide
from tests.store.conftest import emptied
from tests.store.test_copy import BACK, FILE, counts, digests, silent

BITS = {"bigint": 64, "integer": 32, "smallint": 16}

pytestmark = pytest.mark.slow


def values(table: Table) -> st.SearchStrategy[tuple[Any, ...]]:
    def of(kind: str) -> st.SearchStrategy[Any]:
        most = 2 ** (BITS.get(kind, 64) - 1)
        return {
            "whole": st.integers(-most, most - 1),
            "text": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
            "bytes": st.binary(max_size=20),
        }[KINDS[kind]]

    columns = (
        of(each.kind) if each.needed or each.name in table.key else st.none() | of(each.kind) for each in table.columns
    )
    return st.tuples(*columns)


def _tables(folder: Path, url: str) -> Sequence[Table]:
    """Return the tables with the narrower kinds of both sides: `integer` holds 32 bits on PostgreSQL."""

    async def look() -> Sequence[Table]:
        await emptied(url)
        store = await open_store(url, folder)
        await store.migrate()
        await store.close()
        side = await PostgresSide.open(url)
        try:
            return list(shapes(await side.say("schema_columns")).values())
        finally:
            await side.close()

    return asyncio.run(look())


def test_whatever_the_rows_are_there_and_back_is_the_same(
    postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tables = _tables(tmp_path_factory.mktemp("look"), postgres_url)
    kept = 0

    @settings(max_examples=10, suppress_health_check=list(HealthCheck))
    @given(st.fixed_dictionaries({table.name: st.lists(values(table), max_size=8) for table in tables}))
    def there_and_back(rows: dict[str, list[tuple[Any, ...]]]) -> None:
        nonlocal kept
        folder = tmp_path_factory.mktemp("project")
        (folder / "isthmus.toml").write_text("[isthmus]\n", "utf-8")
        project = read_config(folder)

        async def run() -> None:
            nonlocal kept
            await emptied(postgres_url)
            store = await open_store(FILE, folder)
            await store.migrate()
            await store.close()
            with closing(sqlite3.connect(folder / "a.db")) as file:
                for table in tables:
                    names = ", ".join(f'"{name}"' for name in table.names)
                    places = ", ".join("?" for _ in table.names)
                    text = f"INSERT OR IGNORE INTO {table.name} ({names}) VALUES ({places})"  # noqa: S608 - ours
                    file.executemany(text, rows[table.name])
                file.commit()
            there = await move(project, FILE, postgres_url, silent)
            back = await move(project, postgres_url, BACK, silent, force=True)
            assert there.same
            assert back.same
            assert digests(back) == digests(there)
            kept += sum(counts(back).values())

        asyncio.run(run())

    there_and_back()
    assert kept > 100
