"""Who is let in: Basic and keys in the query over https, signatures over http, and what others are told."""

import base64
import hashlib
import hmac
import time
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from isthmus.simulators.woocommerce import CONSUMER_KEY, CONSUMER_SECRET
from isthmus.simulators.woocommerce.shop import POWERLESS, READ_ONLY, WRITE_ONLY
from tests.simulators.woocommerce.conftest import FAST, V3, Caller, Opener

DENIED = "woocommerce_rest_authentication_error"


@pytest.fixture
async def plain(open_shop: Opener) -> Caller:
    """Return a shop on plain http, as WordPress sees it."""
    return await open_shop(settings=replace(FAST, secure=False))


def signed(
    method: str, url: str, asked: dict[str, str], *, secret: str = CONSUMER_SECRET, digest: str = "SHA256", **more: str
) -> dict[str, str]:
    """Sign a request by RFC 5849, section 3.4."""
    pairs = {
        **asked,
        "oauth_consumer_key": CONSUMER_KEY,
        "oauth_timestamp": str(int(time.time())),
        "oauth_nonce": base64.b32encode(hashlib.sha256(repr((asked, more, url)).encode()).digest()).decode()[:16],
        "oauth_signature_method": f"HMAC-{digest}",
        **more,
    }
    joined = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(pairs.items()))
    base = "&".join((method, quote(url, safe="~"), quote(joined, safe="~")))
    made = hmac.new(f"{secret}&".encode(), base.encode(), digest.lower()).digest()
    return {**pairs, "oauth_signature": base64.b64encode(made).decode()}


async def ask(shop: Caller, method: str = "GET", path: str = "/orders", **more: Any) -> tuple[int, str]:
    url = f"{shop.base}{V3}{path}"
    answer = await shop.send(method, V3 + path, auth=None, params=signed(method, url, {"per_page": "1"}, **more))
    return answer.status, answer.body["code"] if answer.status != 200 else ""


async def test_basic_gets_in_over_https(shop: Caller) -> None:
    assert await shop.get("/orders") == []


async def test_keys_in_the_query_do_the_same(shop: Caller) -> None:
    query = {"consumer_key": CONSUMER_KEY, "consumer_secret": CONSUMER_SECRET}
    assert (await shop.send("GET", f"{V3}/orders", auth=None, params=query)).status == 200


async def test_a_proxy_that_names_the_scheme_makes_it_https(plain: Caller) -> None:
    assert (await plain.send("GET", f"{V3}/orders", headers={"X-Forwarded-Proto": "https"})).status == 200


@pytest.mark.parametrize("where", ["header", "query"])
async def test_over_http_keys_in_the_open_are_nobodys(plain: Caller, where: str) -> None:
    query = {"consumer_key": CONSUMER_KEY, "consumer_secret": CONSUMER_SECRET} if where == "query" else {}
    auth = (CONSUMER_KEY, CONSUMER_SECRET) if where == "header" else None
    answer = await plain.send("GET", f"{V3}/orders", auth=auth, params=query)
    assert (answer.status, answer.body["code"]) == (401, "woocommerce_rest_cannot_view")


async def test_a_wrong_secret_is_an_error_and_an_unknown_key_is_anonymous(shop: Caller) -> None:
    wrong = await shop.send("GET", f"{V3}/orders", auth=(CONSUMER_KEY, "cs_wrong"))
    assert wrong.body == {"code": DENIED, "message": "Consumer secret is invalid.", "data": {"status": 401}}
    unknown = await shop.send("GET", f"{V3}/orders", auth=("ck_unknown", CONSUMER_SECRET))
    assert unknown.body == {
        "code": "woocommerce_rest_cannot_view",
        "message": "Sorry, you cannot list resources.",
        "data": {"status": 401},
    }


async def test_a_user_without_rights_is_told_403(shop: Caller) -> None:
    weak = (POWERLESS.consumer_key, POWERLESS.consumer_secret)
    assert await shop.refused("GET", "/orders", auth=weak) == (403, "woocommerce_rest_cannot_view")
    body = {"name": "Cup"}
    assert await shop.refused("POST", "/products", auth=weak, json=body) == (403, "woocommerce_rest_cannot_create")


async def test_a_key_may_be_for_reading_or_for_writing_only(shop: Caller) -> None:
    reader = (READ_ONLY.consumer_key, READ_ONLY.consumer_secret)
    writer = (WRITE_ONLY.consumer_key, WRITE_ONLY.consumer_secret)
    assert (await shop.send("GET", f"{V3}/orders", auth=reader)).status == 200
    refused = await shop.send("POST", f"{V3}/products", auth=reader, json={"name": "Cup"})
    assert (refused.status, refused.body["message"]) == (401, "The API key provided does not have write permissions.")
    assert await shop.refused("GET", "/orders", auth=writer) == (401, DENIED)
    assert (await shop.send("POST", f"{V3}/products", auth=writer, json={"name": "Cup"})).status == 201


@pytest.mark.parametrize("digest", ["SHA256", "SHA1"])
async def test_a_signature_gets_in_once(plain: Caller, digest: str) -> None:
    assert await ask(plain, digest=digest) == (200, "")
    assert await ask(plain, digest=digest) == (401, DENIED)  # the same nonce again


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"secret": "cs_wrong"}, id="wrong-secret"),
        pytest.param({"oauth_timestamp": str(int(time.time()) - 16 * 60)}, id="too-old"),
        pytest.param({"oauth_timestamp": "yesterday"}, id="no-time"),
        pytest.param({"oauth_consumer_key": "ck_unknown"}, id="unknown-key"),
        pytest.param({"digest": "SHA512"}, id="unknown-method"),
    ],
)
async def test_a_signature_that_is_not_right_is_refused(plain: Caller, more: dict[str, str]) -> None:
    assert await ask(plain, **more) == (401, DENIED)


async def test_a_signature_covers_the_query(plain: Caller) -> None:
    query = signed("GET", f"{plain.base}{V3}/orders", {"per_page": "1"})
    answer = await plain.send("GET", f"{V3}/orders", auth=None, params={**query, "per_page": "2"})
    assert answer.body["message"] == "Invalid signature - provided signature does not match."


async def test_a_signature_with_a_part_missing_says_which(plain: Caller) -> None:
    query = signed("GET", f"{plain.base}{V3}/orders", {})
    del query["oauth_nonce"]
    answer = await plain.send("GET", f"{V3}/orders", auth=None, params=query)
    assert (answer.status, answer.body["code"]) == (401, "woocommerce_rest_authentication_missing_parameter")
    assert "oauth_nonce" in answer.body["message"]


async def test_a_signature_may_stand_in_the_header(plain: Caller) -> None:
    pairs = signed("GET", f"{plain.base}{V3}/orders", {})
    header = "OAuth " + ", ".join(f'{name}="{quote(value, safe="~")}"' for name, value in pairs.items())
    answer = await plain.send("GET", f"{V3}/orders", auth=None, headers={"Authorization": header})
    assert answer.status == 200


async def test_keys_can_be_taken_away(shop: Caller) -> None:
    await shop.sim("revoke")
    assert await shop.refused("GET", "/orders") == (401, "woocommerce_rest_cannot_view")


async def test_the_index_is_open_to_everybody(shop: Caller) -> None:
    answer = await shop.send("GET", "/wp-json/", auth=None)
    assert answer.body["timezone_string"] == "Europe/Berlin"
    assert "wc/v3" in answer.body["namespaces"]


async def test_without_permalinks_the_route_is_a_parameter(open_shop: Opener) -> None:
    shop = await open_shop(settings=replace(FAST, pretty_permalinks=False))
    pretty = await shop.send("GET", f"{V3}/orders")
    assert (pretty.status, pretty.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    query = {"rest_route": "/wc/v3/products", "per_page": "1"}
    unseen = await shop.send("GET", "/index.php", params=query)
    assert (unseen.status, unseen.body["code"]) == (401, "woocommerce_rest_cannot_view")
    answer = await shop.send("GET", "/index.php", params={**query, "_": "wp-json/wc/"})
    assert (answer.status, len(answer.body)) == (200, 1)


async def test_newer_versions_look_at_the_route_itself(open_shop: Opener) -> None:
    shop = await open_shop(settings=replace(FAST, pretty_permalinks=False, version="11.1.0"))
    answer = await shop.send("GET", "/index.php", params={"rest_route": "/wc/v3/products", "per_page": "1"})
    assert (answer.status, len(answer.body)) == (200, 1)


async def test_a_nonce_may_come_again_once_its_time_is_over(open_shop: Opener) -> None:
    now = [1_800_000_000.0]
    shop = await open_shop(settings=replace(FAST, secure=False), seconds=lambda: now[0])
    assert await ask(shop, oauth_timestamp=str(int(now[0]))) == (200, "")
    asked = {"oauth_nonce": "again", "oauth_timestamp": str(int(now[0]))}
    assert await ask(shop, **asked) == (200, "")
    assert await ask(shop, **asked) == (401, DENIED)
    now[0] += 15 * 60 + 1
    assert await ask(shop, **asked) == (401, DENIED)  # too old by now
    assert await ask(shop, **{**asked, "oauth_timestamp": str(int(now[0]))}) == (200, "")
