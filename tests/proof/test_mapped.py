"""What a mapping document says of the ERP's own fields and of lines it adds stands there, and is proven as it is."""

from pathlib import Path

import pytest

from tests.proof.stand import standing

pytestmark = pytest.mark.slow

DOCUMENT = """
[order]
"custom.x_channel" = "channel"
"custom.x_total" = "total"
"custom.x_placed" = "placed_at"

[lines]
"custom.x_title" = "title"

[customer]
"custom.x_spent" = "order.total"
"custom.x_language" = "language"

[[add]]
name = "gift-wrap"
sku = '"GIFTWRAP"'
title = '"Gift wrap"'
"""
FIELDS = [
    ("sale.order", "x_channel", "char"),
    ("sale.order", "x_total", "monetary"),
    ("sale.order", "x_placed", "datetime"),
    ("sale.order.line", "x_title", "text"),
    ("res.partner", "x_spent", "monetary"),
    ("res.partner", "x_language", "char"),
]


async def test_mapped_fields_and_added_lines_arrive_and_agree(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "orders.toml").write_text(DOCUMENT)
    async with standing(tmp_path) as stand:
        for model, name, kind in FIELDS:
            await stand.control("erp", "field", model=model, name=name, type=kind)
        with stand.erp.service.database.store.transaction():
            wrap = {"name": "Gift wrap", "default_code": "GIFTWRAP", "type": "service"}
            stand.erp.env()["product.product"].make([wrap])
        (number,) = await stand.shop.place_orders(1, 7)
        await stand.sync()

        truth = stand.erp.truth()
        (order,) = [each for each in truth["orders"] if each["reference"] == number]
        assert order["status"] == "sale"
        assert order["custom"].keys() == {"x_channel", "x_total", "x_placed"}
        assert order["custom"]["x_total"] == str(float(order["total"]))
        assert all(line["custom"]["x_title"] for line in order["lines"])
        assert "GIFTWRAP" in [line["sku"] for line in order["extra_lines"]]
        (partner,) = truth["partners"]
        assert partner["custom"]["x_spent"] == order["custom"]["x_total"]

        stand.later()
        assert (await stand.prove("orders")).rows == []
