"""Which network addresses a configured URL may lead to.

A URL is written by whoever may write settings, and a name leads wherever its owner says at the moment. So the address
itself is looked at, when a connection to it is made.
"""

from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address


class Place(StrEnum):
    """Where an address is."""

    PUBLIC = "public"
    #: This machine and networks of one's own: where ERP systems usually are, and much that must not be asked.
    OWN = "own"
    #: Where no business system is, but clouds hand out keys of the machine (169.254.169.254 and others), and addresses
    #: that mean everybody or nobody.
    NEVER = "never"


#: RFC 3927, RFC 4291; metadata services of clouds that use another address than 169.254.169.254.
NEVER: tuple[IPv4Network | IPv6Network, ...] = tuple(
    ip_network(each)
    for each in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::254", "100.100.100.200", "0.0.0.0/8", "::", "240.0.0.0/4")
)
#: Addresses in which an IPv4 address is written: NAT64 (RFC 6052), and 6to4 (RFC 3056), where it stands earlier.
NAT64, SIX_TO_FOUR = IPv6Network("64:ff9b::/96"), IPv6Network("2002::/16")
LOCAL_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost")


def place_of(written: str) -> Place:
    """Return where an address is; one that cannot be read is never asked."""
    try:
        address = _plain(ip_address(written.partition("%")[0]))
    except ValueError:
        return Place.NEVER
    if address.is_multicast or any(address in each for each in NEVER if each.version == address.version):
        return Place.NEVER
    return Place.PUBLIC if address.is_global else Place.OWN


def place_of_url(url: str) -> Place | None:
    """Return where a URL leads as it is written; None when only the name service knows."""
    try:
        host = urlsplit(url).hostname or ""
        ip_address(host.partition("%")[0])
    except ValueError:
        name = host_of(url)
        return Place.OWN if name in LOCAL_NAMES or name.endswith(".localhost") else None
    return place_of(host)


def host_of(url: str) -> str:
    """Return the host's name in a URL, empty when it cannot be read."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


def _plain(address: Address) -> Address:
    """Return the IPv4 address inside an IPv6 one, where there is one."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address in SIX_TO_FOUR:
        return IPv4Address(int(address) >> 80 & 0xFFFFFFFF)
    return address
