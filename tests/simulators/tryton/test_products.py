"""Products: codes, prices, and stock as the context asks for it."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from isthmus.simulators.tryton import TrytonWorld
from tests.simulators.tryton.caller import Caller, Refused, decimal


async def template(tryton: Caller, code: str, **more: Any) -> int:
    """Create a template with one variant."""
    unit = await tryton.one("product.uom", ["name", "=", "Unit"])
    values = {"name": "Thing", "code": code, "default_uom": unit, "sale_uom": unit, "salable": True, "type": "goods"}
    return await tryton.make("product.template", **{**values, "products": [["create", [{}]]], **more})


async def test_a_variant_has_the_templates_code_and_its_own_suffix(tryton: Caller) -> None:
    made = await template(tryton, "TEA-1")
    await tryton.make("product.product", template=made, suffix_code="-B")
    codes = [one["code"] for one in await tryton.find("product.product", [["template", "=", made]], "code")]
    assert codes == ["TEA-1", "TEA-1-B"]
    await tryton("model.product.template.write", [made], {"code": "TEA-2"})
    codes = [one["code"] for one in await tryton.find("product.product", [["template", "=", made]], "code")]
    assert codes == ["TEA-2", "TEA-2-B"]
    with pytest.raises(Refused) as computed:
        await tryton("model.product.product.write", [1], {"code": "X"})
    assert computed.value.message == 'You are not allowed to modify the field "Code" of "Product".'


async def test_active_products_share_no_code(tryton: Caller) -> None:
    made = await template(tryton, "TEA-1")
    for again in ({"code": "TEA-1"}, {"code": "TEA-9", "products": [["create", [{}, {}]]]}):
        with pytest.raises(Refused) as taken:
            await template(tryton, **again)  # type: ignore[arg-type]
        assert taken.value.message == "Code of active product must be unique."
    (variant,) = (await tryton.read("product.template", made, "products"))["products"]
    await tryton("model.product.product.write", [variant], {"active": False})
    await template(tryton, "TEA-1")
    with pytest.raises(Refused):
        await tryton("model.product.product.write", [variant], {"active": True})


async def test_a_variant_of_an_inactive_template_hides_although_it_is_active(tryton: Caller) -> None:
    made = await template(tryton, "TEA-1")
    await tryton("model.product.template.write", [made], {"active": False})
    mine = [["code", "=", "TEA-1"]]
    assert await tryton.find("product.product", mine) == []
    (row,) = await tryton.find("product.product", [*mine, ["active", "in", [True, False]]], "active", "template.active")
    assert (row["active"], row["template."]["active"]) == (True, False)


async def test_an_ean_must_have_the_right_check_digit(tryton: Caller) -> None:
    lamp = await tryton.one("product.product", ["code", "=", "LAMP-0001"])
    for code in ("123", "4006381333932"):
        with pytest.raises(Refused) as wrong:
            await tryton.make("product.identifier", product=lamp, type="ean", code=code)
        told = f'The International Article Number "{code}" for product "[LAMP-0001] Lamp 1" is not valid.'
        assert wrong.value.message == told
    await tryton.make("product.identifier", product=lamp, type="ean", code="4006381333931")
    assert await tryton.one("product.product", ["identifiers.code", "=", "4006381333931"]) == lamp


async def test_prices_are_kept_per_company_and_read_as_nothing_without_one(tryton: Caller) -> None:
    made = await template(tryton, "TEA-1", list_price=Decimal("9.99"))
    (variant,) = (await tryton.read("product.template", made, "products"))["products"]
    names = ("list_price", "list_price_used", "sale_price_uom")
    told = await tryton.read("product.product", variant, *names)
    assert (told["list_price"], decimal(told["list_price_used"])) == (None, Decimal("9.99"))
    assert told["sale_price_uom"]["decimal"] == "9.9900"
    assert await tryton.read("product.product", variant, *names, company=None) == {
        "id": variant,
        **dict.fromkeys(names),
    }
    await tryton("model.product.product.write", [variant], {"list_price": Decimal(12)})
    assert decimal((await tryton.read("product.product", variant, "list_price_used"))["list_price_used"]) == 12


async def test_a_float_is_no_price(tryton: Caller) -> None:
    with pytest.raises(Refused) as binary:
        await template(tryton, "TEA-1", list_price=9.99)
    assert "9.9900000000000002131628207280300557613372802734375" in binary.value.message
    with pytest.raises(Refused):
        await template(tryton, "TEA-1", list_price=Decimal("9.99999"))
    await template(tryton, "TEA-1", list_price=9.5)  # exact in binary, and so not refused


async def test_the_first_line_of_a_price_list_that_fits_counts(tryton: Caller) -> None:
    made = await template(tryton, "TEA-1", list_price=Decimal(10))
    (variant,) = (await tryton.read("product.template", made, "products"))["products"]
    lines = [
        {"product": variant, "quantity": 10, "formula": "unit_price * 0.8"},
        {"formula": "max(unit_price * 0.9, 1)"},
    ]
    wanted = {"name": "Retail", "company": 1, "lines": [["create", lines]]}
    prices = await tryton.make("product.price_list", **wanted, price="list_price")
    for quantity, price in ((1, "9.0000"), (10, "8.0000"), (12, "8.0000")):
        told = await tryton.read("product.product", variant, "sale_price_uom", price_list=prices, quantity=quantity)
        assert told["sale_price_uom"]["decimal"] == price
    # Without saying which price is meant there is none.
    mute = await tryton.make("product.price_list", **wanted)
    told = await tryton.read("product.product", variant, "sale_price_uom", price_list=mute, quantity=1)
    assert told["sale_price_uom"] is None
    with pytest.raises(Refused) as formula:
        await tryton.make("product.price_list", name="Bad", company=1, lines=[["create", [{"formula": "nope("}]]])
    assert formula.value.message.startswith('Invalid formula "nope(" in price list line')


async def test_a_price_in_another_unit_or_currency(tryton: Caller) -> None:
    made = await template(tryton, "TEA-1", list_price=Decimal(10))
    (variant,) = (await tryton.read("product.template", made, "products"))["products"]
    dozen = await tryton.one("product.uom", ["name", "=", "Dozen"])
    yen = await tryton.one("currency.currency", ["code", "=", "JPY"])
    for context, price in (({"uom": dozen}, "120.0000"), ({"currency": yen}, "1625.0000")):
        told = await tryton.read("product.product", variant, "sale_price_uom", **context)
        assert told["sale_price_uom"]["decimal"] == price


# Stock


async def stock(tryton: Caller, product: int, **context: Any) -> tuple[float, float]:
    """Return quantity and forecast as a context sees them."""
    told = await tryton.read("product.product", product, "quantity", "forecast_quantity", **context)
    return told["quantity"], told["forecast_quantity"]


def day(offset: int) -> dict[str, Any]:
    """Return the day some days from now, tagged; the server's clock is the machine's."""
    told = date.today() + timedelta(days=offset)  # noqa: DTZ011 - the test runs within a day
    return {"__class__": "date", "year": told.year, "month": told.month, "day": told.day}


async def test_stock_is_what_the_context_asks_for(tryton: Caller, world: TrytonWorld) -> None:
    world.set_stock("LAMP-0001", "WH", 100)
    world.set_stock("LAMP-0001", "EAST", 7)
    lamp = await tryton.one("product.product", ["code", "=", "LAMP-0001"])
    places = {one["code"]: one["id"] for one in await tryton.find("stock.location", [["code", "!=", None]], "code")}
    lost = await tryton.one("stock.location", ["type", "=", "lost_found"])
    assert await stock(tryton, lamp) == (0, 0)  # no place, no stock
    assert await stock(tryton, lamp, locations=[places["WH"]]) == (100, 100)
    assert await stock(tryton, lamp, locations=[places["STO"]]) == (100, 100)
    assert await stock(tryton, lamp, location=places["WH"]) == (100, 100)
    assert await stock(tryton, lamp, locations=[places["WH"], places["EAST"]]) == (107, 107)
    # Warehouses among other places count without what is below them.
    assert await stock(tryton, lamp, locations=[places["WH"], places["CUS"]]) == (0, 0)
    assert await stock(tryton, lamp, locations=[places["WH"]], with_childs=False) == (0, 0)
    assert await stock(tryton, lamp, locations=[places["WH"]], stock_skip_warehouse=True) == (100, 100)
    assert (await stock(tryton, lamp, locations=[lost]))[0] == -107
    assert await stock(tryton, lamp, locations=[places["WH"]], stock_date_end=day(-2)) == (0, 0)
    assert await stock(tryton, lamp, locations=[places["WH"]], stock_date_end=day(30)) == (100, 100)
    found = await tryton.find("product.product", [["quantity", "=", 100]], locations=[places["WH"]])
    assert found == [{"id": lamp}]
    assert len(await tryton.find("product.product", [["quantity", "=", 100]])) > 1  # without a place everything fits


async def test_what_is_planned_shows_in_the_forecast_from_its_day_on(tryton: Caller, world: TrytonWorld) -> None:
    world.set_stock("LAMP-0001", "WH", 100)
    here = await tryton.one("stock.location", ["code", "=", "WH"])
    sale = await tryton.sale(await tryton.line("LAMP-0001", 3, "10"), shipping_date=day(10))
    await tryton.sold(sale)
    lamp = await tryton.one("product.product", ["code", "=", "LAMP-0001"])
    assert await stock(tryton, lamp, locations=[here]) == (100, 97)
    assert await stock(tryton, lamp, locations=[here], stock_date_end=day(5)) == (100, 100)
    assert await stock(tryton, lamp, locations=[here], stock_date_end=day(10)) == (100, 97)
    # What was planned for a day that is over and did not happen counts nowhere.
    for move in world.env()["stock.move"].matching([["state", "=", "draft"]]):
        world.env()["stock.move"].change([move], planned_date=world.env().today - timedelta(days=1))
    assert await stock(tryton, lamp, locations=[here]) == (100, 100)


async def test_a_count_sets_the_stock_of_a_storage_zone(tryton: Caller) -> None:
    lamp = await tryton.one("product.product", ["code", "=", "LAMP-0001"])
    zone, house = [await tryton.one("stock.location", ["code", "=", code]) for code in ("STO", "WH")]
    lines = [["create", [{"product": lamp, "quantity": 33}]]]
    count = await tryton.make("stock.inventory", location=zone, company=1, date=day(0), lines=lines)
    await tryton("model.stock.inventory.confirm", [count])
    assert await stock(tryton, lamp, locations=[house]) == (33, 33)
    with pytest.raises(Refused) as place:
        await tryton.make("stock.inventory", location=house, lines=lines)
    assert "is not valid according to its domain" in place.value.message
    with pytest.raises(Refused) as half:
        await tryton.make("stock.inventory", location=zone, lines=[["create", [{"product": lamp, "quantity": 0.5}]]])
    assert 'exceeds the limit of "(None, 0)"' in half.value.message
    untouched = await tryton.make("stock.inventory", location=zone, lines=[["create", [{"product": lamp}]]])
    await tryton("model.stock.inventory.confirm", [untouched])
    assert await stock(tryton, lamp, locations=[house]) == (33, 33)


async def test_zeros_at_the_end_of_a_price_count_as_digits(tryton: Caller) -> None:
    product = await tryton.one("product.template", ["code", "=", "LAMP-0001"])
    await tryton("model.product.template.write", [product], {"list_price": Decimal("9.9900")})
    with pytest.raises(Refused) as told:
        await tryton("model.product.template.write", [product], {"list_price": Decimal("9.990000")})
    assert "value \"'9.990000'\" for field" in told.value.message
    assert 'exceeds the limit of "(None, 4)"' in told.value.message
