"""From what a shop answered to our errors, the one place that knows.

Messages are in the shop's language, so only `code` and the status decide. Between us and WordPress stand hosts, caches
and firewalls that answer pages of their own.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#errors (REST v3);
woocommerce/includes/class-wc-rest-authentication.php, WP_REST_Server (codes)
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from isthmus.connectors.woocommerce.wire import Problem
from isthmus.kit.http import Response
from isthmus.kit.scrub import scrub
from isthmus.ports.errors import (
    AuthExpired,
    ContractBroken,
    Duplicate,
    Forbidden,
    InDoubt,
    Invalid,
    Misconfigured,
    NotFound,
    Rejected,
    Throttled,
    Trouble,
    Unreachable,
    WireDrift,
)

#: Hosts that slow us down without saying for how long count requests by the minute or less.
UNSAID_WAIT_S = 10.0
#: What was asked for again need not be waited for longer.
LONGEST_WAIT = timedelta(hours=1)
_SHOWN = 300  # characters of the other side's words that fit a screen
_PATH = re.compile(r"`(\$[^`]*)`")
_DUPLICATES = frozenset(
    {"product_invalid_sku", "product_invalid_global_unique_id", "term_exists", "registration-error-email-exists"}
)
_BAD_KEY = "woocommerce_rest_authentication_error"
_WHERE_KEYS = "WooCommerce > Settings > Advanced > REST API"
#: The same code for a wrong key, one that may not write, clocks that are more than 15 minutes apart, and a signature
#: made over another address than WordPress's own (`localhost` for `127.0.0.1`, seen on 9.2.5).
_NOT_ACCEPTED = (
    f"the shop does not accept the key: create one with the permission Read/Write under {_WHERE_KEYS} and enter it "
    "here; over http, enter the address WordPress calls its own (Settings > General), and check this machine's clock"
)
#: An unknown key over https counts as nobody; so does every key where WordPress is not told that TLS is used.
_NOT_KNOWN = (
    f"the shop takes us for nobody: check the key under {_WHERE_KEYS}; where a proxy ends TLS, let it tell WordPress, "
    "and where a host keeps the Authorization header back, enter 'query' as way to sign in"
)


@dataclass(frozen=True, slots=True)
class Intent:
    """What a request means to do: `key` names a write, `repeatable` says sending it twice is one write."""

    key: str = ""
    repeatable: bool = False


READ = Intent()


class NoRoute(Misconfigured):
    """This shop's version has no such route, or no API at this address."""


class TooLarge(ContractBroken):
    """More than one request may hold; the same in smaller parts will do."""


def lost(intent: Intent, why: str) -> Trouble:
    """Return the error for an answer that did not arrive or cannot be used."""
    if intent.key and not intent.repeatable:
        return InDoubt(f"the shop may have done this without saying so: {why}", key=intent.key)
    return Unreachable(f"the shop gave no usable answer: {why}")


def check_status(response: Response, intent: Intent, now: datetime, secrets: Sequence[str] = ()) -> None:
    """Raise our error for an HTTP status that is no answer. `secrets` are what a refusal may not quote."""
    status = response.status
    if status < 300:  # noqa: PLR2004 - HTTP's own numbers
        return
    if status == 429:  # noqa: PLR2004
        message = "the shop's host asks us to slow down"
        raise Throttled(message, retry_at=retry_at(response, now))
    if status == 408:  # noqa: PLR2004
        # It had not got the whole request when it lost patience, so nothing was done (RFC 9110, 15.5.9).
        message = "the request did not reach the shop in time (HTTP 408)"
        raise Unreachable(message)
    said = f"HTTP {status}: {words(response.body, secrets)}"
    if status >= 500:  # noqa: PLR2004
        # A PHP that ran out of time or memory has often done what it was asked, or a part of it.
        raise lost(intent, said)
    if status < 400:  # noqa: PLR2004
        raise Misconfigured(elsewhere(response))
    problem = problem_of(response.body)
    if problem is None:
        raise by_status(status, said)
    raise by_code(status, problem, said, intent)


def by_status(status: int, said: str) -> Trouble:
    """Return our error for a refusal that is not WordPress's own."""
    match status:
        case 401:
            return AuthExpired(f"the shop's server asks for a login of its own: check the address and the key ({said})")
        case 403 | 406:
            return Forbidden(f"a firewall before the shop refuses us: let its owner allow this machine ({said})")
        case 404 | 410:
            return Misconfigured(f"there is no WooCommerce at this address: check it, and the permalinks ({said})")
        case 413:
            return TooLarge(f"the request is larger than the shop's server takes ({said})")
        case _:
            return ContractBroken(f"the shop's server refused the form of the request ({said})")


def by_code(status: int, problem: Problem, said: str, intent: Intent) -> Trouble:
    """Return our error for a refusal with a code of WordPress or WooCommerce."""
    match status:
        case 401:
            return AuthExpired(f"{_NOT_ACCEPTED if problem.code == _BAD_KEY else _NOT_KNOWN} ({said})")
        case 403:
            return Forbidden(
                f"the user of the key may not do this: give it the role Shop manager ({said})", missing=problem.code
            )
        case 404 if problem.code == "rest_no_route":
            return NoRoute(f"this WooCommerce has no such route: check the address, the version and plugins ({said})")
        case 413:
            return TooLarge(f"too much for one request ({said})")
        case 405 | 406:
            return ContractBroken(f"the shop refused the form of the request ({said})")
        case _:
            return refusal(problem, said, intent)


def refusal(problem: Problem, said: str, intent: Intent) -> Trouble:
    """Return our error for what was understood and refused: a request, or one row of a batch."""
    data = details(problem)
    if problem.code in _DUPLICATES:
        other = data.get("resource_id")
        return Duplicate(f"the shop has another record like this: {said}", external_ids=[str(other)] if other else [])
    # An unknown id is a 404 when read and a 400 when written.
    if problem.code.endswith("_invalid_id") or data.get("status") == 404:  # noqa: PLR2004 - HTTP's own number
        return NotFound(f"the shop does not have this: {said}")
    if not intent.key:
        return ContractBroken(f"the shop does not understand the question: {said}")
    return Invalid(f"the shop refuses this: {said}", fields=fields_of(data))


def row_refusal(problem: Problem, key: str, secrets: Sequence[str] = ()) -> Trouble:
    """Return our error for a refused row of a batch that was answered with 200."""
    said = f"{problem.code}: {hidden(problem.message, secrets)}"
    status = details(problem).get("status")
    if status in {401, 403}:
        return Forbidden(f"the user of the key may not change this: {said}", missing=problem.code)
    found = refusal(problem, said, Intent(key))
    return found if isinstance(found, Rejected) else Invalid(f"the shop refuses this: {said}")


def details(problem: Problem) -> Mapping[str, Any]:
    """Return what a refusal says beside its words."""
    try:
        return msgspec.convert(problem.data, dict[str, Any])
    except msgspec.ValidationError:
        return {}


def fields_of(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what was said about each field of a request."""
    params = data.get("params")
    try:
        return msgspec.convert(params, dict[str, str])
    except msgspec.ValidationError:
        return {}


def problem_of(body: bytes) -> Problem | None:
    """Return a refusal's code and words, None where a body is none of WordPress's."""
    try:
        found = _PROBLEM.decode(body[start(body) :])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found if found.code else None


def start(body: bytes) -> int:
    """Return where JSON may begin: PHP notices and marks of byte order can stand before it."""
    if body[:1] in {b"{", b"["}:
        return 0
    places = [at for at in (body.find(b"{"), body.find(b"[")) if at >= 0]
    return min(places, default=0)


def elsewhere(response: Response) -> str:
    """Return what a redirect means; only the host of where it leads is told."""
    try:
        host = urlsplit(response.headers.get("Location", "")).hostname or ""
    except ValueError:
        host = ""
    to = f"to {host} " if host else ""
    return f"this address sends us on {to}(HTTP {response.status}): enter the address the shop itself uses"


def drift(wrong: Exception) -> WireDrift:
    """Return the error for an answer that differs from the documented form; values are never quoted."""
    path = _PATH.search(str(wrong))
    return WireDrift(f"the shop's answer has an unknown form: {wrong}", path=path[1] if path else "$")


def retry_at(response: Response, now: datetime) -> datetime:
    """Return when a 429 lets us try again; `Retry-After` is seconds or an HTTP date (RFC 9110)."""
    said = response.headers.get("Retry-After", "").strip()
    try:
        return min(now + max(timedelta(), timedelta(seconds=float(said))), now + LONGEST_WAIT)
    except (ValueError, OverflowError):
        pass
    try:
        return min(max(now, parsedate_to_datetime(said)), now + LONGEST_WAIT)
    except (ValueError, TypeError, OverflowError):
        return now + timedelta(seconds=UNSAID_WAIT_S)


def words(body: bytes, secrets: Sequence[str] = ()) -> str:
    """Return what a refusal says, short enough for a screen; neither a page nor a secret is quoted."""
    problem = problem_of(body)
    if problem is not None:
        return f"{hidden(problem.code, secrets)}: {hidden(problem.message, secrets)}"[:_SHOWN]
    text = hidden(body[:2000].decode("utf-8", "replace"), secrets).strip()
    return "a web page" if text.startswith("<") else text[:_SHOWN]


def hidden(text: str, secrets: Sequence[str] = ()) -> str:
    """Return a text without secrets and people, short enough for a screen."""
    return scrub(text.encode("utf-8", "replace"), secrets)[:_SHOWN]


_PROBLEM = msgspec.json.Decoder(Problem)
