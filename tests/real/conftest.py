"""Fixtures of the tests on real systems, and which of them run in one process."""

import pytest

from tests.real.vendure_stand import inbox, merchant, session, wire

__all__ = ["inbox", "merchant", "session", "wire"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep a file's tests together, and all that use the shop that was given: its deliveries have one receiver."""
    if config.getoption("dist", "no") != "loadgroup":
        return
    for item in items:
        shared = "merchant" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("the shop given" if shared else item.nodeid.partition("::")[0]))
