"""The probe says who is there, and what a person has to do."""

import json
from typing import Any

import pytest

from isthmus.ports.probe import Severity
from isthmus.simulators.vendure import VendureWorld
from tests.connectors.vendure.stand import ok, opened, said

ACCOUNT: dict[str, Any] = {
    "id": 1,
    "name": "Demo",
    "version": "1",
    "currency": "EUR",
    "prices_include_tax": True,
    "time_zone": "UTC",
    "permissions": ["variants:read"],
}


async def test_an_account_where_all_is_well() -> None:
    async with opened(VendureWorld()) as session:
        await session.probe.ping()
        report = await session.probe.probe()
    assert (report.account, report.currency, report.permissions) == ("Demo (7001)", "EUR", ("variants:read",))
    assert report.prices_include_tax is False


@pytest.mark.parametrize(
    ("date", "code", "words"),
    [
        ("Mon, 02 Mar 2026 10:01:00 GMT", "ready", ""),
        ("Mon, 02 Mar 2026 10:05:00 GMT", "clock_skew", "300 s ahead of"),
        ("Mon, 02 Mar 2026 09:55:00 GMT", "clock_skew", "300 s behind"),
    ],
)
async def test_clocks_that_are_apart_are_found(date: str, code: str, words: str) -> None:
    report = await said(ok(json.dumps(ACCOUNT).encode(), Date=date)).session.probe.probe()
    (finding,) = report.findings
    assert finding.code == code
    assert words in finding.message


async def test_a_permission_that_is_missing_is_named_with_the_flow_that_needs_it() -> None:
    stand = said(ok(json.dumps({**ACCOUNT, "permissions": []}).encode()))
    (finding,) = (await stand.session.probe.probe()).findings
    assert (finding.code, finding.severity) == ("scope_missing", Severity.PROBLEM)
    assert "variants:read" in finding.message
    assert "stock_to_shop" in finding.message
    assert finding.fix
