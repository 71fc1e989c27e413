"""The plugin merchants are given does no harm to the shop it is in."""

from pathlib import Path

import pytest

from isthmus.testing.lives import free_port
from tests.real.vendure import STAFF, STAFF_PASSWORD, installed, serving, surroundings
from tests.real.vendure_seed import Owner, signed_in
from tests.real.vendure_stand import GIVEN

pytestmark = GIVEN


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param({"VENDURE_QUEUE": "down"}, id="its-queue-is-down"),
        pytest.param({"ISTHMUS_WEBHOOK_URL": ""}, id="nobody-said-where-to-send"),
    ],
)
def test_a_shop_lives_on(tmp_path: Path, trouble: dict[str, str]) -> None:
    port = free_port()
    url, log = f"http://127.0.0.1:{port}", tmp_path / "server.log"
    told = surroundings(installed(), port, str(tmp_path / "shop.sqlite"), "http://127.0.0.1:9/")
    with serving({**told, **trouble}, log, url):
        Owner(signed_in(url, STAFF, STAFF_PASSWORD)).set_up()
        assert signed_in(url, STAFF, STAFF_PASSWORD).one("{productVariants{totalItems}}")["totalItems"]
    assert "[isthmus-webhook]" in log.read_text("utf-8")
