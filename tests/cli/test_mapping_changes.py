"""A draft is compared, published with a reason, and taken back; every revision that ran is there to go back to."""

from pathlib import Path
from typing import Any

import pytest

from isthmus.canonical.party import Address
from isthmus.testing.builders import a_customer, a_line, an_order
from tests.cli.mapping_project import Place

LIVE = '[order]\n"custom.x_region" = "shipping_to.region"\n'
DRAFT = '[order]\n"custom.x_region" = "lower(shipping_to.region)"\nnote = "trim(note)"\n'


def bought(number: str, region: str) -> Any:
    to = Address(region=region, country="DE", name="N")
    return an_order(number, a_line(), shipping_to=to, customer=a_customer(), note=" x ")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.seen(bought("1", "BY"), bought("2", "HH"), bought("3", "5"))
    made.holds("mappings/orders.toml", LIVE)
    made.holds("mappings/orders.draft.toml", DRAFT)
    return made


def test_a_draft_is_compared_by_row_and_by_what_orders_would_say(place: Place) -> None:
    found = place.answer("diff")
    assert [(each["what"], each["row"], each["before"], each["after"]) for each in found["rows"]] == [
        ("changed", "order.custom.x_region", "shipping_to.region", "lower(shipping_to.region)"),
        ("added", "order.note", "", "trim(note)"),
    ]
    effect = found["effect"]
    assert (effect["orders"], effect["changed"], effect["failing"]) == (3, 3, [0, 0])
    fields = {each["field"]: (each["orders"], len(each["examples"])) for each in effect["fields"]}
    assert fields == {"order.note": (3, 3), "order.custom.x_region": (2, 2)}
    (example,) = [each for each in effect["fields"][1]["examples"] if each["number"] == "1"]
    assert (example["before"], example["after"]) == ("BY", "by")
    said = place.mapping("diff")
    assert "3 of 3 orders would be told otherwise" in said.output
    assert place.text("mappings/orders.toml") == LIVE


def test_publishing_makes_the_draft_the_document_and_says_who_and_why(place: Place) -> None:
    before = place.answer("try", "1")[0]["revision"]
    answer = place.answer("publish", "--offline", "--why", "as the carrier wants it")
    assert answer["published"]
    assert place.text("mappings/orders.toml") == DRAFT
    assert place.text("mappings/orders.draft.toml") is None
    now, was = place.answer("revisions")
    assert (now["revision"], now["live"], now["why"]) == (answer["revision"], True, "as the carrier wants it")
    assert (was["revision"], was["live"], was["who"]) == (before, False, "")
    (line,) = place.read("audit_trail", wish=9)
    assert (line["action"], line["target"], line["before"], line["after"], line["why"]) == (
        "publish mapping",
        "orders",
        before,
        answer["revision"],
        "as the carrier wants it",
    )
    assert "(live)" in place.mapping("revisions", "orders").output


def test_going_back_writes_the_old_text_and_its_revision_lives_again(place: Place) -> None:
    published = place.answer("publish", "--offline", "--why", "new")
    first = published["old"]["revision"]
    said = place.mapping("rollback", first[:6], "--why", "was wrong")
    assert said.exit_code == 0, said.output
    assert place.text("mappings/orders.toml") == LIVE
    assert [(each["revision"], each["live"]) for each in place.answer("revisions")] == [
        (first, True),
        (published["revision"], False),
    ]
    assert [each["action"] for each in place.read("audit_trail", wish=9)] == ["roll back mapping", "publish mapping"]
    again = place.mapping("rollback", first, "--why", "again")
    assert (again.exit_code, "already" in again.stderr) == (2, True)
    two = place.answer("diff", first, published["revision"])
    assert [each["row"] for each in two["rows"]] == ["order.custom.x_region", "order.note"]


def test_what_has_an_error_or_fails_a_test_is_not_published(place: Place) -> None:
    place.mapping("record", "1", "--name", "bavaria")
    refused = place.mapping("publish", "--offline", "--why", "new")
    assert refused.exit_code == 1
    assert "bavaria: order.custom.x_region is 'by' and should be 'BY'" in refused.output
    assert "nothing was published" in refused.output
    place.holds("mappings/orders.draft.toml", '[order]\nnote = "nte"\n')
    broken = place.answer("publish", "--offline", "--why", "new")
    assert (broken["published"], broken["check"]["well"]) == (False, False)
    assert place.text("mappings/orders.toml") == LIVE
    assert place.read("audit_trail", wish=9) == []


def test_what_cannot_be_meant_is_said(place: Place) -> None:
    assert "--why must say why" in place.mapping("publish", "--why", " ").stderr
    assert place.mapping("publish").exit_code == 2
    unknown = place.mapping("rollback", "abcdef", "--why", "x")
    assert (unknown.exit_code, "`isthmus mapping revisions`" in " ".join(unknown.stderr.split())) == (2, True)
    (place.folder / "mappings" / "orders.draft.toml").unlink()
    assert "there is no draft" in place.mapping("diff").stderr
    assert "there is no draft" in place.mapping("publish", "--why", "x").stderr


def test_a_revision_under_other_hooks_is_said_and_one_that_cannot_run_is_refused(place: Place) -> None:
    place.holds("mappings/hooks.py", "def small(text: str) -> str:\n    return text.lower()\n")
    place.holds("mappings/orders.draft.toml", '[order]\nnote = "hooks.small(note)"\n')
    with_hook = place.answer("publish", "--offline", "--why", "new")["revision"]
    place.holds("mappings/orders.draft.toml", LIVE)
    place.answer("publish", "--offline", "--why", "without")
    place.holds("mappings/hooks.py", "def other(text: str) -> str:\n    return text\n")
    found = place.answer("diff", with_hook, "live")
    assert any("as they are now" in each for each in found["notes"])
    refused = place.mapping("rollback", with_hook, "--why", "x")
    assert (refused.exit_code, "cannot run" in refused.stderr) == (2, True)
    assert place.text("mappings/orders.toml") == LIVE
