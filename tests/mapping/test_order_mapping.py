"""What a document makes of an order."""

import pytest
from msgspec.structs import replace

from isthmus.canonical.order import LineKind, Order
from isthmus.canonical.party import Address
from isthmus.mapping.build import build
from isthmus.mapping.document import read_document
from isthmus.mapping.errors import CannotWork
from isthmus.mapping.order_mapping import OrderMapping
from isthmus.mapping.tables import Tables
from isthmus.ports.errors import Unmapped
from isthmus.testing.builders import a_customer, an_order


def mapping_of(text: str, **tables: dict[str, str]) -> OrderMapping:
    return build(read_document(text, "mappings/orders.toml"), Tables(tables))


def bought(**said: object) -> Order:
    return replace(an_order("7"), shipping_to=Address(region="BY", country="DE", name="N"), **said)


def told(mapping: OrderMapping, order: Order, *, skip: str = "") -> Order:
    return mapping.then(order, mapping.first(order), skip=skip)


def test_without_a_row_nothing_changes_but_the_shops_own_fields_stay_there() -> None:
    order = bought(custom={"gift": "yes"})
    assert told(mapping_of(""), order) == replace(order, custom={})


def test_a_row_fills_a_field_of_the_other_system() -> None:
    mapping = mapping_of('[order]\n"custom.x_region" = "shipping_to.region"\ncustom.x_gift = \'custom.gift == "yes"\'')
    assert told(mapping, bought(custom={"gift": "yes"})).custom == {"x_region": "BY", "x_gift": True}


def test_a_value_is_looked_up_and_an_unknown_word_is_asked_about() -> None:
    mapping = mapping_of('[order]\nwarehouse = { from = "shipping_to.region", table = "region" }', region={"BY": "MUC"})
    assert mapping.warehouse(bought()) == "MUC"
    elsewhere = replace(bought(), shipping_to=Address(region="HH", country="DE"))
    with pytest.raises(Unmapped) as asked:
        mapping.warehouse(elsewhere)
    # That it was looked up is what makes a row the first answer a person is offered.
    assert (asked.value.table, asked.value.value, asked.value.looked_up) == ("region", "HH", True)
    with pytest.raises(Unmapped) as line:
        told(
            mapping_of('[lines]\ntitle = { from = "order.shipping_to.region", table = "region" }', region={}), bought()
        )
    assert line.value.looked_up


def test_what_is_empty_has_a_default_or_is_asked_about() -> None:
    mapping = mapping_of(
        '[order]\n"custom.a" = { from = "note", default = "none" }\n"custom.b" = { from = "note", required = true }'
    )
    with pytest.raises(CannotWork, match=r"mappings/orders.toml line 3, order.custom.b: is empty and must not be"):
        told(mapping, bought())
    assert told(mapping, bought(note="x")).custom == {"a": "x", "b": "x"}


def test_a_longer_text_is_cut_only_where_that_is_said() -> None:
    cut = mapping_of('[order]\nnote = { from = "note", length = 3, cut = true }')
    kept = mapping_of('[order]\nnote = { from = "note", length = 3 }')
    assert told(cut, bought(note="abcdef")).note == "abc"
    with pytest.raises(CannotWork, match="longer than 3"):
        told(kept, bought(note="abcdef"))


def test_a_fee_line_is_added_and_keeps_its_name() -> None:
    text = '[[add]]\nname = "gift-wrap"\nwhen = \'custom.gift == "yes"\'\nsku = \'"WRAP"\'\ntitle = \'"Gift wrap"\''
    mapping = mapping_of(text)
    (_first, added) = mapping.first(bought(custom={"gift": "yes"})).lines
    assert (added.external_id, added.sku, added.kind, added.unit_price.amount) == (
        "add:gift-wrap",
        "WRAP",
        LineKind.FEE,
        0,
    )
    assert len(mapping.first(bought()).lines) == 1


def test_a_line_by_another_name_is_another_item() -> None:
    order = bought()
    order = replace(order, lines=tuple(replace(line, variant_ref="v") for line in order.lines))
    mapping = mapping_of("[lines]\nsku = 'without_end(sku, \"0\")'")
    (line,) = mapping.first(order).lines
    assert (line.sku, line.variant_ref) == ("MUG-001", "")
    (same,) = mapping_of('[lines]\ntitle = "upper(title)"').first(order).lines
    assert (same.title, same.variant_ref) == ("ITEM MUG-0010", "v")


def test_the_buyers_number_is_found_in_a_remark_and_kept() -> None:
    mapping = mapping_of('[customer]\n"company.tax_id" = \'find(order.note, "VAT:? *([A-Z]{2}[0-9]+)")\'')
    first = mapping.customer(bought(note="please ring, vat DE123456789"), a_customer("c"))
    assert first.company is not None
    assert first.company.tax_id == "DE123456789"
    later = mapping.kept(mapping.customer(bought(), a_customer("c")), first)
    assert later.company == first.company
    assert not mapping.differs(later, first)


def test_fields_of_the_erp_are_only_written_at_first() -> None:
    mapping = mapping_of(
        '[order]\n"custom.a" = { from = "number", owner = "erp" }\n"custom.b" = { from = "number", owner = "shop" }'
    )
    assert told(mapping, bought(), skip="").custom == {"a": "7", "b": "7"}
    assert told(mapping, bought(), skip="erp").custom == {"b": "7"}


def test_a_condition_takes_or_leaves_an_order() -> None:
    mapping = mapping_of("when = 'any(starts(line.sku, \"B2B-\") for line in lines)'")
    assert not mapping.takes(bought())


@pytest.mark.parametrize(
    "text",
    [
        "custom.attributes.gift",
        'custom["attributes.gift"]',
        "order.custom.attributes.gift",
        "order.custom.missing.gift",
    ],
)
def test_a_custom_field_with_dots_in_its_name_is_one_field(text: str) -> None:
    mapping = mapping_of(f"[order]\n\"custom.x\" = '{text}'\n")
    wanted = None if "missing" in text else "yes"
    assert told(mapping, bought(custom={"attributes.gift": "yes"})).custom == {"x": wanted}
    assert any(each.endswith(".gift") for row in mapping.rows for each in row.expressions[0].compiled.fields)
