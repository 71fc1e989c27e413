"""Who is asking: Basic and keys in the query over https, OAuth 1.0a signatures over http.

Sources: https://woocommerce.github.io/woocommerce-rest-api-docs/#authentication (REST v3), RFC 5849 section 3.4, and
class-wc-rest-authentication.php of WooCommerce: a signature counts for 15 minutes, and a nonce only once.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote, unquote

from isthmus.simulators.woocommerce.errors import Refused
from isthmus.simulators.woocommerce.people import Key

WINDOW_S = 15 * 60
_ERROR = "woocommerce_rest_authentication_error"
_NAMES = ("oauth_consumer_key", "oauth_timestamp", "oauth_nonce", "oauth_signature", "oauth_signature_method")
_METHODS = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}
_FIELD = re.compile(r'(oauth_[a-z_]+)="?([^",]*)"?')
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a request says who asks."""

    method: str
    url: str  # without the query
    query: Pairs
    header: str
    secure: bool


class Doorkeeper:
    """Knows the keys and the nonces that were used."""

    def __init__(self, keys: dict[str, Key], seconds: Callable[[], float]) -> None:
        """Start with no nonce used; `seconds` is the time since 1970."""
        self._keys = keys
        self._seconds = seconds
        #: oldest first
        self._nonces: dict[tuple[str, str], float] = {}

    def caller(self, asked: Asked) -> Key | None:
        """Return whose key it is, or nothing for somebody anonymous. Raises `Refused`."""
        if asked.secure:
            key = self._basic(asked)
            if key is not None:
                return key
        return self._oauth(asked)

    def _basic(self, asked: Asked) -> Key | None:
        query = dict(asked.query)
        name, secret = query.get("consumer_key", ""), query.get("consumer_secret", "")
        if not (name and secret):
            name, secret = _credentials(asked.header)
        # An unknown key is nobody's; only a wrong secret of a known one is an error.
        key = self._keys.get(name) if secret else None
        if key is not None and not hmac.compare_digest(key.consumer_secret.encode(), secret.encode()):
            raise _refused(message="Consumer secret is invalid.")
        return key

    def _oauth(self, asked: Asked) -> Key | None:
        said = {name: value for name, value in asked.query if name in _NAMES}
        signed = list(asked.query)
        if asked.header.startswith("OAuth "):
            found = [(name, unquote(value)) for name, value in _FIELD.findall(asked.header)]
            said |= dict(found)
            signed += found
        missing = [name for name in _NAMES if not said.get(name)]
        if len(missing) == len(_NAMES):
            return None
        if missing:
            word = "parameter" if len(missing) == 1 else "parameters"
            raise _refused(
                message=f"Missing OAuth {word} {', '.join(missing)}",
                code=f"{_ERROR.removesuffix('error')}missing_parameter",
            )
        key = self._keys.get(said["oauth_consumer_key"])
        if key is None:
            raise _refused(message="Consumer key is invalid.")
        _check_signature(key, said, asked, signed)
        self._check_freshness(key, said)
        return key

    def _check_freshness(self, key: Key, said: dict[str, str]) -> None:
        now, stamp = self._seconds(), said["oauth_timestamp"]
        if not stamp.isdigit() or abs(now - int(stamp)) > WINDOW_S:
            raise _refused(message="Invalid timestamp.")
        while self._nonces and now - next(iter(self._nonces.values())) > WINDOW_S:
            del self._nonces[next(iter(self._nonces))]
        used = (key.consumer_key, said["oauth_nonce"])
        if used in self._nonces:
            raise _refused(message="Invalid nonce - nonce has already been used.")
        self._nonces[used] = now


def may(key: Key, method: str) -> None:
    """Hold the permissions of a key against what it wants to do. Raises `Refused`."""
    if method in {"GET", "HEAD"}:
        if key.permissions == "write":
            raise _refused(message="The API key provided does not have read permissions.")
    elif method != "OPTIONS" and key.permissions == "read":
        raise _refused(message="The API key provided does not have write permissions.")


def _check_signature(key: Key, said: dict[str, str], asked: Asked, signed: Pairs) -> None:
    made_by = _METHODS.get(said["oauth_signature_method"])
    if made_by is None:
        raise _refused(message="Invalid signature - signature method is invalid.")
    pairs = sorted((_encoded(name), _encoded(value)) for name, value in signed if name != "oauth_signature")
    joined = "&".join(f"{name}={value}" for name, value in pairs)
    base = "&".join((asked.method.upper(), _encoded(asked.url), _encoded(joined)))
    digest = hmac.new(f"{key.consumer_secret}&".encode(), base.encode(), made_by).digest()
    if not hmac.compare_digest(base64.b64encode(digest), said["oauth_signature"].encode()):
        raise _refused(message="Invalid signature - provided signature does not match.")


def _credentials(header: str) -> tuple[str, str]:
    word, _, told = header.partition(" ")
    if word.lower() != "basic":
        return "", ""
    try:
        name, _, secret = base64.b64decode(told, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, secret


def _encoded(text: str) -> str:
    return quote(text, safe="~")


def _refused(*, message: str, code: str = _ERROR) -> Refused:
    return Refused(HTTPStatus.UNAUTHORIZED, code, message)
