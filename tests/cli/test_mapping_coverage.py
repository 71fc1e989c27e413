"""`isthmus mapping coverage` says which fields are there, which are used, and which nobody fills."""

from pathlib import Path

from isthmus.canonical.party import Address
from isthmus.ports.probe import CustomField
from isthmus.testing.builders import a_customer, a_line, an_order
from tests.cli.mapping_project import Place


def test_fields_seen_and_used_and_left_are_counted_and_no_value_is_shown(tmp_path: Path) -> None:
    place = Place(tmp_path)
    order = an_order(
        "1",
        a_line("MUG", custom={"engraving": "Grete"}),
        shipping_to=Address(region="BY", country="DE", name="Grete"),
        customer=a_customer("Grete"),
        custom={"gift": True, "wish": "secret words"},
        hold_reason="fraud",
    )
    place.seen(order, an_order("2"))
    place.fields(
        order=[CustomField(name="x_gift", type="boolean"), CustomField(name="x_left", type="char", label="Left")]
    )
    place.holds(
        "mappings/orders.toml",
        '[order]\n"custom.x_gift" = "custom.gift"\n"custom.n" = '
        '"count(line for line in lines if line.custom.engraving)"\n',
    )
    found = place.answer("coverage")
    assert found["orders"] == 2
    used = {each["field"]: (each["orders"], each["used"]) for each in found["fields"]}
    assert used["shipping_to.region"] == (1, "handed over")
    assert used["hold_reason"] == (1, "unused")
    assert used["total"] == (2, "handed over")
    custom = {(each["kind"], each["name"]): (each["records"], each["type"], each["used"]) for each in found["custom"]}
    assert custom == {
        ("order", "gift"): (1, "yes or no", True),
        ("order", "wish"): (1, "text", False),
        ("order_line", "engraving"): (1, "text", True),
    }
    assert [(each["kind"], each["name"]) for each in found["targets"]] == [("order", "x_left")]
    said = place.mapping("coverage").output
    assert "Grete" not in said
    assert "secret" not in said
    assert "wish" in said
    assert "Left" in said


def test_without_a_probe_the_other_sides_fields_are_not_known(tmp_path: Path) -> None:
    place = Place(tmp_path)
    assert place.answer("coverage")["targets"] is None
    assert "connect check" in place.mapping("coverage").output
