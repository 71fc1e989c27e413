"""A code table says what one system's word is in the other's; an absent row changes nothing."""

from isthmus.mapping.tables import Tables


def test_a_row_translates() -> None:
    assert Tables({"tax": {"VAT": "4"}}).get("tax", "VAT") == "4"


def test_an_absent_row_or_table_is_the_default() -> None:
    tables = Tables({"tax": {}})
    assert (tables.get("tax", "VAT"), tables.get("payment", "x", "y")) == ("", "y")


def test_an_unmapped_sku_is_the_same_word_on_both_sides() -> None:
    tables = Tables({"sku": {"OLD": "NEW"}})
    assert (tables.sku("OLD"), tables.sku("SAME")) == ("NEW", "SAME")
