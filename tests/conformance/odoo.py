"""How the conformance suite handles the simulated Odoo 19."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from isthmus.canonical.order import Order
from isthmus.canonical.party import Customer
from isthmus.connectors.odoo import CONNECTOR
from isthmus.ports.connector import Session
from isthmus.ports.sink import Put
from isthmus.simulators.odoo import OdooWorld
from isthmus.simulators.odoo.accounts import LIMITED, Accounts
from isthmus.simulators.odoo.orm.env import Env
from isthmus.testing.clock import HandClock
from isthmus.testing.conformance import Double, Reading, Writing
from tests.conformance.erp_samples import NO_PRODUCT, a_customer, a_refused_customer, sale

#: What an empty Odoo has: service products, warehouses.
SERVICES, WAREHOUSES = 4, 2
World = OdooWorld


def build(clock: HandClock, callback: str | None) -> World:
    del clock, callback  # this Odoo keeps the machine's time and sends nothing
    return OdooWorld("demo")


def inside(world: World, deed: Any) -> Any:
    with world.service.database.store.transaction():
        return deed(world.env())


def change(world: World, model: str, external_id: str, **values: Any) -> None:
    inside(world, lambda env: env[model].modify([int(external_id)], values))


def remove(world: World, model: str, external_id: str) -> None:
    inside(world, lambda env: env[model].remove([int(external_id)]))


def row(world: World, model: str, external_id: str) -> Any:
    return world.env().table(model).rows[int(external_id)]


def ids(world: World, model: str) -> list[str]:
    return [str(one) for one in world.env().table(model).rows]


async def empty(world: World) -> None:
    world.seed = "empty"
    await world.reset()


# --- Products ---------------------------------------------------------------------------------------------------------


async def catalog(world: World, count: int) -> None:
    await empty(world)
    values = [
        {"name": f"Thing {n}", "default_code": f"THING-{n:05d}", "list_price": n} for n in range(count - SERVICES)
    ]
    inside(world, lambda env: env["product.product"].make(values))


async def stocked(world: World, count: int) -> None:
    await empty(world)
    values = [
        {"name": f"Thing {n}", "default_code": f"THING-{n:05d}", "type": "consu", "is_storable": True}
        for n in range(count)
    ]
    inside(world, lambda env: env["product.product"].make(values))


def level_ids(world: World) -> list[str]:
    env = world.env()
    codes = [one["code"] for one in env.table("stock.warehouse").rows.values()]
    templates = env.table("product.template").rows
    goods = [
        one
        for one, each in env.table("product.product").rows.items()
        if templates[each["product_tmpl_id"]]["stored_goods"]
    ]
    return [f"{one}@{code}" for one in goods for code in codes]


def count_again(world: World, external_id: str) -> None:
    product, _, code = external_id.partition("@")
    sku = row(world, "product.product", product)["default_code"]
    there = world.truth()["stock"][sku][code]
    world.set_stock(sku, code, Decimal(there) + 1)


# --- Orders read back -------------------------------------------------------------------------------------------------


async def sold(world: World, count: int) -> None:
    await empty(world)

    def sell(env: Env) -> None:
        buyer = env["res.partner"].make([{"name": "Buyer"}])[0]
        env["sale.order"].make(
            {"partner_id": buyer, "client_order_ref": f"#{n}", "origin": f"shop:{n}"} for n in range(count)
        )

    inside(world, sell)


async def placed(world: World, count: int) -> None:
    await empty(world)
    values = [{"name": f"Place {n}", "code": f"P{n:04d}"} for n in range(count - WAREHOUSES)]
    inside(world, lambda env: env["stock.warehouse"].make(values))


# --- Writing ----------------------------------------------------------------------------------------------------------


async def an_order(session: Session, world: World, number: int) -> Put[Order]:
    del session
    return bought(world, number, str(goods(world)[number % 100]))


async def a_refused_order(session: Session, world: World, number: int) -> Put[Order]:
    del session
    return bought(world, number, NO_PRODUCT)


def goods(world: World) -> list[int]:
    rows = world.env().table("product.product").rows
    return [one for one, each in rows.items() if each["barcode"]]


def bought(world: World, number: int, item_ref: str) -> Put[Order]:
    buyer = str(world.env().table("res.partner").where("email", "demo@example.com")[0])
    return sale(number, item_ref=item_ref, customer=buyer, note=f"order {number}")


def orders_standing(world: World, put: Put[Order]) -> int:
    rows = [
        one
        for one in world.env().table("sale.order").rows.values()
        if (one["origin"] or "").startswith(put.key.unique) and one["state"] != "cancel"
    ]
    whole = [one for one in rows if one["state"] == "sale" and one["amount_total"] == put.record.total.amount]
    return len(rows) if whole else 0


def customers_standing(world: World, put: Put[Customer]) -> int:
    table = world.env().table("res.partner")
    people = [one for one in table.rows.values() if one["ref"] == put.key.unique]
    children = [one for one in table.rows.values() if people and one["parent_id"] == people[0]["id"]]
    # One person with one further address; a second address would be a doubled one.
    return len(people) if len(children) == 1 else len(people) + len(children)


DOUBLE = Double(
    connector=CONNECTOR,
    package="isthmus.connectors.odoo",
    build=build,
    form=lambda url: {"url": url, "database": "demo", "login": "demo", "api_key": "demo-key"},
    wrong={"api_key": "wrong-canary-key"},
    revoke=lambda world: setattr(world.service, "accounts", Accounts((LIMITED,))),
    golden=Path(__file__).parent / "golden" / "odoo",
    reads={
        "variant": Reading(
            page=200,
            least=SERVICES,
            fill=catalog,
            ids=lambda world: ids(world, "product.product"),
            touch=lambda world, one: change(world, "product.product", one, name=f"Thing {one}, new"),
            price=lambda world, one, amount: change(world, "product.product", one, list_price=Decimal(amount)),
            archive=lambda world, one: change(world, "product.product", one, active=False),
            delete=lambda world, one: remove(world, "product.product", one),
        ),
        "warehouse": Reading(
            page=200,
            least=WAREHOUSES,
            fill=placed,
            ids=lambda world: ids(world, "stock.warehouse"),
            touch=lambda world, one: change(world, "stock.warehouse", one, name=f"Place {one}, new"),
            archive=lambda world, one: change(world, "stock.warehouse", one, active=False),
            delete=lambda world, one: remove(world, "stock.warehouse", one),
        ),
        "stock_level": Reading(page=200, fill=stocked, ids=level_ids, touch=count_again),
        "order": Reading(
            page=200,
            fill=sold,
            ids=lambda world: ids(world, "sale.order"),
            touch=lambda world, one: change(world, "sale.order", one, client_order_ref=f"#{one}, new"),
            archive=lambda world, one: change(world, "sale.order", one, state="cancel"),
            spoil=lambda world, one: row(world, "sale.order", one).update(state="waiting_for_godot"),
            delete=lambda world, one: remove(world, "sale.order", one),
        ),
    },
    writes={
        "order": Writing(
            sample=an_order,
            refused=a_refused_order,
            standing=orders_standing,
            operations=("sale.order.load", "sale.order.action_confirm", "sale.order.write"),
        ),
        "customer": Writing(
            sample=a_customer,
            refused=a_refused_customer,
            standing=customers_standing,
            operations=("res.partner.load",),
        ),
    },
)
