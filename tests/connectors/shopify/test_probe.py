"""A shop says who it is, and what the app may not do there."""

from typing import Any

import pytest

from isthmus.connectors.shopify import CONNECTOR, MANIFEST, address, shop_of
from isthmus.connectors.shopify.webhooks import NAMERS
from isthmus.kit.http import Http
from isthmus.ports.connector import Session, Tools
from isthmus.ports.errors import AuthExpired, Unreachable
from isthmus.ports.probe import Report, Severity
from tests.connectors.shopify.builders import nodes
from tests.connectors.shopify.harness import Endpoint, FixedClock, Paper, answered, failed, opened, raw, scripted

NEEDED = sorted({scope for scopes in MANIFEST.scopes.values() for scope in scopes})


def who(*scopes: str, **headers: str) -> Any:
    shop = {
        "name": "Demo",
        "myshopifyDomain": "demo.myshopify.com",
        "currencyCode": "EUR",
        "ianaTimezone": "Europe/Vienna",
        "taxesIncluded": True,
    }
    script = answered(
        {"shop": shop, "currentAppInstallation": {"accessScopes": [{"handle": scope} for scope in scopes]}}
    )

    def play(request: Any, body: dict[str, Any]) -> Any:
        answer = script(request, body)
        answer.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
        return answer

    return play


PLACE = {
    "id": "gid://shopify/Location/5",
    "name": "Main",
    "isActive": True,
    "fulfillsOnlineOrders": True,
    "shipsInventory": True,
    "isFulfillmentService": False,
    "updatedAt": "2026-11-01T00:00:00Z",
    "address": {},
}
PLACES = answered({"locations": nodes(PLACE)})
FIELDS = answered(
    {
        "metafieldDefinitions": nodes(
            {"namespace": "erp", "key": "order_id", "name": "ERP order", "type": {"name": "id"}}
        )
    }
)
DATE = "Fri, 20 Nov 2026 10:00:00 GMT"


async def report_of(*script: Any) -> Report:
    async with scripted(Endpoint(list(script))) as session:
        return await session.probe.probe()


async def test_a_shop_in_order() -> None:
    report = await report_of(who(*NEEDED, Date=DATE, X_Shopify_API_Version="2026-07"), PLACES, FIELDS)
    assert report.account == "Demo (demo.myshopify.com)"
    assert (report.currency, report.time_zone, report.prices_include_tax) == ("EUR", "Europe/Vienna", True)
    assert (report.api_version, report.clock_skew_s) == ("2026-07", 0.0)
    assert [place.id for place in report.places] == ["5"]
    assert {kind: [field.name for field in some] for kind, some in report.custom_fields.items()} == {
        "order": ["erp.order_id"],
        "customer": ["erp.order_id"],
        "variant": ["erp.order_id"],
    }
    assert [(finding.code, finding.severity) for finding in report.findings] == [("ready", Severity.OK)]


async def test_missing_scopes_are_named_with_the_place_to_click() -> None:
    report = await report_of(who("read_products", Date=DATE), FIELDS)
    missing = {finding.message.split()[5].rstrip(","): finding for finding in report.findings}
    assert {"read_orders", "write_inventory", "read_locations"} <= missing.keys()
    assert missing["read_orders"].severity is Severity.PROBLEM
    assert "Dev Dashboard" in missing["read_orders"].fix
    assert report.places == ()
    assert list(report.custom_fields) == ["variant"]


async def test_without_all_orders_a_warning_is_enough() -> None:
    granted = [scope for scope in NEEDED if scope != "read_all_orders"]
    report = await report_of(who(*granted, Date=DATE), PLACES, FIELDS)
    assert [(one.code, one.severity) for one in report.findings] == [("scope_missing", Severity.WARNING)]


async def test_a_writing_scope_includes_reading_and_a_needless_one_is_told() -> None:
    granted = [scope for scope in NEEDED if scope != "read_inventory"]
    report = await report_of(who(*granted, "write_themes", Date=DATE), PLACES, FIELDS)
    assert [one.code for one in report.findings] == ["scope_excess"]
    assert "write_themes" in report.findings[0].message


async def test_a_retired_version_and_a_wrong_clock_are_found() -> None:
    script = who(*NEEDED, Date="Fri, 20 Nov 2026 10:05:00 GMT", X_Shopify_API_Version="2026-10")
    report = await report_of(script, PLACES, FIELDS)
    assert [one.code for one in report.findings] == ["api_version", "clock_skew"]
    assert report.clock_skew_s == 300.0


async def test_a_clock_without_a_date_is_ours() -> None:
    report = await report_of(who(*NEEDED, Date="never"), PLACES, FIELDS)
    assert report.clock_skew_s == 0.0


async def test_a_wrong_token_is_told_before_anything_is_saved() -> None:
    with pytest.raises(AuthExpired):
        await report_of(raw('{"errors":"[API] Invalid API key or access token"}', 401))


async def test_a_simulated_shop_is_ready(shop: Session) -> None:
    report = await shop.probe.probe()
    assert not [finding for finding in report.findings if finding.severity is Severity.PROBLEM]
    assert len(report.places) > 1


URL = "https://isthmus.example/hooks/shop"


def subscribed(topic: str, uri: str = URL, **said: Any) -> dict[str, Any]:
    return {"id": "gid://shopify/WebhookSubscription/1", "topic": topic, "uri": uri, "format": "JSON"} | said


async def test_missing_topics_are_subscribed_and_a_second_time_there_is_nothing_to_do(shop: Session) -> None:
    assert shop.subscriptions is not None
    assert list(await shop.subscriptions.ensure(URL)) == []
    assert list(await shop.subscriptions.ensure(URL)) == []


async def test_an_address_that_is_taken_is_fine() -> None:
    taken = {"userErrors": [{"message": "Address for this topic has already been taken"}], "webhookSubscription": None}
    endpoint = Endpoint([answered({"webhookSubscriptions": nodes()}), answered({"webhookSubscriptionCreate": taken})])
    async with scripted(endpoint) as session:
        assert session.subscriptions is not None
        assert list(await session.subscriptions.ensure(URL)) == []
    assert [variables["topic"] for variables in endpoint.variables[1:]] == list(MANIFEST.topics)


@pytest.mark.parametrize(
    ("one", "code"),
    [
        pytest.param(
            subscribed("ORDERS_CREATE", "https://old.example/x?token=canary"), "foreign_subscription", id="old"
        ),
        pytest.param(subscribed("ORDERS_CREATE", "pubsub:project:topic"), "foreign_subscription", id="pubsub"),
        pytest.param(subscribed("ORDERS_CREATE", format="XML"), "wrong_subscription", id="xml"),
        pytest.param(subscribed("ORDERS_CREATE", includeFields=["note"]), "wrong_subscription", id="partial"),
        pytest.param(subscribed("CARTS_UPDATE"), "needless_subscription", id="needless"),
        pytest.param(subscribed("CARTS_UPDATE", "https://other.example"), None, id="not-ours"),
    ],
)
async def test_what_is_wrong_with_a_subscription(one: dict[str, Any], code: str | None) -> None:
    whole = [subscribed(topic) for topic in MANIFEST.topics if topic != one["topic"]]
    created = answered({"webhookSubscriptionCreate": {"userErrors": [], "webhookSubscription": {"id": "x"}}})
    endpoint = Endpoint([answered({"webhookSubscriptions": nodes(one, *whole)}), created])
    async with scripted(endpoint) as session:
        assert session.subscriptions is not None
        findings = list(await session.subscriptions.ensure(URL))
    assert [finding.code for finding in findings] == ([code] if code else [])
    assert "canary" not in str(findings)


@pytest.mark.parametrize(
    "answer",
    [
        answered({"webhookSubscriptionCreate": {"userErrors": [{"message": "Address is not allowed"}]}}),
        failed("ACCESS_DENIED", "You may not subscribe to this"),
    ],
)
async def test_a_topic_that_is_refused_is_a_finding(answer: Any) -> None:
    endpoint = Endpoint([answered({"webhookSubscriptions": nodes()}), answer])
    async with scripted(endpoint) as session:
        assert session.subscriptions is not None
        findings = await session.subscriptions.ensure("http://127.0.0.1/hook")
    assert {finding.code for finding in findings} == {"subscription_failed"}
    assert len(findings) == len(MANIFEST.topics)


async def test_a_subscription_whose_answer_is_lost_may_be_asked_for_again() -> None:
    async with scripted(Endpoint([answered({"webhookSubscriptions": nodes()}), raw("", 502)])) as session:
        assert session.subscriptions is not None
        with pytest.raises(Unreachable):
            await session.subscriptions.ensure(URL)


def test_every_topic_we_ask_for_is_understood() -> None:
    known = {name.replace("/", "_").upper() for name in NAMERS}
    assert set(MANIFEST.topics) <= known


def test_the_manifest_is_complete() -> None:
    assert (MANIFEST.slug, MANIFEST.role, MANIFEST.api_version) == ("shopify", "shop", "2026-07")
    assert MANIFEST.api_ends_on is not None
    assert {setting.key for setting in MANIFEST.settings if setting.secret} == {
        "access_token",
        "client_secret",
        "previous_client_secret",
    }


@pytest.mark.parametrize(
    ("entered", "url", "shop"),
    [
        ("demo.myshopify.com", "https://demo.myshopify.com", "demo.myshopify.com"),
        (" https://Demo.myshopify.com/admin/ ", "https://Demo.myshopify.com", "demo.myshopify.com"),
        ("http://127.0.0.1:8101/", "http://127.0.0.1:8101", ""),
    ],
)
def test_addresses_as_people_enter_them(entered: str, url: str, shop: str) -> None:
    assert address(entered) == url
    assert shop_of(url) == shop


async def test_a_session_offers_what_the_manifest_says() -> None:
    async with opened("http://127.0.0.1:9") as session:
        assert set(session.sources) == set(MANIFEST.reads)
        assert set(session.sinks) == set(MANIFEST.writes)
        await session.close()


async def test_opening_makes_no_call() -> None:
    async with Http() as http:
        assert CONNECTOR.open({"url": "demo.myshopify.com"}, Tools("shop", http, FixedClock(), Paper()))
