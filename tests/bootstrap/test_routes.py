"""Several order flows of one shop in the project file: what is refused, and in which words."""

from pathlib import Path

import pytest

from isthmus.bootstrap.checks import ConfigError
from isthmus.bootstrap.config import FILE, read_config
from isthmus.bootstrap.wiring import flow_settings
from isthmus.flows.settings import OrderSettings, StockSettings
from isthmus.policies.routing import asked

CONNECTIONS = """
[connections.shop]
connector = "shopify"
url = "https://shop.example.com"
[connections.north]
connector = "odoo"
url = "https://north.example.com"
[connections.south]
connector = "tryton"
url = "https://south.example.com"
"""
FLOWS = """
[flows.to-north]
kind = "orders"
from = "shop"
to = "north"
when.country = ["DE", "AT"]
[flows.to-south]
kind = "orders"
from = "shop"
to = "south"
[flows.from-north]
kind = "stock"
from = "north"
to = "shop"
places = { WH = "Main" }
[flows.from-south]
kind = "stock"
from = "south"
to = "shop"
places = { WH = "South", EAST = "" }
"""


def settings(folder: Path, flows: str = FLOWS) -> dict[str, OrderSettings | StockSettings]:
    (folder / FILE).write_text(CONNECTIONS + flows, "utf-8")
    return {each.name: each for each in flow_settings(read_config(folder))}


def test_each_flow_knows_the_others_of_its_shop(tmp_path: Path) -> None:
    found = settings(tmp_path)
    north, south = found["to-north"], found["to-south"]
    assert isinstance(north, OrderSettings)
    assert isinstance(south, OrderSettings)
    assert north.when == asked(country=["de", "at"])
    assert [(way.flow, way.destination, bool(way.when)) for way in north.ways] == [
        ("to-north", "north", True),
        ("to-south", "south", False),
    ]
    assert south.ways == north.ways
    stock = found["from-north"]
    assert isinstance(stock, StockSettings)
    assert [each.name for each in stock.beside] == ["from-south"]


def test_a_shop_with_one_flow_and_no_rule_asks_nobody(tmp_path: Path) -> None:
    alone = settings(tmp_path, '[flows.orders]\nfrom = "shop"\nto = "north"')["orders"]
    assert isinstance(alone, OrderSettings)
    assert alone.ways == ()
    picky = settings(tmp_path, '[flows.orders]\nfrom = "shop"\nto = "north"\nwhen.channel = "web"')["orders"]
    assert isinstance(picky, OrderSettings)
    assert [way.flow for way in picky.ways] == ["orders"]


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ('when.country = ["DE", "AT"]', "", r"takes every order of shop, so \[flows.to-south\] gets none"),
        ('when.country = ["DE", "AT"]', 'when.country = ["Germany"]', 'two letters, such as "DE"'),
        ('when.country = ["DE", "AT"]', "when.country = []", "a text or a list of texts"),
        ('when.country = ["DE", "AT"]', "when.country = 49", "a text or a list of texts"),
        ('when.country = ["DE", "AT"]', 'when.country = ["DE", ""]', "none may be empty"),
        ('when.country = ["DE", "AT"]', 'when.county = ["DE"]', "did you mean 'country'"),
        ('when.country = ["DE", "AT"]', 'when = "DE"', "must be a table"),
        ('WH = "South"', 'WH = "main"', r"both name 'main' of shop: the stock of a location comes from one ERP"),
        ('places = { WH = "Main" }', 'when.country = "DE"', "'when' is not a setting"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    assert right in FLOWS
    with pytest.raises(ConfigError, match=message):
        settings(tmp_path, FLOWS.replace(right, wrong, 1))
