"""Two reports compared: currency, taxes, rounding, days."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from isthmus.admin.doctor.agreement import Side, of_orders, of_zone
from isthmus.admin.doctor.systems import of_report
from isthmus.ports.connector import Session
from isthmus.ports.probe import Finding, Report, Rounding, Severity
from isthmus.testing.clock import START, HandClock
from isthmus.testing.harness import a_manifest, connection

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def side(name: str, **said: Any) -> Side:
    usual: dict[str, Any] = {"account": name, "version": "1", "api_version": "1", "currency": "EUR"}
    return Side(name, a_manifest(name=name.title(), where={"tax": "Taxes"}), Report(**usual | said))


def found(shop: Side, erp: Side) -> dict[str, Severity]:
    return {one.code: one.severity for one in of_orders("orders", shop, erp)}


@pytest.mark.parametrize(
    ("sold", "said", "expected"),
    [
        ("EUR", {}, {}),
        ("USD", {"currencies": ("EUR", "USD")}, {}),
        ("USD", {"currencies": ("EUR",)}, {"currency": Severity.PROBLEM}),
        ("USD", {}, {"currency": Severity.WARNING}),  # nobody knows what it takes
        ("USD", {"currency": ""}, {}),
    ],
)
def test_a_currency_the_erp_takes_no_orders_in(sold: str, said: dict[str, Any], expected: dict[str, Severity]) -> None:
    assert found(side("shop", currency=sold), side("erp", **said)) == expected


@pytest.mark.parametrize(
    ("mode", "said", "expected"),
    [
        (True, {"tax_modes": (False, True)}, {}),
        (True, {"tax_modes": (False,)}, {"tax_mode": Severity.PROBLEM}),
        (False, {"tax_modes": (True,)}, {"tax_mode": Severity.PROBLEM}),
        (True, {"prices_include_tax": False}, {"tax_mode": Severity.WARNING}),
        (True, {"prices_include_tax": True}, {}),
        (None, {"tax_modes": (False,)}, {}),
        (True, {}, {}),
    ],
)
def test_prices_with_tax_need_taxes_that_are_in_the_price(
    mode: bool | None,  # noqa: FBT001
    said: dict[str, Any],
    expected: dict[str, Severity],
) -> None:
    assert found(side("shop", prices_include_tax=mode), side("erp", **said)) == expected


def test_rounding_at_different_steps_is_a_warning_where_both_say() -> None:
    shop = side("shop", rounding=Rounding.LINE)
    assert found(shop, side("erp", rounding=Rounding.ORDER)) == {"rounding": Severity.WARNING}
    assert found(shop, side("erp", rounding=Rounding.LINE)) == {}
    assert found(shop, side("erp")) == {}


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("Europe/Vienna", 0),  # another name, the same hours
        ("Africa/Lagos", 1),  # the same in winter only
        ("", 0),
        ("UTC+01:00", 0),  # says nothing of summers
        ("America/New_York", 1),
    ],
)
def test_zones_are_compared_by_their_hours_over_a_year(stated: str, expected: int) -> None:
    assert len(of_zone(side("erp", time_zone=stated), ZoneInfo("Europe/Berlin"), NOW)) == expected


def test_a_finding_of_flows_that_are_off_is_left_out() -> None:
    about = Finding(code="scope_missing", severity=Severity.PROBLEM, message="no", flows=("stock_to_shop",))
    report = Report(account="a", version="1", api_version="1", findings=(about,))
    there = connection("shop", Session(probe=None), clock=HandClock(START))  # type: ignore[arg-type]
    assert [one.code for one in of_report(there, report, {"stock_to_shop"}, NOW)] == ["scope_missing"]
    assert of_report(there, report, {"orders_to_erp"}, NOW) == []
