"""What goes wrong in a real Tryton behind everybody's back: a backup played back, a person in the database, a copy.

None of it leaves a trace where an integration looks for changes: no `write_date`, no move, no log.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from isthmus.simulators.damage import Deed, NotThere, Wish, done
from isthmus.simulators.rows import Row
from isthmus.simulators.tryton.orm.env import Env

ORDERS, LINES, MOVES, PARTIES = "sale.sale", "sale.line", "stock.move", "party.party"


def damage(env: Env, wish: Wish) -> str:
    """Do one `kind` of damage and return the name of the record. Raises `NotThere`."""
    return done(KINDS, env, wish)


def lose_order(env: Env, wish: Wish) -> str:
    """Forget a sale, as after playing back an older backup of the table; its moves stay."""
    order = _order(env, wish)
    for line in env.table(LINES).where("sale", order["id"]):
        for move in env.table(MOVES).where("origin", f"{LINES},{line}"):
            env.table(MOVES).update(move, {"origin": None})
        for invoiced in env.table("account.invoice.line").where("origin", f"{LINES},{line}"):
            env.table("account.invoice.line").update(invoiced, {"origin": None})
        env.table(LINES).delete(line)
    env.table(ORDERS).delete(order["id"])
    return _name(order)


def double_order(env: Env, wish: Wish) -> str:
    """Have a sale twice, as after an import that ran twice; stock is moved once."""
    return _copy(env, _order(env, wish))


def strange_order(env: Env, wish: Wish) -> str:
    """Have a sale with a reference nobody knows, made after an existing one; `origin` becomes its description."""
    return _copy(env, _order(env, wish), description=str(wish["origin"]), reference=str(wish["as"]))


def alter_order(env: Env, wish: Wish) -> str:
    """Change one sale in the database: its `quantity`, `price`, `customer` or `state`."""
    order = _order(env, wish)
    what = str(wish.get("what", "quantity"))
    if what == "customer":
        others = [one for one in env.table(PARTIES).rows if one != order["party"]]
        env.table(ORDERS).update(order["id"], {"party": others[0]})
    elif what == "state":
        env.table(ORDERS).update(order["id"], {"state": "cancelled"})
    elif what in ("quantity", "price"):
        line = env.table(LINES).rows[env.table(LINES).where("sale", order["id"])[0]]
        column = {"quantity": "quantity", "price": "unit_price"}[what]
        env.table(LINES).update(line["id"], {column: line[column] + 1})
        # The amounts are kept when a sale is confirmed; who changes the database forgets neither.
        kept = {f"{name}_amount_cache": None for name in ("untaxed", "tax", "total")}
        env.table(ORDERS).update(order["id"], kept)
    else:
        message = f"'what' is quantity, price, customer or state, not {what!r}"
        raise NotThere(message)
    return _name(order)


def miscount(env: Env, wish: Wish) -> str:
    """Let the shelf hold `by` more (or fewer) of a SKU than before: the last count of it is forged."""
    sku = str(wish["sku"])
    products = env.table("product.product").where("code", sku)
    warehouses = [i for i in env.table("stock.location").where("code", str(wish["place"])) if _is_warehouse(env, i)]
    if not products or not warehouses:
        message = f"no product {sku!r} or no warehouse {wish['place']!r}"
        raise NotThere(message)
    storage = env["stock.location"].row(warehouses[0])["storage_location"]
    counted = [
        move
        for move in (env.table(MOVES).rows[i] for i in env.table(MOVES).where("product", products[0]))
        if move["state"] == "done" and storage in (move["to_location"], move["from_location"])
    ]
    if not counted:
        message = f"nothing of {sku!r} was ever counted there"
        raise NotThere(message)
    move, by = counted[0], Decimal(str(wish["by"]))
    signed = by if move["to_location"] == storage else -by
    changes = {name: move[name] + signed for name in ("quantity", "internal_quantity")}
    env.table(MOVES).update(move["id"], changes)
    return sku


def lose_contact(env: Env, wish: Wish) -> str:
    """Take our code off a party, as a person who merges two does."""
    contact = _contact(env, wish)
    env.table(PARTIES).update(contact["id"], {"code": f"{contact['code']}-old"})
    return contact["name"]


def double_contact(env: Env, wish: Wish) -> str:
    """Have a party twice, code included, which only the database's own door allows."""
    contact = _contact(env, wish)
    env.table(PARTIES).insert({**contact, "name": f"{contact['name']} (copy)"})
    return contact["name"]


def strange_contact(env: Env, wish: Wish) -> str:
    """Have a party with a code nobody knows, made after an existing one."""
    contact = _contact(env, wish)
    env.table(PARTIES).insert({**contact, "code": str(wish["as"])})
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
    number = str(env.database.store.next_number("Sale"))
    lines = env.table(LINES).where("sale", order["id"])
    made = env.table(ORDERS).insert({**order, "number": number, **changes})
    for line in lines:
        env.table(LINES).insert({**env.table(LINES).rows[line], "sale": made})
    return number


def _name(order: Row) -> str:
    return order["number"] or f"({order['id']})"


def _is_warehouse(env: Env, location: int) -> bool:
    return env.table("stock.location").rows[location]["type"] == "warehouse"


def _order(env: Env, wish: Wish) -> Row:
    found = env.table(ORDERS).where("reference", str(wish["reference"]))
    if not found:
        message = f"no order {wish['reference']!r}"
        raise NotThere(message)
    return env.table(ORDERS).rows[found[0]]


def _contact(env: Env, wish: Wish) -> Row:
    found = env.table(PARTIES).where("code", str(wish["ref"]))
    if not found:
        message = f"no party with the code {wish['ref']!r}"
        raise NotThere(message)
    return env.table(PARTIES).rows[found[0]]
