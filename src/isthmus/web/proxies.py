"""Where a request came from, when a reverse proxy of ours stands between."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.types import Scope


class Proxies:
    """The addresses whose `X-Forwarded-For` is believed; of anybody else it is what a stranger says of himself."""

    def __init__(self, ours: Sequence[str]) -> None:
        """Believe these addresses and networks. Raises `ValueError` for what is neither."""
        self._ours: list[IPv4Network | IPv6Network] = [ip_network(each) for each in ours]

    def sender(self, scope: Scope) -> str:
        """Return the address a request came from: the last one that is no proxy of ours."""
        client = scope["client"]
        seen: str = client[0] if client else ""
        if not self._ours or not self._one_of_ours(seen):
            return seen
        told = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
        # Each proxy adds whom it saw at the end, so what a sender made up stands before it.
        for address in reversed([each.strip() for each in told.split(",")]):
            if not address or not _is_address(address):
                break
            seen = address
            if not self._one_of_ours(address):
                break
        return seen

    def _one_of_ours(self, address: str) -> bool:
        return _is_address(address) and any(ip_address(address) in network for network in self._ours)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
