"""No made-up input brings out anything but an answer of ours; what once did, each by itself."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from isthmus.bootstrap.checks import ConfigError
from isthmus.bootstrap.config import read_config
from isthmus.bootstrap.connectors import open_connections
from isthmus.canonical.money import Money
from isthmus.canonical.quantity import Quantity
from isthmus.connectors.odoo.failures import retry_at, server_date
from isthmus.connectors.odoo.wire import exact, whole
from isthmus.connectors.shopify.client import decode
from isthmus.connectors.shopify.cursors import position
from isthmus.connectors.shopify.failures import READ, Envelope, envelope
from isthmus.connectors.shopify.webhooks import Deliveries
from isthmus.craft.rounds import parse
from isthmus.kit.clock import SystemClock
from isthmus.kit.http import Http, Response
from isthmus.ports.errors import ContractBroken, Trouble, WireDrift
from isthmus.ports.source import Cursor
from isthmus.web.ingress import amiss
from isthmus.web.refusals import TOO_LARGE
from tests.crash.stand import standing
from tests.fuzz.answers import NOW, Recording, record
from tests.fuzz.run import Found, feed, watched
from tests.fuzz.targets import DOTENV, PROJECT, targets
from tests.fuzz.wire import served

pytestmark = pytest.mark.slow
RUNS = 80
#: About a million digits: enough to be noticed, and nobody waits an hour where the guard is gone.
HUGE = "1e1000000"


@pytest.fixture(scope="module")
def recordings() -> Iterator[dict[str, Recording]]:
    with standing() as stand:
        yield asyncio.run(record(stand))


@pytest.mark.parametrize(
    "name",
    [
        "the wire",
        "webhook bodies",
        "webhook headers",
        "woocommerce webhooks",
        "vendure webhooks",
        "forwarded addresses",
        "configured addresses",
        "isthmus.toml",
        "isthmus.toml bytes",
        ".env",
        "cursors",
        "mapping expressions",
        "mapping documents",
        "shopify answers",
        "woocommerce answers",
        "odoo answers",
    ],
)
async def test_every_answer_is_one_of_ours(recordings: dict[str, Recording], name: str) -> None:
    found, seed = Found(), Random().randrange(10**9)  # noqa: S311 - not for secrets
    print(f"seed {seed}")  # noqa: T201 - shown when it fails
    async with served() as wire:
        made = {each.name: each for each in targets(recordings, wire)}
        with watched():
            await feed(made[name], range(seed, seed + RUNS), found)
    assert found.wrong == []
    assert (found.runs, found.refused + found.accepted) == (RUNS, RUNS)
    assert found.accepted > 0  # made-up input that is never taken would reach nothing


async def test_the_genuine_project_is_taken(tmp_path: Path) -> None:
    (tmp_path / "isthmus.toml").write_text(PROJECT, "utf-8")
    (tmp_path / ".env").write_text(DOTENV, "utf-8")
    async with Http() as http:
        assert len(open_connections(read_config(tmp_path), http, SystemClock())) == 2


def test_the_campaign_finds_what_is_not_an_answer() -> None:
    words = [sys.executable, "-m", "tests.fuzz.run", "--help"]
    assert "--seconds" in subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stdout


# --- What was found -------------------------------------------------------------------------------------------------


def answer(body: bytes = b"{}", **headers: str) -> Response:
    return Response(200, {name.replace("_", "-"): value for name, value in headers.items()}, body)


@pytest.mark.parametrize("number", [HUGE, "-" + HUGE, "1e-1000000", "0." + "0" * 100 + "1"])
def test_a_number_of_endless_digits_is_no_answer(number: str) -> None:
    with pytest.raises(ValueError, match="a number of more than 60 digits"):
        answer(b'{"id":%s}' % number.encode()).json()


@pytest.mark.parametrize("number", [HUGE, "1e-1000000", "0e-1000000", "1e19", "nan", "inf"])
def test_an_amount_nobody_can_count_is_none(number: str) -> None:
    for made in (
        lambda: Money.parse(number, "EUR"),
        lambda: Quantity(Decimal(number)),
    ):
        with pytest.raises(ValueError, match="not a"):
            made()


@pytest.mark.parametrize("hint", ["²", "٣", "9" * 5000, "9" * 12, "-1", "1e400", "", "Fri, 31 Dec 9999 23:59:59 -2359"])
def test_any_retry_after_is_a_moment(hint: str) -> None:
    assert abs((retry_at(answer(Retry_After=hint), NOW) - NOW).days) < 40_000


@pytest.mark.parametrize("text", ["Fri, 31 Dec 9999 23:59:59 GMT", "Tue, 01 Jan 1901 00:00:00 +2359", "x", ""])
def test_a_clock_of_another_millennium_is_not_reckoned_with(text: str) -> None:
    assert server_date(text) is None


@pytest.mark.parametrize("value", [True, "1", "²", "\0", [1], None, 2**64, 1.5])
def test_what_is_no_id_is_none(value: object) -> None:
    assert whole(value) is None


def test_a_quantity_beyond_all_digits_is_drift() -> None:
    with pytest.raises(WireDrift):
        exact(Decimal("1e40"))


@pytest.mark.parametrize("text", ["[" * 100_000, '{"since":' * 50_000, "\ud7ff", '{"since":"9999-99-99"}'])
def test_a_cursor_that_is_none_is_said(text: str) -> None:
    for read in (position, parse):
        with pytest.raises(ContractBroken):
            read(Cursor(text))


@pytest.mark.parametrize(
    "body", [b'{"data":{"a":' + b"[" * 100_000, b'{"data":"\xff"}', b'{"data":"' + b"\xff" * 9 + b'"}', b"\xff"]
)
def test_an_answer_that_cannot_be_read_is_trouble(body: bytes) -> None:
    def read() -> int:
        found: Envelope = envelope(answer(body), READ)
        return decode(found, int, READ)

    with pytest.raises(Trouble):
        read()


def test_a_figure_of_thousands_of_digits_names_a_level_and_no_figure() -> None:
    body = b'{"inventory_item_id":1,"location_id":2,"available":%s}' % (b"9" * 400)
    assert [each.says for each in Deliveries(("s",)).notices("inventory_levels/update", body)] in ([], [{}])


def test_a_length_of_thousands_of_digits_is_too_large() -> None:
    assert amiss({"content-length": "9" * 5000}) is TOO_LARGE
    assert amiss({"content-length": "²"}) is None


@pytest.mark.parametrize(
    ("toml", "dotenv"),
    [
        (b"\xff\xfe", b""),
        (b"a = " + b"[" * 100_000, b""),
        (b"a = " + b"9" * 6000, b""),
        (PROJECT.replace("8100", "9" * 5000).encode(), b""),
        (PROJECT.replace("8100", "²").encode(), b""),
        (PROJECT.replace("calls_at_a_time = 3", f'calls_at_a_time = "{HUGE}"').encode(), b""),
        (PROJECT.replace('database = "demo"', "database = " + "9" * 400).encode(), b""),
        (PROJECT.replace("http://10.0.0.5:8069", "null").encode(), DOTENV.encode()),
        (PROJECT.encode(), b"\xcb\xff"),
    ],
)
async def test_a_project_that_is_none_is_said(tmp_path: Path, toml: bytes, dotenv: bytes) -> None:
    (tmp_path / "isthmus.toml").write_bytes(toml)
    (tmp_path / ".env").write_bytes(dotenv)
    with pytest.raises(ConfigError):
        async with Http() as http:
            open_connections(read_config(tmp_path), http, SystemClock())
