"""Every parser that somebody outside can reach, each with what it may say no with."""

import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from isthmus.bootstrap.checks import ConfigError
from isthmus.bootstrap.config import read_config
from isthmus.bootstrap.connectors import connector, open_connections
from isthmus.bootstrap.wiring import flow_settings
from isthmus.connectors.shopify.cursors import position
from isthmus.connectors.shopify.webhooks import Deliveries, sign
from isthmus.connectors.vendure import cursors as vendure_cursors
from isthmus.connectors.vendure import lists as vendure_lists
from isthmus.connectors.vendure import order_listing as vendure_listing
from isthmus.connectors.vendure import webhooks as vendure
from isthmus.connectors.woocommerce import order_listing
from isthmus.connectors.woocommerce import rounds as woocommerce_rounds
from isthmus.connectors.woocommerce import webhooks as woocommerce
from isthmus.craft.rounds import parse
from isthmus.kit.addresses import place_of, place_of_url
from isthmus.kit.clock import SystemClock, to_micros
from isthmus.kit.http import Http, HttpFailure
from isthmus.mapping.errors import CannotRead, CannotWork
from isthmus.ports.errors import ContractBroken, Trouble, Unmapped
from isthmus.ports.receiver import Delivery, Refused
from isthmus.ports.source import Cursor
from isthmus.web.inbox import Arrival, statement
from isthmus.web.ingress import amiss
from isthmus.web.proxies import Proxies
from tests.fuzz import documents, expressions, mutate
from tests.fuzz.answers import NOW, Changed, Recording, Use, session

SECRET = "s"
WEBHOOKS: Mapping[str, bytes] = {
    "orders/create": b'{"id":5501,"name":"#1001","updated_at":"2026-11-20T10:00:00+01:00","total_price":"10.10"}',
    "orders/edited": b'{"order_edit":{"id":1,"order_id":5501,"created_at":"2026-11-20T10:00:00Z"}}',
    "products/update": b'{"id":184,"updated_at":"2026-11-20T10:00:00Z","variants":[{"id":421,"sku":"A"},{"id":422}]}',
    "inventory_levels/update": b'{"inventory_item_id":2718,"location_id":6554,"available":6,"updated_at":null}',
    "refunds/create": b'{"id":1,"order_id":5501}',
    "locations/update": b'{"id":5,"name":"Shop"}',
}
GIVEN: Mapping[str, bytes] = {
    "order.updated": b'{"id":727,"number":"727","status":"processing","date_modified_gmt":"2026-11-20T10:00:00"}',
    "order.deleted": b'{"id":727}',
    "product.updated": b'{"id":23,"parent_id":22,"manage_stock":"parent","variations":[],"stock_quantity":6}',
    "product.created": b'{"id":22,"manage_stock":true,"stock_quantity":-6,"variations":[23,24]}',
}
SENT: Mapping[str, bytes] = {
    "order.placed": b'{"eventId":"e-1","topic":"order.placed","at":"2026-11-20T10:00:00.000Z","orderIds":["1","2"]}',
    "stock.moved": b'{"eventId":"e-1","topic":"stock.moved","levels":[{"variantId":"1","stockLocationId":"1"}]}',
    "variant.deleted": b'{"eventId":"e-1","topic":"variant.deleted","variantIds":["7"]}',
}
PROJECT = """\
[isthmus]
name = "demo"
database = "sqlite:///isthmus.db"
listen = "127.0.0.1:8100"
public_url = "https://isthmus.example.com"
proxies = ["127.0.0.1", "10.0.0.0/8"]
time_zone = "Europe/Berlin"

[connections.shop]
connector = "shopify"
url = "https://demo.myshopify.com"
calls_per_second = 2.5
calls_at_a_time = 3

[[connections.shop.windows]]
days = ["sat", "sun"]
begins = "22:00"
ends = 02:00:00
except_on = [2026-12-24]

[connections.erp]
connector = "odoo"
url = "http://10.0.0.5:8069"
allow_private = true
database = "demo"
login = "demo"

[flows.orders]
from = "shop"
to = "erp"
every = 60
import_when = "paid"
reference = "{number}"
share_of_calls = 0.5
concurrency = 4
[flows.orders.tables.tax]
"19" = "VAT 19"

[flows.stock]
from = "erp"
to = "shop"
safety_stock = 2
[flows.stock.places]
WH = "Main"
"""
DOTENV = """\
# secrets
ISTHMUS_SHOP_ACCESS_TOKEN=t
ISTHMUS_SHOP_CLIENT_SECRET='s'
ISTHMUS_ERP_API_KEY="k"
"""


@dataclass(frozen=True, slots=True)
class Target:
    """One parser: a run with one made-up input, and the errors that are an answer."""

    name: str
    run: Callable[[Random], Awaitable[None]]
    says: tuple[type[Exception], ...]


async def _webhook_body(random: Random) -> None:
    topic = random.choice([*WEBHOOKS, "no/such", *connector("shopify").manifest.topics])
    body = mutate.body(random, WEBHOOKS.get(topic, WEBHOOKS["orders/create"]))
    headers = {
        "x-shopify-hmac-sha256": sign(body, SECRET).decode(),
        "x-shopify-topic": topic,
        "x-shopify-webhook-id": "1",
    }
    _deliver(headers, body)


async def _webhook_headers(random: Random) -> None:
    body = WEBHOOKS["orders/create"]
    headers = {
        "x-shopify-hmac-sha256": sign(body, SECRET).decode(),
        "x-shopify-topic": "orders/create",
        "x-shopify-webhook-id": "b54557e4",
        "x-shopify-shop-domain": "demo.myshopify.com",
        "x-shopify-triggered-at": "2026-11-20T09:59:00.123456789Z",
        "content-length": str(len(body)),
        "content-encoding": "identity",
    }
    for name in random.sample(sorted(headers), random.choice((1, 1, 2, 7))):
        headers[name] = mutate.header(random, headers[name])
    if amiss(headers) is None:
        _deliver(headers, body)


def _deliver(headers: dict[str, str], body: bytes) -> None:
    receiver = Deliveries((SECRET, "former"), shop="")
    accepted = receiver.verify(Delivery(headers, body, {}), NOW)
    for notice in receiver.notices(accepted.topic, body):
        if notice.changed_at is not None:
            to_micros(notice.changed_at)
        statement([Arrival("shop", accepted.delivery_id, accepted.topic, body, notice.kind, notice.external_id, 1)])


async def _woocommerce(random: Random) -> None:
    topic = random.choice([*GIVEN, "no.such", *connector("woocommerce").manifest.topics])
    body = mutate.body(random, GIVEN.get(topic, GIVEN["order.updated"]))
    headers = {
        "x-wc-webhook-signature": woocommerce.sign(body, SECRET).decode(),
        "x-wc-webhook-topic": topic,
        "x-wc-webhook-delivery-id": "b54557e4",
        "content-type": "application/json",
    }
    if random.random() < 0.3:
        name = random.choice(sorted(headers))
        headers[name] = mutate.header(random, headers[name])
    receiver = woocommerce.Deliveries((SECRET, "former"))
    accepted = receiver.verify(Delivery(headers, body, {}), NOW)
    for notice in receiver.notices(accepted.topic, body):
        if notice.changed_at is not None:
            to_micros(notice.changed_at)
        statement([Arrival("shop", accepted.delivery_id, accepted.topic, body, notice.kind, notice.external_id, 1)])


async def _vendure(random: Random) -> None:
    body = mutate.body(random, random.choice([*SENT.values()]))
    time = str(int(NOW.timestamp()))
    headers = {
        "webhook-id": "e-1",
        "webhook-timestamp": time,
        "webhook-signature": "v1," + vendure.sign("e-1", time, body, SECRET).decode(),
    }
    if random.random() < 0.3:
        name = random.choice(sorted(headers))
        headers[name] = mutate.header(random, headers[name])
    receiver = vendure.Deliveries((SECRET, "former"))
    for topic in SENT:
        receiver.notices(topic, body)
    accepted = receiver.verify(Delivery(headers, body, {}), NOW)
    for notice in receiver.notices(accepted.topic, body):
        statement([Arrival("shop", accepted.delivery_id, accepted.topic, body, notice.kind, notice.external_id, 1)])


async def _forwarded(random: Random) -> None:
    told = mutate.header(random, "203.0.113.7, 10.0.0.9").encode("latin-1", "replace")
    scope = {"client": (random.choice(("127.0.0.1", "::1", "unix", "")), 1), "headers": [(b"x-forwarded-for", told)]}
    assert isinstance(Proxies(["127.0.0.1", "10.0.0.0/8"]).sender(scope), str)


async def _addresses(random: Random) -> None:
    written = mutate.header(random, random.choice(("10.0.0.1", "::ffff:127.0.0.1", "https://erp.example.com:8069/x")))
    place_of(written)
    place_of_url(written)
    place_of_url(f"http://{written}")


async def _config(random: Random) -> None:
    await _project(mutate.text(random, PROJECT).encode("utf-8", "surrogatepass"), DOTENV.encode())


async def _config_bytes(random: Random) -> None:
    await _project(mutate.body(random, PROJECT.encode()), DOTENV.encode())


async def _dotenv(random: Random) -> None:
    changed = random.random() < 0.5
    body = (
        mutate.body(random, DOTENV.encode())
        if changed
        else mutate.text(random, DOTENV).encode("utf-8", "surrogatepass")
    )
    await _project(PROJECT.encode(), body)


async def _project(toml: bytes, dotenv: bytes) -> None:
    with tempfile.TemporaryDirectory(prefix="isthmus-fuzz-") as name:
        folder = Path(name)
        (folder / "isthmus.toml").write_bytes(toml)
        (folder / ".env").write_bytes(dotenv)
        config = read_config(folder)
        flow_settings(config)
        async with Http() as http:
            for each in open_connections(config, http, SystemClock()).values():
                await each.session.close()


async def _cursors(random: Random) -> None:
    genuine = '{"since":"2026-11-20T10:00:00Z","mark":"2026-11-20T10:05:00Z","after":"eyJs","seen":250}'
    cursor = Cursor(mutate.body(random, genuine.encode()).decode("utf-8", "replace"))
    own = (vendure_cursors.position, vendure_lists.rest, vendure_listing.spot)
    for read in (position, parse, woocommerce_rounds.position, order_listing.spot, *own):
        try:
            read(cursor)
        except ContractBroken:
            continue


def _answers(recording: Recording) -> Callable[[Random], Awaitable[None]]:
    async def run(random: Random) -> None:
        async with Changed(recording, random) as http:
            opened = session(recording.slug, "https://demo.example.com", http)
            use = Use()
            try:
                await use.one(opened, random.choice(await use.steps(opened)))
            finally:
                await opened.close()

    return run


def mappings() -> list[Target]:
    """Return the targets of the mapping language."""
    says = (CannotRead, CannotWork, Unmapped)
    return [Target("mapping expressions", expressions.run, says), Target("mapping documents", documents.run, says)]


def targets(recordings: Mapping[str, Recording], wire: Callable[[Random], Awaitable[None]]) -> list[Target]:
    """Return every target; `wire` sends bytes to a server."""
    return [
        Target("the wire", wire, ()),
        Target("webhook bodies", _webhook_body, (Refused,)),
        Target("webhook headers", _webhook_headers, (Refused,)),
        Target("woocommerce webhooks", _woocommerce, (Refused,)),
        Target("vendure webhooks", _vendure, (Refused,)),
        Target("forwarded addresses", _forwarded, ()),
        Target("configured addresses", _addresses, ()),
        Target("isthmus.toml", _config, (ConfigError,)),
        Target("isthmus.toml bytes", _config_bytes, (ConfigError,)),
        Target(".env", _dotenv, (ConfigError,)),
        Target("cursors", _cursors, ()),
        *mappings(),
        *(Target(f"{slug} answers", _answers(each), (Trouble, HttpFailure)) for slug, each in recordings.items()),
    ]
