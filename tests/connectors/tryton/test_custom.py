"""Fields of the merchant's own: written as each takes it, refused in words, and compared before they are written."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from isthmus.canonical.order import LineKind, OrderStatus
from isthmus.canonical.party import Company
from isthmus.connectors.tryton.custom import OURS, OwnFields, Value
from isthmus.connectors.tryton.dialect import Field
from isthmus.kit.http import Response
from isthmus.ports.errors import Invalid, Misconfigured, WireDrift
from isthmus.ports.sink import Receipt
from tests.connectors.erp import NOW, a_customer, a_line, key, money
from tests.connectors.tryton.stand import Stand
from tests.connectors.tryton.test_customers import made
from tests.connectors.tryton.test_orders import Desk, a_desk, told

SALE, LINE, PARTY = "sale.sale", "sale.line", "party.party"
CUSTOMER = key("c1")


@pytest.fixture
async def desk(erp: Stand) -> Desk:
    return await a_desk(erp)


def own(erp: Stand) -> OwnFields:
    return erp.orders.translator.own


def later(erp: Stand) -> None:
    """Let the time pass that a person takes to mend something."""
    erp.clock.time = erp.clock.time.replace(year=erp.clock.time.year + 1)


async def calls(desk: Desk, order: Any) -> int:
    """Return how many calls a put of an order that is there takes."""
    found = await desk.found()
    before = len(desk.erp.between.sent)
    await desk.put(order, found)
    return len(desk.erp.between.sent) - before


TYPED: dict[str, Any] = {
    "x_char": " Blue ",
    "x_text": "two\nlines",
    "x_integer": "7",
    "x_float": Decimal("0.3"),
    "x_numeric": money("3.50"),
    "x_boolean": True,
    "x_date": date(2026, 3, 4),
    "x_timestamp": NOW,
    "x_datetime": NOW.replace(microsecond=7),
    "x_selection": "n",
    "x_many2one": "DE",
}


def typed(erp: Stand) -> None:
    for name in TYPED:
        more = {
            "selection": {"n": "North"},
            "relation": "country.country",
            "digits": 2 if name == "x_numeric" else None,
        }
        erp.world.add_field(model=SALE, name=name, type=name.removeprefix("x_"), **more)


async def test_each_type_of_field_gets_its_value(desk: Desk) -> None:
    typed(desk.erp)
    receipt = await desk.put(desk.order(custom=TYPED))
    sale = int(receipt.external_id)
    (row,) = await desk.erp.read(SALE, [["id", "=", sale]], *TYPED, "x_many2one.code")
    assert (row["x_char"], row["x_text"], row["x_integer"], row["x_boolean"]) == ("Blue", "two\nlines", 7, True)
    assert (Decimal(str(row["x_float"])), row["x_numeric"]) == (Decimal("0.3"), Decimal("3.5"))
    assert (row["x_date"], row["x_timestamp"], row["x_datetime"]) == (date(2026, 3, 4), NOW, NOW)
    assert (row["x_selection"], row["x_many2one."]["code"]) == ("n", "DE")
    # Nothing of it is another value the next time, so nothing is written.
    assert await own(desk.erp).changed(SALE, sale, await own(desk.erp).values(SALE, TYPED)) == {}


async def test_nothing_empties_a_field(desk: Desk) -> None:
    typed(desk.erp)
    await desk.put(desk.order(custom=TYPED))
    receipt = await desk.put(desk.order(custom=dict.fromkeys(TYPED)), await desk.found())
    (row,) = await desk.erp.read(SALE, [["id", "=", int(receipt.external_id)]], *TYPED)
    assert {row[name] for name in TYPED} == {None}
    assert receipt.state == "processing"


async def test_a_name_the_server_lacks_is_a_question_until_its_module_is_there(desk: Desk) -> None:
    order = desk.order(custom={"x_region": "North"})
    with pytest.raises(
        Misconfigured, match=r"'x_region' of the sale \(sale.sale\) does not exist: activate the module"
    ):
        await desk.put(order)
    assert desk.sales() == []
    desk.erp.world.add_field(model=SALE, name="x_region", type="char")
    later(desk.erp)
    await desk.put(order)
    assert [row["x_region"] for row in desk.sales()] == ["North"]


@pytest.mark.parametrize("model", OURS)
async def test_what_isthmus_writes_itself_is_no_field_of_a_mapping(erp: Stand, model: str) -> None:
    known = await erp.dialect.fields(model)
    for name in OURS[model]:
        with pytest.raises(Misconfigured, match="written by Isthmus itself"):
            await own(erp).values(model, {name: "x"})
    assert OURS[model] <= known.keys()  # the list is of this system


async def test_a_field_nobody_can_write_is_named(erp: Stand) -> None:
    erp.world.add_field(model=SALE, name="x_score", type="integer", readonly=True)
    with pytest.raises(Misconfigured, match=r"'x_score'.*read-only"):
        await own(erp).values(SALE, {"x_score": 1})
    with pytest.raises(Misconfigured, match="of type reference"):
        await own(erp).values(SALE, {"origin": "sale.sale,1"})


REFUSED: list[tuple[str, dict[str, Any], Any, str]] = [
    ("char", {"size": 5}, "longer", "6 letters and the field keeps 5"),
    ("selection", {"selection": ["red", "green"]}, "pink", "'pink' is not among its options, which are: green, red"),
    ("boolean", {}, "perhaps", "neither true nor false"),
    ("integer", {}, "1.5", "1.5 is no whole number"),
    ("numeric", {"digits": 2}, "1.005", "more decimals than the 2"),
    ("date", {}, "tomorrow", "neither a date"),
    ("timestamp", {}, datetime(2026, 3, 2, 9), "without a zone"),  # noqa: DTZ001 - what is refused
    ("many2one", {"relation": "country.country"}, "Atlantis", "no record of country.country has the name or code"),
    ("many2one", {"relation": "country.country"}, 999_999, "no record of country.country has the id 999999"),
    ("many2one", {"relation": "stock.move"}, "M1", "stock.move has neither a name nor a code: give the id"),
    ("many2one", {"relation": "country.country"}, ["DE", "FR"], "a list of 2 values"),
]


@pytest.mark.parametrize(("kind", "more", "value", "words"), REFUSED)
async def test_a_value_a_field_cannot_take_is_a_question(
    desk: Desk, kind: str, more: dict[str, Any], value: Any, words: str
) -> None:
    desk.erp.world.add_field(model=SALE, name="x_own", type=kind, **more)
    with pytest.raises(Invalid, match="Tryton's field 'x_own' of the sale") as refused:
        await desk.put(desk.order(custom={"x_own": value}))
    assert words in refused.value.fields["custom.x_own"]
    assert desk.sales() == []  # nothing half done


async def test_two_records_of_one_name_are_a_question(erp: Stand) -> None:
    twins = [int(await made(erp, name="Twin", code=code)) for code in ("T1", "T2")]
    erp.world.add_field(model=SALE, name="x_agent", type="many2one", relation=PARTY)
    with pytest.raises(Invalid) as refused:
        await own(erp).values(SALE, {"x_agent": "Twin"})
    assert "2 records of party.party have the name or code 'Twin'" in refused.value.fields["custom.x_agent"]
    (by_code, by_id) = [await own(erp).values(SALE, {"x_agent": said}) for said in ("T2", twins[1])]
    assert by_code == by_id == {"x_agent": Value("many2one", twins[1])}


async def test_an_edited_field_is_written_to_a_processed_sale_as_it_is(desk: Desk) -> None:
    desk.erp.world.add_field(model=SALE, name="x_region", type="char")
    first = await desk.put(desk.order(custom={"x_region": "North"}))
    edited = desk.order(custom={"x_region": "South"})
    second = await desk.put(edited, await desk.found())
    assert (second.external_id, second.state) == (first.external_id, "processing")
    assert [row["x_region"] for row in desk.sales()] == ["South"]
    # One call more than for an order without such fields: the look.
    assert await calls(desk, edited) == await calls(desk, desk.order()) + 1


async def test_a_field_tryton_closes_with_the_draft_is_a_question(desk: Desk) -> None:
    desk.erp.world.add_field(model=SALE, name="x_region", type="char", draft_only=True)
    await desk.put(desk.order(custom={"x_region": "North"}))
    with pytest.raises(Invalid, match="is processing and Tryton does not let x_region be changed"):
        await desk.put(desk.order(custom={"x_region": "South"}), await desk.found())
    assert [(row["x_region"], row["state"]) for row in desk.sales()] == [("North", "processing")]


async def test_a_quotation_becomes_a_draft_for_a_field_and_goes_on(desk: Desk) -> None:
    desk.erp.world.add_field(model=SALE, name="x_region", type="char", draft_only=True)
    body = b'{"id": 0, "error": ["UserError", ["Not today.", "", null]]}'
    desk.erp.between.instead("model.sale.sale.confirm", lambda _request: Response(200, {}, body))
    with pytest.raises(Invalid, match="Not today"):
        await desk.put(desk.order(custom={"x_region": "North"}))
    assert [row["state"] for row in desk.sales()] == ["quotation"]
    receipt = await desk.put(desk.order(custom={"x_region": "South"}), await desk.found())
    assert [(row["x_region"], row["state"]) for row in desk.sales()] == [("South", receipt.state)]


async def test_fields_of_lines_are_written_with_them_and_change_them(desk: Desk) -> None:
    desk.erp.world.add_field(model=LINE, name="x_engraving", type="char", size=20)
    await desk.put(desk.order(desk.mugs(custom={"x_engraving": "Anna"})))
    (order,) = desk.erp.world.truth()["orders"]
    assert [line.get("custom") for line in order["lines"]] == [{"x_engraving": "Anna"}]
    edited = desk.order(desk.mugs(custom={"x_engraving": "Otto"}))
    receipt = await desk.put(edited, await desk.found())
    lines = await desk.erp.read(LINE, [["sale", "=", int(receipt.external_id)]], "x_engraving")
    assert (receipt.state, [line["x_engraving"] for line in lines]) == ("processing", ["Otto"])
    # One call more than for lines without such fields: the look.
    assert await calls(desk, edited) == await calls(desk, desk.order()) + 1


async def test_a_customer_has_fields_of_its_own_too(erp: Stand) -> None:
    erp.world.add_field(model=PARTY, name="x_level", type="selection", selection=["gold", "silver"], required=True)
    erp.world.add_field(model=PARTY, name="x_since", type="timestamp")
    record = a_customer(custom={"x_level": "gold", "x_since": NOW})
    receipt = await erp.customers.put(record, key=CUSTOMER)
    held = {"x_level": "gold", "x_since": "2026-03-02T09:58:12"}
    party = {"id": int(receipt.external_id), "name": "Anna Muster", "custom": held}
    assert erp.world.truth()["partners"] == [party]
    await erp.customers.put(a_customer(custom={"x_level": "silver"}), key=CUSTOMER, existing=receipt)
    assert erp.world.truth()["partners"] == [{**party, "custom": {**held, "x_level": "silver"}}]


@pytest.mark.parametrize(("tax_id", "kind"), [("DE136695976", "eu_vat"), ("12-3456789", None)])
async def test_a_tax_number_that_is_filled_in_later_has_its_type(erp: Stand, tax_id: str, kind: str | None) -> None:
    there = Receipt(await made(erp, code="OWN-1"))
    await erp.customers.put(a_customer(company=Company(name="Firma", tax_id=tax_id)), key=CUSTOMER, existing=there)
    (party,) = await erp.read(PARTY, [["id", "=", int(there.external_id)]], "identifiers.code", "identifiers.type")
    assert (tax_id, kind) in [(one["code"], one["type"]) for one in party["identifiers."]]


async def test_one_that_does_not_pass_is_filled_in_without_a_type(erp: Stand) -> None:
    there = Receipt(await made(erp, code="OWN-1"))
    refuse = b'{"id": 0, "error": ["UserError", ["The VAT number is not valid.", "", null]]}'
    erp.between.instead("model.party.party.write", lambda _request: Response(200, {}, refuse))
    record = a_customer(company=Company(name="Firma", tax_id="DE 123"))
    await erp.customers.put(record, key=CUSTOMER, existing=there)
    (party,) = await erp.read(PARTY, [["id", "=", int(there.external_id)]], "identifiers.code", "identifiers.type")
    assert ("DE 123", None) in [(one["code"], one["type"]) for one in party["identifiers."]]
    # What has nothing to do with the number is not tried again without its type.
    erp.between.instead("model.party.party.write", lambda _request: Response(200, {}, refuse))
    with pytest.raises(Invalid):
        await erp.customers.put(a_customer(phone="+49 30 99"), key=CUSTOMER, existing=there)


async def test_a_fee_with_an_item_of_its_own_is_booked_on_it(desk: Desk) -> None:
    wrap = await desk.erp.sku("FEE")
    named = a_line("2.00", sku="GIFTWRAP", kind=LineKind.FEE, item_ref=desk.item, external_id="1")
    plain = a_line("3.00", sku="", kind=LineKind.FEE, external_id="2")
    receipt = await desk.put(desk.order(named, plain, total="5.00"))
    lines = await desk.erp.read(LINE, [["sale", "=", int(receipt.external_id)]], "product")
    assert [line["product"] for line in lines] == [int(desk.item), int(wrap)]


async def test_a_cancellation_asks_nothing_of_fields(desk: Desk) -> None:
    await desk.put(desk.order())
    canceled = desk.order(custom={"x_gone": 1}, status=OrderStatus.CANCELED)
    assert (await desk.put(canceled, await desk.found())).state == "cancelled"


async def test_the_probe_names_fields_options_and_sizes(erp: Stand) -> None:
    erp.world.add_field(model=LINE, name="x_engraving", type="char", size=20)
    erp.world.add_field(model=PARTY, name="x_level", type="selection", selection=["gold", "silver"])
    erp.world.add_field(model=SALE, name="x_score", type="integer", readonly=True)
    fields = (await erp.session.probe.probe()).custom_fields
    assert [(one.name, one.size) for one in fields["order_line"]] == [("x_engraving", 20)]
    assert [(one.name, one.options) for one in fields["customer"]] == [("x_level", ("gold", "silver"))]
    assert [(one.name, one.writable) for one in fields["order"]] == [("x_score", False)]


async def test_an_answer_that_is_no_list_of_records_is_drift(desk: Desk) -> None:
    desk.erp.world.add_field(model=SALE, name="x_region", type="char")
    values = await own(desk.erp).values(SALE, {"x_region": "a"})
    desk.erp.between.instead("model.sale.sale.search_read", told(["x"]))
    with pytest.raises(WireDrift, match="list of records"):
        await own(desk.erp).changed(SALE, 1, values)


def test_options_that_depend_on_the_record_are_trytons_to_check() -> None:
    assert Field(type="selection", selection="get_types").options is None
    assert Field(type="selection", selection=[[None, ""], ["a", "A"]]).options == ("a",)
    assert (Field(digits="[16, 2]").decimals, Field(digits="unit").decimals, Field(size="[5]").letters) == (
        2,
        None,
        None,
    )
