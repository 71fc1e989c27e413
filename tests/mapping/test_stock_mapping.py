"""What a document says of a figure of stock, and that it never offers what is not there."""

from decimal import Decimal

import pytest

from isthmus.canonical.product import Variant
from isthmus.canonical.quantity import pieces
from isthmus.canonical.stock import StockLevel
from isthmus.mapping.document import read_document
from isthmus.mapping.errors import CannotRead, CannotWork
from isthmus.mapping.stock_mapping import StockMapping, build_stock
from isthmus.mapping.tables import Tables
from isthmus.ports.errors import Unmapped
from isthmus.testing.builders import a_variant

LEVEL = StockLevel(external_id="1@WH", sku="OUT-1", warehouse="WH", on_hand=pieces(50))
ITEM: Variant = a_variant("OUT-1")


def mapping_of(text: str, **tables: dict[str, str]) -> StockMapping:
    return build_stock(read_document(f"[stock]\n{text}", "mappings/stock.toml"), Tables(tables), {}, "r")


def test_without_rows_the_flow_decides() -> None:
    assert mapping_of("").safety(LEVEL, ITEM, Decimal(3)) == 3
    assert mapping_of("").ceiling(LEVEL, ITEM) is None


def test_a_row_reads_the_figure_and_the_item() -> None:
    mapping = mapping_of(
        """safety = 'value + 2 if starts(sku, "OUT-") else value'\nceiling = '20 if item.sku == "OUT-1" else None'"""
    )
    assert (mapping.safety(LEVEL, ITEM, Decimal(3)), mapping.ceiling(LEVEL, ITEM)) == (5, 20)
    assert mapping.ceiling(LEVEL, a_variant("B")) is None


def test_a_table_may_say_how_many() -> None:
    mapping = mapping_of("ceiling = 'lookup(\"most\", warehouse)'", most={"WH": "7"})
    assert mapping.ceiling(LEVEL, ITEM) == 7
    with pytest.raises(Unmapped):
        mapping_of("ceiling = 'lookup(\"most\", warehouse)'", most={}).ceiling(LEVEL, ITEM)


@pytest.mark.parametrize(("made", "says"), [("0 - 1", "below zero"), ("sku", "is not a number")])
def test_what_would_promise_too_much_or_says_nothing_is_no_answer(made: str, says: str) -> None:
    with pytest.raises(CannotWork, match=f"mappings/stock.toml line 2, stock.safety.*{says}"):
        mapping_of(f"safety = '{made}'").safety(LEVEL, ITEM, Decimal(0))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("most = '1'", "'most' cannot be said of stock"),
        ("ceiling = 5", "must be a text in quotes"),
        ("ceiling = 'available'", "takes a number, and this is quantity"),
        ("ceiling = 'on_han'", "nothing is called 'on_han'"),
    ],
)
def test_what_cannot_work_is_refused_with_its_line(text: str, says: str) -> None:
    with pytest.raises(CannotRead, match=f"mappings/stock.toml line 2, .*{says}"):
        mapping_of(text)
