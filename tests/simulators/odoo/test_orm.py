"""Reading and writing records: domains, x2many commands, transactions, loading."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.simulators.odoo.caller import Caller, Refused
from tests.simulators.odoo.conftest import Start


@pytest.fixture
async def family(odoo: Caller) -> int:
    """A company with an invoice address and a contact; the reference is C-57."""
    children = [{"type": "invoice", "name": "Billing"}, {"name": "Contact 3", "email": "c3@example.com"}]
    germany = await odoo.one("res.country", ["code", "=", "DE"])
    more = {"name": "Company 3", "is_company": True, "ref": "C-57", "vat": "DE123456788", "country_id": germany}
    return await odoo.buyer(**more, child_ids=[[0, 0, child] for child in children])


@pytest.mark.parametrize(
    ("domain", "found"),
    [
        ([["ref", "=", "C-57"]], {"Company 3"}),
        ([["ref", "!=", "C-57"]], {"Billing", "Contact 3"}),
        ([["ref", "in", ["C-57", "x"]]], {"Company 3"}),
        ([["ref", "not in", ["C-57"]]], {"Billing", "Contact 3"}),
        ([["ref", "=", False]], {"Billing", "Contact 3"}),
        ([["ref", "in", [False, "C-57"]]], {"Company 3", "Billing", "Contact 3"}),
        ([["name", "like", "compan"]], set()),
        ([["name", "ilike", "compan"]], {"Company 3"}),
        ([["name", "=like", "%3"]], {"Company 3", "Contact 3"}),
        ([["name", "=ilike", "c%3"]], {"Company 3", "Contact 3"}),
        ([["name", "not ilike", "3"]], {"Billing"}),
        ([["name", "=like", "C_ntact 3"]], {"Contact 3"}),
        (["|", ["ref", "=", "C-57"], ["type", "=", "invoice"]], {"Company 3", "Billing"}),
        (["!", ["type", "=", "contact"]], {"Billing"}),
        (["&", "!", ["ref", "=", "C-57"], ["type", "=", "contact"]], {"Contact 3"}),
        ([["parent_id.ref", "=", "C-57"], ["email", "!=", False]], {"Contact 3"}),
        ([["parent_id.country_id.code", "=", "DE"]], {"Billing", "Contact 3"}),
        ([["child_ids.email", "=", "c3@example.com"]], {"Company 3"}),
        ([["child_ids", "=", False]], {"Billing", "Contact 3"}),
        ([["child_ids", "any", [["type", "=", "invoice"]]]], {"Company 3"}),
        ([["child_ids", "not any", [["type", "=", "invoice"]]]], {"Billing", "Contact 3"}),
        ([["parent_id", "=", False]], {"Company 3"}),
        ([["parent_id", "!=", False]], {"Billing", "Contact 3"}),
        ([["parent_id", "ilike", "compan"]], {"Billing", "Contact 3"}),
        ([["country_id", "=", "Germany"]], {"Company 3", "Contact 3"}),
        ([["is_company", "=", True]], {"Company 3"}),
        ([["phone", "=?", False]], {"Company 3", "Billing", "Contact 3"}),
        ([[1, "=", 1]], {"Company 3", "Billing", "Contact 3"}),
        ([[0, "=", 1]], set()),
    ],
)
async def test_domains(odoo: Caller, family: int, domain: list[Any], found: set[str]) -> None:
    near = [["commercial_partner_id", "=", family], *domain]
    assert {row["name"] for row in await odoo.kw("res.partner", "search_read", near, ["name"])} == found


async def test_child_of_and_parent_of_follow_the_tree(odoo: Caller, family: int) -> None:
    assert await odoo.kw("res.partner", "search_count", [["id", "child_of", family]]) == 3
    child = await odoo.one("res.partner", ["name", "=", "Billing"])
    assert family in await odoo.kw("res.partner", "search", [["id", "parent_of", [child]]])
    assert await odoo.kw("stock.quant", "search_count", [["location_id", "child_of", "WH"]]) == 200


@pytest.mark.parametrize(
    ("seed", "message"),
    [
        ("empty@17", "Invalid field res.partner.zork in leaf ('zork', '=', 1)"),
        ("empty@19", "Invalid field res.partner.zork in condition ('zork', '=', 1)"),
    ],
)
async def test_an_unknown_field_in_a_domain_is_a_value_error(start: Start, seed: str, message: str) -> None:
    odoo = await start(seed)
    with pytest.raises(Refused) as wrong:
        await odoo.kw("res.partner", "search", [["zork", "=", 1]])
    assert (wrong.value.name, wrong.value.message) == ("builtins.ValueError", message)


@pytest.mark.parametrize("domain", [[["name", "~", "x"]], ["|", ["name", "=", "x"]], [["name", "="]], "zork"])
async def test_a_malformed_domain_is_a_value_error(odoo: Caller, domain: Any) -> None:
    with pytest.raises(Refused) as wrong:
        await odoo.kw("res.partner", "search", domain)
    assert wrong.value.name == "builtins.ValueError"


async def test_values_as_the_wire_shows_them(odoo: Caller, family: int) -> None:
    shown = await odoo.read(
        "res.partner", family, "name", "phone", "country_id", "parent_id", "child_ids", "credit_limit"
    )
    assert shown["phone"] is False
    assert shown["parent_id"] is False
    assert shown["country_id"][1] == "Germany"
    assert len(shown["child_ids"]) == 2
    assert shown["credit_limit"] == 0.0
    bare = await odoo.kw("res.partner", "read", [family], ["country_id"], load=None)
    assert bare[0]["country_id"] == shown["country_id"][0]
    child = await odoo.read("res.partner", shown["child_ids"][0], "display_name", "vat", "commercial_partner_id")
    assert (child["display_name"], child["vat"]) == ("Company 3, Billing", "DE123456788")
    assert child["commercial_partner_id"] == [family, "Company 3"]


async def test_reading_what_is_gone_leaves_it_out_and_writing_it_raises(odoo: Caller, family: int) -> None:
    assert [row["id"] for row in await odoo.kw("res.partner", "read", [99999, family], ["name"])] == [family]
    with pytest.raises(Refused) as gone:
        await odoo.kw("res.partner", "write", [99999], {"name": "x"})
    assert gone.value.name == "odoo.exceptions.MissingError"


async def test_order_limit_and_offset(odoo: Caller) -> None:
    ids = await odoo.kw("product.product", "search", [["type", "=", "consu"]], order="id asc")
    page = await odoo.kw("product.product", "search", [["type", "=", "consu"]], offset=10, limit=5, order="id asc")
    assert page == ids[10:15]
    assert await odoo.kw("product.product", "search", [["type", "=", "consu"]], order="id desc", limit=1) == ids[-1:]
    assert await odoo.kw("product.product", "search", [], offset=9999) == []
    dear = await odoo.kw("product.product", "search_read", [], ["lst_price"], order="lst_price desc, id", limit=3)
    assert dear == sorted(dear, key=lambda row: -row["lst_price"])
    with pytest.raises(Refused, match="Invalid field 'zork'"):
        await odoo.kw("product.product", "search", [], order="zork")


async def test_archived_records_hide_unless_asked_for(odoo: Caller) -> None:
    lamp = await odoo.sku("LAMP-0001")
    await odoo.kw("product.product", "write", [lamp], {"active": False})
    by_code = [["default_code", "=", "LAMP-0001"]]
    assert await odoo.kw("product.product", "search", by_code) == []
    assert await odoo.kw("product.product", "search", by_code, context={"active_test": False}) == [lamp]
    assert await odoo.kw("product.product", "search", [*by_code, ["active", "=", False]]) == [lamp]


async def test_create_takes_one_or_many_and_all_or_nothing(odoo: Caller) -> None:
    before = await odoo.kw("res.partner", "search_count", [])
    assert isinstance(await odoo.kw("res.partner", "create", {"name": "Buyer 1"}), int)
    assert len(await odoo.kw("res.partner", "create", [{"name": "Buyer 2"}, {"name": "Buyer 3"}])) == 2
    with pytest.raises(Refused, match=r"Wrong value for res\.partner\.type: 'zork'"):
        await odoo.kw("res.partner", "create", [{"name": "Buyer 4"}, {"name": "Buyer 5", "type": "zork"}])
    assert await odoo.kw("res.partner", "search_count", []) == before + 3


async def test_a_failing_call_takes_everything_back(odoo: Caller) -> None:
    lamp = await odoo.sku("LAMP-0001")
    orders = [await odoo.order({"product_id": lamp, "product_uom_qty": 2}) for _ in range(2)]
    await odoo.kw("sale.order", "action_cancel", [orders[1]])
    free = await odoo.free(lamp)
    with pytest.raises(Refused):
        await odoo.kw("sale.order", "action_confirm", orders)
    with pytest.raises(Refused):
        await odoo.kw(
            "sale.order", "write", [orders[0]], {"origin": "x", "order_line": [[0, 0, {"product_id": 99999}]]}
        )
    row = await odoo.read("sale.order", orders[0], "state", "origin", "picking_ids", "order_line")
    assert (row["state"], row["origin"], row["picking_ids"], len(row["order_line"])) == ("draft", False, [], 1)
    assert await odoo.free(lamp) == free
    assert await odoo.kw("sale.order.line", "search_count", [["order_id", "=", orders[0]]]) == 1


async def test_x2many_commands(odoo: Caller) -> None:
    lamp, shelf = await odoo.sku("LAMP-0001"), await odoo.sku("SHELF-0002")
    order = await odoo.order({"product_id": lamp, "product_uom_qty": 1}, {"product_id": shelf, "product_uom_qty": 1})
    first, second = (await odoo.read("sale.order", order, "order_line"))["order_line"]
    await odoo.kw("sale.order", "write", [order], {"order_line": [[1, first, {"product_uom_qty": 4}], [2, second, 0]]})
    assert (await odoo.read("sale.order", order, "order_line"))["order_line"] == [first]
    assert (await odoo.read("sale.order.line", first, "product_uom_qty"))["product_uom_qty"] == 4.0
    taxes = await odoo.kw("account.tax", "search", [["amount", "in", [10, 20]]], order="id")
    for command, left in (
        ([6, 0, taxes[:2]], taxes[:2]),
        ([4, taxes[2], 0], taxes[:3]),
        ([3, taxes[0], 0], taxes[1:3]),
        ([5, 0, 0], []),
    ):
        await odoo.kw("sale.order.line", "write", [first], {"tax_ids": [command]})
        assert (await odoo.read("sale.order.line", first, "tax_ids"))["tax_ids"] == left
    await odoo.kw("sale.order", "write", [order], {"order_line": [[5, 0, 0]]})
    assert (await odoo.read("sale.order", order, "order_line"))["order_line"] == []


@pytest.mark.parametrize(("seed", "equal", "later"), [("empty@17", 0, 1), ("empty@19", 1, 0)])
async def test_times_inside_have_microseconds(start: Start, seed: str, equal: int, later: int) -> None:
    odoo = await start(seed)
    buyer = await odoo.buyer()
    half_past = datetime(2026, 3, 2, 8, 0, 0, 500_000, tzinfo=UTC).replace(tzinfo=None)
    odoo.world.env().table("res.partner").update(buyer, {"write_date": half_past})
    shown = (await odoo.read("res.partner", buyer, "write_date"))["write_date"]
    assert shown == "2026-03-02 08:00:00"
    for sign, count in (("=", equal), (">", later), (">=", 1)):
        assert await odoo.kw("res.partner", "search_count", [["id", "=", buyer], ["write_date", sign, shown]]) == count


async def test_write_date_moves_with_every_write_and_with_nothing_else(odoo: Caller) -> None:
    lamp = await odoo.sku("LAMP-0001")
    table = odoo.world.env().table("product.product")
    before = table.rows[lamp]["write_date"]
    await odoo.kw("sale.order", "action_confirm", [await odoo.order({"product_id": lamp})])
    assert table.rows[lamp]["write_date"] == before
    await odoo.kw("product.product", "write", [lamp], {"weight": 2.5})
    assert before < table.rows[lamp]["write_date"] <= datetime.now(UTC).replace(tzinfo=None)


async def test_load_is_an_upsert_by_external_id_and_all_or_nothing(odoo: Caller) -> None:
    fields = ["id", "name", "default_code", "categ_id/id", "taxes_id/.id", "sale_ok"]
    category = await odoo.one("product.category")
    link = {"module": "connector_1", "name": "all", "model": "product.category", "res_id": category}
    await odoo.kw("ir.model.data", "create", link)
    tax = await odoo.one("account.tax")
    row = ["connector_1.prod_55", "T-shirt", "TS-100", "connector_1.all", str(tax), "false"]
    first = await odoo.kw("product.template", "load", fields, [row])
    second = await odoo.kw("product.template", "load", fields, [[row[0], "Shirt", *row[2:]]])
    assert (first["messages"], second["ids"]) == ([], first["ids"])
    read = await odoo.read("product.template", first["ids"][0], "name", "default_code", "sale_ok", "taxes_id")
    assert (read["name"], read["default_code"], read["sale_ok"], read["taxes_id"]) == ("Shirt", "TS-100", False, [tax])
    by_name = [["module", "=", "connector_1"], ["model", "=", "product.template"]]
    (told,) = await odoo.kw("ir.model.data", "search_read", by_name, ["name", "res_id"])
    assert (told["name"], told["res_id"]) == ("prod_55", first["ids"][0])
    good, bad = ["x.1", "A", "A", "", "", "true"], ["x.2", "B", "B", "nope.nope", "", "true"]
    wrong = await odoo.kw("product.template", "load", fields, [good, bad])
    assert wrong["ids"] is False
    assert (wrong["messages"][0]["record"], wrong["messages"][0]["field"]) == (1, "categ_id")
    assert await odoo.kw("product.template", "search_count", [["name", "in", ["A", "B"]]]) == 0


async def test_a_custom_field_appears_and_is_writable(odoo: Caller) -> None:
    model = await odoo.one("ir.model", ["model", "=", "sale.order.line"])
    field = {"model_id": model, "name": "x_connector_ref", "ttype": "char", "field_description": "Ref", "index": True}
    await odoo.kw("ir.model.fields", "create", field)
    assert (await odoo.kw("sale.order.line", "fields_get", ["x_connector_ref"]))["x_connector_ref"]["type"] == "char"
    order = await odoo.order({"product_id": await odoo.sku("LAMP-0001"), "x_connector_ref": "L-1"}, x_gift_message="Hi")
    assert await odoo.kw("sale.order.line", "search_count", [["x_connector_ref", "=", "L-1"]]) == 1
    assert (await odoo.read("sale.order", order, "x_gift_message"))["x_gift_message"] == "Hi"
    with pytest.raises(Refused) as wrong:
        await odoo.kw("ir.model.fields", "create", {**field, "name": "connector_ref"})
    assert wrong.value.name == "odoo.exceptions.ValidationError"


async def test_what_is_required_and_what_links_nowhere(odoo: Caller) -> None:
    with pytest.raises(Refused) as missing:
        await odoo.kw("sale.order", "create", {})
    assert missing.value.name == "odoo.exceptions.ValidationError"
    assert "Missing required value for the field 'Customer' (partner_id)" in missing.value.message
    with pytest.raises(Refused) as nobody:
        await odoo.kw("sale.order", "create", {"partner_id": 99999})
    assert nobody.value.name == "odoo.exceptions.MissingError"
    with pytest.raises(Refused) as nowhere:
        await odoo.buyer(country_id=99999)
    assert nowhere.value.name == "odoo.exceptions.ValidationError"


async def test_search_names_of_people_and_things(odoo: Caller, family: int) -> None:
    assert await odoo.kw("res.partner", "name_search", "C-57") == [[family, "Company 3"]]
    assert (await odoo.kw("product.product", "name_search", "LAMP-0001"))[0][1] == "[LAMP-0001] Lamp 1"


async def test_a_control_adds_fields_as_people_and_apps_do(odoo: Caller) -> None:
    level = {"model": "res.partner", "name": "x_level", "type": "selection", "selection": {"g": "Gold"}}
    for wish in (level, {"model": "res.partner", "name": "own_code", "type": "char", "size": 3}):
        assert (await odoo.client.post("/__sim/field", json=wish)).status == 200
    told = await odoo.kw("res.partner", "fields_get", ["x_level", "own_code"])
    assert (told["x_level"]["selection"], told["own_code"]["size"]) == ([["g", "Gold"]], 3)
    partner = await odoo.kw("res.partner", "create", {"name": "Ann", "x_level": "g", "own_code": "abcdef"})
    state = await (await odoo.client.get("/__sim/state")).json()
    # What is longer than the field is cut without a word.
    assert state["partners"] == [{"id": partner, "name": "Ann", "custom": {"x_level": "g", "own_code": "abc"}}]
    with pytest.raises(Refused):
        await odoo.kw("res.partner", "write", [partner], {"x_level": "silver"})
    for wrong in (level, {"model": "no.such", "name": "x_a"}, {"model": "res.partner"}):
        assert (await odoo.client.post("/__sim/field", json=wrong)).status == 400
    lost = {"model": "res.partner", "name": "x_link", "type": "many2one", "relation": "no.such"}
    assert (await odoo.client.post("/__sim/field", json=lost)).status == 400


async def test_people_add_fields_with_options_and_links(odoo: Caller) -> None:
    model = await odoo.one("ir.model", ["model", "=", "sale.order"])
    field = {"model_id": model, "name": "x_color", "ttype": "selection", "field_description": "Color"}
    await odoo.kw("ir.model.fields", "create", {**field, "selection": "[('r', 'Red')]"})
    many = {"name": "x_countries", "ttype": "many2many", "relation": "res.country"}
    await odoo.kw("ir.model.fields", "create", {**field, **many})
    order = await odoo.order({"product_id": await odoo.sku("LAMP-0001")}, x_color="r", x_countries=[[6, 0, [1, 2]]])
    read = await odoo.read("sale.order", order, "x_color", "x_countries")
    assert (read["x_color"], read["x_countries"]) == ("r", [1, 2])
    with pytest.raises(Refused, match="not a valid Pythonic expression"):
        await odoo.kw("ir.model.fields", "create", {**field, "name": "x_shape", "selection": "round"})
    with pytest.raises(Refused, match="adds no fields of type one2many"):
        await odoo.kw("ir.model.fields", "create", {**field, "name": "x_shapes", "ttype": "one2many"})


@pytest.mark.parametrize(
    ("number", "country", "passes"),
    [
        ("DE123456788", "", True),
        ("DE 123 456 788", "", True),
        ("DE123", "", False),
        ("123456788", "DE", True),
        ("12", "DE", False),
        ("12", "US", True),
        ("XX12", "", True),
    ],
)
async def test_base_vat_looks_at_tax_numbers(odoo: Caller, number: str, country: str, passes: bool) -> None:  # noqa: FBT001
    partner: dict[str, Any] = {"name": "Ann", "vat": number}
    if country:
        partner["country_id"] = await odoo.one("res.country", ["code", "=", country])
    assert await odoo.kw("res.partner", "create", {**partner, "vat": "DE123"})  # nothing looks without the app
    assert (await odoo.client.post("/__sim/app", json={"name": "base_vat"})).status == 200
    if passes:
        assert await odoo.kw("res.partner", "create", partner)
    else:
        with pytest.raises(Refused, match=r"VAT number .* for partner \[Ann\] does not seem to be valid"):
            await odoo.kw("res.partner", "create", partner)
    assert (await odoo.client.post("/__sim/app", json={"name": "base_magic"})).status == 400
