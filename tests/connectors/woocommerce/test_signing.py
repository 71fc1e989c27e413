"""A shop knows who asks: Basic over https, a signature over http, and the secret itself in no address."""

import base64
import hmac
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import pytest

from isthmus.connectors.woocommerce.signing import Signer, oauth
from isthmus.connectors.woocommerce.sites import Site, address, site
from isthmus.ports.errors import Misconfigured
from tests.connectors.woocommerce.harness import NOW

QUERY = [("modified_after", "2026-11-20T10:00:00"), ("status", "any"), ("search", "a b&c=d/é")]


def expected(method: str, base: str, said: dict[str, str], secret: str) -> str:
    """Sign as the documentation describes it, step by step and not as the connector does."""
    everything = {**dict(QUERY), **{name: value for name, value in said.items() if name != "oauth_signature"}}
    pairs = [
        f"{name}%3D{quote(quote(everything[unquote(name)], safe='-._~'), safe='-._~')}"
        for name in sorted(quote(each, safe="-._~") for each in everything)
    ]
    text = f"{method}&{quote(base, safe='-._~')}&{'%26'.join(pairs)}"
    return base64.b64encode(hmac.digest(f"{secret}&".encode(), text.encode(), sha256)).decode()


def test_the_signature_covers_method_address_and_every_parameter() -> None:
    base = "http://shop.example.com/wp-json/wc/v3/orders"
    said = oauth("GET", base, QUERY, key="ck", secret="cs", nonce="n1", at=datetime(2026, 11, 20, 10, tzinfo=UTC))
    assert said["oauth_timestamp"] == "1795168800"
    assert said["oauth_signature"] == expected("GET", base, said, "cs")
    for method, other in (("POST", base), ("GET", f"{base}/1")):
        changed = oauth(method, other, QUERY, key="ck", secret="cs", nonce="n1", at=NOW)
        assert changed["oauth_signature"] != said["oauth_signature"]


def test_over_https_the_key_stands_in_the_header() -> None:
    url, headers = Signer("ck", "cs").sign(
        "GET", Site("https://shop.example.com"), "https://shop.example.com/x", [], NOW
    )
    assert url == "https://shop.example.com/x"
    assert headers == {"Authorization": f"Basic {base64.b64encode(b'ck:cs').decode()}"}


def test_over_http_a_signature_stands_in_the_header_and_none_is_used_twice() -> None:
    where = Site("http://shop.example.com")
    (url, first), (_, second) = (Signer("ck", "cs").sign("GET", where, f"{where.url}/x", QUERY, NOW) for _ in range(2))
    assert dict(parse_qsl(urlsplit(url).query)) == dict(QUERY)
    assert first["Authorization"].startswith("OAuth oauth_consumer_key=")
    assert first != second
    assert "cs" not in url


def test_where_the_host_drops_the_header_a_signature_stands_in_the_address() -> None:
    where = Site("https://shop.example.com")
    url, headers = Signer("ck", "secret", in_query=True).sign("GET", where, f"{where.url}/x", QUERY, NOW)
    said = dict(parse_qsl(urlsplit(url).query))
    assert (headers, said["oauth_consumer_key"]) == ({}, "ck")
    assert "secret" not in url
    assert "secret" not in repr(Signer("ck", "secret"))


@pytest.mark.parametrize(
    ("entered", "url"),
    [
        ("https://www.example.com/", "https://www.example.com"),
        (" www.example.com ", "https://www.example.com"),
        ("https://example.com/shop/wp-json/", "https://example.com/shop"),
        ("http://127.0.0.1:8103/index.php?rest_route=/", "http://127.0.0.1:8103"),
    ],
)
def test_an_address_is_read_as_people_enter_it(entered: str, url: str) -> None:
    assert site(entered).url == url


def test_without_permalinks_the_route_is_a_parameter() -> None:
    base, query = site("https://example.com", "plain").parts("/wc/v3/orders", [("page", "2")])
    assert address(base, query) == "https://example.com/index.php?rest_route=/wc/v3/orders&_=wp-json/wc/&page=2"


@pytest.mark.parametrize(("url", "permalinks"), [("ftp://example.com", ""), ("https://", ""), ("a.example", "nice")])
def test_an_address_that_is_none_is_refused(url: str, permalinks: str) -> None:
    with pytest.raises(Misconfigured):
        site(url, permalinks)
