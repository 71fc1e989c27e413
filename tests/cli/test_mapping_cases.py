"""`isthmus mapping record` and `test`: an order that was seen becomes a test, without the person who bought."""

import json
from pathlib import Path

import pytest

from isthmus.canonical.party import Address, AddressRole, Company
from isthmus.testing.builders import a_customer, a_line, an_order
from tests.cli.mapping_project import Place

PERSONAL = ("Grete", "Sample", "Lane 7", "grete@example.org", "4711", "0815", "DE123456789", "Works")
ORDER = an_order(
    "#1001",
    a_line("MUG", note="for Grete"),
    shipping_to=Address(
        role=AddressRole.SHIPPING,
        region="BY",
        city="Munich",
        country="DE",
        name="Grete Sample",
        lines=("Lane 7",),
        phone="4711",
    ),
    customer=a_customer(
        "Grete Sample",
        first_name="Grete",
        last_name="Sample",
        phone="0815",
        email="grete@example.org",
        company=Company(name="Works", tax_id="DE123456789"),
        external_id="c-4711",
    ),
    email="grete@example.org",
    note="call 4711, Grete",
)
MAPPING = """[order]
"custom.x_region" = "shipping_to.region"
"custom.x_note" = "lower(note)"
[lines]
title = "upper(title)"
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.seen(ORDER)
    made.holds("mappings/orders.toml", MAPPING)
    return made


def test_what_was_recorded_passes_and_names_nobody(place: Place) -> None:
    written = place.answer("record", "1001", "--name", "bavaria")["path"]
    assert written.endswith("mappings/tests/bavaria.json")
    text = place.text("mappings/tests/bavaria.json") or ""
    assert [word for word in PERSONAL if word in text] == []
    case = json.loads(text)
    assert case["expected"] == {
        "order.custom.x_note": "remark",
        "order.custom.x_region": "BY",
        "order.lines[0].title": "ITEM MUG",
        "takes": True,
    }
    assert place.mapping("test").exit_code == 0
    assert "1 of 1 pass" in place.mapping("test", "orders").output


def test_what_a_changed_row_does_is_shown_by_path(place: Place) -> None:
    place.mapping("record", "1001", "--name", "bavaria")
    place.holds("mappings/orders.toml", MAPPING.replace("shipping_to.region", "shipping_to.city"))
    said = place.mapping("test")
    assert said.exit_code == 1
    assert "bavaria: order.custom.x_region is 'Munich' and should be 'BY'" in said.output
    (answer,) = place.answer("test")
    assert answer["differences"] == [{"path": "order.custom.x_region", "expected": "BY", "got": "Munich"}]


def test_the_draft_can_be_tested_and_a_row_that_fails_is_a_difference(place: Place) -> None:
    place.mapping("record", "1001", "--name", "bavaria")
    place.holds("mappings/orders.draft.toml", MAPPING.replace('"lower(note)"', '"number(note)"'))
    assert place.mapping("test").exit_code == 0
    said = place.mapping("test", "orders", "--draft")
    assert said.exit_code == 1
    assert "order.custom.x_note" in said.output


def test_a_person_may_be_kept(place: Place) -> None:
    place.mapping("record", "1001", "--name", "kept", "--keep")
    assert "Grete" in (place.text("mappings/tests/kept.json") or "")
    assert place.mapping("test").exit_code == 0


def test_a_test_by_hand_may_be_toml(place: Place) -> None:
    place.holds(
        "mappings/tests/by-hand.toml",
        'flow = "orders"\n[order]\nexternal_id = "1"\nstatus = "received"\nplaced_at = "2026-01-01T00:00:00Z"\n'
        'currency = "EUR"\nlines = []\ntotal = { amount = "0", currency = "EUR" }\nnote = "ABC"\n'
        '[expected]\n"order.custom.x_note" = "abc"\n"order.custom.x_region" = ""\n',
    )
    assert "1 of 1 pass" in place.mapping("test").output


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "mappings/tests/x.json: "),
        (
            '{"flow": "orders", "order": {}, "expected": {}}',
            "mappings/tests/x.json: Object missing required field `status`",
        ),
        ('{"flow": "orders", "expected": {}}', "mappings/tests/x.json: Object missing required field `order`"),
    ],
)
def test_a_test_that_cannot_be_read_is_named(place: Place, text: str, says: str) -> None:
    place.holds("mappings/tests/x.json", text)
    said = place.mapping("test")
    assert (said.exit_code, says in said.stderr.replace("\n", " ")) == (2, True), said.stderr


def test_names_are_not_taken_twice_and_lead_nowhere_else(place: Place) -> None:
    place.mapping("record", "1001", "--name", "one")
    assert "exists already" in place.mapping("record", "1001", "--name", "one").stderr
    assert "small letters" in place.mapping("record", "1001", "--name", "../one").stderr
    assert place.mapping("record", "7", "--name", "two").exit_code == 1
    assert "no tests" in Place(place.folder / "other").mapping("test").stderr


def test_what_cannot_be_written_is_said(place: Place) -> None:
    place.holds("mappings/tests", "a file where the folder should be")
    said = place.mapping("record", "1001", "--name", "one")
    assert (said.exit_code, "File exists" in " ".join(said.stderr.split())) == (2, True)
