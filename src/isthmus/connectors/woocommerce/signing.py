"""Who is asking: a key and its secret, as Basic over https, as a signature over http.

Over http WooCommerce takes one-legged OAuth 1.0a: every query parameter is signed, the body is not; the time may
differ by 15 minutes and a nonce is good once. The parameters may stand in the `Authorization` header or in the query.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#authentication-over-http (REST v3), and
woocommerce/includes/class-wc-rest-authentication.php (a signature is also taken over https).
"""

import base64
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from uuid import uuid4

from isthmus.connectors.woocommerce.sites import Query, Site, address, encoded

METHOD = "HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Signer:
    """The consumer key. `in_query` is for hosts that keep the `Authorization` header from WordPress."""

    key: str = field(repr=False)
    secret: str = field(repr=False)
    in_query: bool = False

    def sign(self, method: str, site: Site, base: str, query: Query, now: datetime) -> tuple[str, dict[str, str]]:
        """Return the address to call and the headers that say who we are."""
        if site.secure and not self.in_query:
            token = base64.b64encode(f"{self.key}:{self.secret}".encode()).decode()
            return address(base, query), {"Authorization": f"Basic {token}"}
        said = oauth(method, base, query, key=self.key, secret=self.secret, nonce=uuid4().hex, at=now)
        if self.in_query:
            return address(base, [*query, *said.items()]), {}
        header = ", ".join(f'{name}="{encoded(value)}"' for name, value in said.items())
        return address(base, query), {"Authorization": f"OAuth {header}"}


def oauth(method: str, base: str, query: Query, *, key: str, secret: str, nonce: str, at: datetime) -> dict[str, str]:
    """Return the OAuth parameters of a request, the signature among them; `at` is aware."""
    said = {
        "oauth_consumer_key": key,
        "oauth_nonce": nonce,
        "oauth_signature_method": METHOD,
        "oauth_timestamp": str(int(at.timestamp())),
    }
    pairs = sorted((encoded(name), encoded(value)) for name, value in [*query, *said.items()])
    joined = "&".join(f"{name}={value}" for name, value in pairs)
    text = "&".join((method.upper(), encoded(base), encoded(joined)))
    digest = hmac.new(f"{secret}&".encode(), text.encode(), sha256).digest()
    return {**said, "oauth_signature": base64.b64encode(digest).decode()}
