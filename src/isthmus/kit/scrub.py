"""Take secrets and personal data out of what is kept for traces.

Structure stays readable (which fields were sent, how many lines), the people in it do not.
"""

import html
import json
import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast
from urllib.parse import quote, quote_plus

import msgspec

HIDDEN = "[hidden]"
#: A larger body is not kept at all; its size is.
LARGEST_BODY = 64 * 1024
LARGEST_TEXT = 8 * 1024

#: A `name` is a person's only beside one of these; elsewhere it is an order number or a product.
_ADDRESS = frozenset(
    {"email", "phone", "street", "street2", "address1", "zip", "postal_code", "city"}
    | {"first_name", "firstname", "is_company", "vat"}
)
_PERSONAL = _ADDRESS - {"is_company"} | frozenset(
    {"e_mail", "emailaddress", "mobile", "phonenumber", "lastname", "last_name", "address2", "line1", "line2"}
    | {"postalcode", "tax_id", "company", "company_name", "recipient", "latitude", "longitude", "birthday"}
    | {"password", "api_key", "apikey", "access_token", "client_secret", "token", "authorization", "secret"}
)
#: Odoo writes a person as [id, "name"] in every field that starts so.
_PARTNER = "partner"
_FORM = re.compile(rf"\b({'|'.join(sorted(_PERSONAL))})=[^&\s]*", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(\.[\w-]+)+")


def scrub(body: bytes | None, secrets: Collection[str] = ()) -> str:
    """Return `body` as text without secrets and personal data, cut to a readable size."""
    if not body:
        return ""
    if len(body) > LARGEST_BODY:
        return f"[{len(body)} bytes, not kept]"
    hidden = _spellings(tuple(secrets))
    try:
        clean = _ENCODER.encode(_hide(_DECODER.decode(body), hidden)).decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        clean = _FORM.sub(rf"\1={HIDDEN}", _plain(body.decode("utf-8", "replace"), hidden))
    return clean if len(clean) <= LARGEST_TEXT else f"{clean[:LARGEST_TEXT]}... [{len(clean)} characters in all]"


def _hide(value: Any, secrets: Collection[str]) -> Any:
    if isinstance(value, Mapping):
        return _hide_fields(cast("Mapping[str, Any]", value), secrets)
    if isinstance(value, list):
        parts = cast("list[Any]", value)
        # A search condition such as ["email", "=", "..."] names its field first.
        if len(parts) == 3 and isinstance(parts[0], str) and parts[0].casefold() in _PERSONAL:  # noqa: PLR2004
            return [parts[0], parts[1], HIDDEN]
        return [_hide(each, secrets) for each in parts]
    return _plain(value, secrets) if isinstance(value, str) else value


def _hide_fields(fields: Mapping[str, Any], secrets: Collection[str]) -> dict[str, Any]:
    keys = {key.casefold() for key in fields}
    hidden = _PERSONAL | {"name"} if keys & _ADDRESS else _PERSONAL
    return {_plain(key, secrets): _field(key.casefold(), value, hidden, secrets) for key, value in fields.items()}


def _field(key: str, value: Any, hidden: Collection[str], secrets: Collection[str]) -> Any:
    if value and key in hidden and not isinstance(value, dict | list):
        return HIDDEN
    if key.startswith(_PARTNER) and isinstance(value, list):
        parts = cast("list[Any]", value)
        if len(parts) == 2 and isinstance(parts[0], int) and isinstance(parts[1], str):  # noqa: PLR2004
            return [parts[0], HIDDEN]
    return _hide(value, secrets)


def _plain(text: str, secrets: Collection[str]) -> str:
    for secret in secrets:
        if secret in text:
            text = text.replace(secret, HIDDEN)
    return _EMAIL.sub(HIDDEN, text) if "@" in text else text


@lru_cache(maxsize=32)
def _spellings(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """Return each secret as it stands in plain text, in JSON, in a form and in XML; the longest first."""
    found = {
        spelling
        for secret in secrets
        if secret
        for spelling in (
            secret,
            json.dumps(secret)[1:-1],
            json.dumps(secret, ensure_ascii=False)[1:-1],
            quote(secret, safe=""),
            quote_plus(secret),
            html.escape(secret, quote=False),
            html.escape(secret),
        )
    }
    return tuple(sorted(found, key=len, reverse=True))


# Numbers keep every digit they came with.
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")
