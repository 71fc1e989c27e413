"""Every word that a flow's document looks up is heard, with a row or without."""

from datetime import UTC

from msgspec.structs import replace

from isthmus.canonical.party import Address
from isthmus.mapping.document import read_document
from isthmus.mapping.overheard import Heard, Overhearing
from isthmus.testing.builders import a_customer, an_order

DOCUMENT = """
[order]
warehouse = { from = "shipping_to.region", table = "region" }
"custom.x" = 'lookup("level", channel)'
[lines]
title = { from = "title", table = "titles" }
[customer]
language = { from = "language", table = "languages", default = "en" }
"""


def heard(where: str = "BY", **rows: dict[str, str]) -> set[Heard]:
    order = replace(an_order("1"), channel="web", shipping_to=Address(region=where, country="DE"))
    tables = {"region": {}, "level": {}, "titles": {}, "languages": {}, **rows}
    ears = Overhearing(read_document(DOCUMENT), tables, {}, UTC)
    return {each for each in ears.of(order, replace(a_customer("c"), language="de")) if each.must}


def test_words_of_rows_and_of_lookups_are_heard_where_nothing_is_written() -> None:
    assert heard() == {
        Heard("region", "BY", None, must=True),
        Heard("level", "web", None, must=True),
        Heard("titles", "Item MUG-0010", None, must=True),
        Heard("languages", "de", None, must=True),
    }


def test_what_is_written_is_heard_with_its_counterpart() -> None:
    found = heard(region={"BY": "MUC"}, languages={"*": "en"})
    assert Heard("region", "BY", "MUC", must=True) in found
    assert Heard("languages", "de", "en", must=True) in found


def test_an_empty_value_is_no_word() -> None:
    assert not [each for each in heard("") if each.table == "region"]
