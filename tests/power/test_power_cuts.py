"""After a power cut at any moment the file opens, is sound, and holds everything that was acknowledged."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.power.cuts import Recorded, cut, record
from tests.power.recording import usable

pytestmark = [pytest.mark.crash, pytest.mark.slow]
CUTS, SEED = 120, 20_261_121


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    if not usable():
        pytest.skip("no strace: apt install strace; `make power-cuts` needs it too")
    return record(tmp_path_factory.mktemp("recording"), orders=4, deliveries=12)


def test_whatever_the_disk_made_of_it_what_was_acknowledged_is_there(recorded: Recorded, tmp_path: Path) -> None:
    verdict = cut(recorded, CUTS, SEED, tmp_path)
    assert verdict.wrong == []
    assert verdict.cuts == CUTS
    assert set(verdict.ways) == {"none", "all", "in order", "any"}
    assert verdict.acknowledged > CUTS
    assert verdict.creates > CUTS / 2


def test_the_same_cuts_find_a_program_that_does_not_wait_for_its_disk(recorded: Recorded, tmp_path: Path) -> None:
    never_waited = replace(recorded, events=[event for event in recorded.events if event.kind != "sync"])
    verdict = cut(never_waited, 40, SEED, tmp_path)
    assert any("was acknowledged and is gone" in each for each in verdict.wrong)
    assert any("nothing says so" in each or "cannot" in each for each in verdict.wrong)
