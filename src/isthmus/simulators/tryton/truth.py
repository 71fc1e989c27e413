"""What this Tryton really holds, for checks that must not trust the API: orders and free stock."""

from datetime import date
from decimal import Decimal
from typing import Any

from isthmus.simulators.rows import Row
from isthmus.simulators.tryton.orm.env import Env
from isthmus.simulators.tryton.orm.fields import ZERO

_MOST_DECIMALS = 6


def orders(env: Env) -> list[dict[str, Any]]:
    """Return every sale; amounts are exact text."""
    return [_order(env, row) for row in env.table("sale.sale").rows.values()]


def _order(env: Env, row: Row) -> dict[str, Any]:
    currency = env.table("currency.currency").rows[row["currency"]]
    smallest: Decimal = currency["rounding"]
    goods: list[dict[str, Any]] = []
    extra: list[dict[str, Any]] = []
    for line in _lines(env, row):
        told: dict[str, Any] = {"quantity": whole(line["quantity"])}
        told |= {"unit_price": price(line["unit_price"], smallest), **_added(env, "sale.line", line)}
        sku, service = _product(env, line["product"])
        if service:
            extra.append({**({"sku": sku} if sku else {"name": line["description"] or ""}), **told})
        else:
            goods.append({"sku": sku, **told})
    return {
        "reference": row["reference"] or "",
        "id": row["id"],
        "name": row["number"] or f"({row['id']})",
        "status": row["state"],
        "lines": goods,
        "extra_lines": extra,
        "total": str(env["sale.sale"].get(row, "total_amount").quantize(smallest)),
        "currency": currency["code"],
        "partner": row["party"],
        **_added(env, "sale.sale", row),
    }


def partners(env: Env) -> list[dict[str, Any]]:
    """Return the parties with a tax number, or with something in fields that were added."""
    numbers = {row["party"]: row["code"] for row in env.table("party.identifier").rows.values() if row["type"]}
    found: list[dict[str, Any]] = []
    for row in env.table("party.party").rows.values():
        told = {"tax_id": numbers[row["id"]]} if row["id"] in numbers else {}
        told |= _added(env, "party.party", row)
        if told:
            found.append({"id": row["id"], "name": row["name"] or "", **told})
    return found


def _added(env: Env, model: str, row: Row) -> dict[str, Any]:
    """Return what fields hold that were added to a model, as `custom`; nothing where they are empty."""
    held = {name: _told(row.get(name)) for name in env.database.added.get(model, ()) if row.get(name) is not None}
    return {"custom": held} if held else {}


def _told(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value  # a time is one, too


def _lines(env: Env, sale: Row) -> list[Row]:
    lines = env.table("sale.line")
    mine = (lines.rows[i] for i in lines.where("sale", sale["id"]))
    return sorted(
        (line for line in mine if line["type"] == "line"), key=lambda line: (line["sequence"] or 0, line["id"])
    )


def _product(env: Env, product: int | None) -> tuple[str, bool]:
    """Return a product's code, and whether it is a service."""
    if product is None:
        return "", True
    row = env.table("product.product").rows[product]
    return row["code"] or "", env.table("product.template").rows[row["template"]]["type"] == "service"


def stock(env: Env) -> dict[str, dict[str, int | str]]:
    """Return what can still be sold of every product in every warehouse: what lies there less what is promised."""
    places = env["stock.location"]
    warehouses = [row for row in places.table.rows.values() if row["type"] == "warehouse"]
    inside = {i: row["code"] for row in warehouses for i in places.family([row["id"]], up=False)}
    codes = [row["code"] for row in warehouses]
    free = {i: dict.fromkeys(codes, ZERO) for i in env.table("product.product").rows if not _product(env, i)[1]}
    for move in env.table("stock.move").rows.values():
        if move["state"] not in ("draft", "assigned", "done") or move["product"] not in free:
            continue
        source, target = inside.get(move["from_location"]), inside.get(move["to_location"])
        if source == target:
            continue
        if source is not None:
            free[move["product"]][source] -= move["internal_quantity"]
        if target is not None and move["state"] == "done":
            free[move["product"]][target] += move["internal_quantity"]
    products = env.table("product.product").rows
    return {products[i]["code"] or str(i): {c: whole(q) for c, q in by.items()} for i, by in free.items()}


def whole(quantity: Decimal) -> int | str:
    """Return a whole quantity as a number, any other as exact text."""
    return int(quantity) if quantity == quantity.to_integral_value() else f"{quantity.normalize():f}"


def price(amount: Decimal, smallest: Decimal) -> str:
    """Return a unit price with at least the currency's decimals; further ones only when they matter."""
    shown = amount.quantize(Decimal(1).scaleb(-_MOST_DECIMALS)).normalize()
    fewest = smallest if shown.as_tuple().exponent >= smallest.as_tuple().exponent else None  # type: ignore[operator]
    return f"{shown.quantize(smallest) if fewest is not None else shown:f}"
