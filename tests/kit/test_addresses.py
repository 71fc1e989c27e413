"""Where an address leads, however it is written, and that no connection is made to where it must not be."""

# ruff: noqa: S104 - addresses that must not be connected to

import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.kit.addresses import Place, place_of, place_of_url
from isthmus.kit.http import Http, NotSent, Request

PUBLIC = ["8.8.8.8", "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8"]
OWN = [
    "127.0.0.1",
    "127.255.0.9",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "198.19.0.1",
    "::1",
    "fd00::1",
    "fc00::1",
    "::ffff:127.0.0.1",
    "::ffff:192.168.0.1",
    "64:ff9b::10.0.0.1",
    "2002:a00:1::",
    "2002:7f00:1::1",
]
NEVER = [
    "169.254.169.254",
    "169.254.170.2",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "100.100.100.200",
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "224.0.0.1",
    "ff02::1",
    "255.255.255.255",
    "240.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::169.254.169.254",
    "2002:a9fe:a9fe::",
    "",
    "example.com",
    "1.2.3",
    "127.1",
]


@pytest.mark.parametrize(
    ("address", "place"),
    [
        (each, place)
        for place, all_ in ((Place.PUBLIC, PUBLIC), (Place.OWN, OWN), (Place.NEVER, NEVER))
        for each in all_
    ],
)
def test_where_an_address_is(address: str, place: Place) -> None:
    assert place_of(address) is place


@given(st.ip_addresses())
def test_an_ipv4_address_is_where_it_is_however_it_is_wrapped(address: Any) -> None:
    if address.version == 4:
        for wrapped in (f"::ffff:{address}", f"64:ff9b::{address}"):
            assert place_of(wrapped) is place_of(str(address))
    assert place_of(str(address)) in Place


@given(st.text())
def test_no_text_is_too_strange_to_be_looked_at(text: str) -> None:
    assert place_of(text) in Place
    assert place_of_url(text) in {*Place, None}
    assert place_of_url(f"http://{text}") in {*Place, None}


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://user:word@127.0.0.1:8069/x", Place.OWN),
        ("http://LOCALHOST", Place.OWN),
        ("http://localhost.:1", Place.OWN),
        ("http://erp.localhost", Place.OWN),
        ("http://[::1]:8069", Place.OWN),
        ("http://[fe80::1%25eth0]/", Place.NEVER),
        ("https://erp.example.com", None),
        ("https://127.0.0.1.example.com", None),
        ("http://2130706433/", None),  # refused when it is connected to
        ("http://[::1", None),
    ],
)
def test_where_a_url_leads_as_it_is_written(url: str, place: Place | None) -> None:
    assert place_of_url(url) is place


@pytest.fixture
async def outward(http: Http) -> AsyncIterator[Http]:
    yield http.outward("say the word")
    await http.close()


def get(url: str) -> Request:
    return Request("GET", url, "test", {"Authorization": "Bearer s3cret"}, timeout_s=5.0)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f000001", "127.1"])
async def test_however_it_is_written_this_machine_is_not_connected_to(
    outward: Http, server: tuple[str, list[str]], host: str
) -> None:
    url, received = server
    with pytest.raises(NotSent, match=r"into your own network: say the word|not a canonical IPv4"):
        await outward.send(get(url.replace("127.0.0.1", host) + "/echo"))
    assert received == []


async def test_a_name_is_looked_at_when_it_is_connected_to_not_before(
    http: Http, server: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that was public a moment ago leads inside now."""
    url, received = server
    port = url.rpartition(":")[2]
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", int(port)))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_said, **_more: inside)
    with pytest.raises(NotSent, match=r"no connection to shop\.example\.com:.*say the word"):
        await http.outward("say the word").send(get(f"http://shop.example.com:{port}/echo"))
    assert received == []
    assert (await http.send(get(f"http://shop.example.com:{port}/echo"))).status == 201


async def test_the_addresses_clouds_hand_out_keys_on_are_never_connected_to(http: Http) -> None:
    for host in ("169.254.169.254", "[fd00:ec2::254]", "100.100.100.200", "0.0.0.0"):
        with pytest.raises(NotSent, match="no business system has"):
            await http.send(get(f"http://{host}/latest/meta-data/"))


async def test_a_redirect_is_an_answer_and_carries_nothing_anywhere(http: Http, server: tuple[str, list[str]]) -> None:
    url, received = server
    answer = await http.send(get(f"{url}/elsewhere"))
    assert (answer.status, received) == (307, ["/elsewhere"])
