"""The page of the campaign's figures: what is written there follows from the result, failures included."""

from typing import Any

import pytest

from isthmus.testing.campaign.points import POINTS
from tools.reliability import BEGIN, END, KILLING, PAGE, joined, met_of, recorded, rendered, replaced


def an_arm(name: str = "erp-reset", **said: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "arm": name, "store": "sqlite", "seeds": [1, 2], "offered": 1000, "once": 990, "lost": 0, "doubled": 0,
        "wrong": 0, "asked": 0, "skipped": 10, "wrong_stock": 0, "faults": {"erp reset": 70}, "reached": True,
        "drain_s": 4.2, "at_best_s": 1.5, "took_s": 30.0, "calls_per_order": 9.1, "well": True, "failures": [],
    }  # fmt: skip
    return usual | said


def a_result(*arms: dict[str, Any], missed: tuple[str, ...] = ()) -> dict[str, Any]:
    names = ("offered", "once", "lost", "doubled", "wrong", "asked")
    total = {name: sum(each[name] for each in arms) for name in names}
    return {"arms": list(arms), "total": total, "failpoints_missed": list(missed)}


def test_only_orders_of_arms_in_which_something_broke_bound_the_rate() -> None:
    text = rendered(a_result(an_arm("plain", faults={}, offered=500), an_arm()))
    assert "1,500 orders, 1,000 of them in arms in which something broke; 70 faults struck; seeds 1 to 2." in text
    assert "0 in 1,000" in text
    assert "0.3000%" in text
    assert "No run failed." in text


def test_a_failure_is_told_with_its_seed() -> None:
    failed = {
        "arm": "erp-reset", "store": "sqlite", "seed": 2, "lost": 0, "doubled": 1, "wrong": 0, "wrong_stock": 0,
        "reached": True, "trouble": "", "samples": ["#1004 doubled: two"],
    }  # fmt: skip
    text = rendered(a_result(an_arm(doubled=1, well=False, failures=[failed])))
    assert "**0 lost, 1 doubled, 0 with wrong content**" in text
    assert "3 in" not in text
    assert "- erp-reset, sqlite, seed 2: 1 doubled (#1004 doubled: two)" in text


def test_points_nothing_was_killed_at_are_named() -> None:
    killed = a_result(an_arm("killed-trading"), missed=("commit.bind.after",))
    assert "1 points missed: commit.bind.after" in rendered(killed)
    assert "no kills at chosen points in this run" in rendered(a_result(an_arm()))


def test_only_what_is_between_the_marks_is_replaced() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    once = replaced(page, "new")
    assert once == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    assert replaced(once, "new") == once
    with pytest.raises(ValueError, match="the page has no"):
        replaced("no marks", "new")


def test_the_page_has_its_marks() -> None:
    assert replaced(PAGE.read_text("utf-8"), "new").count("new\n") >= 1


def test_a_whole_sweep_takes_the_place_of_the_last_one_of_its_store_and_no_other() -> None:
    before = "postgres job.claimed trade\nsqlite job.claimed trade\nsqlite job.pulled slow\n"
    met = {"sqlite": {"job.claimed": "begin"}}
    swept = [an_arm(name) for name in KILLING]
    after = recorded(before, a_result(*swept) | {"failpoints_met": met})
    assert met_of(after) == {"postgres": {"job.claimed": "trade"}, "sqlite": {"job.claimed": "begin"}}
    assert recorded(before, a_result(*swept[1:]) | {"failpoints_met": met}) == before


def test_the_arms_that_kill_everywhere_are_those_of_the_campaign() -> None:
    assert {arm.name for arm in POINTS} == set(KILLING)


def test_several_results_are_one() -> None:
    one = a_result(an_arm("plain")) | {"failpoints_met": {"sqlite": {"job.claimed": "begin"}}}
    two = a_result(an_arm(store="postgres"), missed=("job.pulled",))
    both = joined([one, two])
    assert [(each["arm"], each["store"]) for each in both["arms"]] == [("plain", "sqlite"), ("erp-reset", "postgres")]
    assert (both["total"]["offered"], both["failpoints_missed"]) == (2000, ["job.pulled"])
    assert both["failpoints_met"] == {"sqlite": {"job.claimed": "begin"}}
