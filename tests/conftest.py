"""What every test may ask for."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from isthmus.engine import failpoints
from tests.browser import find_chromium
from tests.deaths import die
from tests.postgres_server import NoPostgres, administrator, throwaway_database

POSTGRES_FIXTURES = {"postgres_admin_url", "postgres_url", "new_database"}

# Deadlines would measure the machine's other work. `thorough` is for a night: HYPOTHESIS_PROFILE=thorough make test
settings.register_profile("usual", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("thorough", settings.get_profile("usual"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by what they ask for, skip with a reason what this machine cannot run, and begin with the long ones.

    The order is by chance but for that: a file that takes minutes and comes last keeps one process at work, and all the
    others idle.
    """
    chromium = find_chromium()
    for item in items:
        if POSTGRES_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.postgres)
        if item.get_closest_marker("browser") and chromium is None:
            item.add_marker(pytest.mark.skip(reason="no Chromium: install chromium or set ISTHMUS_CHROMIUM"))
        if item.get_closest_marker("live") and not os.environ.get("ISTHMUS_LIVE"):
            item.add_marker(pytest.mark.skip(reason="talks to a vendor's sandbox: set ISTHMUS_LIVE=1 and credentials"))
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session")
def postgres_admin_url() -> Iterator[str]:
    """Address of an account that may create databases, one server per test process."""
    try:
        with administrator() as url:
            yield url
    except NoPostgres as reason:
        if os.environ.get("ISTHMUS_REQUIRE_POSTGRES"):
            raise
        pytest.skip(f"no PostgreSQL: {reason}")


@pytest.fixture(scope="session")
def postgres_url(postgres_admin_url: str) -> Iterator[str]:
    """Address of an empty database this test process may do anything with; shared by its tests."""
    with throwaway_database(postgres_admin_url) as url:
        yield url


@pytest.fixture
def new_database(postgres_admin_url: str) -> Iterator[str]:
    """Address of an empty database that is this test's alone."""
    with throwaway_database(postgres_admin_url) as url:
        yield url


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Program of the real browser for Playwright's `executable_path`; the test is skipped where there is none."""
    if found := find_chromium():
        return found
    pytest.skip("no Chromium: install chromium or set ISTHMUS_CHROMIUM")


@pytest.fixture
def deaths(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let an armed failpoint raise `Died` instead of killing the process; none is armed afterwards."""
    monkeypatch.setattr(failpoints.os, "kill", die)
    yield
    failpoints.arm({})
