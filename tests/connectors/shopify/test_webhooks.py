"""A delivery becomes work only when Shopify sent it, lately and whole."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.canonical.quantity import pieces
from isthmus.connectors.shopify.webhooks import Deliveries, sign
from isthmus.ports.receiver import Accepted, Delivery, Notice, Refused

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
SECRET = "hush"
BODY = b'{"id":5501,"name":"#1001"}'
SHOP = Deliveries((SECRET, "former"), shop="demo.myshopify.com")


def delivery(body: bytes = BODY, secret: str = SECRET, **headers: str) -> Delivery:
    usual = {
        "x-shopify-hmac-sha256": sign(body, secret).decode(),
        "x-shopify-topic": "orders/updated",
        "x-shopify-webhook-id": "b54557e4",
        "x-shopify-shop-domain": "demo.myshopify.com",
        "x-shopify-triggered-at": "2026-11-20T09:59:00.123456789Z",
    }
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return Delivery(headers={name: value for name, value in (usual | said).items() if value}, body=body, query={})


def refusal(one: Delivery, receiver: Deliveries = SHOP) -> tuple[int, str]:
    with pytest.raises(Refused) as caught:
        receiver.verify(one, NOW)
    return caught.value.status, caught.value.code


def test_a_genuine_delivery_is_accepted() -> None:
    assert SHOP.verify(delivery(), NOW) == Accepted("b54557e4", "orders/updated")


def test_the_former_secret_is_good_while_it_is_rotated() -> None:
    assert SHOP.verify(delivery(secret="former"), NOW).topic == "orders/updated"


@given(at=st.integers(0, len(BODY) - 1), change=st.integers(1, 255))
def test_one_changed_byte_is_refused(at: int, change: int) -> None:
    tampered = bytearray(BODY)
    tampered[at] ^= change
    genuine = delivery()
    assert refusal(Delivery(genuine.headers, bytes(tampered), {})) == (401, "bad_signature")


@given(signature=st.text(max_size=64))
def test_a_made_up_signature_is_refused(signature: str) -> None:
    assert refusal(delivery(x_shopify_hmac_sha256=signature))[0] == 401


@pytest.mark.parametrize("secrets", [(), ("",), ("", "")])
def test_without_a_secret_nobody_is_believed(secrets: tuple[str, ...]) -> None:
    assert refusal(delivery(secret=""), Deliveries(secrets)) == (401, "bad_signature")


@pytest.mark.parametrize(
    ("triggered_at", "good"),
    [
        pytest.param("2026-11-20T05:00:00Z", True, id="five-hours"),
        pytest.param("2026-11-20T04:59:59Z", False, id="older"),
        pytest.param("2026-11-20T10:10:00Z", True, id="ten-minutes-ahead"),
        pytest.param("2026-11-20T10:10:01Z", False, id="further-ahead"),
        pytest.param("2026-11-20T04:30:00-05:00", True, id="shop-offset"),
        pytest.param("2026-11-20T09:59:00", False, id="no-zone"),
        pytest.param("yesterday", False, id="nonsense"),
        pytest.param("", True, id="absent"),
    ],
)
def test_age(triggered_at: str, good: bool) -> None:  # noqa: FBT001 - the table reads best this way
    one = delivery(x_shopify_triggered_at=triggered_at)
    if good:
        assert SHOP.verify(one, NOW)
    else:
        assert refusal(one) == (401, "stale")


def test_a_replay_after_the_last_try_is_refused() -> None:
    assert SHOP.verify(delivery(), NOW)
    with pytest.raises(Refused):
        SHOP.verify(delivery(), NOW + timedelta(hours=6))


@pytest.mark.parametrize("body", [b"", b"[1]", b'"x"', b"{", b"<html>", b'{"a":"\xff"}'])
def test_what_is_no_object_is_refused_after_the_signature(body: bytes) -> None:
    assert refusal(delivery(body)) == (400, "not_json")
    assert refusal(delivery(body, secret="wrong")) == (401, "bad_signature")


@pytest.mark.parametrize("header", ["x_shopify_topic", "x_shopify_webhook_id"])
def test_a_delivery_without_topic_or_id_is_refused(header: str) -> None:
    assert refusal(delivery(**{header: ""})) == (400, "missing_header")


def test_another_shop_is_refused_only_where_the_shop_is_known() -> None:
    foreign = delivery(x_shopify_shop_domain="other.myshopify.com")
    assert refusal(foreign) == (401, "wrong_shop")
    assert Deliveries((SECRET,)).verify(foreign, NOW)


@pytest.mark.parametrize(
    ("topic", "body", "expected"),
    [
        pytest.param("orders/create", {"id": 5501}, [Notice("order", "5501")], id="order"),
        pytest.param("orders/delete", {"id": 5501}, [Notice("order", "5501", deleted=True)], id="order-gone"),
        pytest.param(
            "orders/edited", {"order_edit": {"id": 1, "order_id": 5501}}, [Notice("order", "5501")], id="edit"
        ),
        pytest.param("orders/edited", {"order_edit": None}, [], id="edit-odd"),
        pytest.param("refunds/create", {"id": 1, "order_id": 5501}, [Notice("order", "5501")], id="refund"),
        pytest.param(
            "products/update",
            {"id": 184, "variants": [{"id": 421}, {"id": 422}, {"sku": "x"}]},
            [Notice("variant", "421"), Notice("variant", "422")],
            id="variants",
        ),
        pytest.param("products/update", {"id": 184, "variants": None}, [], id="no-variants"),
        pytest.param("products/delete", {"id": 184}, [Notice("product", "184", deleted=True)], id="product-gone"),
        pytest.param(
            "inventory_levels/update",
            {"inventory_item_id": 271878346596884015, "location_id": 655441491, "available": 6},
            [Notice("stock_level", "271878346596884015@655441491", says={"available": pieces(6)})],
            id="level",
        ),
        pytest.param("inventory_levels/update", {"inventory_item_id": 1}, [], id="level-odd"),
        pytest.param("locations/update", {"id": 5}, [Notice("warehouse", "5")], id="location"),
        pytest.param("app/uninstalled", {"id": 1}, [Notice("connection", "uninstalled")], id="uninstalled"),
        pytest.param("carts/update", {"id": 1}, [], id="unknown"),
        pytest.param("orders/create", {"id": "abc"}, [], id="odd-id"),
        pytest.param("orders/create", {"id": True}, [], id="not-an-id"),
    ],
)
def test_what_changed(topic: str, body: dict[str, Any], expected: list[Notice]) -> None:
    assert list(SHOP.notices(topic, json.dumps(body).encode())) == expected


def test_a_body_that_is_none_names_nothing() -> None:
    assert SHOP.notices("orders/create", b"not json") == ()
