"""Names do not repeat, and a wrong one is told the right one."""

from isthmus.kit.fresh import fresh_id
from isthmus.kit.names import nearest


def test_names_do_not_repeat() -> None:
    made = {fresh_id() for _ in range(1000)}
    assert len(made) == 1000
    assert {len(each) for each in made} == {24}


def test_a_slip_of_the_pen_is_understood_and_a_guess_is_not_made() -> None:
    assert nearest("shopfy", ["shopify", "odoo"]) == " (did you mean 'shopify'?)"
    assert nearest("sap", ["shopify", "odoo"]) == ""
