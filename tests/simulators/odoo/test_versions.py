"""What is called differently, or behaves differently, in another major version."""

import json
import os
from pathlib import Path

import pytest

from isthmus.simulators.odoo import SIMULATOR
from isthmus.simulators.odoo.world import VERSIONS
from tests.simulators.odoo.caller import Refused
from tests.simulators.odoo.conftest import Start

SPECS = Path(os.environ.get("ISTHMUS_SPECS") or Path(__file__).parents[3] / "../shared/specs") / "odoo"
#: annotated in the source (`parent_id: ResPartner = ...`), which the extraction of the spec did not see
NOT_EXTRACTED = {
    "res.partner": {
        "parent_id",
        "child_ids",
        "state_id",
        "country_id",
        "user_id",
        "commercial_partner_id",
        "company_id",
    },
    "res.country": {"state_ids"},
}
#: added by the database itself to every model
AUTOMATIC = {"id", "display_name", "create_uid", "create_date", "write_uid", "write_date"}


@pytest.mark.parametrize(
    ("major", "model", "new", "old"),
    [
        (19, "sale.order.line", "tax_ids", "tax_id"),
        (19, "sale.order.line", "product_uom_id", "product_uom"),
        (17, "sale.order.line", "tax_id", "tax_ids"),
        (18, "sale.order.line", "product_uom", "product_uom_id"),
        (19, "res.partner", "phone", "mobile"),
        (17, "account.tax", "price_include", "price_include_override"),
        (18, "product.template", "is_storable", "detailed_type"),
        (15, "product.template", "detailed_type", "is_storable"),
        (14, "product.template", "type", "detailed_type"),
        (17, "stock.move", "quantity", "quantity_done"),
        (16, "stock.move", "quantity_done", "quantity"),
        (17, "sale.order", "locked", "zork"),
        (16, "sale.order", "state", "locked"),
        (19, "stock.picking", "move_ids", "move_ids_without_package"),
    ],
)
async def test_each_version_knows_its_own_names_only(start: Start, major: int, model: str, new: str, old: str) -> None:
    odoo = await start(f"empty@{major}")
    fields = await odoo.kw(model, "fields_get", [], ["type"])
    assert new in fields
    assert old not in fields
    with pytest.raises(Refused, match=f"Invalid field '{old}'") as wrong:
        await odoo.kw(model, "search_read", [], [old])
    assert wrong.value.name == "builtins.ValueError"


@pytest.mark.parametrize("seed", ["demo@17", "demo@19"])
async def test_the_other_versions_name_on_a_line_is_refused_by_name(start: Start, seed: str) -> None:
    odoo = await start(seed)
    wrong_name = "tax_ids" if seed.endswith("17") else "tax_id"
    with pytest.raises(Refused) as wrong:
        await odoo.order({"product_id": await odoo.sku("LAMP-0001"), wrong_name: [[5, 0, 0]]})
    assert wrong.value.message == f"Invalid field '{wrong_name}' on model 'sale.order.line'"


@pytest.mark.parametrize(
    ("seed", "storable", "refused"),
    [
        ("empty@14", {"type": "product"}, {"detailed_type": "product"}),
        ("empty@17", {"detailed_type": "product"}, {"is_storable": True}),
        ("empty@18", {"type": "consu", "is_storable": True}, {"type": "product"}),
        ("empty@19", {"type": "consu", "is_storable": True}, {"type": "product"}),
    ],
)
async def test_how_a_storable_product_is_said(
    start: Start, seed: str, storable: dict[str, object], refused: dict[str, object]
) -> None:
    odoo = await start(seed)
    made = await odoo.kw("product.product", "create", {"name": "Mug", "default_code": "MUG", **storable})
    shown = await odoo.read("product.product", made, *storable)
    assert {key: shown[key] for key in storable} == storable
    assert list(odoo.world.truth()["stock"]) == ["MUG"]
    with pytest.raises(Refused) as wrong:
        await odoo.kw("product.product", "create", {"name": "Mug", **refused})
    assert wrong.value.name == "builtins.ValueError"


@pytest.mark.parametrize(
    ("major", "key", "other"), [(17, "warehouse", "warehouse_id"), (19, "warehouse_id", "warehouse")]
)
async def test_the_wrong_context_key_silently_means_everywhere(start: Start, major: int, key: str, other: str) -> None:
    odoo = await start(f"demo@{major}")
    lamp, east = await odoo.sku("LAMP-0001"), await odoo.one("stock.warehouse", ["code", "=", "EAST"])
    here = await odoo.read("product.product", lamp, "qty_available", context={key: east})
    everywhere = await odoo.read("product.product", lamp, "qty_available", context={other: east})
    both = await odoo.read("product.product", lamp, "qty_available", context={key: east, other: east})
    assert here["qty_available"] == both["qty_available"] < everywhere["qty_available"]


@pytest.mark.parametrize("major", [14, 16])
async def test_cancelling_a_confirmed_order_asks_in_old_versions(start: Start, major: int) -> None:
    odoo = await start(f"demo@{major}")
    orders = [await odoo.order({"product_id": await odoo.sku("LAMP-0001")}) for _ in range(2)]
    await odoo.kw("sale.order", "action_confirm", orders)
    question = await odoo.kw("sale.order", "action_cancel", [orders[0]])
    assert question["res_model"] == "sale.order.cancel"
    wizard = await odoo.kw("sale.order.cancel", "create", {"order_id": orders[0]})
    await odoo.kw("sale.order.cancel", "action_cancel", [wizard])
    quiet = {"disable_cancel_warning": True}
    assert await odoo.kw("sale.order", "action_cancel", [orders[1]], context=quiet) is True
    assert {row["state"] for row in await odoo.kw("sale.order", "read", orders, ["state"])} == {"cancel"}


@pytest.mark.parametrize("major", VERSIONS)
def test_every_version_builds_and_describes_itself(major: int) -> None:
    world = SIMULATOR.build(f"demo@{major}", None)
    truth = world.truth()
    assert len(truth["stock"]) == 200
    assert truth["orders"] == []


@pytest.mark.parametrize("seed", ["zork", "demo@13", "demo@x", "skus:", "skus:many", "skus:5@13", "empty@"])
def test_an_unknown_seed_says_what_is_known(seed: str) -> None:
    if seed == "empty@":
        assert SIMULATOR.build(seed, None).truth()["stock"] == {}
        return
    with pytest.raises(ValueError, match="'demo', 'empty' or 'skus:<count>'"):
        SIMULATOR.build(seed, None)


@pytest.mark.parametrize("major", [17, 19])
def test_our_trimmed_models_are_part_of_odoos(major: int) -> None:
    """Every field we claim exists there, with the same type; a name of our own would teach callers wrong things."""
    spec = SPECS / f"fields-{major}.0.json"
    if not spec.exists():
        pytest.skip(f"no field list at {spec}: set ISTHMUS_SPECS")
    theirs = json.loads(spec.read_text())
    database = SIMULATOR.build(f"empty@{major}", None).service.database  # type: ignore[attr-defined]
    strange: list[str] = []
    for model, fields in database.fields.items():
        for name, field in fields.items():
            if model not in theirs or name in AUTOMATIC or name in NOT_EXTRACTED.get(model, ()):
                continue
            inherited = theirs["product.template"] if model == "product.product" else {}
            known = theirs[model].get(name) or inherited.get(name)
            if known is None:
                strange.append(f"{model}.{name}")
            elif known["type"].replace("_", "") != field.type.replace("_", ""):
                strange.append(f"{model}.{name}: {field.type} instead of {known['type']}")
    assert strange == []
