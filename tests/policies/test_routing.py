"""Which flow takes an order, where a shop has several."""

import pytest

from isthmus.canonical.order import LineKind, Order
from isthmus.policies.reasons import REASONS
from isthmus.policies.routing import Way, asked, route
from isthmus.testing.builders import a_line, an_address, an_order

PLACES = {"p1": "Berlin", "p2": "Lyon"}
NORTH = Way("north", "erp-north", asked(country=["DE", "AT"]))
SOUTH = Way("south", "erp-south", asked(country=["FR"]))
REST = Way("rest", "erp-rest")


def to(country: str) -> Order:
    return an_order(shipping_to=an_address(country=country))


@pytest.mark.parametrize(
    ("order", "ways", "taken"),
    [
        (to("DE"), (NORTH, SOUTH), "north"),
        (to("FR"), (NORTH, SOUTH), "south"),
        (to("PT"), (NORTH, SOUTH, REST), "rest"),
        (an_order(shipping_to=None, billing=an_address(country="FR")), (NORTH, SOUTH), "south"),
        (an_order(store="north.example"), (Way("a", "a", asked(store=["North.example"])), REST), "a"),
        (an_order(store="south.example"), (Way("a", "a", asked(store=["north.example"])), REST), "rest"),
        (an_order(channel="POS"), (Way("a", "a", asked(channel=["pos", "web"])), REST), "a"),
    ],
)
def test_the_first_flow_whose_rule_fits_takes_it(order: Order, ways: tuple[Way, ...], taken: str) -> None:
    decision = route(order, ways, PLACES)
    assert (decision.value, decision.because) == (taken, "routed")


@pytest.mark.parametrize(
    ("places", "taken"),
    [(("p1",), "berlin"), (("p2",), "lyon"), (("p1", "p1"), "berlin"), (("p1", "p2"), None), (("p3",), None)],
)
def test_goods_ship_from_the_places_of_one_flow(places: tuple[str, ...], taken: str | None) -> None:
    ways = (Way("berlin", "one", asked(warehouse=["BERLIN"])), Way("lyon", "two", asked(warehouse=["p2"])))
    lines = [a_line(f"SKU-{number}", warehouse=place) for number, place in enumerate(places)]
    decision = route(an_order("1", *lines, a_line("TIP", kind=LineKind.TIP)), ways, PLACES)
    assert decision.value == taken
    if taken is None:
        assert decision.because == ("several_routes" if len(places) > 1 else "no_route")
        assert decision.detail.startswith("warehouse: ")


def test_every_asked_word_has_to_fit() -> None:
    ways = (Way("a", "a", asked(country=["DE"], channel=["web"])),)
    assert route(an_order(shipping_to=an_address(country="DE"), channel="web"), ways, {}).value == "a"
    refused = route(an_order(shipping_to=an_address(country="DE"), channel="pos"), ways, {})
    assert (refused.value, refused.because, refused.detail) == (None, "no_route", "channel: pos; country: de")
    assert refused.because in REASONS


def test_an_order_stays_where_it_is_held() -> None:
    ways = (NORTH, SOUTH, REST)
    assert route(to("DE"), ways, {}, ["erp-south"]).value == "south"
    assert route(to("PT"), ways, {}, ["erp-north"]).value == "north"
    # Two flows into the same ERP: there the rules still choose.
    same = (Way("web", "erp", asked(channel=["web"])), Way("pos", "erp", asked(channel=["pos"])))
    assert route(an_order(channel="pos"), same, {}, ["erp"]).value == "pos"
    assert route(an_order(channel="fair"), same, {}, ["erp"]).value == "web"


def test_what_an_order_does_not_say_fits_no_rule() -> None:
    decision = route(an_order(shipping_to=None, billing=None), (NORTH, SOUTH), {})
    assert (decision.value, decision.detail) == (None, "country: not said")
