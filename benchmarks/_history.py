"""Fills a store with a past: as many finished jobs as wanted, and bounded numbers of what belongs to them.

In bulk and past the program (`_history.sql`), with the indexes built afterwards: ten million jobs in minutes.
"""

import re
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from isthmus.canonical.record import dump
from isthmus.testing.builders import an_order

SQL = Path(__file__).with_name("_history.sql")
TABLES = ("job", "attempt", "inbox", "record")
#: So many of the newest jobs have attempts and deliveries; of the attempts, the newest have calls.
KEPT, CALLS = 1_000_000, 100_000
OPEN = 200
_DAY = 86_400_000_000
_WORDS: Mapping[str, Mapping[str, str]] = {
    "sqlite": {
        "random_id": "lower(hex(randomblob(12)))",
        "half_kb": "hex(zeroblob(256))",
        "blob": "zeroblob(400)",
        "numbers": "WITH RECURSIVE numbers (i) AS (SELECT :first UNION ALL SELECT i + 1 FROM numbers WHERE i < :last) ",
    },
    "postgres": {
        "random_id": "left(md5(CAST(random() AS TEXT)), 24)",
        "half_kb": "repeat('{\"result\": [42]} ', 32)",
        "blob": "convert_to(repeat('x', 400), 'UTF8')",
        "numbers": "WITH numbers (i) AS (SELECT generate_series(CAST(:first AS BIGINT), CAST(:last AS BIGINT))) ",
    },
}


@dataclass(frozen=True, slots=True)
class Past:
    """How many jobs are finished, and how many of them today; flows by what they carry."""

    jobs: int
    today: int
    orders: str
    customers: str
    stock: str

    def script(self, dialect: str) -> list[str]:
        """Return the statements that fill a database of this dialect."""
        words = _WORDS[dialect]
        texts = dict(re.findall(r"^-- name: (\w+)\n(.*?);$", SQL.read_text("utf-8"), re.MULTILINE | re.DOTALL))
        usual = self._values()

        def told(name: str, **more: int) -> str:
            numbers = words["numbers"] if "FROM numbers" in texts[name] else ""
            text = re.sub(r"\$\{(\w+)\}", lambda word: words[word[1]], numbers + texts[name])
            return re.sub(r":([a-z_]+)\b", lambda value: _literal((usual | more)[value[1]]), text)

        after = max(0, self.jobs - KEPT)
        return [
            told("jobs", first=1, last=self.jobs),
            told("attempts", after=after),
            told("exchanges", calls=CALLS),
            told("deliveries", after=after),
            told("records", after=max(0, self.jobs - CALLS)),
            told("open_jobs", first=1, last=OPEN),
        ]

    def _values(self) -> dict[str, int | str]:
        now = time.time_ns() // 1000
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return {
            "orders": self.orders,
            "customers": self.customers,
            "stock": self.stock,
            "jobs": self.jobs,
            "history": self.jobs - self.today,
            "now": now,
            "midnight": int(midnight.timestamp()) * 1_000_000,
            "body": dump(an_order("THE-NUMBER", external_id="THE-ID")).decode(),
        }


def fill_sqlite(path: Path, past: Past) -> None:
    """Fill the migrated, empty file."""
    database = sqlite3.connect(path, isolation_level=None)
    for setting in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1000000", "temp_store=MEMORY"):
        database.execute(f"PRAGMA {setting}")
    named = ", ".join(f"'{each}'" for each in TABLES)
    indexes = database.execute(
        f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({named})"  # noqa: S608 - our own names
    ).fetchall()
    for name, _sql in indexes:
        database.execute(f"DROP INDEX {name}")
    for text in past.script("sqlite"):
        database.execute(text)
    for _name, sql in indexes:
        database.execute(sql)
    database.execute("PRAGMA journal_mode=WAL")
    database.close()


async def fill_postgres(url: str, past: Past) -> None:
    """Fill the migrated, empty database, and leave it as autovacuum would have."""
    database = await asyncpg.connect(url)
    try:
        await database.execute("SET synchronous_commit = off; SET maintenance_work_mem = '1GB'; SET work_mem = '256MB'")
        indexes = await database.fetch(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY($1)"
            " AND indexname NOT IN (SELECT conname FROM pg_constraint)",
            list(TABLES),
        )
        for row in indexes:
            await database.execute(f"DROP INDEX {row['indexname']}")
        for text in past.script("postgres"):
            await database.execute(text)
        for row in indexes:
            await database.execute(row["indexdef"])
        await database.execute("VACUUM (ANALYZE)")
        await database.execute("CHECKPOINT")
    finally:
        await database.close()


def _literal(value: int | str) -> str:
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
