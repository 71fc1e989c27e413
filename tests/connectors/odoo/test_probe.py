"""The probe: what is wrong is said before an order finds it out."""

import pytest

from isthmus.connectors.odoo import CONNECTOR, probe
from isthmus.connectors.odoo.client import Identity, Version, to_version
from isthmus.connectors.odoo.settings import Settings
from isthmus.ports.errors import Misconfigured, WireDrift
from isthmus.ports.probe import Severity
from isthmus.simulators.odoo.accounts import FULL
from tests.connectors.odoo.stand import Stand, form, standing


async def codes(erp: Stand) -> dict[str, str]:
    report = await erp.session.probe.probe()
    return {finding.code: finding.message for finding in report.findings}


async def test_a_report_says_who_and_where(each: Stand) -> None:
    report = await each.session.probe.probe()
    assert report.version.startswith(tuple("1"))
    assert (report.currency, report.prices_include_tax) == ("EUR", False)
    assert [(place.code, place.active) for place in report.places] == [("WH", True), ("EAST", True)]
    assert "sale.order:create" in report.permissions
    assert [field.name for field in report.custom_fields["order"]] == ["x_gift_message"]
    assert abs(report.clock_skew_s or 0) < 5
    assert not [finding for finding in report.findings if finding.severity is Severity.PROBLEM]


async def test_missing_rights_name_the_group_to_add() -> None:
    async with standing(19, login="limited", api_key="limited-key") as erp:
        report = await erp.session.probe.probe()
    lacking = [finding for finding in report.findings if finding.code == "missing_permission"]
    assert any("create sale.order" in finding.message and "Sales" in finding.fix for finding in lacking)


async def test_missing_service_products_and_price_lists_are_named(erp: Stand) -> None:
    (fee,) = await erp.read("product.product", [["default_code", "=", "FEE"]], "name")
    await erp.call("product.product", "write", ids=[fee["id"]], vals={"default_code": "CHARGES"})
    found = await codes(erp)
    assert "'FEE'" in found["no_fee_product"]
    assert "no_price_list" in found


async def test_double_and_empty_references_are_counted(erp: Stand) -> None:
    vals = [{"name": "Twin", "default_code": "MUG-0010"}, {"name": "Nameless"}]
    await erp.call("product.product", "create", vals_list=vals)
    found = await codes(erp)
    assert "MUG-0010" in found["duplicate_skus"]
    assert found["empty_skus"].startswith("1 ")


async def test_the_old_protocol_on_19_is_a_warning() -> None:
    async with standing(19, protocol="jsonrpc") as erp:
        assert "protocol_deprecated" in await codes(erp)
    async with standing(19) as erp:
        assert "protocol_deprecated" not in await codes(erp)


def forbidden(erp: Stand, operation: str, *models: str) -> None:
    """Take a right off the user of the connection, as an administrator does."""
    erp.world.service.database.denied[FULL.uid, operation] = frozenset(models)


async def test_a_user_who_may_read_little_gets_a_report_all_the_same(erp: Stand) -> None:
    hidden = ("product.product", "product.template", "product.pricelist", "account.tax", "stock.warehouse")
    forbidden(erp, "read", *hidden)
    report = await erp.session.probe.probe()
    lacking = {finding.message for finding in report.findings if finding.code == "missing_permission"}
    assert {f"the user may not read {model}" for model in hidden if model != "product.template"} <= lacking
    assert (report.places, report.prices_include_tax) == ((), None)
    assert set(report.custom_fields) == {"order", "order_line", "customer"}
    assert "duplicate_skus" not in {finding.code for finding in report.findings}


async def test_apps_that_are_missing_are_told(erp: Stand) -> None:
    del erp.world.service.database.models["stock.picking"]
    report = await erp.session.probe.probe()
    (missing,) = [finding for finding in report.findings if finding.code == "app_missing"]
    assert "stock.picking" in missing.message
    assert missing.severity is Severity.PROBLEM


async def test_all_references_are_counted_however_many_calls_it_takes(
    erp: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    vals = [{"name": "Twin", "default_code": "MUG-0010"}, {"name": "Nameless"}]
    await erp.call("product.product", "create", vals_list=vals)
    monkeypatch.setattr(probe, "CODES_PER_CALL", 50)
    assert {"duplicate_skus", "empty_skus"} <= set(await codes(erp))
    monkeypatch.setattr(probe, "CODES_READ", 100)  # a catalog too large to read whole: the first ones tell enough
    assert {"duplicate_skus", "empty_skus"}.isdisjoint(await codes(erp))


async def test_a_company_without_a_sales_tax_states_no_way_of_pricing(erp: Stand) -> None:
    erp.world.env().table("res.company").update(1, {"account_sale_tax_id": None})
    assert (await erp.session.probe.probe()).prices_include_tax is None


@pytest.mark.parametrize(("major", "code"), [(13, "version_too_old"), (20, "version_untried")])
def test_versions_outside_the_tested_ones_are_told(major: int, code: str) -> None:
    me = Identity(Version(major, f"{major}.0"), True, 7, 1, "", "", {})  # noqa: FBT003
    assert [finding.code for finding in probe.of_version(me)] == [code]


@pytest.mark.parametrize(
    ("info", "major", "text"),
    [([17, 0, 0, "final", 0, ""], 17, "17.0"), (["saas~18", 3, 0, "final", 0, ""], 18, "saas~18.3")],
)
def test_versions_are_read(info: list[object], major: int, text: str) -> None:
    assert to_version(info) == Version(major, text)


@pytest.mark.parametrize("info", [None, [], ["x", 1]])
def test_what_is_no_version_is_drift(info: object) -> None:
    with pytest.raises(WireDrift):
        to_version(info)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "example.com"),
        ("company", "Demo"),
        ("protocol", "soap"),
        ("rounding_tolerance", "-1"),
        ("rounding_tolerance", "a cent"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(field: str, value: str) -> None:
    with pytest.raises(Misconfigured):
        Settings.read(form("http://127.0.0.1") | {field: value})


def test_the_manifest_says_what_the_session_can_do() -> None:
    manifest = CONNECTOR.manifest
    assert (manifest.slug, manifest.role, manifest.api_version) == ("odoo", "erp", "14-19")
    assert set(manifest.reads) == {"variant", "warehouse", "stock_level", "order"}
    assert set(manifest.writes) == {"order", "customer"}
    assert [setting.key for setting in manifest.settings if setting.secret] == ["api_key"]


async def test_another_company_is_told_when_it_does_not_exist() -> None:
    async with standing(19, company="99") as erp:
        with pytest.raises(Misconfigured, match="99"):
            await erp.session.probe.probe()
