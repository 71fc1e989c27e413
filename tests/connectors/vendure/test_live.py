"""The same promises at the vendor's own sandbox.

Set ISTHMUS_LIVE=1 and the variables of `NAMES`, and let the tests reach it: pytest -m live
--allow-hosts=<host of the sandbox> tests/connectors/vendure. Nothing is written there.
"""

import os
from collections.abc import AsyncIterator

import pytest

from isthmus.connectors.vendure import CONNECTOR
from isthmus.kit.clock import SystemClock
from isthmus.kit.http import Http
from isthmus.ports.connector import Session, Tools
from isthmus.ports.probe import Severity
from isthmus.ports.source import Searchable
from isthmus.testing.pace import OpenPace

NAMES = {
    "url": "ISTHMUS_TEST_VENDURE_URL",
    "login": "ISTHMUS_TEST_VENDURE_LOGIN",
    "password": "ISTHMUS_TEST_VENDURE_PASSWORD",
}
FORM = {field: os.environ.get(name, "") for field, name in NAMES.items()}
pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not all(FORM.values()), reason=f"no sandbox given: set {', '.join(NAMES.values())}"),
]
#: Enough to see several pages, and to leave the sandbox soon.
MOST_PAGES = 5


@pytest.fixture
async def session() -> AsyncIterator[Session]:
    async with Http() as http:
        yield CONNECTOR.open(FORM, Tools("live", http, SystemClock(), OpenPace()))


async def test_the_probe_is_well(session: Session) -> None:
    await session.probe.ping()
    report = await session.probe.probe()
    assert [finding for finding in report.findings if finding.severity is Severity.PROBLEM] == []


async def test_what_is_listed_is_read_again_by_id_and_by_number(session: Session) -> None:
    source = session.sources["variant"]
    assert isinstance(source, Searchable)
    pages = 0
    async for page in source.changes(None):
        pages += 1
        assert page.bad == []
        ids = [each.external_id for each in page.records]
        assert {each.external_id for each in await source.read(ids)} == set(ids)
        for each in page.records[:1]:
            found = await source.by_number(each.number)
            assert not each.number or each.external_id in {one.external_id for one in found}
        if pages == MOST_PAGES:
            break
    assert pages
