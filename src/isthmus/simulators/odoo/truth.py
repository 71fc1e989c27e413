"""What this Odoo really holds, for checks that must not trust the API: orders and free stock."""

from datetime import date
from decimal import Decimal
from typing import Any

from isthmus.simulators.odoo.models.product import SERVICE
from isthmus.simulators.odoo.orm.env import Env
from isthmus.simulators.odoo.orm.fields import ZERO, Row

_MOST_DECIMALS = 6


def orders(env: Env) -> list[dict[str, Any]]:
    """Return every order; amounts are exact text."""
    lines, products = _lines_by_order(env), _products(env)
    return [_order(env, row, lines.get(row["id"], []), products) for row in env.table("sale.order").rows.values()]


def _order(env: Env, row: Row, lines: list[Row], products: dict[int, tuple[str, bool]]) -> dict[str, Any]:
    currency = env.table("res.currency").rows[row["currency_id"]]
    smallest = currency["rounding"]
    goods: list[dict[str, Any]] = []
    extra: list[dict[str, Any]] = []
    for line in lines:
        if line["display_type"]:
            continue
        told: dict[str, Any] = {"quantity": whole(line["product_uom_qty"])}
        told |= {"unit_price": price(line["price_unit"], smallest), **_added(env, "sale.order.line", line)}
        sku, service = products.get(line["product_id"], ("", True))
        if service:
            extra.append({**({"sku": sku} if sku else {"name": line["name"] or ""}), **told})
        else:
            goods.append({"sku": sku, **told})
    return {
        "reference": row["client_order_ref"] or "",
        "id": row["id"],
        "name": row["name"],
        "status": row["state"],
        "lines": goods,
        "extra_lines": extra,
        "total": str(row["amount_total"].quantize(smallest)),
        "currency": currency["name"],
        "partner": row["partner_id"],
        **_added(env, "sale.order", row),
    }


def partners(env: Env) -> list[dict[str, Any]]:
    """Return the contacts with a tax number, or with something in fields that were added."""
    found: list[dict[str, Any]] = []
    for row in env.table("res.partner").rows.values():
        told = {**({"tax_id": row["vat"]} if row["vat"] else {}), **_added(env, "res.partner", row)}
        if told:
            found.append({"id": row["id"], "name": row["name"] or "", **told})
    return found


def _added(env: Env, model: str, row: Row) -> dict[str, Any]:
    """Return what fields hold that were added to a model, as `custom`; nothing where they are empty."""
    fields = [env.database.fields[model][name] for name in env.database.added.get(model, ())]
    held = {field.name: _told(row.get(field.key)) for field in fields if row.get(field.key) not in (field.default, "")}
    return {"custom": held} if held else {}


def _told(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):  # a time is one, too
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _lines_by_order(env: Env) -> dict[int, list[Row]]:
    grouped: dict[int, list[Row]] = {}
    for line in env.table("sale.order.line").rows.values():
        grouped.setdefault(line["order_id"], []).append(line)
    for lines in grouped.values():
        lines.sort(key=lambda line: (line["sequence"], line["id"]))
    return grouped


def _products(env: Env) -> dict[int, tuple[str, bool]]:
    templates = env.table("product.template").rows
    return {
        i: (row["default_code"] or "", templates[row["product_tmpl_id"]]["kind"] == SERVICE)
        for i, row in env.table("product.product").rows.items()
    }


def stock(env: Env) -> dict[str, dict[str, int | str]]:
    """Return the free quantity of every storable product in every warehouse."""
    templates = env.table("product.template").rows
    places = env["stock.location"]
    where = {
        i: warehouse["code"]
        for warehouse in env.table("stock.warehouse").rows.values()
        for i in places.family([warehouse["view_location_id"]], up=False)
    }
    codes = [warehouse["code"] for warehouse in env.table("stock.warehouse").rows.values()]
    free: dict[int, dict[str, Decimal]] = {
        i: dict.fromkeys(codes, ZERO)
        for i, row in env.table("product.product").rows.items()
        if templates[row["product_tmpl_id"]]["stored_goods"]
    }
    for quant in env.table("stock.quant").rows.values():
        code = where.get(quant["location_id"])
        if code and quant["product_id"] in free:
            free[quant["product_id"]][code] += quant["quantity"] - quant["reserved_quantity"]
    products = env.table("product.product").rows
    return {products[i]["default_code"] or str(i): {c: whole(q) for c, q in by.items()} for i, by in free.items()}


def whole(quantity: Decimal) -> int | str:
    """Return a whole quantity as a number, any other as exact text."""
    return int(quantity) if quantity == quantity.to_integral_value() else f"{quantity.normalize():f}"


def price(amount: Decimal, smallest: Decimal) -> str:
    """Return a unit price with at least the currency's decimals; further ones only when they matter."""
    shown = amount.quantize(Decimal(1).scaleb(-_MOST_DECIMALS)).normalize()
    fewest = smallest if shown.as_tuple().exponent >= smallest.as_tuple().exponent else None  # type: ignore[operator]
    return f"{shown.quantize(smallest) if fewest is not None else shown:f}"
