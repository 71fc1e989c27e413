"""Where a delivery came from: the address we see, unless a proxy of ours says better."""

import pytest

from isthmus.web.proxies import Proxies


def sender(ours: list[str], seen: str, *told: str) -> str:
    headers = [(b"host", b"x"), *((b"x-forwarded-for", each.encode()) for each in told)]
    return Proxies(ours).sender({"client": (seen, 1), "headers": headers})


@pytest.mark.parametrize(
    ("ours", "seen", "told", "expected"),
    [
        pytest.param([], "127.0.0.1", ["203.0.113.9"], "127.0.0.1", id="nobody-is-believed-unless-configured"),
        pytest.param(["10.0.0.1"], "198.51.100.7", ["203.0.113.9"], "198.51.100.7", id="a-stranger-is-not-believed"),
        pytest.param(["10.0.0.1"], "10.0.0.1", ["203.0.113.9"], "203.0.113.9", id="our-proxy-is"),
        pytest.param(["10.0.0.0/8"], "10.0.0.1", ["1.1.1.1, 203.0.113.9, 10.0.0.2"], "203.0.113.9", id="two-proxies"),
        pytest.param(["10.0.0.1"], "10.0.0.1", ["1.1.1.1", "203.0.113.9"], "203.0.113.9", id="the-made-up-one-first"),
        pytest.param(["10.0.0.1"], "10.0.0.1", [], "10.0.0.1", id="says-nothing"),
        pytest.param(["10.0.0.1"], "10.0.0.1", ["203.0.113.9, unknown"], "10.0.0.1", id="says-no-address"),
        pytest.param(["::1"], "::1", ["2001:db8::9"], "2001:db8::9", id="ipv6"),
    ],
)
def test_sender(ours: list[str], seen: str, told: list[str], expected: str) -> None:
    assert sender(ours, seen, *told) == expected


def test_a_socket_without_an_address_has_none() -> None:
    assert Proxies(["10.0.0.1"]).sender({"client": None, "headers": []}) == ""


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(ValueError, match="example"):
        Proxies(["proxy.example.com"])
