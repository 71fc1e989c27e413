"""Each trouble is found, named and mended by what to click; where there is none, the doctor says nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from isthmus.ports.probe import Severity
from isthmus.simulators.odoo.orm.env import Env
from isthmus.simulators.shopify.gateway import SCOPES
from isthmus.simulators.shopify.hook_writes import subscribe
from tests.doctor.stand import Ward, ward


def change(made: Ward) -> Env:
    return made.erp.env()


def make(made: Ward, model: str, **values: object) -> None:
    with made.erp.service.database.store.transaction():
        change(made)[model].make([values])


async def test_a_healthy_project_has_nothing_to_look_at_and_nothing_is_written(tmp_path: Path) -> None:
    async with ward(tmp_path) as made:
        before = await made.written()
        visit = await made.visit()
        assert [one for one in visit.findings if one.severity is not Severity.OK] == []
        assert visit.sound
        assert len(visit.seen) == 2
        assert await made.written() == before


async def test_repeated_and_empty_skus_are_counted_on_both_sides(tmp_path: Path) -> None:
    async with ward(tmp_path) as made:
        made.shop.create_product("MUG-0010", "A twin", "5.00")
        made.shop.create_product("", "No name", "5.00")
        make(made, "product.product", name="A twin", default_code="LAMP-0001")
        ill = await made.ill()
        assert ill["shop", "duplicate_skus"].message == "1 SKUs of Shopify stand on several products: MUG-0010"
        assert ill["shop", "empty_skus"].message.startswith("1 of 202 products of Shopify have no SKU")
        assert "LAMP-0001" in ill["erp", "duplicate_skus"].message
        assert "Products > the product > SKU" in ill["shop", "empty_skus"].fix


async def test_skus_the_erp_lacks_are_named_with_the_row_that_maps_them(tmp_path: Path) -> None:
    async with ward(tmp_path) as made:
        for number in range(7):
            made.shop.create_product(f"ONLY-{number}", "Only here", "5.00")
        found = (await made.ill())["orders", "unknown_skus"]
        assert found.message == (
            "7 of 207 SKUs of Shopify are unknown to Odoo: ONLY-0, ONLY-1, ONLY-2, ONLY-3, ONLY-4 and 2 more"
        )
        assert '[flows.orders.tables.sku] of isthmus.toml: "ONLY-0" = "<SKU in Odoo>"' in found.fix


async def test_a_mapped_sku_is_known_and_a_row_into_nowhere_is_not(tmp_path: Path) -> None:
    rows = '[flows.orders.tables.sku]\n"ONLY-1" = "LAMP-0001"\n"ONLY-2" = "NOWHERE"\n\n[flows.stock]'
    async with ward(tmp_path, toml=[("[flows.stock]\n", f"{rows}\n")]) as made:
        made.shop.create_product("ONLY-1", "Only here", "5.00")
        ill = await made.ill()
        assert ("orders", "unknown_skus") not in ill
        assert "NOWHERE" in ill["orders", "sku_row_unknown"].message


async def test_a_missing_permission_is_a_problem_only_for_flows_that_are_switched_on(tmp_path: Path) -> None:
    async with ward(tmp_path) as made:
        made.shop.grant([scope for scope in SCOPES if scope not in ("write_inventory", "read_inventory")])
        visit = await made.visit()
        missing = [one for one in visit.findings if one.code == "scope_missing"]
        assert {one.severity for one in missing} == {Severity.PROBLEM}
        assert not visit.sound
        assert "write_inventory" in "".join(one.fix for one in missing)
    off = [('from = "erp"\nto = "shop"\n', 'from = "erp"\nto = "shop"\nenabled = false\n')]
    async with ward(tmp_path, toml=off) as made:
        made.shop.grant([scope for scope in SCOPES if scope not in ("write_inventory", "read_inventory")])
        assert [one for one in (await made.visit()).findings if one.code == "scope_missing"] == []


async def test_a_user_of_the_erp_who_may_not_sell_is_told_which_group_is_missing(tmp_path: Path) -> None:
    async with ward(tmp_path, toml=[('login = "demo"', 'login = "limited"')], key="limited-key") as made:
        visit = await made.visit(connection="erp")
        lacking = [one for one in visit.findings if one.code == "missing_permission"]
        assert "the user may not create sale.order" in {one.message for one in lacking}
        assert any("Sales / User: All Documents" in one.fix for one in lacking)
        assert not visit.sound


async def test_a_wrong_key_is_a_finding(tmp_path: Path) -> None:
    async with ward(tmp_path, key="wrong") as made:
        assert (await made.ill())["erp", "auth_expired"].severity is Severity.PROBLEM


async def test_permissions_nobody_needs_are_named(tmp_path: Path) -> None:
    off = [('from = "shop"\nto = "erp"\n', 'from = "shop"\nto = "erp"\nenabled = false\n')]
    async with ward(tmp_path, toml=off) as made:
        made.shop.grant([*SCOPES, "write_orders"])
        found = [one for one in (await made.visit()).findings if one.severity is not Severity.OK]
        needless = [one for one in found if one.code == "needless_permission"]
        assert any("read_orders" in one.message and one.about == "shop" for one in needless)
        assert any("sale.order:create" in one.message and "Sales / User" in one.fix for one in needless)
        assert any(one.code == "scope_excess" and "write_orders" in one.message for one in found)


@pytest.mark.parametrize(("seconds", "found"), [(10, False), (45, True), (600, True)])
async def test_a_clock_that_is_off_is_said_once(tmp_path: Path, seconds: int, found: bool) -> None:  # noqa: FBT001
    async with ward(tmp_path) as made:
        made.clock.ahead = timedelta(seconds=seconds)
        skews = [one for one in (await made.visit()).findings if one.code == "clock_skew" and one.about == "erp"]
        assert len(skews) == found


@pytest.mark.parametrize(
    ("today", "code"),
    [
        (datetime(2027, 3, 1, tzinfo=UTC), ""),
        (datetime(2027, 4, 20, tzinfo=UTC), "api_ending"),
        (datetime(2027, 7, 2, tzinfo=UTC), "api_ended"),
    ],
)
async def test_an_api_version_that_ends_is_announced_and_then_a_problem(
    tmp_path: Path, today: datetime, code: str
) -> None:
    async with ward(tmp_path, today=today) as made:
        codes = {one.code: one.severity for one in (await made.visit(connection="shop")).findings}
        assert ({code} if code else set[str]()) == codes.keys() & {"api_ending", "api_ended"}
        assert codes.get("api_ended", Severity.PROBLEM) is Severity.PROBLEM


async def test_a_warehouse_nobody_has_mapped_and_a_location_without_one(tmp_path: Path) -> None:
    async with ward(tmp_path, toml=[('EAST = "East warehouse"', 'EAST = ""')]) as made:
        make(made, "stock.warehouse", code="NORTH", name="North")
        ill = await made.ill()
        assert "NORTH" in ill["stock", "warehouse_without_place"].message
        assert 'NORTH = ""' in ill["stock", "warehouse_without_place"].fix
        assert "East warehouse of Shopify" in ill["stock", "place_without_warehouse"].message


@pytest.mark.parametrize("row", [('WH = "Main warehouse"', 'WH = "Nowhere"'), ('EAST = "', 'WEST = "')])
async def test_a_row_that_names_nothing_is_a_problem(tmp_path: Path, row: tuple[str, str]) -> None:
    async with ward(tmp_path, toml=[row]) as made:
        found = (await made.ill())["stock", "place_unknown"]
        assert found.severity is Severity.PROBLEM
        assert "[flows.stock.places]" in found.fix


async def test_a_deleted_webhook_and_a_former_address_are_found_and_left_as_they_are(tmp_path: Path) -> None:
    async with ward(tmp_path) as made:
        made.shop.unsubscribe("ORDERS_CREATE")
        subscribe(made.shop.shop, "ORDERS_UPDATED", "https://old.example.com/hooks/very-secret", by_api=True)
        before = len(made.shop.shop.subscriptions)
        ill = await made.ill()
        assert "ORDERS_CREATE" in ill["shop", "subscription_missing"].message
        assert ill["shop", "foreign_subscription"].message == "ORDERS_UPDATED is also sent to https://old.example.com"
        assert len(made.shop.shop.subscriptions) == before


async def test_without_a_public_address_webhooks_are_off(tmp_path: Path) -> None:
    async with ward(tmp_path, toml=[("public_url", "# public_url")], subscribed=False) as made:
        assert ("shop", "no_public_url") in await made.ill()


async def test_a_system_that_is_down_is_one_finding_and_the_other_is_looked_at(tmp_path: Path) -> None:
    async with ward(tmp_path) as made:
        await made.runners[1].cleanup()
        made.shop.create_product("", "No name", "5.00")
        visit = await made.visit()
        about_erp = [one for one in visit.findings if one.about == "erp"]
        assert [(one.code, one.severity) for one in about_erp] == [("unreachable", Severity.PROBLEM)]
        assert visit.findings[0].about == "erp"  # the worst first
        assert any(one.code == "empty_skus" for one in visit.findings)


async def test_a_company_in_another_zone_is_told_which_systems_differ(tmp_path: Path) -> None:
    async with ward(tmp_path, toml=[("Europe/Berlin", "America/New_York")]) as made:
        ill = await made.ill()
        assert {about for about, code in ill if code == "time_zone"} == {"shop", "erp"}


async def test_one_connection_or_one_flow_may_be_asked_about(tmp_path: Path) -> None:
    async with ward(tmp_path) as made:
        assert [who.partition(":")[0] for who in (await made.visit(connection="erp")).seen] == ["erp"]
        made.shop.create_product("ONLY-1", "Only here", "5.00")
        assert {about for about, _code in await made.ill(flow="orders")} == {"orders"}
        assert await made.ill(flow="stock") == {}


async def test_a_catalog_too_long_for_the_time_is_said_to_be_unread(tmp_path: Path) -> None:
    async with ward(tmp_path) as made:
        made.shop.create_product("ONLY-1", "Only here", "5.00")
        ill = await made.ill(limit=timedelta(0))
        assert ("shop", "not_all_read") in ill or ("erp", "not_all_read") in ill


async def test_nothing_secret_and_nobody_is_named(tmp_path: Path) -> None:
    async with ward(tmp_path) as made:
        await made.shop.place_orders(3, 1)
        await made.runners[1].cleanup()
        said = str(await made.visit())
        for secret in ("demo-token", "demo-secret", "demo-key", "@example.com"):
            assert secret not in said
