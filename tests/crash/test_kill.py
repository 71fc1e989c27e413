"""Killed at any point and started again, nothing is lost and nothing doubled: both systems are asked, not we."""

import json
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from isthmus.canonical.party import Customer
from isthmus.canonical.record import load
from isthmus.engine.failpoints import PLACES
from isthmus.store.open import open_store
from isthmus.store.statement import Many
from tests.crash.stand import Stand, standing
from tests.store.ledger import delivery

pytestmark = [pytest.mark.crash, pytest.mark.slow]
ORDERS = 8
ALL_WELL = {"lost": [], "doubled": [], "strange": [], "wrong total": [], "unconfirmed": [], "wrong stock": []}
#: Which time a point is reached is the last: not always the first, so that there is something half done.
TIMES = {"poll.page_stored": 3, "poll.finished": 3, "intent.opened": 3, "intent.put": 4, "job.finished": 5}


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    with standing() as made:
        yield made


async def told(stand: Stand, folder: Path) -> None:
    """Put a notice of every order into the inbox, as a running `isthmus up` would have done."""
    orders = [order["id"].rpartition("/")[2] for order in stand.call("shop", "state")["orders"]]
    store = await open_store("sqlite:///isthmus.db", folder)
    await store.migrate()
    rows = [delivery(f"d{each}", body=f'{{"id": {each}}}'.encode(), external_id=each) for each in orders]
    await store.write(Many("take_delivery", rows))
    await store.close()


@pytest.mark.parametrize("point", sorted(each for each in PLACES if not each.startswith("proof.")))
async def test_killed_there_and_started_again_both_sides_agree(stand: Stand, tmp_path: Path, point: str) -> None:
    stand.project(tmp_path, ORDERS)
    if point.startswith("intake."):
        await told(stand, tmp_path)
    killed = stand.run(tmp_path, failpoint=f"{point}:{TIMES.get(point, 1)}")
    assert killed.returncode == -signal.SIGKILL, (killed.stdout, killed.stderr)
    again = stand.run(tmp_path)
    assert again.returncode == 0, (again.stdout, again.stderr)
    assert stand.verdict() == ALL_WELL


@pytest.mark.parametrize("point", sorted(each for each in PLACES if each.startswith("proof.")))
def test_killed_while_both_sides_are_compared_the_next_comparison_is_whole(
    stand: Stand, tmp_path: Path, point: str
) -> None:
    stand.project(tmp_path, ORDERS)
    assert stand.run(tmp_path).returncode == 0
    killed = stand.reconcile(tmp_path, failpoint=f"{point}:2")
    assert killed.returncode == -signal.SIGKILL, (killed.stdout, killed.stderr)
    again = stand.reconcile(tmp_path)
    assert again.returncode == 0, (again.stdout, again.stderr)
    runs = json.loads(again.stdout)["runs"]
    assert {run["flow"]: run["tally"]["open"] for run in runs} == {"orders": 0, "customers": 0, "stock": 0}
    assert stand.verdict() == ALL_WELL


async def test_killed_again_and_again_it_still_arrives(stand: Stand, tmp_path: Path) -> None:
    stand.project(tmp_path, ORDERS)
    for point in ("intent.opened:1", "intent.put:1", "intent.put:2"):
        assert stand.run(tmp_path, failpoint=point).returncode in {-signal.SIGKILL, 0}
    assert stand.run(tmp_path).returncode == 0
    assert stand.verdict() == ALL_WELL


def test_a_point_that_does_not_exist_is_refused(stand: Stand, tmp_path: Path) -> None:
    stand.project(tmp_path, 1)
    refused = stand.run(tmp_path, failpoint="intent.putt")
    assert refused.returncode not in {0, -signal.SIGKILL}
    assert "no failpoint 'intent.putt'" in refused.stderr


def test_nothing_kept_of_the_work_names_a_person_or_a_secret(stand: Stand, tmp_path: Path) -> None:
    stand.project(tmp_path, ORDERS)
    assert stand.run(tmp_path).returncode == 0
    database = sqlite3.connect(tmp_path / "isthmus.db")
    people = [load(Customer, body) for (body,) in database.execute("SELECT body FROM record WHERE kind = 'customer'")]
    planted = {"demo-token", "demo-secret", "demo-key"}
    for person in people:
        planted |= {person.name, person.email, person.phone}
        for address in person.addresses:
            planted |= {address.name, address.phone, *address.lines, address.company}
    kept = [
        f"{table} {row}"
        for table in ("exchange", "attempt", "job", "intent", "stream", "connection", "audit")
        for row in database.execute(f"SELECT * FROM {table}")  # noqa: S608 - names of ours
    ]
    database.close()
    assert len(people) > 3
    assert any(row.startswith("exchange") for row in kept)
    found = {(word, row[:60]) for word in planted if len(word) > 3 for row in kept if word in row}
    assert found == set()
