"""The probe says who is there and what a person has to do."""

from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from isthmus.connectors.vendure import CONNECTOR
from isthmus.ports.errors import Misconfigured
from isthmus.ports.probe import Report, Severity
from tests.connectors.vendure.builders import CHANNEL, STATES, a_field, a_shop, listed
from tests.connectors.vendure.harness import NOW, Answer, Desk, failed, opened, said

EVERY = sorted({permission for some in CONNECTOR.manifest.scopes.values() for permission in some})
PLACE = {"id": "1", "name": "WH", "description": "", "updatedAt": "2026-11-20T09:00:00.000Z"}
FILTERS = ("_and", "_or", "active", "orderPlacedAt", "type", "updatedAt")


def who(*permissions: str) -> Answer:
    other = {"id": "2", "code": "other", "permissions": ["SuperAdmin"]}
    mine = {"id": "1", "code": CHANNEL["code"], "permissions": ["Authenticated", *permissions]}
    return {"me": {"id": "2", "channels": [other, mine]}}


def queues(*names: str, failed_jobs: int = 0) -> Answer:
    return {"jobQueues": [{"name": name} for name in names], "jobs": {"items": [], "totalItems": failed_jobs}}


def shop(**answers: Answer) -> Desk:
    desk = Desk().on("Who", who(*EVERY)).on("Places", listed(PLACE)).on("Queues", queues("isthmus-webhook"))
    desk.on("Features", {"__type": {"inputFields": [{"name": name} for name in FILTERS]}})
    for name, answer in answers.items():
        desk.on(name, answer)
    return desk


async def probed(desk: Desk, **settings: str) -> Report:
    return await opened(desk, **settings).probe.probe()


def codes(report: Report) -> list[tuple[str, Severity]]:
    return [(one.code, one.severity) for one in report.findings]


async def test_a_shop_where_all_is_well() -> None:
    fields = {"Order": [a_field("giftNote")], "ProductVariant": [a_field("erpRef")], "Address": [a_field("floor")]}
    fields |= {"OrderLine": [a_field("engraving")], "Customer": [a_field("vip")]}
    report = await probed(shop(Shop=a_shop(fields=fields)))

    assert codes(report) == [("ready", Severity.OK)]
    assert report.account == "Vendure at shop.example.com, channel __default_channel__"
    assert (report.currency, report.prices_include_tax, report.server_time) == ("EUR", False, NOW)
    assert [(one.id, one.name) for one in report.places] == [("1", "WH")]
    assert {kind: [one.name for one in some] for kind, some in report.custom_fields.items()} == {
        "order": ["customFields.giftNote"],
        "order_line": ["customFields.engraving"],
        "variant": ["customFields.erpRef"],
        "customer": ["customFields.vip"],
    }


async def test_permissions_that_are_missing_are_named_and_not_tried() -> None:
    desk = shop(Who=who("ReadOrder", "ReadCatalog", "UpdateCatalog"))

    report = await probed(desk)

    assert {code for code, _severity in codes(report)} == {"permission_missing"}
    missing = {one.message.split()[5].rstrip(",") for one in report.findings}
    assert missing == {"ReadCustomer", "ReadStockLocation", "ReadSettings"}
    assert not {"Places", "Queues"} & set(desk.names())


async def test_an_account_that_may_do_everything_is_too_much() -> None:
    report = await probed(shop(Who=who("SuperAdmin")))

    assert codes(report) == [("permission_excess", Severity.WARNING)]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (queues("apply-collection-filters"), "plugin_missing"),
        (queues("isthmus-webhook", failed_jobs=3), "deliveries_failed"),
    ],
)
async def test_silence_of_the_plugin_is_noticed(answer: Answer, code: str) -> None:
    report = await probed(shop(Queues=answer))

    assert codes(report) == [(code, Severity.WARNING)]


async def test_what_cannot_be_looked_at_is_left_out() -> None:
    off = failed("GRAPHQL_VALIDATION_FAILED", "GraphQL introspection is not allowed", status=400)

    assert codes(await probed(shop(Features=off, Queues=off))) == [("ready", Severity.OK)]
    assert codes(await probed(shop(Features=failed("FORBIDDEN")))) == [("ready", Severity.OK)]
    assert codes(await probed(shop(Features={"__type": None}))) == [("ready", Severity.OK)]


@pytest.mark.parametrize("fields", [None, [{"name": "active"}]])
async def test_a_shop_that_is_too_old_is_told(fields: list[dict[str, str]] | None) -> None:
    report = await probed(shop(Features={"__type": {"inputFields": fields}}))

    assert codes(report) == [("too_old", Severity.PROBLEM)]


@pytest.mark.parametrize(
    ("settings", "code"),
    [({"trackInventory": False}, "stock_off"), ({"outOfStockThreshold": -5}, "back_orders")],
)
async def test_how_the_shop_keeps_stock(settings: dict[str, Any], code: str) -> None:
    assert codes(await probed(shop(Shop=a_shop(**settings)))) == [(code, Severity.WARNING)]


async def test_states_of_the_shop_have_to_be_translated() -> None:
    told = a_shop()
    told["globalSettings"]["serverConfig"]["orderProcess"] = [{"name": name} for name in (*STATES, "Packed")]

    assert codes(await probed(shop(Shop=told))) == [("unknown_states", Severity.WARNING)]
    assert codes(await probed(shop(Shop=told), states="Packed = PaymentSettled")) == [("ready", Severity.OK)]


@pytest.mark.parametrize("entered", ["Packed", "Packed = Boxed", "= PaymentSettled"])
def test_a_translation_that_is_none_is_refused(entered: str) -> None:
    with pytest.raises(Misconfigured, match="AwaitingPickup = PaymentSettled"):
        opened(Desk(), states=entered)


@pytest.mark.parametrize("minutes", [-10, 10])
async def test_clocks_that_differ_are_told(minutes: int) -> None:
    date = format_datetime(NOW + timedelta(minutes=minutes), usegmt=True)

    report = await probed(shop(Shop=said(a_shop(), Date=date)))

    assert codes(report) == [("clock_skew", Severity.WARNING)]
    assert ("ahead of" if minutes > 0 else "behind") in report.findings[0].message


async def test_a_ping_is_one_call() -> None:
    desk = shop()
    session = opened(desk)
    await session.probe.ping()
    await session.probe.ping()

    assert desk.names() == ["Login", "Who", "Who"]
