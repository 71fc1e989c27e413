"""The last release and this one on one database, orders flowing: nothing is lost or doubled, forth or back."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.stand import standing
from tests.upgrade.releases import NoHistory, Release, last_release, next_release
from tests.upgrade.stand import Line

pytestmark = [pytest.mark.crash, pytest.mark.slow]
#: What a release may do to the busiest table while both work on it. The added column is dropped later only because no
#: column of ours has fallen out of use; what matters is that statements already prepared meet another table.
PAIR = {
    "9001_pre_widen": "ALTER TABLE job ADD COLUMN widened TEXT NOT NULL DEFAULT ''",
    "9002_post_narrow": "ALTER TABLE job DROP COLUMN widened",
}

LEFT = "SELECT flow, subject, state, because FROM job WHERE state <> 'done'"


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Release:
    try:
        return last_release(tmp_path_factory.mktemp("old"))
    except NoHistory as why:
        pytest.skip(f"no last release to upgrade from: {why}")


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return next_release(tmp_path_factory.mktemp("new"), PAIR)


@pytest.fixture
def line(new_database: str, tmp_path: Path) -> Iterator[Line]:
    with standing() as stand:
        yield Line(stand, new_database, tmp_path)


def applied(line: Line) -> list[str]:
    return [name for (name,) in line.rows("SELECT name FROM schema_migration ORDER BY name")]


def test_a_release_takes_over_while_orders_flow(line: Line, old: Release, new: Release) -> None:
    later = [name for name in new.migrations() if "_post_" in name and name not in old.migrations()]
    assert "9002_post_narrow" in later
    with line.up(old, "old") as before:
        line.order(6, seed=1)
        line.wait()

        line.order(6, seed=2)
        done = new.ask("migrate", "-C", line.project("new"), "--phase", "pre", database=line.database)
        assert done["pending"] == later
        line.order(6, seed=3)
        line.wait()  # the old code, on the new schema
        assert before.process.poll() is None

        line.order(6, seed=4)
        with line.up(new, "new") as after:
            line.order(6, seed=5)
            line.wait()
            assert not set(later) & set(applied(line))
            line.order(6, seed=6)
            before.stop()
            line.order(6, seed=7)
            done = new.ask("migrate", "-C", line.project("new"), "--phase", "post", database=line.database)
            assert (done["applied"], done["pending"]) == (later, [])
            line.order(6, seed=8)
            line.wait()
            after.stop()
    assert len(line.stand.call("erp", "state")["orders"]) == 48


def test_the_old_release_takes_over_again_before_anything_was_taken_away(
    line: Line, old: Release, new: Release
) -> None:
    with line.up(old, "old") as before:
        line.order(5, seed=1)
        line.wait()
        before.stop()
    with line.up(new, "new") as after:
        assert applied(line)[-1] == "9001_pre_widen"  # by its start
        line.order(5, seed=2)
        line.wait()
        line.order(5, seed=3)
        after.stop()
    with line.up(old, "old") as again:
        line.order(5, seed=4)
        line.wait()
        again.stop()


def test_work_the_old_release_left_in_every_state_is_finished(line: Line, old: Release, new: Release) -> None:
    folder = line.project("old")
    line.order(3, seed=1)
    # One order is answered in a way nobody understands: a question.
    line.stand.call("erp", "fault", {"kind": "wrong_type", "count": 1, "match": "sale.order.search_read"})
    asked = old.run("run", "--once", "--wait", "40", "-C", folder, database=line.database)
    assert asked.returncode == 1, (asked.stdout, asked.stderr)
    # Of the next ones the first is not served now, and then the process dies in the middle of some.
    line.stand.call("erp", "fault", {"kind": "status_503", "count": 1, "match": "sale.order.action_confirm"})
    line.order(30, seed=2)
    killed = old.run("run", "--once", "-C", folder, database=line.database, failpoint="intent.put:8")
    assert killed.returncode == -signal.SIGKILL, killed.stderr

    states = dict(line.rows("SELECT state, COUNT(*) FROM job GROUP BY state"))
    assert {"ready", "running", "snoozed", "parked", "done"} <= set(states), states
    assert line.rows("SELECT COUNT(*) FROM intent WHERE state = 'open'")[0][0] > 0

    with line.up(new, "new") as after:
        again = new.ask("retry", "-C", line.project("new"), database=line.database)
        assert len(again) == states["parked"]
        line.wait()
        line.until(lambda: not line.rows(LEFT), lambda: str(line.rows(LEFT)))
        after.stop()
    assert line.rows("SELECT COUNT(*) FROM intent WHERE state IN ('open', 'unknown')") == [(0,)]
