"""How the conformance suite handles a real Tryton: a stage in front of it.

The stage shows the suite's faults and passes everything else on to the server; what a person at that system would do is
done with SQL or, as the administrator, past the stage. All worlds are one database: a server takes seconds to load
another one, and records of one world bear a mark of their own. Only what can be said without filling thousands of
records is asked here; the simulator is asked the rest.
"""

import base64
import json
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiohttp import ClientSession, TCPConnector, web

from isthmus.canonical.order import Order
from isthmus.canonical.party import Customer
from isthmus.connectors.tryton import CONNECTOR
from isthmus.ports.connector import Session
from isthmus.ports.sink import Put
from isthmus.simulators.faults import Faults
from isthmus.testing.clock import HandClock
from isthmus.testing.conformance import Double, Reading, Writing
from tests.conformance.erp_samples import NO_PRODUCT, person, sale
from tests.real.tryton import ADMIN_PASSWORD, LOGIN, PASSWORD, psql

#: Headers that speak of one connection only.
_OWN_WAY = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "content-encoding", "accept-encoding"}
)


class RealWorld:
    """A real server as the stage sees it; `mark` is in every key of this world."""

    def __init__(self, url: str, admin_url: str, database: str) -> None:
        self.url, self._admin_url, self.name = url, admin_url, database
        self.mark = uuid4().hex[:8]
        self.faults = Faults()
        self._throttled = 0
        self._http: ClientSession | None = None

    def sql(self, statement: str) -> str:
        return psql(self._admin_url, statement, self.name)

    def routes(self) -> list[web.RouteDef]:
        return [web.route("*", "/{path:.*}", self._pass_on)]

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        assert self._http is not None
        body = await request.read()
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OWN_WAY}
        async with self._http.request(request.method, self.url + request.path, data=body, headers=headers) as answer:
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in _OWN_WAY}
            return web.Response(status=answer.status, headers=kept, body=await answer.read())

    def allow(self, *, active: bool) -> None:
        """Let our user in, or take that away for good."""
        self.sql(f"UPDATE res_user SET active = {active} WHERE login = '{LOGIN}'")  # noqa: S608 - our own words
        self.expire_auth()

    async def operation(self, request: web.Request) -> str:
        try:
            return str(json.loads(await request.read()).get("method", "")).removeprefix("model.")
        except ValueError:
            return request.path

    def throttled(self, *, hint: bool) -> web.StreamResponse:
        self._throttled += 1
        return web.Response(status=429, headers={"Retry-After": "1"} if hint else {})

    def expire_auth(self) -> None:
        self.sql("DELETE FROM ir_session")

    async def place_orders(self, count: int, seed: int) -> list[str]:
        del count, seed
        return []

    def truth(self) -> dict[str, Any]:
        return {"orders": [], "stock": {}}

    def meter(self) -> dict[str, Any]:
        return {"throttled": self._throttled}

    async def reset(self) -> None:
        """Nothing: every world has a database of its own."""

    async def start(self) -> None:
        self._http = ClientSession(connector=TCPConnector(force_close=True))  # a server may hang up between calls

    async def stop(self) -> None:
        if self._http is not None:
            await self._http.close()
        self.allow(active=True)


def double(url: str, admin_url: str, database: str) -> Double:
    """Return the double of one server."""

    def build(clock: HandClock, callback: str | None) -> RealWorld:
        del clock, callback
        return RealWorld(url, admin_url, database)

    form = {"database": database, "login": LOGIN, "password": PASSWORD}
    return Double(
        connector=CONNECTOR,
        package="isthmus.connectors.tryton",
        build=build,
        form=lambda url: {"url": url, **form},
        wrong={"password": "wrong-canary-password"},
        renewing={},
        revoke=lambda world: world.allow(active=False),
        golden=Path(__file__).parents[1] / "conformance" / "golden" / "tryton",
        reads={
            "variant": _reading("product_product", "product_template", "template"),
            "warehouse": _reading("stock_location", "stock_location", "id", "WHERE type = 'warehouse'"),
            "order": Reading(
                page=200, fill=_sold, ids=_ids("sale_sale"), touch=_touched("sale_sale", "id", "reference")
            ),
            "stock_level": Reading(page=200, fill=_as_it_is, ids=_levels, touch=_counted),
        },
        writes={
            "order": Writing(
                sample=_an_order,
                refused=_a_refused_order,
                standing=_orders_standing,
                operations=("sale.sale.create", "sale.sale.quote", "sale.sale.confirm"),
            ),
            "customer": Writing(
                sample=_a_customer,
                refused=_a_refused_customer,
                standing=_customers_standing,
                operations=("party.party.create",),
            ),
        },
    )


# --- Reading ----------------------------------------------------------------------------------------------------------


def _as_it_is(_world: RealWorld, _count: int) -> None:
    """The company is as it was made; nothing is asked here that depends on how much there is."""


def _ids(table: str, where: str = "") -> Any:
    statement = f"SELECT id FROM {table} {where} ORDER BY id"  # noqa: S608 - our own words
    return lambda world: world.sql(statement).split()


def _touched(table: str, link: str, name: str, own: str = "") -> Any:
    def touch(world: RealWorld, one: str) -> None:
        which = f"(SELECT {link} FROM {own or table} WHERE id = {int(one)})"  # noqa: S608 - our own words
        now = f"{name} = '{uuid4().hex}', write_date = CURRENT_TIMESTAMP AT TIME ZONE 'UTC'"
        world.sql(f"UPDATE {table} SET {now} WHERE id = {which}")  # noqa: S608 - our own words

    return touch


def _reading(table: str, named: str, link: str, where: str = "") -> Reading:
    return Reading(page=200, fill=_as_it_is, ids=_ids(table, where), touch=_touched(named, link, "name", table))


def _levels(world: RealWorld) -> Sequence[str]:
    goods = "SELECT p.id || '@' || w.code FROM product_product p JOIN product_template t ON t.id = p.template"
    return world.sql(f"{goods}, stock_location w WHERE t.type = 'goods' AND w.type = 'warehouse'").split()


def _counted(world: RealWorld, one: str) -> None:
    product = int(one.partition("@")[0])
    code = one.partition("@")[2]
    latest = "(SELECT max(id) FROM stock_move"
    done = f"WHERE product = {product} AND state = 'done' AND to_location IN"
    place = f"(SELECT storage_location FROM stock_location WHERE code = '{code}'))"  # noqa: S608 - our own words
    more = "internal_quantity = internal_quantity + 1, write_date = CURRENT_TIMESTAMP AT TIME ZONE 'UTC'"
    world.sql(f"UPDATE stock_move SET {more} WHERE id = {latest} {done} {place}")  # noqa: S608 - our own words


def _sold(world: RealWorld, count: int) -> None:
    buyer, _address = _buyer(world)
    for number in range(count):
        put = _sale(world, number, "10")
        vals = {
            "party": int(buyer),
            "company": 1,
            "currency": 1,
            "reference": put.key.reference,
            "description": put.key.unique,
            "sale_date": {"__class__": "date", "year": 2026, "month": 3, "day": 2},
        }
        _administrator(world, "model.sale.sale.create", [vals])


# --- Writing ----------------------------------------------------------------------------------------------------------


async def _an_order(session: Session, world: RealWorld, number: int) -> Put[Order]:
    del session
    return _sale(world, number, str(number % 100 + 1))


async def _a_refused_order(session: Session, world: RealWorld, number: int) -> Put[Order]:
    del session
    return _sale(world, number, NO_PRODUCT)


def _buyer(world: RealWorld) -> tuple[str, str]:
    found = "SELECT p.id, a.id FROM party_party p JOIN party_address a ON a.party = p.id WHERE p.code = 'bench-buyer'"
    if not world.sql(found):
        vals = {"name": "Buyer", "code": "bench-buyer", "addresses": [["create", [{"street": "Weg 1"}]]]}
        _administrator(world, "model.party.party.create", [vals])
    party, _, address = world.sql(found).partition("|")
    return party, address


def _sale(world: RealWorld, number: int, item_ref: str) -> Put[Order]:
    buyer, address = _buyer(world)
    return sale(number, item_ref=item_ref, customer=buyer, address=address, mark=world.mark)


def _orders_standing(world: RealWorld, put: Put[Order]) -> int:
    ours = f"FROM sale_sale WHERE description = '{put.key.unique}' AND state <> 'cancelled'"
    # Confirmed is processed in a moment: Tryton does that in a transaction of its own.
    whole = f"AND state IN ('confirmed', 'processing') AND total_amount_cache = {put.record.total.amount}"
    return int(world.sql(f"SELECT count(*) {ours}")) if int(world.sql(f"SELECT count(*) {ours} {whole}")) else 0


async def _a_customer(session: Session, world: RealWorld, number: int) -> Put[Customer]:
    del session
    return person(number, "DE", mark=world.mark)


async def _a_refused_customer(session: Session, world: RealWorld, number: int) -> Put[Customer]:
    del session
    return person(number, "XX", mark=world.mark)


def _customers_standing(world: RealWorld, put: Put[Customer]) -> int:
    own = f"FROM party_party p WHERE p.code = '{put.key.unique}'"
    people = int(world.sql(f"SELECT count(*) {own}"))
    theirs = f"SELECT count(*) FROM party_address a WHERE a.party IN (SELECT p.id {own})"  # noqa: S608 - our own words
    addresses = int(world.sql(theirs))
    return people if addresses == 2 * people else people + addresses


def _administrator(world: RealWorld, method: str, *params: Any) -> Any:
    """Call something as the administrator, straight at the server."""
    login = base64.b64encode(f"admin:{ADMIN_PASSWORD}".encode()).decode()
    body = json.dumps({"id": 0, "method": method, "params": [*params, {"company": 1}]}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {login}"}
    request = urllib.request.Request(f"{world.url}/{world.name}/rpc/", body, headers)  # noqa: S310 - our own server
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - our own server
        told = json.load(answer)
    if "error" in told:
        raise AssertionError(str(told["error"]))
    return told["result"]
