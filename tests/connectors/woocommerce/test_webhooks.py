"""Only the shop itself is believed, a ping is answered and is no work, and a delivery names what changed."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.canonical.quantity import pieces
from isthmus.connectors.woocommerce.webhooks import Deliveries, delivery_id, sign
from isthmus.ports.receiver import Delivery, Notice, Refused
from tests.connectors.woocommerce.builders import order, product, variable, variation
from tests.connectors.woocommerce.harness import NOW

SECRET = "hook"
RECEIVER = Deliveries((SECRET, "before"))
FORM = "application/x-www-form-urlencoded"


def delivery(content: Any, topic: str = "order.updated", *, secret: str = SECRET, number: str = "d1") -> Delivery:
    body = json.dumps(content).encode()
    headers = {
        "content-type": "application/json",
        "x-wc-webhook-topic": topic,
        "x-wc-webhook-delivery-id": number,
        "x-wc-webhook-signature": sign(body, secret).decode(),
    }
    return Delivery(headers, body, {})


def named(content: Any, topic: str) -> list[Notice]:
    one = delivery(content, topic)
    return list(RECEIVER.notices(RECEIVER.verify(one, NOW).topic, one.body))


def refused(one: Delivery) -> tuple[int, str]:
    with pytest.raises(Refused) as no:
        RECEIVER.verify(one, NOW)
    return no.value.status, no.value.code


def test_the_signature_is_that_of_the_documentation() -> None:
    # printf '{"id":1}' | openssl dgst -sha256 -hmac hook -binary | base64
    assert sign(b'{"id":1}', "hook") == b"Fi/j2kRXgt1L/MyranDn3EESN5rnpuZvw7v7ytwVcUw="


def test_a_delivery_signed_with_either_secret_is_believed() -> None:
    assert RECEIVER.verify(delivery({"id": 1}), NOW).topic == "order.updated"
    assert RECEIVER.verify(delivery({"id": 1}, secret="before"), NOW).topic == "order.updated"


@pytest.mark.parametrize("signature", ["", "x", "\u00e4", "\udcff"])
def test_a_delivery_somebody_else_made_is_refused(signature: str) -> None:
    one = delivery({"id": 1})
    assert refused(Delivery({**one.headers, "x-wc-webhook-signature": signature}, one.body, {})) == (
        401,
        "bad_signature",
    )
    assert refused(Delivery(one.headers, b'{"id":2}', {})) == (401, "bad_signature")
    assert refused(delivery({"id": 1}, secret="other")) == (401, "bad_signature")


def test_nobody_is_believed_where_no_secret_is_set() -> None:
    with pytest.raises(Refused):
        Deliveries(("", "")).verify(delivery({"id": 1}, secret=""), NOW)


def test_what_is_signed_and_cannot_be_used_is_refused() -> None:
    assert refused(delivery([1])) == (400, "not_json")
    one = delivery({"id": 1})
    bare = {name: each for name, each in one.headers.items() if name != "x-wc-webhook-topic"}
    assert refused(Delivery(bare, one.body, {})) == (400, "missing_header")


def test_a_ping_is_answered_with_200_and_is_no_work() -> None:
    headers = {"content-type": f"{FORM}; charset=UTF-8"}
    assert refused(Delivery(headers, b"webhook_id=12", {})) == (200, "ping")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-type": FORM}, b"webhook_id=12&id=5"),
        ({"content-type": FORM}, b"webhook_id="),
        ({"content-type": "application/json"}, b"webhook_id=12"),
        ({"content-type": FORM, "x-wc-webhook-topic": "order.updated"}, b"webhook_id=12"),
    ],
)
def test_what_only_looks_like_a_ping_needs_a_signature(headers: Mapping[str, str], body: bytes) -> None:
    assert refused(Delivery(headers, body, {})) == (401, "bad_signature")


def test_deliveries_of_one_second_are_told_apart_and_a_repeat_is_known() -> None:
    first, second = delivery({"id": 1}), delivery({"id": 2})
    ids = [RECEIVER.verify(one, NOW).delivery_id for one in (first, first, second)]
    assert ids[0] == ids[1] != ids[2]
    assert delivery_id({"x-wc-webhook-delivery-id": "d2", "x-wc-webhook-topic": "order.updated"}, first.body) != ids[0]


def test_an_order_is_named_with_its_stamp() -> None:
    stamp = datetime(2026, 11, 20, 9, 5, tzinfo=UTC)
    for event in ("created", "updated", "restored"):
        assert named(order(), f"order.{event}") == [Notice("order", "727", changed_at=stamp)]
    assert named({"id": 727}, "order.deleted") == [Notice("order", "727", deleted=True)]


def test_a_product_is_named_with_its_stock() -> None:
    variant, level = named(product(), "product.updated")
    assert (variant.kind, variant.external_id) == ("variant", "93")
    assert variant.changed_at == datetime(2026, 11, 20, 9, 5, tzinfo=UTC)
    assert (level.kind, level.external_id, level.says) == ("stock_level", "93@store", {"available": pieces(7)})


def test_a_variation_is_named_below_its_product() -> None:
    variant, level = named(variation(), "product.updated")
    assert (variant.external_id, variant.changed_at, level.external_id) == ("22/23", None, "22/23@store")
    _variant, level = named(variation(manage_stock="parent"), "product.updated")
    assert (level.external_id, level.says) == ("22@store", {})


def test_a_product_with_variations_names_each() -> None:
    found = [(one.kind, one.external_id) for one in named(variable(), "product.updated")]
    assert found == [("variant", "22/23"), ("variant", "22/24"), ("stock_level", "22@store")]


def test_a_deleted_product_is_all_its_delivery_tells() -> None:
    found = [(one.kind, one.external_id, one.deleted) for one in named({"id": 93}, "product.deleted")]
    assert found == [("variant", "93", True), ("stock_level", "93@store", True)]


@pytest.mark.parametrize("figure", [None, "7", 7.5, True, 10**16])
def test_a_figure_that_is_no_number_of_pieces_says_nothing(figure: Any) -> None:
    _variant, level = named(product(stock_quantity=figure), "product.updated")
    assert level.says == {}


@pytest.mark.parametrize("topic", ["order", "order.paid", "coupon.created", "action.woocommerce_add_to_cart", ""])
def test_an_unknown_topic_names_nothing(topic: str) -> None:
    assert RECEIVER.notices(topic, json.dumps(order()).encode()) == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("id", "parent_id", "variations", "manage_stock", "stock_quantity", "date_modified_gmt")


@given(
    st.sampled_from(["order.updated", "product.updated", "product.deleted"]),
    st.fixed_dictionaries(dict.fromkeys(FIELDS, JSON)),
)
def test_whatever_a_signed_body_says_names_records_or_nothing(topic: str, content: dict[str, Any]) -> None:
    for notice in RECEIVER.notices(topic, json.dumps(content).encode()):
        assert notice.external_id
        assert notice.changed_at is None or notice.changed_at.tzinfo is not None


@given(st.binary(max_size=200))
def test_bytes_that_are_no_json_name_nothing(body: bytes) -> None:
    assert isinstance(RECEIVER.notices("order.updated", body), tuple | list)
