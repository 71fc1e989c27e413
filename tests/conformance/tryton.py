"""How the conformance suite handles the simulated Tryton 8.2."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from isthmus.canonical.order import Order
from isthmus.canonical.party import Customer
from isthmus.connectors.tryton import CONNECTOR
from isthmus.ports.connector import Session
from isthmus.ports.sink import Put
from isthmus.simulators.tryton import TrytonWorld
from isthmus.simulators.tryton.accounts import LIMITED, Account, Accounts, Refusal
from isthmus.simulators.tryton.orm.env import Env
from isthmus.testing.clock import HandClock
from isthmus.testing.conformance import Double, Reading, Writing
from tests.conformance.erp_samples import NO_PRODUCT, PLACED_AT, a_customer, a_refused_customer, sale

#: What an empty Tryton has: service products, warehouses.
SERVICES, WAREHOUSES = 4, 2
World = TrytonWorld


def build(clock: HandClock, callback: str | None) -> World:
    del clock, callback  # this Tryton keeps the machine's time and sends nothing
    return TrytonWorld("demo")


class Strangers(Accounts):
    """A server that lets any number of wrong passwords be tried, as `session.max_attempt` may say."""

    def check(self, login: str, password: object) -> Account | Refusal:
        del login, password
        return Refusal.WRONG


def inside(world: World, deed: Any) -> Any:
    return world.service.database.transact(world.env(), deed)


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
    inside(world, lambda env: goods(env, count - SERVICES))


async def stocked(world: World, count: int) -> None:
    await empty(world)
    inside(world, lambda env: goods(env, count))


def goods(env: Env, count: int) -> None:
    unit = env["product.uom"].matching([["symbol", "=", "u"]])[0]
    env["product.template"].make(
        {
            "name": f"Thing {n}",
            "code": f"THING-{n:05d}",
            "type": "goods",
            "list_price": Decimal(n),
            "default_uom": unit,
            "sale_uom": unit,
            "salable": True,
            "products": [["create", [{}]]],
        }
        for n in range(count)
    )


def template(world: World, product: str) -> str:
    return str(row(world, "product.product", product)["template"])


def places(world: World) -> list[dict[str, Any]]:
    return [one for one in world.env().table("stock.location").rows.values() if one["type"] == "warehouse"]


def level_ids(world: World) -> list[str]:
    env = world.env()
    templates = env.table("product.template").rows
    stored = [
        one
        for one, each in env.table("product.product").rows.items()
        if templates[each["template"]]["type"] == "goods" and not templates[each["template"]]["consumable"]
    ]
    return [f"{one}@{place['code']}" for one in stored for place in places(world)]


def count_again(world: World, external_id: str) -> None:
    product, _, code = external_id.partition("@")
    sku = row(world, "product.product", product)["code"]
    there = world.truth()["stock"][sku][code]
    world.set_stock(sku, code, Decimal(there) + 1)


# --- Orders and warehouses --------------------------------------------------------------------------------------------


async def sold(world: World, count: int) -> None:
    await empty(world)

    def sell(env: Env) -> None:
        buyer = env["party.party"].make([{"name": "Buyer", "addresses": [["create", [{}]]]}])[0]
        env["sale.sale"].make(
            {"party": buyer, "reference": f"#{n}", "description": f"shop:{n}", "sale_date": PLACED_AT.date()}
            for n in range(count)
        )

    inside(world, sell)


async def placed(world: World, count: int) -> None:
    await empty(world)

    def build_them(env: Env) -> None:
        parts = env["stock.location"].make([{"name": "Zone", "type": "storage"}] * 3)
        zones = dict(zip(("storage_location", "input_location", "output_location"), parts, strict=True))
        env["stock.location"].make(
            {"name": f"Place {n}", "code": f"P{n:04d}", "type": "warehouse", **zones} for n in range(count - WAREHOUSES)
        )

    inside(world, build_them)


# --- Writing ----------------------------------------------------------------------------------------------------------


async def an_order(session: Session, world: World, number: int) -> Put[Order]:
    del session
    known = world.env()["product.product"].matching([["type", "=", "goods"]])
    return bought(world, number, str(sorted(known)[number % 100]))


async def a_refused_order(session: Session, world: World, number: int) -> Put[Order]:
    del session
    return bought(world, number, NO_PRODUCT)


def buyer_of(world: World) -> tuple[str, str]:
    found = world.env().table("party.party").where("code", "bench-buyer")
    if not found:
        vals = {"name": "Buyer", "code": "bench-buyer", "addresses": [["create", [{"street": "Weg 1"}]]]}
        found = inside(world, lambda env: env["party.party"].make([vals]))
    (address,) = world.env().table("party.address").where("party", found[0])
    return str(found[0]), str(address)


def bought(world: World, number: int, item_ref: str) -> Put[Order]:
    buyer, address = buyer_of(world)
    return sale(number, item_ref=item_ref, customer=buyer, address=address, note=f"order {number}")


def orders_standing(world: World, put: Put[Order]) -> int:
    env = world.env()
    rows = [
        one
        for one in env.table("sale.sale").rows.values()
        if one["description"] == put.key.unique and one["state"] != "cancelled"
    ]
    totals = [env["sale.sale"].get(one, "total_amount") for one in rows if one["state"] == "processing"]
    return len(rows) if put.record.total.amount in totals else 0


def customers_standing(world: World, put: Put[Customer]) -> int:
    env = world.env()
    people = env.table("party.party").where("code", put.key.unique)
    addresses = [one for each in people for one in env.table("party.address").where("party", each)]
    # One person with two addresses; a third address would be a doubled one.
    return len(people) if len(addresses) == 2 else len(people) + len(addresses)


DOUBLE = Double(
    connector=CONNECTOR,
    package="isthmus.connectors.tryton",
    build=build,
    form=lambda url: {"url": url, "database": "demo", "login": "demo", "password": "demo-password"},
    wrong={"password": "wrong-canary-password"},
    renewing={},
    revoke=lambda world: setattr(world.service, "accounts", Strangers((LIMITED,))),
    golden=Path(__file__).parent / "golden" / "tryton",
    reads={
        "variant": Reading(
            page=200,
            least=SERVICES,
            fill=catalog,
            ids=lambda world: ids(world, "product.product"),
            touch=lambda world, one: change(world, "product.template", template(world, one), name=f"Thing {one}, new"),
            price=lambda world, one, amount: change(
                world, "product.template", template(world, one), list_price=Decimal(amount)
            ),
            archive=lambda world, one: change(world, "product.product", one, active=False),
            delete=lambda world, one: remove(world, "product.product", one),
        ),
        "warehouse": Reading(
            page=200,
            least=WAREHOUSES,
            fill=placed,
            ids=lambda world: [str(one["id"]) for one in places(world)],
            touch=lambda world, one: change(world, "stock.location", one, name=f"Place {one}, new"),
            archive=lambda world, one: change(world, "stock.location", one, active=False),
            delete=lambda world, one: remove(world, "stock.location", one),
        ),
        "stock_level": Reading(page=200, fill=stocked, ids=level_ids, touch=count_again),
        "order": Reading(
            page=200,
            fill=sold,
            ids=lambda world: ids(world, "sale.sale"),
            touch=lambda world, one: change(world, "sale.sale", one, reference=f"#{one}, new"),
            archive=lambda world, one: change(world, "sale.sale", one, state="cancelled"),
            spoil=lambda world, one: row(world, "sale.sale", one).update(state="waiting_for_godot"),
            delete=lambda world, one: remove(world, "sale.sale", one),
        ),
    },
    writes={
        "order": Writing(
            sample=an_order,
            refused=a_refused_order,
            standing=orders_standing,
            operations=("sale.sale.create", "sale.sale.quote", "sale.sale.confirm"),
        ),
        "customer": Writing(
            sample=a_customer,
            refused=a_refused_customer,
            standing=customers_standing,
            operations=("party.party.create",),
        ),
    },
)
