"""`isthmus mapping try` shows one order on both sides of its mapping, and what has no answer."""

from pathlib import Path

import pytest

from isthmus.canonical.party import Address
from isthmus.canonical.record import dump
from isthmus.testing.builders import a_customer, a_line, an_order
from tests.cli.mapping_project import Place

ORDER = an_order(
    "#1001",
    a_line("MUG"),
    a_line("LAMP"),
    shipping_to=Address(region="BY", country="DE", name="N"),
    customer=a_customer(),
    note="ring twice",
    custom={"gift": "yes"},
)
MAPPING = """[order]
"custom.x_region" = { from = "shipping_to.region", table = "region" }
reference = '"W-" + number'
[lines]
note = { from = "order.note", when = 'sku == "MUG"' }
[tables.region]
BY = "Bavaria"
[[add]]
name = "gift-wrap"
when = 'custom.gift == "yes"'
sku = '"WRAP"'
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.seen(ORDER)
    made.holds("mappings/orders.toml", MAPPING)
    return made


def test_each_row_shows_what_it_read_and_what_it_made(place: Place) -> None:
    (found,) = place.answer("try", "1001")
    assert [(each["row"], each["about"], each["inputs"], each["after"], each["line"]) for each in found["fields"]] == [
        ("order.custom.x_region", "order", {"order.shipping_to.region": "BY"}, "Bavaria", 2),
        ("order.reference", "order", {"order.number": "#1001"}, "W-#1001", 3),
        ("lines.note", "line MUG", {"line.sku": "MUG", "order.note": "ring twice"}, "ring twice", 5),
    ]
    assert [(each["sku"], each["kind"]) for each in found["added"]] == [("WRAP", "fee")]
    assert (found["wrong"], found["reference"], found["takes"]) == ([], "W-#1001", True)
    said = place.mapping("try", "#1001")
    assert said.exit_code == 0
    assert "added line: gift-wrap" in said.output
    assert "Bavaria" in said.output


def test_every_row_without_an_answer_is_named_and_the_others_go_on(place: Place) -> None:
    wrong = MAPPING.replace("BY =", "HH =").replace("[lines]", '"custom.n" = "number(note)"\n[lines]')
    place.holds("mappings/orders.toml", wrong)
    (found,) = place.answer("try", "1001")
    assert sorted((each["row"], each["column"]) for each in found["wrong"]) == [
        ("order.custom.n from", 1),
        ("order.custom.x_region", 0),
    ]
    assert [each["row"] for each in found["fields"]] == ["order.reference", "lines.note"]
    said = place.mapping("try", "1001")
    assert said.exit_code == 1
    assert "mappings/orders.toml line 4, order.custom.n from, column 1" in said.output


def test_a_sum_that_is_not_the_buyers_is_said(place: Place) -> None:
    place.holds("mappings/orders.toml", MAPPING + "price = '5'\n")
    (found,) = place.answer("try", "1001")
    assert found["because"]


def test_an_order_that_is_not_for_this_flow_is_said(place: Place) -> None:
    place.holds("mappings/orders.toml", 'when = "is_test"\n')
    assert "leaves this order alone" in place.mapping("try", "1001").output


def test_the_draft_is_tried_beside_the_document(place: Place) -> None:
    assert "there is no draft" in place.mapping("try", "1001", "--draft").stderr
    place.holds("mappings/orders.draft.toml", '[order]\nnote = "upper(note)"\n')
    (found,) = place.answer("try", "1001", "--draft")
    assert [each["after"] for each in found["fields"]] == ["RING TWICE"]
    assert "line 2" in place.mapping("try", "1001", "--draft").output


def test_nothing_is_written_and_an_unknown_order_is_said(place: Place) -> None:
    before = place.stored("order", ORDER.external_id)
    place.mapping("try", "1001")
    assert place.stored("order", ORDER.external_id) == before == dump(ORDER).decode()
    unknown = place.mapping("try", "9")
    assert (unknown.exit_code, "no order '9' has been seen" in unknown.stderr) == (1, True)
    assert "no flow of orders 'ordrs' (did you mean 'orders'?)" in place.mapping(
        "try", "1001", "--flow", "ordrs"
    ).stderr.replace("\n", " ")
