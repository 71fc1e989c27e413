"""No point without an act that was seen to reach it, and no point that nobody knows.

What the last whole sweep met is in met.txt, written by `python -m tools.reliability` from its result. Whoever adds a
statement or a call finds it missing there, thinks of an act, and lets the sweep run again: `make campaign`.
"""

import re
from pathlib import Path

import pytest

import isthmus
from isthmus.engine.failpoints import PLACES, changing
from isthmus.store.statement import Dialect, library
from isthmus.testing.campaign.points import ACTS, ELSEWHERE, ON_A_FILE, ON_A_SERVER, missed
from tools.reliability import MET, met_of


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_the_last_sweep_killed_at_every_point_there_is(store: Dialect) -> None:
    met = met_of(MET.read_text("utf-8")).get(store, {})
    assert missed(store, met) == []
    # A commit that changes no row is named as well: what is gone from the store is none any more.
    commits = {name.split(".")[1] for name in met if name.startswith("commit.")}
    assert sorted(commits - library(store).keys()) == []
    assert {act for act in met.values() if act not in ACTS} == set()


def test_what_is_exempted_exists_and_is_killed_elsewhere() -> None:
    known = set(changing())
    assert {*ELSEWHERE, *ON_A_FILE, *ON_A_SERVER} <= known
    root = Path(__file__).parents[2]
    for name, exempt in ELSEWHERE.items():
        assert exempt.because
        assert f'"{name}"' in (root / exempt.test).read_text("utf-8")


def test_every_place_that_stands_by_hand_is_known() -> None:
    folder = Path(isthmus.__file__).parent
    found = {
        name
        for path in folder.rglob("*.py")
        for name in re.findall(r'\bfailpoint\("([^"]+)"\)', path.read_text("utf-8"))
    }
    assert found == PLACES
