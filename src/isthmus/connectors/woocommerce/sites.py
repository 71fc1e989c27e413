"""Where a shop's REST API is, and the place all of its stock is kept in.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#introduction (REST v3; without pretty permalinks the
route goes into the query as `rest_route`); woocommerce/includes/class-wc-rest-authentication.php
(`is_request_to_rest_api`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from isthmus.ports.errors import Misconfigured

Query = Sequence[tuple[str, str]]
NAMESPACE = "/wc/v3"
#: WooCommerce has one pool of stock; extensions that add more keep them in fields of their own.
PLACE = "store"
#: Up to 11.0 a key counts only where these letters stand in the address as it was sent, be it in a value nobody reads;
#: without them everybody is nobody (seen on 9.2.5). 11.1 looks at the route.
MARK = ("_", "wp-json/wc/")


@dataclass(frozen=True, slots=True)
class Site:
    """One WordPress site: `url` without a slash at its end; `plain` where it has no pretty permalinks."""

    url: str
    plain: bool = False

    @property
    def secure(self) -> bool:
        """Tell whether the site is reached over TLS."""
        return self.url.startswith("https:")

    @property
    def host(self) -> str:
        """Return the host, as orders name their store."""
        return urlsplit(self.url).hostname or ""

    def parts(self, route: str, query: Query = ()) -> tuple[str, Query]:
        """Return the address without its query, and all of its query."""
        if self.plain:
            return f"{self.url}/index.php", [("rest_route", route), MARK, *query]
        return f"{self.url}/wp-json{route}", query


def site(entered: str, permalinks: str = "") -> Site:
    """Return the site as entered by a person. Raises `Misconfigured`."""
    whole = entered.strip() if "://" in entered else f"https://{entered.strip()}"
    parts = urlsplit(whole.split("?")[0].rstrip("/").removesuffix("/index.php").removesuffix("/wp-json"))
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        message = f"url: {entered!r} is not the address of a shop, such as https://www.example.com"
        raise Misconfigured(message)
    if permalinks not in {"", "pretty", "plain"}:
        message = f"permalinks: {permalinks!r} is neither 'pretty' nor 'plain'"
        raise Misconfigured(message)
    return Site(f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/"), plain=permalinks == "plain")


def address(base: str, query: Query) -> str:
    """Return an address with its query, encoded as RFC 3986 has it; a slash may stay in a query, `MARK` needs it."""
    pairs = (f"{encoded(name)}={encoded(value, '/')}" for name, value in query)
    return f"{base}?{'&'.join(pairs)}" if query else base


def encoded(text: str, plain: str = "") -> str:
    """Return a text in which everything but letters, digits, `-._~` and what is `plain` is percent-encoded."""
    return quote(text, safe=f"-._~{plain}")
