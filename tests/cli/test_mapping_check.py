"""`isthmus mapping check` says everything that is wrong with a mapping at once, and what may be."""

from pathlib import Path
from typing import Any

import pytest

from isthmus.canonical.order import Order, Payment, PaymentStatus
from isthmus.canonical.party import Address
from isthmus.ports.probe import CustomField
from isthmus.testing.builders import a_customer, a_line, an_order, money
from tests.cli.mapping_project import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def bought(number: str = "1001", **said: Any) -> Order:
    usual: dict[str, Any] = {"shipping_to": Address(region="BY", country="DE", name="N"), "customer": a_customer()}
    return an_order(number, a_line(), **usual | said)


def codes(place: Place, *words: str) -> set[tuple[str, str]]:
    found = place.answer("check", "--offline", *words)["found"]
    return {(each["code"], each["row"]) for each in found if each["code"] != "not_checked"}


def test_every_error_is_said_at_once_with_line_row_and_column(place: Place) -> None:
    place.holds(
        "mappings/orders.toml",
        'note = 5\n[order]\nnote = "nte"\nnot_a_field = "note"\ncustom.a = "1 + note"\n[lines]\nkind = "\'nonsense\'"\n'
        '[odd]\nx = "1"\n',
    )
    answer = place.answer("check", "--offline")
    found = [each for each in answer["found"] if each["weight"] == "error"]
    assert [(each["line"], each["row"], each["column"]) for each in sorted(found, key=lambda each: each["line"])] == [
        (1, "note", 0),
        (3, "order.note from", 1),
        (4, "order.not_a_field", 0),
        (5, "order.custom.a from", 1),
        (7, "lines.kind from", 0),
        (8, "odd", 0),
    ]
    assert {each["file"] for each in found} == {"mappings/orders.toml"}
    said = place.mapping("check", "--offline")
    assert said.exit_code == 1
    assert "6 errors" in said.output


def test_a_broken_hook_and_a_broken_table_are_findings_too(place: Place) -> None:
    place.holds("mappings/hooks.py", "def x(:\n")
    place.holds("tables/tax.csv", "nothing\n")
    says = [each["says"] for each in place.answer("check", "--offline")["found"]]
    assert any("mappings/hooks.py line 1" in each for each in says)
    assert any("tables/tax.csv row 1" in each for each in says)


def test_a_row_written_in_two_ways_would_be_lost_and_is_an_error(place: Place) -> None:
    place.holds("mappings/orders.toml", '[order]\ncustom.x = "number"\n"custom.x" = "note"\n')
    (error,) = [each for each in place.answer("check", "--offline")["found"] if each["weight"] == "error"]
    assert "twice" in error["says"]


def test_fields_are_compared_with_what_the_erp_reports(place: Place) -> None:
    place.fields(
        order=[
            CustomField(name="x_region", type="char"),
            CustomField(name="x_weight", type="float"),
            CustomField(name="x_must", type="char", required=True),
            CustomField(name="x_also", type="char", required=True),
        ]
    )
    place.holds(
        "mappings/orders.toml",
        '[order]\n"custom.x_regoin" = "shipping_to.region"\n"custom.x_weight" = "upper(note)"\n'
        '"custom.x_also" = "shipping_to.region"\n',
    )
    assert codes(place) == {
        ("unknown_target", "order.custom.x_regoin"),
        ("target_type", "order.custom.x_weight"),
        ("required_target", "order"),
        ("may_be_empty", "order.custom.x_also"),
    }
    assert place.mapping("check", "--offline").exit_code == 1
    assert "did you mean 'x_region'" in place.mapping("check", "--offline").output


def test_what_a_field_of_the_erp_cannot_hold_is_said(place: Place) -> None:
    place.fields(
        order=[
            CustomField(name="x_total", type="float", writable=False),
            CustomField(name="x_size", type="selection", options=("small", "large")),
            CustomField(name="x_short", type="char", size=5),
            CustomField(name="x_cut", type="char", size=5),
        ]
    )
    place.holds(
        "mappings/orders.toml",
        '[order]\n"custom.x_total" = "total.amount"\n"custom.in" = "currency"\n'
        '"custom.x_size" = { from = "note", table = "size" }\n'
        '"custom.x_short" = "note"\n"custom.x_cut" = { from = "note", length = 5, cut = true }\n'
        '[tables.size]\nS = "small"\nL = "big"\n',
    )
    assert codes(place) == {
        ("read_only_target", "order.custom.x_total"),
        ("unknown_target", "order.custom.in"),
        ("not_an_option", "order.custom.x_size"),
        ("too_long", "order.custom.x_short"),
    }


def test_custom_fields_of_the_shop_have_to_have_been_seen(place: Place) -> None:
    place.seen(bought(custom={"gift": "yes"}))
    place.holds("mappings/orders.toml", '[order]\n"custom.a" = "custom.gift"\n"custom.b" = "custom.gfit"\n')
    assert codes(place) == {("unknown_source", "order.custom.b from")}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ('[lines]\nunit_price = "money(custom.unit_cost, order.currency)"', "cost_and_price"),
        ('[lines]\n"custom.purchase_price" = "unit_price"', "cost_and_price"),
        ('[order]\n"custom.worth" = "total.amount"', "money_without_currency"),
        ('[lines]\n"custom.pieces" = "quantity.value"', "quantity_without_unit"),
        ('[order]\nnote = "written(placed_at)"', "moment_without_zone"),
        ('[shipping]\nrequested_on = "day(order.placed_at)"', "moment_without_zone"),
        ('[order]\nnote = { from = "email", owner = "books" }', "unknown_owner"),
        ('[order]\nnote = { from = "email", when = "1 > 2" }', "dead_row"),
        ('[order]\nnote = "value"', "dead_row"),
    ],
)
def test_what_is_suspicious_is_said(place: Place, row: str, code: str) -> None:
    place.holds("mappings/orders.toml", row)
    assert code in {each for each, _row in codes(place)}


@pytest.mark.parametrize(
    "row",
    [
        '[lines]\n"custom.cost" = "custom.unit_cost"',
        '[order]\n"custom.worth" = "total.amount"\n"custom.in" = "currency"',
        '[order]\n"custom.worth" = "total"',
        '[lines]\n"custom.pieces" = "quantity.value"\n"custom.unit" = "quantity.unit"',
        "[shipping]\nrequested_on = 'day(order.placed_at, \"Europe/Berlin\")'",
        '[order]\nnote = { from = "email", owner = "erp", when = "is_test" }',
    ],
)
def test_what_is_well_is_not(place: Place, row: str) -> None:
    place.holds("mappings/orders.toml", row)
    assert codes(place) == set()
    assert place.mapping("check", "--offline").exit_code == 0


def test_rows_and_words_are_tried_on_the_orders_of_the_last_days(place: Place) -> None:
    payment = Payment(transaction_id="t", amount=money(1), status=PaymentStatus.PAID, gateway="paypal")
    place.seen(bought("1"), bought("2", note="ring", payments=(payment,)))
    place.holds("tables/payment.csv", "from,to,note\nstripe,5,\n")
    place.holds(
        "mappings/orders.toml",
        '[order]\nwarehouse = { from = "shipping_to.region", table = "region" }\nreference = \'"A"\'\n'
        '"custom.n" = { from = "note", required = true }\n"custom.t" = { from = "number", when = "is_test" }\n'
        '[shipping]\ncarrier = "title"\n[tables.region]\nHH = "N"\n',
    )
    assert codes(place) == {
        ("unmapped_code", "order.warehouse"),
        ("unmapped_code", ""),
        ("fails_on_records", "order.custom.n"),
        ("did_nothing", "order.custom.t"),
        ("no_such_record", "shipping.carrier"),
        ("reference_not_unique", "order.reference"),
    }
    said = place.mapping("check", "--offline").output
    assert "1 of 2 orders" in said
    assert "'paypal'" in said


def test_tables_and_hooks_that_nobody_uses_are_said(place: Place) -> None:
    place.holds("tables/colors.csv", "from,to,note\nred,1,\n")
    place.holds(
        "mappings/hooks.py", "def used(text: str) -> str: return text\ndef idle(text: str) -> str: return text\n"
    )
    place.holds("mappings/orders.toml", '[order]\nnote = "hooks.used(email)"\n[tables.size]\nL = "1"\n')
    assert codes(place) == {("unused_table", ""), ("unused_table", "tables.size"), ("unused_hook", "")}


def test_two_flows_must_agree_whose_field_it_is(tmp_path: Path) -> None:
    place = Place(tmp_path, '[flows.b2b]\nkind = "orders"\nfrom = "shop"\nto = "erp"\nwhen = { channel = "b2b" }\n')
    place.holds("mappings/orders.toml", '[order]\nnote = { from = "email", owner = "erp" }\n')
    place.holds("mappings/b2b.toml", '[order]\nnote = { from = "email", owner = "shop" }\n')
    assert codes(place) == {("two_owners", "order.note")}
    place.holds("mappings/b2b.toml", '[order]\nnote = { from = "email", owner = "erp" }\n')
    assert codes(place) == set()


def test_what_was_not_looked_at_is_said_and_a_wrong_name_has_a_hint(place: Place) -> None:
    found = place.answer("check", "--offline")["found"]
    assert {each["code"] for each in found} == {"not_checked"}
    said = place.mapping("check", "ordrs", "--offline")
    assert (said.exit_code, "did you mean 'orders'" in said.stderr) == (2, True)
    assert "there is no draft" in place.mapping("check", "orders", "--draft", "--offline").stderr
