"""Only the shop's own plugin is believed, and what it names is read."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from isthmus.ports.receiver import Delivery, Notice, Receiver, Refused
from tests.connectors.vendure.harness import NOW, SECRET, Desk, opened

BODY: dict[str, Any] = {"eventId": "e-1", "topic": "order.placed", "at": "2026-11-20T10:00:00.000Z", "orderIds": ["1"]}


def receiver(**settings: str) -> Receiver:
    found = opened(Desk(), **settings).receiver
    assert found is not None
    return found


def signature(name: str, time: str, body: bytes, secret: str = SECRET) -> str:
    """Sign by no code of ours, as https://www.standardwebhooks.com (1.0.0) says."""
    signed = b".".join((name.encode(), time.encode(), body))
    return "v1," + base64.b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256)).decode()


def delivered(
    content: Any = None, *, name: str = "e-1", age: timedelta = timedelta(), secret: str = SECRET, **headers: str
) -> Delivery:
    body = json.dumps(BODY if content is None else content).encode()
    time = str(int((NOW - age).timestamp()))
    usual = {
        "webhook-id": name,
        "webhook-timestamp": time,
        "webhook-signature": signature(name, time, body, secret),
    }
    return Delivery({**usual, **{key.replace("_", "-"): value for key, value in headers.items()}}, body, {})


def test_a_genuine_delivery() -> None:
    accepted = receiver().verify(delivered(), NOW)

    assert (accepted.delivery_id, accepted.topic) == ("e-1", "order.placed")
    assert receiver().notices(accepted.topic, delivered().body) == (Notice("order", "1"),)


def test_one_of_several_signatures_is_enough() -> None:
    one = delivered()
    both = f"v1,AAAA v2,xyz {one.headers['webhook-signature']}"

    assert receiver().verify(Delivery({**one.headers, "webhook-signature": both}, one.body, {}), NOW)


def test_the_secret_before_is_still_good() -> None:
    assert receiver(webhook_secret="new", previous_webhook_secret=SECRET).verify(delivered(), NOW)
    with pytest.raises(Refused):
        receiver(webhook_secret="new").verify(delivered(), NOW)


def changed(name: str, change: Callable[[str], str]) -> Callable[[Delivery], Delivery]:
    def made(genuine: Delivery) -> Delivery:
        headers: Mapping[str, str] = {**genuine.headers, name: change(genuine.headers[name])}
        return Delivery(headers, genuine.body, {})

    return made


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda one: Delivery({}, one.body, {}), id="unsigned"),
        pytest.param(lambda one: Delivery(one.headers, one.body + b" ", {}), id="another-body"),
        pytest.param(lambda one: Delivery(one.headers, b"", {}), id="nothing"),
        pytest.param(changed("webhook-id", lambda _text: "e-2"), id="another-id"),
        pytest.param(changed("webhook-timestamp", lambda text: str(int(text) + 1)), id="another-time"),
        pytest.param(changed("webhook-signature", lambda text: text.removeprefix("v1,")), id="no-version"),
        pytest.param(changed("webhook-signature", lambda text: text.replace("v1,", "v1a,")), id="another-version"),
        pytest.param(changed("webhook-signature", str.lower), id="lower-case"),
        pytest.param(changed("webhook-signature", lambda text: text[:-1]), id="cut"),
        pytest.param(changed("webhook-signature", lambda _text: "v1,"), id="empty"),
        pytest.param(changed("webhook-signature", lambda _text: "v1,ä"), id="not-ascii"),
    ],
)
def test_a_forged_delivery_is_refused(forge: Callable[[Delivery], Delivery]) -> None:
    with pytest.raises(Refused) as refused:
        receiver().verify(forge(delivered()), NOW)
    assert (refused.value.status, refused.value.code) == (401, "bad_signature")


def test_without_a_secret_nothing_is_believed() -> None:
    with pytest.raises(Refused):
        receiver(webhook_secret="").verify(delivered(secret=""), NOW)


@pytest.mark.parametrize("age", [timedelta(minutes=6), -timedelta(minutes=6), timedelta(days=7)])
def test_an_old_delivery_is_refused(age: timedelta) -> None:
    with pytest.raises(Refused) as refused:
        receiver().verify(delivered(age=age), NOW)
    assert refused.value.code == "stale"


@pytest.mark.parametrize("time", ["", "soon", "-5", "1.5", "9" * 12, "9" * 13, "٣"])
def test_a_time_that_is_none_is_refused_though_it_is_signed(time: str) -> None:
    body = json.dumps(BODY).encode()
    headers = {
        "webhook-id": "e-1",
        "webhook-timestamp": time,
        "webhook-signature": signature("e-1", time, body),
    }
    with pytest.raises(Refused) as refused:
        receiver().verify(Delivery(headers, body, {}), NOW)
    assert refused.value.code == "stale"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ([], "not_json"),
        ({**BODY, "orderIds": "1"}, "not_json"),
        ({**BODY, "topic": ""}, "incomplete"),
        ({**BODY, "eventId": "e-2"}, "incomplete"),
    ],
)
def test_a_body_that_is_not_the_plugins_is_refused(content: Any, code: str) -> None:
    with pytest.raises(Refused) as refused:
        receiver().verify(delivered(content), NOW)
    assert (refused.value.status, refused.value.code) == (400, code)


def test_an_id_without_end_is_refused() -> None:
    with pytest.raises(Refused):
        receiver().verify(delivered({**BODY, "eventId": "e" * 201}, name="e" * 201), NOW)


@pytest.mark.parametrize(
    ("topic", "content", "named"),
    [
        ("order.state", {"orderIds": ["1", "1", "2", "x'"]}, [Notice("order", "1"), Notice("order", "2")]),
        ("order.updated", {"orderIds": ["3"]}, [Notice("order", "3")]),
        ("payment.state", {"orderIds": ["3"]}, [Notice("order", "3")]),
        ("refund.created", {"orderIds": ["3"]}, [Notice("order", "3")]),
        ("refund.state", {"orderIds": ["3"]}, [Notice("order", "3")]),
        ("fulfillment.state", {"orderIds": []}, []),
        ("variant.created", {"variantIds": ["4"]}, [Notice("variant", "4")]),
        ("variant.updated", {"variantIds": ["4"]}, [Notice("variant", "4")]),
        ("variant.deleted", {"variantIds": ["4"]}, [Notice("variant", "4", deleted=True)]),
        (
            "stock.moved",
            {
                "levels": [
                    {"variantId": "1", "stockLocationId": "2"},
                    {"variantId": "1", "stockLocationId": "2"},
                    {"variantId": "1"},
                    {"variantId": 7, "stockLocationId": 1},
                ]
            },
            [Notice("stock_level", "1@2"), Notice("stock_level", "7@1")],
        ),
        ("customer.created", {"orderIds": ["1"]}, []),
    ],
)
def test_what_a_delivery_names(topic: str, content: dict[str, Any], named: list[Notice]) -> None:
    body = json.dumps({"eventId": "e", "topic": topic, **content}).encode()

    assert list(receiver().notices(topic, body)) == named


@pytest.mark.parametrize("body", [b"", b"[]", b"[" * 10_000, b"\xff", b'{"orderIds":[1]}'])
def test_a_body_that_cannot_be_read_names_nothing(body: bytes) -> None:
    assert list(receiver().notices("order.placed", body)) == []
