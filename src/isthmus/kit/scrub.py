"""Take secrets and personal data out of what is kept for traces.

Structure stays readable (which fields were sent, how many lines), the people in it do not.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

HIDDEN = "‹hidden›"
#: A larger body is not kept at all; its size is.
LARGEST_BODY = 64 * 1024
LARGEST_TEXT = 8 * 1024

_PERSONAL = frozenset(
    """email e_mail phone mobile firstname first_name lastname last_name street street2 address1 address2 line1 line2
    zip postal_code postalcode city vat tax_id company company_name recipient latitude longitude birthday
    password api_key apikey access_token client_secret token authorization secret""".split()
)
#: A `name` is a person's only beside one of these; elsewhere it is an order number or a product.
_ADDRESS = frozenset(
    "email phone street street2 address1 zip postal_code city first_name firstname is_company vat".split()
)
_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(\.[\w-]+)+")


def scrub(body: bytes | None, secrets: Collection[str] = ()) -> str:
    """Return `body` as text without secrets and personal data, cut to a readable size."""
    if not body:
        return ""
    if len(body) > LARGEST_BODY:
        return f"‹{len(body)} bytes, not kept›"
    try:
        clean = msgspec.json.encode(_hide(msgspec.json.decode(body), secrets)).decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        clean = _plain(body.decode("utf-8", "replace"), secrets)
    return clean if len(clean) <= LARGEST_TEXT else f"{clean[:LARGEST_TEXT]}… ‹{len(clean)} characters in all›"


def _hide(value: Any, secrets: Collection[str]) -> Any:
    if isinstance(value, Mapping):
        return _hide_fields(value, secrets)
    if isinstance(value, list):
        # A search condition such as ["email", "=", "..."] names its field first.
        if len(value) == 3 and isinstance(value[0], str) and value[0].casefold() in _PERSONAL:  # noqa: PLR2004
            return [value[0], value[1], HIDDEN]
        return [_hide(each, secrets) for each in value]
    return _plain(value, secrets) if isinstance(value, str) else value


def _hide_fields(fields: Mapping[str, Any], secrets: Collection[str]) -> dict[str, Any]:
    keys = {key.casefold() for key in fields}
    hidden = _PERSONAL | {"name"} if keys & _ADDRESS else _PERSONAL
    return {
        key: HIDDEN if value and key.casefold() in hidden and not isinstance(value, dict | list) else _hide(value, secrets)
        for key, value in fields.items()
    }


def _plain(text: str, secrets: Collection[str]) -> str:
    for secret in secrets:
        if secret and secret in text:
            text = text.replace(secret, HIDDEN)
    return _EMAIL.sub(HIDDEN, text) if "@" in text else text
