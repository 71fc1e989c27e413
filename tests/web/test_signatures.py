"""Whatever is sent in a shop's name without its secret becomes nothing, for every connector that takes deliveries.

A connector that takes deliveries has to be in `SENDERS`; the table of attacks is the same for all.
"""

import base64
import gzip
import hashlib
import hmac
import io
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
import pytest_asyncio

from isthmus.bootstrap.connectors import connector, installed
from isthmus.engine.allowance import Terms
from isthmus.engine.gate import Gate
from isthmus.kit.clock import SystemClock
from isthmus.kit.http import Http
from isthmus.ports.connector import Tools
from isthmus.web.ingress import MAX_BODY_BYTES
from tests.web.deliveries import kept, wire
from tests.web.stand import NOWHERE, SECRET, SHOPS, Stand, standing

pytestmark = pytest.mark.slow

OTHER_SECRET = "the-shop-next-door"
#: What every system understands: some name the event in its body.
NAMED = {"id": 5600000032768, "eventId": "d-1", "topic": "order.placed", "orderIds": ["1"]}
BODY = json.dumps({**NAMED, "name": "#1001", "note": "Grüße, 日本"}, ensure_ascii=False).encode()
Headers = dict[str, str]


@dataclass(frozen=True, slots=True)
class Sender:
    """How one system signs; each `...` names the header it stands in."""

    signature: str
    delivery_id: str
    topic: str
    topics: tuple[str, str]
    sign: Callable[[bytes, str], str]
    usual: Mapping[str, str]
    #: The setting the secret stands in.
    secret: str
    #: The header with the moment of the event, and the limit of its age; empty: a delivery states none.
    at: str = ""
    oldest: timedelta = timedelta()
    #: What tells deliveries apart is a digest of the id and the body, so an id of any length is one.
    digested: bool = False
    #: What stands before the signature.
    prefix: str = ""
    #: Id and moment are signed, too; the topic stands in the body.
    standard: bool = False

    def headers(self, body: bytes = BODY, secret: str = SECRET, *, age: timedelta = timedelta()) -> Headers:
        """Return what goes with a genuine delivery."""
        if self.standard:
            sent = str(int((datetime.now(UTC) - age).timestamp()))
            signature = self.prefix + self.sign(f"d-1.{sent}.".encode() + body, secret)
            return {self.signature: signature, self.delivery_id: "d-1", self.at: sent, **self.usual}
        return {
            self.signature: self.sign(body, secret),
            self.delivery_id: "d-1",
            self.topic: self.topics[0],
            **({self.at: (datetime.now(UTC) - age).isoformat()} if self.at else {}),
            **self.usual,
        }


def sha256_in_base64(body: bytes, secret: str) -> str:
    """Sign by no code of ours.

    As https://shopify.dev/docs/apps/build/webhooks/subscribe/https (2026-07) and
    https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks (REST v3) say.
    """
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


SENDERS = {
    "shopify": Sender(
        signature="X-Shopify-Hmac-Sha256",
        delivery_id="X-Shopify-Webhook-Id",
        topic="X-Shopify-Topic",
        at="X-Shopify-Triggered-At",
        oldest=timedelta(hours=5),
        topics=("orders/create", "orders/delete"),
        sign=sha256_in_base64,
        usual={"X-Shopify-Shop-Domain": "demo-shop.myshopify.com"},
        secret="client_secret",
    ),
    "woocommerce": Sender(
        signature="X-WC-Webhook-Signature",
        delivery_id="X-WC-Webhook-Delivery-ID",
        topic="X-WC-Webhook-Topic",
        topics=("order.created", "order.deleted"),
        sign=sha256_in_base64,
        usual={"X-WC-Webhook-Source": "https://demo-shop.example/", "X-WC-Webhook-ID": "7"},
        secret="webhook_secret",
        digested=True,
    ),
    # https://github.com/standard-webhooks/standard-webhooks (1.0.0): `id.timestamp.body`, behind `v1,`.
    "vendure": Sender(
        signature="webhook-signature",
        delivery_id="webhook-id",
        topic="",
        topics=("order.placed", "order.state"),
        sign=sha256_in_base64,
        usual={},
        secret="webhook_secret",
        at="webhook-timestamp",
        oldest=timedelta(minutes=5),
        prefix="v1,",
        standard=True,
    ),
}
#: Those whose deliveries say when they were sent.
DATED = [slug for slug, sender in SENDERS.items() if sender.at]
#: Those that sign the body alone.
BARE = [slug for slug, sender in SENDERS.items() if not sender.standard]


async def test_every_connector_that_takes_deliveries_is_attacked() -> None:
    """A receiver is what takes them; a manifest names topics only where we can subscribe to them."""
    taking = {slug for slug in installed() if await _takes(slug)}
    assert taking == set(SENDERS)


async def _takes(slug: str) -> bool:
    made, clock = connector(slug), SystemClock()
    form = {each.key: each.default or ("x" if each.required else "") for each in made.manifest.settings}
    form |= {"url": NOWHERE, **SHOPS.get(slug, {})}
    gate = Gate(slug, Terms(made.manifest.pace), clock, time.monotonic)
    async with Http() as http:
        session = made.open(form, Tools(slug, http, clock, gate))
        await session.close()
        return session.receiver is not None


@pytest_asyncio.fixture
async def stand(slug: str) -> AsyncIterator[Stand]:
    async with standing(more={"other": {SENDERS[slug].secret: OTHER_SECRET}}, slug=slug) as made:
        yield made


async def send(stand: Stand, body: bytes, headers: Mapping[str, str], connection: str = "shop") -> tuple[int, str]:
    url = f"{stand.url}/hooks/{connection}"
    async with stand.client.post(url, data=io.BytesIO(body), headers=dict(headers)) as answer:
        text = await answer.text()
        return answer.status, json.loads(text)["error"] if text else ""


def resigned(change: Callable[[str], str]) -> Callable[[Sender], Headers]:
    """Change the text of a genuine signature."""

    def made(sender: Sender) -> Headers:
        headers = sender.headers()
        return headers | {
            sender.signature: sender.prefix + change(headers[sender.signature].removeprefix(sender.prefix))
        }

    return made


def raw(text: str) -> bytes:
    return base64.b64decode(text)


#: What is sent instead of a genuine signature; all of it is 401 and nothing is kept.
FORGED: dict[str, Callable[[Sender], Headers]] = {
    "none": lambda sender: {name: value for name, value in sender.headers().items() if name != sender.signature},
    "empty": resigned(lambda _text: ""),
    "made-up": resigned(lambda _text: base64.b64encode(bytes(32)).decode()),
    "of-another-secret": lambda sender: sender.headers(secret="guess"),
    "of-no-secret": lambda sender: sender.headers(secret=""),
    "of-the-shop-next-door": lambda sender: sender.headers(secret=OTHER_SECRET),
    "of-the-access-token": lambda sender: sender.headers(secret="shpat_x"),
    "of-another-body": lambda sender: sender.headers(b'{"id":1}'),
    "of-nothing": lambda sender: sender.headers(b""),
    "cut-short": resigned(lambda text: text[:-4]),
    "one-letter": resigned(lambda text: text[0]),
    "twice": resigned(lambda text: text + text),
    "with-a-tail": resigned(lambda text: text + "x"),
    "without-padding": resigned(lambda text: text.rstrip("=")),
    "in-lower-case": resigned(str.lower),
    "url-safe": resigned(lambda text: base64.urlsafe_b64encode(bytes(b ^ 0xFF for b in raw(text))).decode()),
    "in-hex": resigned(lambda text: raw(text).hex()),
    "with-a-prefix": resigned(lambda text: f"sha256={text}"),
    "quoted": resigned(lambda text: f'"{text}"'),
    "by-sha1": lambda sender: (
        sender.headers() | {sender.signature: base64.b64encode(hmac.digest(SECRET.encode(), BODY, "sha1")).decode()}
    ),
    "by-plain-hash": lambda sender: (
        sender.headers()
        | {sender.signature: base64.b64encode(hashlib.sha256(SECRET.encode() + BODY).digest()).decode()}
    ),
    "in-another-alphabet": resigned(lambda text: "".join(chr(ord(each) + 0x80) for each in text)),
    "very-long": resigned(lambda text: text * 100),
}

#: The same content in another form, with the signature of the original.
RECODED: dict[str, Callable[[bytes], bytes]] = {
    "written-anew": lambda body: json.dumps(json.loads(body)).encode(),
    "indented": lambda body: json.dumps(json.loads(body), indent=2).encode(),
    "keys-in-another-order": lambda body: json.dumps(dict(reversed(json.loads(body).items()))).encode(),
    "utf-16": lambda body: body.decode().encode("utf-16"),
    "with-a-mark": lambda body: b"\xef\xbb\xbf" + body,
    "with-a-newline": lambda body: body + b"\n",
    "packed": gzip.compress,
    "base64": base64.b64encode,
    "as-a-form": lambda body: b"payload=" + body,
    "cut-short": lambda body: body[:-1],
    "empty": lambda _body: b"",
}


@pytest.mark.parametrize("slug", SENDERS)
async def test_a_genuine_delivery_is_taken(stand: Stand, slug: str) -> None:
    assert await send(stand, BODY, SENDERS[slug].headers()) == (202, "")
    assert await kept(stand) == 1


@pytest.mark.parametrize("slug", SENDERS)
@pytest.mark.parametrize("attack", FORGED)
async def test_a_forged_signature_is_refused(stand: Stand, slug: str, attack: str) -> None:
    assert await send(stand, BODY, FORGED[attack](SENDERS[slug])) == (401, "bad_signature")
    assert await kept(stand) == 0


@pytest.mark.parametrize("slug", SENDERS)
@pytest.mark.parametrize("form", RECODED)
async def test_the_same_content_in_another_form_is_not_what_was_signed(stand: Stand, slug: str, form: str) -> None:
    body = RECODED[form](BODY)
    assert body != BODY
    assert await send(stand, body, SENDERS[slug].headers()) == (401, "bad_signature")
    assert await kept(stand) == 0


@pytest.mark.parametrize("slug", SENDERS)
async def test_a_packed_body_is_not_unpacked(stand: Stand, slug: str) -> None:
    packed = gzip.compress(BODY)
    for signed in (BODY, packed):
        headers = SENDERS[slug].headers(signed) | {"Content-Encoding": "gzip"}
        assert await send(stand, packed, headers) == (415, "unsupported_encoding")
    assert await kept(stand) == 0


@pytest.mark.parametrize("slug", SENDERS)
async def test_any_one_bit_makes_it_another_body(stand: Stand, slug: str) -> None:
    random = Random(7)  # noqa: S311 - not for secrets
    for _ in range(40):
        body = bytearray(BODY)
        body[random.randrange(len(body))] ^= 1 << random.randrange(8)
        assert await send(stand, bytes(body), SENDERS[slug].headers()) == (401, "bad_signature")
    assert await kept(stand) == 0


@pytest.mark.parametrize("slug", SENDERS)
async def test_a_delivery_for_one_connection_is_none_for_another(stand: Stand, slug: str) -> None:
    sender = SENDERS[slug]
    assert await send(stand, BODY, sender.headers(), "other") == (401, "bad_signature")
    assert await send(stand, BODY, sender.headers(secret=OTHER_SECRET), "shop") == (401, "bad_signature")
    assert await send(stand, BODY, sender.headers(), "erp") == (404, "unknown_connection")
    assert await send(stand, BODY, sender.headers(), "other/../shop") in {(404, "unknown_connection"), (202, "")}
    for name in ("SHOP", "shop/", "shop%00", "shop;x", "%73hop/x", ""):
        assert (await send(stand, BODY, sender.headers(), name))[0] in {401, 404}
    assert await send(stand, BODY, sender.headers(secret=OTHER_SECRET), "other") == (202, "")


@pytest.mark.parametrize("slug", SENDERS)
async def test_a_replay_is_known(stand: Stand, slug: str) -> None:
    for _ in range(3):
        assert await send(stand, BODY, SENDERS[slug].headers()) == (202, "")
    assert await kept(stand) == 1


@pytest.mark.parametrize("slug", DATED)
async def test_an_old_one_is_refused(stand: Stand, slug: str) -> None:
    sender = SENDERS[slug]
    assert await send(stand, BODY, sender.headers()) == (202, "")
    late = sender.headers(age=sender.oldest + timedelta(minutes=1))
    again = late if sender.standard else late | {sender.delivery_id: "d-2"}
    assert await send(stand, BODY, again) == (401, "stale")
    assert await send(stand, BODY, sender.headers(age=timedelta(days=-1))) == (401, "stale")
    assert await kept(stand) == 1


#: Moments as nobody honest writes them. What is not signed may say anything; it must not be a defect of ours.
@pytest.mark.parametrize("slug", DATED)
@pytest.mark.parametrize(
    "at",
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-13-40T99:99:99Z",
        "1e400",
        "-1",
        "2026-11-20T10:00:00+99:99",
        "٢٠٢٦-11-20T10:00:00Z".encode().decode("latin-1"),
        "T" * 5000,
    ],
)
async def test_an_impossible_moment_is_stale_and_no_defect(stand: Stand, slug: str, at: str) -> None:
    sender = SENDERS[slug]
    code = "bad_signature" if sender.standard else "stale"
    assert await send(stand, BODY, sender.headers() | {sender.at: at}) == (401, code)


@pytest.mark.parametrize("slug", [slug for slug in SENDERS if slug not in BARE])
async def test_where_id_and_moment_are_signed_neither_can_be_another(stand: Stand, slug: str) -> None:
    sender = SENDERS[slug]
    genuine = sender.headers()
    for changed in ({sender.delivery_id: "d-2"}, {sender.at: str(int(genuine[sender.at]) + 1)}):
        assert await send(stand, BODY, genuine | changed) == (401, "bad_signature")
    # A signature over the body alone, or with the words in another order, is none.
    for signed in (BODY, f"{genuine[sender.at]}.d-1.".encode() + BODY, b"d-1." + BODY):
        alone = sender.prefix + sender.sign(signed, SECRET)
        assert await send(stand, BODY, genuine | {sender.signature: alone}) == (401, "bad_signature")
    # Of an id that is signed and stands in the body as another one, nothing is kept either.
    other = json.dumps({**NAMED, "eventId": "d-2"}).encode()
    assert await send(stand, other, sender.headers(other)) == (400, "incomplete")
    assert await kept(stand) == 0


@pytest.mark.parametrize("slug", BARE)
async def test_a_topic_is_only_a_hint_where_to_look(stand: Stand, slug: str) -> None:
    """Topic and id are outside the signature: a replay under other ones is kept, and names a record, nothing more."""
    sender = SENDERS[slug]
    receiver = stand.engine.context.connections["shop"].session.receiver
    assert receiver is not None
    for topic in connector(slug).manifest.topics:
        for notice in receiver.notices(topic, BODY):
            assert notice.record is None
    changed = sender.headers() | {sender.topic: sender.topics[1], sender.delivery_id: "d-9"}
    assert await send(stand, BODY, changed) == (202, "")
    assert await send(stand, BODY, sender.headers() | {sender.topic: "no/such", sender.delivery_id: "d-8"}) == (202, "")


@pytest.mark.parametrize("slug", SENDERS)
async def test_what_is_too_large_is_refused_though_it_is_signed(stand: Stand, slug: str) -> None:
    sender = SENDERS[slug]
    large = json.dumps({**NAMED, "note": "x" * MAX_BODY_BYTES}).encode()
    assert await send(stand, large, sender.headers(large)) == (413, "too_large")
    fits = json.dumps({**NAMED, "note": "x" * (MAX_BODY_BYTES - 200)}).encode()
    assert await send(stand, fits, sender.headers(fits)) == (202, "")
    assert await kept(stand) == 1


#: Signed bodies that are not what an honest system sends.
ODD: dict[str, bytes] = {
    "deep": b'{"id":1,"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "deep-objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "an-id-of-5000-digits": b'{"id":' + b"9" * 5_000 + b"}",
    "a-number-without-end": b'{"id":1e999999}',
    "half-a-letter": b'{"id":1,"note":"\\ud800"}',
    "zero-bytes": b'{"id":1,"note":"\\u0000"}',
    "the-same-key-often": b"{" + b",".join(b'"id":%d' % n for n in range(50_000)) + b"}",
    "not-json": b"<order/>",
    "a-list": b"[1]",
}


@pytest.mark.parametrize("slug", SENDERS)
@pytest.mark.parametrize("form", ODD)
async def test_an_odd_body_is_taken_as_a_hint_or_refused_and_no_defect(stand: Stand, slug: str, form: str) -> None:
    status, code = await send(stand, ODD[form], SENDERS[slug].headers(ODD[form]))
    assert (status, code) in {(202, ""), (400, "not_json"), (400, "incomplete")}


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
@pytest.mark.parametrize("slug", BARE)
async def test_a_name_too_long_to_be_one_is_refused_and_the_store_stays_open(
    slug: str, database: str, request: pytest.FixtureRequest
) -> None:
    """Id and topic are not signed: who has seen one delivery may send it again with other ones."""
    sender = SENDERS[slug]
    url = str(request.getfixturevalue("new_database")) if database == "postgres" else ""
    long = "".join(Random(7).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=6_000))  # noqa: S311 - not for secrets
    async with standing(database=url, slug=slug) as stand:
        odd = {sender.topic: (400, "odd_name"), sender.delivery_id: (202, "") if sender.digested else (400, "odd_name")}
        for header, told in odd.items():
            assert await send(stand, BODY, sender.headers() | {header: long}) == told
        huge = b'{"id":' + b"9" * 4_000 + b"}"
        assert (await send(stand, huge, sender.headers(huge)))[1] in {"", "not_json"}
        assert stand.ingress.admission.standing().taking
        assert await send(stand, BODY, sender.headers() | {sender.delivery_id: "d-2"}) == (202, "")


@pytest.mark.parametrize("slug", SENDERS)
async def test_a_second_signature_does_not_help(stand: Stand, slug: str) -> None:
    """Said twice, one of them is taken, and which one makes no difference to what is signed."""
    sender = SENDERS[slug]
    genuine, forged = sender.headers(), sender.headers(secret="guess")
    for first, second in ((genuine, forged), (forged, genuine)):
        lines = [f"{name}: {value}" for name, value in first.items()]
        lines += [f"{sender.signature}: {second[sender.signature]}", f"Content-Length: {len(BODY) + 1}"]
        head = "\r\n".join(["POST /hooks/shop HTTP/1.1", "Host: x", *lines, "", ""]).encode()
        async with wire(stand) as line:
            await line.say(head + BODY + b" ")  # not what was signed by either
            assert await line.answer() == (401, "bad_signature")
    assert await kept(stand) == 0


@pytest.mark.parametrize("slug", SENDERS)
async def test_a_refusal_names_no_secret_and_no_body(stand: Stand, slug: str, caplog: pytest.LogCaptureFixture) -> None:
    sender = SENDERS[slug]
    with caplog.at_level("DEBUG"):
        for attack in ("of-another-secret", "none", "very-long"):
            headers = FORGED[attack](sender)
            async with stand.client.post(f"{stand.url}/hooks/shop", data=BODY, headers=headers) as answer:
                told = await answer.text()
                assert sender.sign(BODY, SECRET) not in told
    said = caplog.text
    for secret in (SECRET, sender.sign(BODY, SECRET), sender.sign(BODY, "guess"), "5600000032768", "Grüße"):
        assert secret not in said
