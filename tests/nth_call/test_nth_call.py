"""A part of the table of docs/explanation/nth-call.md, another one with each seed; `make nth-call` runs all of it."""

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.nth_call.cases import clean_run, run
from tests.nth_call.journeys import JOURNEYS, NAMES
from tests.nth_call.rig import Rig, rigged
from tests.nth_call.spoils import SPOILS
from tests.nth_call.wire import Called

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "nth-call.md"
#: Cases of each journey.
CASES = 2
#: Calls that change something.
WRITES = (".load", ".action_confirm", ".action_cancel", ".action_draft", "SetQuantities")
ROW = re.compile(r"\| \d+ \| (shop|erp) `([^`]+)`(?: \((\d+)\))? \| (.+) \|")


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    seed = request.config.getoption("randomly_seed", default=1)
    print(f"seed {seed}")  # noqa: T201 - so that a failure can be repeated
    return random.Random(int(seed))  # noqa: S311 - repeatable chance, not secrecy


@pytest.mark.parametrize("name", NAMES)
async def test_a_call_that_fails_leaves_nothing_lost_doubled_or_wrong(name: str, chance: random.Random) -> None:
    async with rigged(chance.choice((17, 19))) as rig:
        calls = await clean_run(rig, JOURNEYS[name])
        for _ in range(CASES):
            await check(rig, name, chance.choice(calls), chance.choice(list(SPOILS)))


async def test_no_write_that_is_done_late_is_done_twice() -> None:
    async with rigged() as rig:
        for name, methods in (("new", ("load", "write")), ("edited", ("action_cancel",))):
            for call in await clean_run(rig, JOURNEYS[name]):
                if call.operation.rpartition(".")[2] in methods:
                    await check(rig, name, call, "late")


async def check(rig: Rig, name: str, call: Called, spoil: str) -> None:
    verdict = await run(rig, JOURNEYS[name], call, SPOILS[spoil])
    assert not verdict.wrong, f"{name}: {call} fails by {spoil}: {verdict.wrong}"


async def test_the_page_is_about_the_writes_that_are_made() -> None:
    """A write that was added makes the page stale. What is read, and how often, depends on the order."""
    async with rigged(19) as rig:
        for name, section in sections("19"):
            made = {each.operation for each in await clean_run(rig, JOURNEYS[name])}
            written = {each for each in made if each.endswith(WRITES)}
            assert written <= {each.operation for each in section}, f"{name}: run `make nth-call`"


def test_no_cell_of_the_page_is_unknown() -> None:
    rows = [found for line in PAGE.read_text("utf-8").splitlines() if (found := ROW.fullmatch(line))]
    assert len(rows) > 100
    cells = {cell for found in rows for cell in found[4].split(" | ")}
    assert {each for each in cells if not re.fullmatch(r"\.|-|[a-z]", each)} == set()


def sections(version: str) -> Iterator[tuple[str, Sequence[Called]]]:
    """Return the calls of each table of the page."""
    for part in PAGE.read_text("utf-8").split("\n## ")[1:]:
        title = part.partition("\n")[0]
        for name, journey in JOURNEYS.items():
            if title.startswith(f"{journey.words} (Odoo {version},"):
                found = (ROW.fullmatch(line) for line in part.splitlines())
                yield name, [Called(each[1], each[2], int(each[3] or 1)) for each in found if each]
