"""A project folder with a store in which orders were seen, for the commands that look at mappings."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from typer.testing import CliRunner, Result

from isthmus.canonical.kinds import kind_of
from isthmus.canonical.record import Record
from isthmus.cli.app import app
from isthmus.engine.flow import Mark
from isthmus.engine.mirror import mark_jobs
from isthmus.kit.clock import to_micros
from isthmus.ports.probe import CustomField, Report
from isthmus.store.open import open_store
from isthmus.store.records import record_values
from isthmus.store.statement import Many, Row, Step, say

PROJECT = """[isthmus]
time_zone = "Europe/Berlin"

[connections.shop]
connector = "shopify"
url = "https://example.myshopify.com"

[connections.erp]
connector = "odoo"
url = "https://erp.example.com"
database = "x"
login = "sync"

[flows.orders]
from = "shop"
to = "erp"
"""
SECRETS = "ISTHMUS_SHOP_ACCESS_TOKEN=shpat_x\nISTHMUS_SHOP_CLIENT_SECRET=x\nISTHMUS_ERP_API_KEY=x\n"


class Place:
    """A project folder, its store, and commands typed in it."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.folder = folder
        self.holds("isthmus.toml", PROJECT + more)
        self.holds(".env", SECRETS)
        asyncio.run(self._write([]))

    def holds(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")

    def text(self, path: str) -> str | None:
        file = self.folder / path
        return file.read_text("utf-8") if file.exists() else None

    def seen(self, *records: Record, connection: str = "shop", flow: str = "orders") -> None:
        """Have the mirror hold these, and the flow its jobs for orders."""
        now = datetime.now(UTC)
        rows = [record_values(connection, kind_of(each), each, now) for each in records]
        marks = [Mark(flow, each.external_id, each.number) for each in records if kind_of(each) == "order"]
        steps: list[Step] = [Many("store_record", rows)]
        asyncio.run(self._write([*steps, *([mark_jobs(marks, to_micros(now))] if marks else [])]))

    def fields(self, connection: str = "erp", **kinds: Sequence[CustomField]) -> None:
        """Have a system report these custom fields."""
        report = Report(
            account="x", version="1", api_version="1", custom_fields={name: tuple(some) for name, some in kinds.items()}
        )
        body = msgspec.json.encode(report).decode()
        asyncio.run(
            self._write(
                [
                    say("declare_connection", name=connection, connector="odoo"),
                    say("connection_report", name=connection, report=body, now=1),
                ]
            )
        )

    def stored(self, kind: str, external_id: str, connection: str = "shop") -> str:
        """Return what the mirror holds of a record."""
        rows = self.read("record", connection=connection, kind=kind, external_id=external_id)
        return rows[0]["body"]

    def read(self, statement: str, **values: Any) -> list[Row]:
        """Ask the store."""

        async def ask() -> list[Row]:
            store = await open_store("sqlite:///isthmus.db", self.folder)
            try:
                return await store.read(statement, **values)
            finally:
                await store.close()

        return asyncio.run(ask())

    async def _write(self, steps: Sequence[Step]) -> None:
        store = await open_store("sqlite:///isthmus.db", self.folder)
        try:
            await store.migrate()
            both = [say("declare_connection", name=name, connector="x") for name in ("shop", "erp")]
            await store.write(*both, *steps)
        finally:
            await store.close()

    def mapping(self, *words: str) -> Result:
        return CliRunner().invoke(app, ["mapping", *words, "-C", str(self.folder)])

    def answer(self, *words: str) -> Any:
        """Return what a command prints as JSON."""
        said = self.mapping(*words, "--json")
        assert said.stdout, (said.exit_code, said.output, said.exception)
        return json.loads(said.stdout)
