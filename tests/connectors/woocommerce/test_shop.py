"""What a shop says of itself: its one place, its health, and its webhooks, which are kept right."""

from typing import Any

import pytest

from isthmus.connectors.woocommerce import CONNECTOR
from isthmus.connectors.woocommerce import wire_shop as wire
from isthmus.connectors.woocommerce.probe import number_of, zone_of
from isthmus.connectors.woocommerce.subscriptions import shown
from isthmus.kit.http import AnswerLost, Response
from isthmus.ports.connector import Session
from isthmus.ports.errors import AuthExpired, InDoubt, Misconfigured, WireDrift
from isthmus.ports.probe import Finding, Severity
from tests.connectors.woocommerce.harness import HOOK, Asked, Desk, answer, opened, refused

HERE = "https://isthmus.example.com/hooks/shop"
GENERAL = {
    "woocommerce_currency": "EUR", "woocommerce_default_country": "US:CA",
    "woocommerce_store_address": "Pier 1 &amp; 2",
    "woocommerce_store_city": "Oakland", "woocommerce_store_postcode": "94607",
}  # fmt: skip


class Shop:
    """A shop's settings and webhooks."""

    def __init__(self, **answers: Any) -> None:
        self.answers: dict[str, Any] = {
            "/": {"name": "Demo", "timezone_string": "Europe/Berlin", "gmt_offset": 1},
            "settings/general": GENERAL,
            "settings/tax": {"woocommerce_prices_include_tax": "yes"},
            "settings/products": {"woocommerce_manage_stock": "yes"},
            "system_status": {"environment": {"version": "11.0.1"}, "settings": {"HPOS_enabled": True}},
            "products/batch": {},
            "orders": [],
        } | {name.replace("__", "/"): said for name, said in answers.items()}
        self.hooks: list[dict[str, Any]] = []
        self.desk = Desk(self.handle)

    def handle(self, asked: Asked) -> Response | Exception:
        if asked.route.startswith("webhooks") and asked.route not in self.answers:
            return self.webhook(asked)
        said = self.answers[asked.route]
        if isinstance(said, Response | Exception):
            return said
        named = asked.route.startswith("settings/")
        return answer([{"id": name, "value": value} for name, value in said.items()] if named else said)

    def webhook(self, asked: Asked) -> Response:
        if asked.method == "GET":
            return answer([{name: value for name, value in one.items() if name != "secret"} for one in self.hooks])
        if asked.method == "POST":
            self.hooks.append({"id": len(self.hooks) + 1, **asked.body})
            return answer(self.hooks[-1], 201)
        one = next(one for one in self.hooks if one["id"] == int(asked.route.rpartition("/")[2]))
        one.update(asked.body)
        return answer(one)

    @property
    def session(self) -> Session:
        return opened(self.desk, customer_fields="level")

    async def ensure(self) -> list[Finding]:
        assert self.session.subscriptions is not None
        return list(await self.session.subscriptions.ensure(HERE))


async def test_all_stock_is_in_one_place_with_the_address_of_the_store() -> None:
    source = Shop().session.sources["warehouse"]
    (page,) = [page async for page in source.changes(None)]
    (place,) = page.records
    assert (place.external_id, place.name, place.address.city, place.address.country, place.address.region) == (
        "store", "Store", "Oakland", "US", "CA",
    )  # fmt: skip
    assert place.address.lines == ("Pier 1 & 2",)
    assert (page.last, len(await source.read(["store"])), await source.read(["other"])) == (True, 1, [])


async def test_an_address_that_cannot_be_read_is_told() -> None:
    source = Shop(settings__general={"woocommerce_default_country": "Germany"}).session.sources["warehouse"]
    with pytest.raises(WireDrift, match="address of the store"):
        await source.read(["store"])


async def test_a_healthy_shop_says_who_it_is() -> None:
    report = await Shop().session.probe.probe()
    assert report.account == "Demo (shop.example.com)"
    assert (report.version, report.currency, report.time_zone) == ("WooCommerce 11.0.1", "EUR", "Europe/Berlin")
    assert (report.prices_include_tax, report.permissions, report.clock_skew_s) == (True, ("read", "write"), 0)
    assert [one.code for one in report.findings] == ["ready", "order_storage"]


async def test_fields_seen_on_the_newest_orders_are_named() -> None:
    fields = [{"key": key, "value": "x"} for key in ("po_number", "_billing_vat", "_token", "_gift")]
    parts = {"line_items": [{"id": 2, "meta_data": [{"key": "boxes", "value": [1]}]}], "fee_lines": []}
    newest = {"id": 1, "customer_id": 7, "meta_data": fields, **parts}
    people = [{"id": 7, "meta_data": [{"key": "level", "value": "gold"}, {"key": "other", "value": "x"}]}]
    shop = Shop(orders=[newest, newest], customers=people)
    session = opened(shop.desk, hidden_fields="_gift", customer_fields="level")
    report = await session.probe.probe()
    assert {kind: [one.name for one in some] for kind, some in report.custom_fields.items()} == {
        "order": ["meta._billing_vat", "meta._gift", "meta.po_number"],
        "order_line": ["meta.boxes"],
        "customer": ["meta.level"],
    }
    assert report.custom_fields["order"][2].label == "po_number (seen on one of the newest orders)"
    assert shop.desk.of("GET", "customers")[0].query["include"] == "7"
    (asked,) = shop.desk.of("GET", "orders")
    assert (asked.query["order"], asked.query["orderby"]) == ("desc", "id")


async def test_the_index_is_asked_without_a_key() -> None:
    shop = Shop()
    await shop.session.probe.probe()
    (index,) = [one for one in shop.desk.asked if one.route == "/"]
    assert "Authorization" not in index.request.headers


@pytest.mark.parametrize(
    ("answers", "code", "severity"),
    [
        ({"products__batch": refused(401, "woocommerce_rest_authentication_error")}, "key_read_only", Severity.PROBLEM),
        ({"products__batch": refused(403, "woocommerce_rest_cannot_batch")}, "key_read_only", Severity.PROBLEM),
        ({"settings__products": {"woocommerce_manage_stock": "no"}}, "stock_off", Severity.PROBLEM),
        ({"system_status": {"environment": {"version": "5.7.2"}}}, "too_old", Severity.PROBLEM),
        ({"system_status": refused(403, "woocommerce_rest_cannot_view")}, "not_shown", Severity.WARNING),
        ({"settings__tax": refused(403, "woocommerce_rest_cannot_view")}, "not_shown", Severity.WARNING),
        ({"webhooks": refused(403, "woocommerce_rest_cannot_view")}, "not_shown", Severity.WARNING),
        ({"orders": refused(403, "woocommerce_rest_cannot_view")}, "not_shown", Severity.WARNING),
        (
            {
                "orders": [{"id": 1, "customer_id": 7, "meta_data": []}],
                "customers": refused(403, "woocommerce_rest_cannot_view"),
            },
            "not_shown",
            Severity.WARNING,
        ),
        ({"webhooks": [{"id": 1, "name": "Isthmus order.updated", "topic": "order.updated", "status": "disabled"}]},
         "webhook_off", Severity.WARNING),
        ({"/": answer({"name": "Demo"}, Date="Fri, 20 Nov 2026 10:10:00 GMT")}, "clock_skew", Severity.WARNING),
        ({"/": answer({"name": "Demo"}, Date="Fri, 20 Nov 2026 09:50:00 GMT")}, "clock_skew", Severity.WARNING),
        ({"system_status": {"settings": {"HPOS_enabled": False}}}, "order_storage", Severity.OK),
    ],
)  # fmt: skip
async def test_what_is_not_well_is_found(answers: dict[str, Any], code: str, severity: Severity) -> None:
    found = {one.code: one for one in (await Shop(**answers).session.probe.probe()).findings}
    assert found[code].severity is severity
    assert found[code].fix or severity is Severity.OK


async def test_a_shop_that_does_not_know_us_has_no_report() -> None:
    with pytest.raises(AuthExpired):
        await Shop(settings__general=refused(401, "woocommerce_rest_cannot_view")).session.probe.probe()


@pytest.mark.parametrize(
    ("name", "offset", "zone"),
    [
        ("Asia/Tokyo", 9, "Asia/Tokyo"),
        ("", 5.5, "UTC+05:30"),
        (None, "-3", "UTC-03:00"),
        ("", "x", ""),
        ("", "inf", ""),
    ],
)
def test_time_zones_have_names_or_distances(name: str | None, offset: Any, zone: str) -> None:
    assert zone_of(wire.Index(timezone_string=name, gmt_offset=offset)) == zone


def test_versions_are_compared_by_numbers() -> None:
    assert number_of("11.0.1") > number_of("9.8") > number_of("5.8") == number_of("trunk") > number_of("5.x")


async def test_webhooks_are_made_once_with_our_secret() -> None:
    shop = Shop()
    assert await shop.ensure() == []
    assert [one["topic"] for one in shop.hooks] == list(CONNECTOR.manifest.topics)
    assert {(one["secret"], one["delivery_url"], one["status"]) for one in shop.hooks} == {(HOOK, HERE, "active")}
    assert await shop.ensure() == []
    assert len(shop.hooks) == len(CONNECTOR.manifest.topics)


@pytest.mark.parametrize("status", ["disabled", "paused"])
async def test_a_webhook_that_was_switched_off_is_switched_on_with_the_secret_of_now(status: str) -> None:
    shop = Shop()
    await shop.ensure()
    shop.hooks[0].update(status=status, secret="old")
    (told,) = await shop.ensure()
    assert (told.code, told.severity) == ("subscription_repaired", Severity.WARNING)
    assert (shop.hooks[0]["status"], shop.hooks[0]["secret"]) == ("active", HOOK)


async def test_strange_webhooks_are_named_and_left_alone() -> None:
    shop = Shop()
    await shop.ensure()
    strange = [
        {"id": 101, "name": "x", "topic": "coupon.created", "status": "active", "delivery_url": HERE},
        {"id": 102, "name": "x", "topic": "order.updated", "status": "active", "delivery_url": HERE},
        {"id": 103, "name": "Isthmus order.updated", "topic": "order.updated", "status": "active",
         "delivery_url": "https://user:pw@old.example.com:8443/hooks?token=1"},
        {"id": 104, "name": "Mailer", "topic": "order.updated", "status": "active", "delivery_url": "https://m.example"},
    ]  # fmt: skip
    shop.hooks += strange
    told = await shop.ensure()
    assert [one.code for one in told] == ["needless_subscription", "needless_subscription", "foreign_subscription"]
    assert "https://old.example.com:8443" in told[2].message
    assert not any(word in one.message for one in told for word in ("pw", "token"))
    assert shop.hooks[-4:] == strange


async def test_a_port_wordpress_does_not_send_to_is_told() -> None:
    shop = Shop()
    assert shop.session.subscriptions is not None
    (told,) = await shop.session.subscriptions.ensure("https://isthmus.example.com:8443/hooks/shop")
    assert (told.code, told.severity) == ("webhook_port", Severity.WARNING)
    assert shown("https://[") == "an address that is none"


async def test_a_webhook_that_cannot_be_made_is_a_problem_of_its_own() -> None:
    shop = Shop()
    usual = shop.webhook
    shop.webhook = lambda asked: (  # type: ignore[method-assign]
        refused(400, "woocommerce_rest_invalid_topic")
        if asked.method == "POST" and asked.body["topic"] == "product.restored"
        else usual(asked)
    )
    (told,) = await shop.ensure()
    assert (told.code, told.severity) == ("subscription_failed", Severity.PROBLEM)
    assert len(shop.hooks) == len(CONNECTOR.manifest.topics) - 1


async def test_whether_a_webhook_was_made_is_in_doubt_when_the_answer_is_lost() -> None:
    shop = Shop()
    usual = shop.desk.handler

    def handle(asked: Asked) -> Response | Exception:
        return usual(asked) if asked.method == "GET" else AnswerLost("reset")

    shop.desk.handler = handle
    with pytest.raises(InDoubt) as doubt:
        await shop.ensure()
    assert doubt.value.key == "webhook order.created"


@pytest.mark.parametrize(
    "wrong",
    [{"webhook_secret": 'a"b'}, {"webhook_secret": "a&b"}, {"sign_in": "magic"}, {"statuses": "a = b"}, {"url": ""}],
)
def test_a_setting_that_cannot_be_is_refused_at_once(wrong: dict[str, str]) -> None:
    with pytest.raises(Misconfigured):
        opened(Desk(lambda _asked: answer({})), **wrong)
