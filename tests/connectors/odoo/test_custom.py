"""Fields of the merchant's own: written as each takes it, refused in words, and compared before they are written."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from isthmus.canonical.order import LineKind, Order, OrderStatus
from isthmus.canonical.party import Company
from isthmus.connectors.odoo.custom import OURS, OwnFields, same
from isthmus.craft.custom import day, moment
from isthmus.ports.errors import Invalid, Misconfigured
from tests.connectors.erp import NOW, a_customer, a_line, an_order, key, money
from tests.connectors.odoo.stand import Stand, standing
from tests.connectors.odoo.test_orders import KEY, in_odoo, mugs

ORDER, LINE, PARTNER = "sale.order", "sale.order.line", "res.partner"
CUSTOMER = key("c1")


def own(erp: Stand) -> OwnFields:
    return erp.orders.translator.own


async def with_line(erp: Stand, **custom: Any) -> Order:
    order = await mugs(erp)
    return msgspec.structs.replace(order, lines=(msgspec.structs.replace(order.lines[0], custom=custom),))


async def calls(erp: Stand, order: Order) -> int:
    """Return how many calls a put of an order that is there takes."""
    found = await erp.orders.find(KEY)
    before = erp.pace.well
    await erp.orders.put(order, key=KEY, existing=found)
    return erp.pace.well - before


async def test_each_type_of_field_gets_its_value(each: Stand) -> None:
    plain = ("char", "text", "html", "integer", "float", "monetary", "boolean", "date", "datetime")
    for kind in plain:
        each.world.add_field(model=ORDER, name=f"x_{kind}", type=kind)
    each.world.add_field(model=ORDER, name="x_choice", type="selection", selection={"n": "North", "s": "South"})
    each.world.add_field(model=ORDER, name="client_country", type="many2one", relation="res.country")
    each.world.add_field(model=ORDER, name="x_terms", type="many2many", relation="account.payment.term")
    custom: dict[str, Any] = {"x_char": "Blue", "x_text": "two\nlines", "x_html": "ring <twice>", "x_integer": "7"}
    custom |= {"x_float": Decimal("1.25"), "x_monetary": money("3.50"), "x_boolean": True, "x_choice": "n"}
    custom |= {"x_date": date(2026, 3, 4), "x_datetime": NOW, "client_country": "DE", "x_terms": ["15 Days", "30 Days"]}
    order = await mugs(each, custom=custom)
    await each.orders.put(order, key=KEY)

    (row,) = await in_odoo(each, *custom)
    terms = await each.read("account.payment.term", [["name", "in", ["15 Days", "30 Days"]]], "name")
    assert (row["x_char"], row["x_text"], row["x_integer"], row["x_boolean"]) == ("Blue", "two\nlines", 7, True)
    assert "ring &lt;twice&gt;" in row["x_html"]
    assert (row["x_float"], row["x_monetary"]) == (Decimal("1.25"), Decimal("3.5"))
    assert (row["x_date"], row["x_datetime"]) == ("2026-03-04", "2026-03-02 09:58:12")
    assert (row["x_choice"], row["client_country"][1]) == ("n", "Germany")
    assert sorted(row["x_terms"]) == [term["id"] for term in terms]
    # Nothing of it is another value the next time, so nothing is written.
    (read,) = await in_odoo(each, "write_date", "id")
    assert await own(each).changed(ORDER, read["id"], await own(each).vals(ORDER, custom, "EUR")) == {}


async def test_nothing_empties_a_field(erp: Stand) -> None:
    for kind in ("integer", "date"):
        erp.world.add_field(model=ORDER, name=f"x_{kind}", type=kind)
    erp.world.add_field(model=ORDER, name="x_country", type="many2one", relation="res.country")
    erp.world.add_field(model=ORDER, name="x_countries", type="many2many", relation="res.country")
    full = {"x_gift_message": "a", "x_integer": 1, "x_date": "2026-03-04", "x_country": "FR", "x_countries": ["FR"]}
    await erp.orders.put(await mugs(erp, custom=full), key=KEY)
    await erp.orders.put(await mugs(erp, custom=dict.fromkeys(full)), key=KEY, existing=await erp.orders.find(KEY))
    (row,) = await in_odoo(erp, *full, "state")
    assert [row[name] for name in full] == [False, 0, False, False, []]
    assert row["state"] == "sale"


async def test_a_name_the_server_lacks_is_a_question_until_somebody_makes_the_field(erp: Stand) -> None:
    order = await mugs(erp, custom={"x_region": "North"})
    with pytest.raises(Misconfigured, match=r"'x_region' of the sales order \(sale.order\) does not exist.*create it"):
        await erp.orders.put(order, key=KEY)
    assert await in_odoo(erp, "id") == []
    erp.world.add_field(model=ORDER, name="x_region", type="char")
    erp.clock.time = erp.clock.time.replace(year=erp.clock.time.year + 1)  # a person does not do it at once
    await erp.orders.put(order, key=KEY)
    assert [row["x_region"] for row in await in_odoo(erp, "x_region")] == ["North"]


@pytest.mark.parametrize("model", OURS)
async def test_what_isthmus_writes_itself_is_no_field_of_a_mapping(erp: Stand, model: str) -> None:
    known = await erp.dialect.fields(model)
    for name in OURS[model]:
        with pytest.raises(Misconfigured, match="written by Isthmus itself"):
            await own(erp).vals(model, {name: "x"})
    assert len(OURS[model] & known.keys()) > len(OURS[model]) / 2  # the list is of this system


async def test_a_field_nobody_can_write_is_named(erp: Stand) -> None:
    erp.world.add_field(model=ORDER, name="x_score", type="integer", readonly=True)
    with pytest.raises(Misconfigured, match=r"'x_score'.*read-only"):
        await own(erp).vals(ORDER, {"x_score": 1})
    with pytest.raises(Misconfigured, match="of type one2many"):
        await own(erp).vals(PARTNER, {"sale_order_ids": [1]})


async def test_a_field_open_in_drafts_alone_can_be_written(erp: Stand) -> None:
    fields = dict(await erp.dialect.fields(ORDER))
    note = msgspec.structs.replace(fields["x_gift_message"], readonly=True)
    assert not note.writable
    assert msgspec.structs.replace(note, states={"draft": [["readonly", False]]}).writable
    assert not msgspec.structs.replace(note, states={"sale": [["required", True]]}).writable


REFUSED: list[tuple[str, dict[str, Any], Any, str]] = [
    ("char", {"size": 5}, "longer", "6 letters and the field keeps 5"),
    ("char", {}, object(), "type object"),
    ("selection", {"selection": ["red", "green"]}, "pink", "'pink' is not among its options, which are: green, red"),
    ("boolean", {}, "perhaps", "neither true nor false"),
    ("integer", {}, "1.5", "1.5 is no whole number"),
    ("integer", {}, "one", "it is no number"),
    ("integer", {}, True, "it is no number"),
    ("float", {}, "NaN", "it is no number"),
    ("monetary", {}, "1.005", "more decimals than the 2"),
    ("date", {}, "tomorrow", "neither a date"),
    ("datetime", {}, datetime(2026, 3, 2, 9), "without a zone"),  # noqa: DTZ001 - what is refused
    ("many2one", {"relation": "res.country"}, "Atlantis", "no record of res.country has the name or code 'Atlantis'"),
    ("many2one", {"relation": "res.country"}, 999_999, "no record of res.country has the id 999999"),
    ("many2one", {"relation": "res.country"}, ["DE", "FR"], "a list of 2 values"),
    ("many2many", {"relation": "res.country"}, ["DE", "Atlantis"], "'Atlantis'"),
]


@pytest.mark.parametrize(("kind", "more", "value", "words"), REFUSED)
async def test_a_value_a_field_cannot_take_is_a_question(
    erp: Stand, kind: str, more: dict[str, Any], value: Any, words: str
) -> None:
    erp.world.add_field(model=ORDER, name="x_own", type=kind, **more)
    with pytest.raises(Invalid, match="Odoo's field 'x_own' of the sales order") as refused:
        await erp.orders.put(await mugs(erp, custom={"x_own": value}), key=KEY)
    assert words in refused.value.fields["custom.x_own"]
    assert await in_odoo(erp, "id") == []  # nothing half done


async def test_a_number_finer_than_the_field_keeps_is_not_cut(erp: Stand) -> None:
    with pytest.raises(Invalid) as refused:
        await own(erp).vals(PARTNER, {"credit_limit": "1.005"})
    assert "more decimals than the 2" in refused.value.fields["custom.credit_limit"]


async def test_two_records_of_one_name_are_a_question_and_an_archived_one_is_none(erp: Stand) -> None:
    twins = [{"name": "Net 7"}, {"name": "Net 7"}]
    made = await erp.call("account.payment.term", "create", vals_list=twins)
    erp.world.add_field(model=ORDER, name="x_terms", type="many2one", relation="account.payment.term")
    with pytest.raises(Invalid) as refused:
        await own(erp).vals(ORDER, {"x_terms": "Net 7"})
    assert "2 records of account.payment.term have the name or code 'Net 7'" in refused.value.fields["custom.x_terms"]
    await erp.call("account.payment.term", "write", ids=made[:1], vals={"active": False})
    erp.clock.time = erp.clock.time.replace(year=erp.clock.time.year + 1)
    assert await own(erp).vals(ORDER, {"x_terms": "Net 7"}) == {"x_terms": made[1]}
    assert await own(erp).vals(ORDER, {"x_terms": made[0]}) == {"x_terms": made[0]}


async def test_a_model_without_a_name_is_looked_up_as_in_a_form(erp: Stand) -> None:
    erp.world.add_field(model=ORDER, name="x_place", type="many2one", relation="ir.model.fields")
    (field,) = await erp.read("ir.model.fields", [["name", "=", "x_place"]], "id")
    erp.world.service.database.fields["ir.model.fields"].pop("name")
    assert await own(erp).vals(ORDER, {"x_place": "x_place"}) == {"x_place": field["id"]}


async def test_an_edited_field_is_written_to_a_confirmed_order_without_reopening_it(each: Stand) -> None:
    await each.orders.put(await mugs(each, custom={"x_gift_message": "Hi"}), key=KEY)
    (before,) = await in_odoo(each, "order_line", "picking_ids")
    edited = await mugs(each, custom={"x_gift_message": "Bye"})
    receipt = await each.orders.put(edited, key=KEY, existing=await each.orders.find(KEY))
    (after,) = await in_odoo(each, "order_line", "picking_ids", "x_gift_message")
    assert (receipt.state, after.pop("x_gift_message")) == ("sale", "Bye")
    assert after == before
    # One call more than for an order without such fields: the look.
    assert await calls(each, edited) == await calls(each, await mugs(each)) + 1


async def test_an_edited_field_reaches_a_draft_that_was_left(erp: Stand) -> None:
    await erp.orders.put(await mugs(erp, custom={"x_gift_message": "Hi"}), key=KEY)
    (row,) = await in_odoo(erp, "id")
    await erp.call(ORDER, "action_cancel", ids=[row["id"]], context={"disable_cancel_warning": True})
    await erp.call(ORDER, "action_draft", ids=[row["id"]])
    edited = await mugs(erp, custom={"x_gift_message": "Bye"})
    await erp.orders.put(edited, key=KEY, existing=await erp.orders.find(KEY))
    assert [(row["state"], row["x_gift_message"]) for row in await in_odoo(erp, "state", "x_gift_message")] == [
        ("sale", "Bye")
    ]


async def test_fields_of_lines_are_written_with_them_and_change_them(each: Stand) -> None:
    each.world.add_field(model=LINE, name="x_engraving", type="char", size=20)
    await each.orders.put(await with_line(each, x_engraving="Anna"), key=KEY)
    state = await each.state()
    (told,) = [order for order in state["orders"] if order["reference"] == "#1001"]
    assert [line.get("custom") for line in told["lines"]] == [{"x_engraving": "Anna"}]

    edited = await with_line(each, x_engraving="Otto")
    receipt = await each.orders.put(edited, key=KEY, existing=await each.orders.find(KEY))
    lines = await each.read(LINE, [["order_id", "=", int(receipt.external_id)]], "x_engraving")
    assert (receipt.state, [line["x_engraving"] for line in lines]) == ("sale", ["Otto", False])
    # One call more than for lines without such fields: the look.
    assert await calls(each, edited) == await calls(each, await mugs(each)) + 1


async def test_lines_of_one_product_keep_their_fields_apart(erp: Stand) -> None:
    erp.world.add_field(model=LINE, name="x_engraving", type="char")
    ref = await erp.sku("MUG-0010")
    names = ("Anna", "Otto")

    async def order(*engraved: str) -> Order:
        lines = (
            a_line("12.50", item_ref=ref, external_id=str(n), custom={"x_engraving": name})
            for n, name in enumerate(engraved)
        )
        return an_order(*lines, total="25.00", customer_ref=await erp.customer())

    made = await erp.orders.put(await order(*names), key=KEY)
    swapped = await erp.orders.put(await order(*reversed(names)), key=KEY, existing=await erp.orders.find(KEY))
    lines = await erp.read(LINE, [["order_id", "=", int(made.external_id)]], "x_engraving")
    assert (swapped.external_id, [line["x_engraving"] for line in lines]) == (made.external_id, ["Otto", "Anna"])


async def test_a_field_odoo_requires_is_there_from_the_first_moment(each: Stand) -> None:
    each.world.add_field(model=ORDER, name="x_channel", type="char", required=True)
    each.world.add_field(model=ORDER, name="x_land", type="many2one", relation="res.country", required=True)
    receipt = await each.orders.put(await mugs(each, custom={"x_channel": "web", "x_land": "DE"}), key=KEY)
    (row,) = await in_odoo(each, "x_channel", "x_land")
    assert (receipt.state, row["x_channel"], row["x_land"][1]) == ("sale", "web", "Germany")


async def test_a_customer_has_fields_of_its_own_too(each: Stand) -> None:
    each.world.add_field(model=PARTNER, name="x_level", type="selection", selection=["gold", "silver"])
    each.world.add_field(model=PARTNER, name="x_since", type="datetime")
    customer = a_customer(custom={"x_level": "gold", "x_since": NOW})
    receipt = await each.customers.put(customer, key=CUSTOMER)
    assert (await each.state())["partners"] == [
        {
            "id": int(receipt.external_id),
            "name": "Anna Muster",
            "custom": {"x_level": "gold", "x_since": "2026-03-02T09:58:12"},
        }
    ]
    edited = a_customer(custom={"x_level": "silver"})
    await each.customers.put(edited, key=CUSTOMER, existing=await each.customers.find(CUSTOMER))
    (row,) = await each.read(PARTNER, [["ref", "=", "shop:c1"]], "x_level", "x_since")
    assert (row["x_level"], row["x_since"]) == ("silver", "2026-03-02 09:58:12")


async def test_every_contact_of_a_customer_has_what_odoo_requires(erp: Stand) -> None:
    erp.world.add_field(model=PARTNER, name="x_level", type="char", required=True)
    receipt = await erp.customers.put(a_customer(custom={"x_level": "gold"}), key=CUSTOMER)
    family = ["|", ["id", "=", int(receipt.external_id)], ["parent_id", "=", int(receipt.external_id)]]
    assert [row["x_level"] for row in await erp.read(PARTNER, family, "x_level")] == ["gold", "gold"]


async def test_a_tax_number_odoo_refuses_is_a_question(each: Stand) -> None:
    each.world.env().database.apps.add("base_vat")
    wrong = a_customer(company=Company(name="Muster GmbH", tax_id="DE123"))
    with pytest.raises(Invalid, match=r"VAT number \[DE123\].*does not seem to be valid"):
        await each.customers.put(wrong, key=CUSTOMER)
    assert await each.customers.find(CUSTOMER) is None
    right = a_customer(company=Company(name="Muster GmbH", tax_id="DE123456788"))
    receipt = await each.customers.put(right, key=CUSTOMER)
    rows = await each.read(PARTNER, [["id", "=", int(receipt.external_id)]], "vat", "is_company")
    assert [(row["vat"], row["is_company"]) for row in rows] == [("DE123456788", True)]


async def test_a_tax_number_that_is_filled_in_later_is_asked_about_too(erp: Stand) -> None:
    erp.world.env().database.apps.add("base_vat")
    await erp.customers.put(a_customer(), key=CUSTOMER)
    wrong = a_customer(company=Company(name="Muster GmbH", tax_id="ATU1"))
    with pytest.raises(Invalid, match="does not seem to be valid"):
        await erp.customers.put(wrong, key=CUSTOMER, existing=await erp.customers.find(CUSTOMER))


async def test_a_fee_with_an_item_of_its_own_is_booked_on_it(each: Stand) -> None:
    (wrap,) = await each.call(
        "product.product", "create", vals_list=[{"name": "Gift wrap", "default_code": "GIFTWRAP", "type": "service"}]
    )
    named = a_line("2.00", sku="GIFTWRAP", kind=LineKind.FEE, item_ref=str(wrap), external_id="1")
    plain = a_line("3.00", sku="", kind=LineKind.FEE, external_id="2")
    await each.orders.put(an_order(named, plain, total="5.00", customer_ref=await each.customer()), key=KEY)
    (order,) = (await each.state())["orders"]
    assert [line["sku"] for line in order["extra_lines"]] == ["GIFTWRAP", "FEE"]


async def test_a_cancellation_asks_nothing_of_fields(erp: Stand) -> None:
    await erp.orders.put(await mugs(erp), key=KEY)
    canceled = await mugs(erp, custom={"x_gone": 1}, status=OrderStatus.CANCELED)
    assert (await erp.orders.put(canceled, key=KEY, existing=await erp.orders.find(KEY))).state == "cancel"


async def test_the_probe_names_fields_options_and_sizes() -> None:
    async with standing(19) as erp:
        erp.world.add_field(model=LINE, name="x_engraving", type="char", size=20)
        erp.world.add_field(model=PARTNER, name="x_level", type="selection", selection=["gold", "silver"])
        erp.world.add_field(model=ORDER, name="x_score", type="integer", readonly=True)
        told = (await erp.session.probe.probe()).custom_fields
    assert [(one.name, one.size) for one in told["order_line"]] == [("x_engraving", 20)]
    assert [(one.name, one.options) for one in told["customer"]] == [("x_level", ("gold", "silver"))]
    assert [(one.name, one.writable) for one in told["order"]] == [("x_gift_message", True), ("x_score", False)]


@pytest.mark.parametrize(
    ("kind", "wanted", "there", "is_same"),
    [
        ("html", "<p>a &amp; b<br/>c</p>", "<div>a &amp; b</div><p>c</p>", True),
        ("html", "<p>a</p>", "<p>b</p>", False),
        ("float", Decimal("0.3"), Decimal("0.30000000000000004"), True),
        ("many2one", False, False, True),
        ("many2one", 3, [3, "Three"], True),
        ("many2many", [[6, 0, [1, 2]]], [2, 1], True),
        ("boolean", False, None, True),
        ("char", "a", "a ", True),
    ],
)
def test_what_odoo_holds_is_compared_as_it_reads_it(kind: str, wanted: Any, there: Any, is_same: bool) -> None:  # noqa: FBT001
    assert same(kind, wanted, there) is is_same


def test_times_in_utc_are_days_where_odoo_is() -> None:
    assert day(datetime(2026, 3, 2, 23, 30, tzinfo=UTC), UTC) == date(2026, 3, 2)
    assert moment(date(2026, 3, 2)) == datetime(2026, 3, 2, 12, tzinfo=UTC)
