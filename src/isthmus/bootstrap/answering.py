"""A question about a word is answered with a row: it lands in the code table, and all that wait for the word go on."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast
from unicodedata import category

from isthmus.admin.answers import NoAnswer
from isthmus.admin.lacking import Landing, RowChange, landed, waiting
from isthmus.bootstrap.config import ProjectConfig
from isthmus.bootstrap.table_files import Changes, Entry
from isthmus.bootstrap.tables import Plan, carry_out, flow_named, landing, tables_of
from isthmus.bootstrap.wiring import flow_settings
from isthmus.bootstrap.word_list import Word, unmapped
from isthmus.bootstrap.words_seen import MOST, overhearing, sightings
from isthmus.canonical.order import Order
from isthmus.canonical.product import Variant
from isthmus.engine.context import Context
from isthmus.engine.lacking import Lack, lack_of
from isthmus.flows.order_parties import buyer
from isthmus.flows.settings import OrderSettings
from isthmus.mapping.overheard import Heard, Overhearing
from isthmus.ports.source import Searchable
from isthmus.store.statement import Row

#: Between the last look at a table and the question that follows from it lies a commit.
GRACE_S = 0.3
#: Longer words are none of any system's.
LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class Mapped:
    """What an answer wrote, and how many records go on: the one it was given for among them."""

    flow: str
    number: str
    table: str
    word: str
    before: str
    other: str
    where: str
    records: int
    remarks: Sequence[str] = ()


class RowAnswers:
    """Answers of one project."""

    def __init__(self, context: Context, config: ProjectConfig) -> None:
        """Write into the project's folder."""
        self._context = context
        self._config = config

    async def give(self, record: str, other: str, *, by: str, flow: str = "", word: str = "", note: str = "") -> Mapped:
        """Say what a word that a record waits for is in the other system.

        Raises `NoAnswer` where that is not asked or cannot be so, `ConfigError` where it cannot be written, and
        `Trouble` when the other system cannot be asked.
        """
        other = other.strip()
        if not other or len(other) > LONGEST or any(category(each) == "Cc" for each in other):
            message = "say what it is called in the other system, in one line"
            raise NoAnswer(message)
        job, lack = await self._asked(record, flow)
        word = self._word(lack, word)
        settings = self._settings(job["flow"])
        key = await self._key(settings, job, lack.table, word)
        await self._there(settings, lack.table, other)
        place = landing(self._config, flow_named(self._config, settings.name), lack.table)
        entry = Entry(other, note or None)
        plan = carry_out(self._config, lack.table, {key: entry}, place)
        before = plan.changes[0].before or "" if plan.changes else other
        found = await self._waiting(plan, [word])
        if key != word:
            found = await self._alike(found, lack.table, key)
        if all((row["flow"], row["subject"]) != (job["flow"], job["subject"]) for row in found):
            found.append(job)
        records = await self._let_go(plan, Landing(lack.table, plan.name, by, "answer", note), found)
        number = job["number"] or job["subject"]
        return Mapped(settings.name, number, lack.table, key, before, other, plan.name, records, plan.remarks)

    async def change(self, table: str, changes: Changes, flow: str, *, by: str, why: str = "") -> tuple[Plan, int]:
        """Write rows; return what changed, and how many records go on that waited for them. Raises `ConfigError`."""
        plan = carry_out(self._config, table, changes, flow)
        return plan, await self.follow(plan, by=by, why=why)

    async def follow(self, plan: Plan, *, by: str, why: str = "") -> int:
        """Write down what was changed, and let go on what waited for it; return how many go on."""
        if not plan.changes:
            return 0
        found = await self._waiting(plan, [each.word for each in plan.changes])
        return await self._let_go(plan, Landing(plan.table, plan.name, by, why=why), found)

    async def wanted(self, flow: str, *, days: int, most: int = MOST) -> list[Word]:
        """Return the words of an order flow that have no row, with suggestions. Raises `ConfigError`."""
        settings = self._settings(flow)
        seen = await sightings(self._context, self._config, settings, days=days, most=most)
        tables = tables_of(self._config, flow_named(self._config, flow))
        return await unmapped(self._context, settings, tables, seen)

    async def _asked(self, record: str, flow: str) -> tuple[Row, Lack]:
        rows = await self._context.store.read("jobs_of_subject", subject=record)
        asking: list[tuple[Row, Lack]] = []
        for row in rows:
            lack = lack_of(row["waits_for"]) if row["state"] == "parked" and flow in ("", row["flow"]) else None
            if lack is not None:
                asking.append((row, lack))
        if not asking:
            message = f"{record!r} does not wait for a row in a code table"
            raise NoAnswer(message)
        if len(asking) > 1:
            flows = ", ".join(row["flow"] for row, _ in asking)
            message = f"{record!r} waits in several flows: say which of {flows}"
            raise NoAnswer(message)
        return asking[0]

    def _word(self, lack: Lack, word: str) -> str:
        if not word and len(lack.words) > 1:
            message = f"it waits for several words: say which of {', '.join(map(repr, lack.words))}"
            raise NoAnswer(message)
        if word and word not in lack.words:
            message = f"it does not wait for {word!r}, but for {', '.join(map(repr, lack.words))}"
            raise NoAnswer(message)
        return word or next(iter(lack.words))

    def _settings(self, flow: str) -> OrderSettings:
        for each in flow_settings(self._config):
            if isinstance(each, OrderSettings) and each.name == flow:
                return each
        message = f"{flow!r} is no flow of orders"
        raise NoAnswer(message)

    async def _key(self, settings: OrderSettings, job: Row, table: str, word: str) -> str:
        """Return the word whose row answers the question: the one that is looked up, or one whose row says `word`."""
        heard = await self._heard(settings, overhearing(self._config, settings), job["subject"])
        key = _key(heard, table, word)
        if not key:
            message = (
                f"nothing of this record is looked up as {word!r} in the table {table}, so a row would not help: "
                "create it in the other system, then retry"
            )
            raise NoAnswer(message)
        return key

    async def _heard(self, settings: OrderSettings, ears: Overhearing, subject: str) -> Sequence[Heard]:
        known = await self._context.mirrored(Order, settings.source, subject)
        return ears.of(known.record, buyer(known.record)) if known else ()

    async def _there(self, settings: OrderSettings, table: str, other: str) -> None:
        """Refuse an item that the other system does not have: the order would come back with the same question."""
        if table != "sku" or await self._context.by_number(Variant, settings.destination, [other]):
            return
        source = self._context.connection(settings.destination).source("variant")
        if not isinstance(source, Searchable) or not await cast("Searchable[Variant]", source).by_number(other):
            message = f"{settings.destination} has no item with SKU {other}"
            raise NoAnswer(message)

    async def _waiting(self, plan: Plan, words: Sequence[str]) -> list[Row]:
        # What looked at the file just before it was written is about to ask: its question is committed by then.
        await asyncio.sleep(GRACE_S)
        return [row for flow in plan.flows for row in await waiting(self._context, flow, plan.table, words)]

    async def _let_go(self, plan: Plan, place: Landing, found: Sequence[Row]) -> int:
        changes = [RowChange(each.word, each.before, each.after) for each in plan.changes]
        return await landed(self._context, place, changes, found)

    async def _alike(self, found: Sequence[Row], table: str, key: str) -> list[Row]:
        """Return those that look up the same word: others may have come to what is asked from another row."""
        alike: list[Row] = []
        ears: dict[str, Overhearing] = {}
        for row in found:
            settings = self._settings(row["flow"])
            if row["flow"] not in ears:
                ears[row["flow"]] = overhearing(self._config, settings)
            heard = await self._heard(settings, ears[row["flow"]], row["subject"])
            if any((each.table, each.word) == (table, key) for each in heard):
                alike.append(row)
        return alike


def _key(heard: Sequence[Heard], table: str, word: str) -> str:
    words = {each.word: each.other for each in heard if each.table == table}
    if word in words:
        return word
    return next((mine for mine, other in words.items() if other == word), "")
