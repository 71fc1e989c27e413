"""What goes wrong in a real Odoo behind everybody's back: a backup played back, a person in the database, a copy.

None of it leaves a trace where an integration looks for changes: no `write_date`, no move, no message.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from isthmus.simulators.damage import Deed, NotThere, Wish, done
from isthmus.simulators.odoo.models.quant import Quant
from isthmus.simulators.odoo.models.sale_order import SaleOrder
from isthmus.simulators.odoo.orm.env import Env
from isthmus.simulators.odoo.orm.fields import Row

ORDERS, LINES, MOVES, PICKINGS = "sale.order", "sale.order.line", "stock.move", "stock.picking"


def damage(env: Env, wish: Wish) -> str:
    """Do one `kind` of damage and return the name of the record. Raises `NotThere`."""
    return done(KINDS, env, wish)


def lose_order(env: Env, wish: Wish) -> str:
    """Forget an order, as after playing back an older backup of the table; its deliveries stay."""
    order = _order(env, wish)
    for line in env.table(LINES).where("order_id", order["id"]):
        for move in env.table(MOVES).where("sale_line_id", line):
            env.table(MOVES).update(move, {"sale_line_id": None})
        env.table(LINES).delete(line)
    for picking in env.table(PICKINGS).where("sale_id", order["id"]):
        env.table(PICKINGS).update(picking, {"sale_id": None})
    env.table(ORDERS).delete(order["id"])
    return order["name"]


def double_order(env: Env, wish: Wish) -> str:
    """Have an order twice, as after an import that ran twice; stock is reserved once."""
    return _copy(env, _order(env, wish))


def strange_order(env: Env, wish: Wish) -> str:
    """Have an order with a source document nobody knows, made after an existing one."""
    return _copy(env, _order(env, wish), origin=str(wish["origin"]), client_order_ref=str(wish["as"]))


def alter_order(env: Env, wish: Wish) -> str:
    """Change one order in the database: its `quantity`, `price`, `customer` or `state`."""
    order = _order(env, wish)
    what = str(wish.get("what", "quantity"))
    if what == "customer":
        others = [one for one in env.table("res.partner").rows if one != order["partner_id"]]
        env.table(ORDERS).update(order["id"], {"partner_id": others[0]})
    elif what == "state":
        env.table(ORDERS).update(order["id"], {"state": "cancel"})
    elif what in ("quantity", "price"):
        line = env.table(LINES).rows[env.table(LINES).where("order_id", order["id"])[0]]
        column = {"quantity": "product_uom_qty", "price": "price_unit"}[what]
        env.table(LINES).update(line["id"], {column: line[column] + 1})
        written = order["write_date"]
        env.of(SaleOrder).total(order["id"])
        env.table(ORDERS).update(order["id"], {"write_date": written})
    else:
        message = f"'what' is quantity, price, customer or state, not {what!r}"
        raise NotThere(message)
    return order["name"]


def miscount(env: Env, wish: Wish) -> str:
    """Let the shelf hold `by` more (or fewer) of a SKU than before, without a move that says so."""
    sku = str(wish["sku"])
    products = env.table("product.product").where("default_code", sku)
    warehouses = env.table("stock.warehouse").where("code", str(wish["place"]))
    if not products or not warehouses:
        message = f"no product {sku!r} or no warehouse {wish['place']!r}"
        raise NotThere(message)
    place = env["stock.warehouse"].row(warehouses[0])["lot_stock_id"]
    quant = env.of(Quant).at(products[0], place)
    if quant is None:
        message = f"nothing of {sku!r} was ever counted there"
        raise NotThere(message)
    env.table("stock.quant").update(quant["id"], {"quantity": quant["quantity"] + Decimal(str(wish["by"]))})
    return sku


def lose_contact(env: Env, wish: Wish) -> str:
    """Take the reference off a contact, as a person who merges two does."""
    contact = _contact(env, wish)
    env.table("res.partner").update(contact["id"], {"ref": ""})
    return contact["name"]


def double_contact(env: Env, wish: Wish) -> str:
    """Have a contact twice, reference included."""
    contact = _contact(env, wish)
    env.table("res.partner").insert({**contact, "name": f"{contact['name']} (copy)"})
    return contact["name"]


def strange_contact(env: Env, wish: Wish) -> str:
    """Have a contact with a reference nobody knows, made after an existing one."""
    contact = _contact(env, wish)
    env.table("res.partner").insert({**contact, "ref": str(wish["as"])})
    return contact["name"]


KINDS: Mapping[str, Deed[Env]] = {
    "lose_order": lose_order,
    "double_order": double_order,
    "strange_order": strange_order,
    "alter_order": alter_order,
    "miscount": miscount,
    "lose_contact": lose_contact,
    "double_contact": double_contact,
    "strange_contact": strange_contact,
}


def _copy(env: Env, order: Row, **changes: Any) -> str:
    name = f"S{env.database.store.next_number(ORDERS):05d}"
    lines = env.table(LINES).where("order_id", order["id"])
    made = env.table(ORDERS).insert({**order, "name": name, **changes})
    for line in lines:
        env.table(LINES).insert({**env.table(LINES).rows[line], "order_id": made})
    return name


def _order(env: Env, wish: Wish) -> Row:
    found = env.table(ORDERS).where("client_order_ref", str(wish["reference"]))
    if not found:
        message = f"no order {wish['reference']!r}"
        raise NotThere(message)
    return env.table(ORDERS).rows[found[0]]


def _contact(env: Env, wish: Wish) -> Row:
    found = [row for row in env.table("res.partner").rows.values() if row["ref"] == str(wish["ref"])]
    if not found:
        message = f"no contact with the reference {wish['ref']!r}"
        raise NotThere(message)
    return found[0]
