"""Take secrets and personal data out of what is kept for traces.

Structure stays readable (which fields were sent, how many lines), the people in it do not.
"""

import html
import json
import re
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any
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
#: Odoo writes a person as [id, "name"] in every field that starts with "partner", and in these.
_ABOVE = frozenset({"parent_id", "commercial_partner_id"})
_PERSON, _PLACE, _NAME, _PARTNER = 1, 2, 4, 8
_FORM = re.compile(rf"\b({'|'.join(sorted(_PERSONAL))})=[^&\s]*", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(\.[\w-]+)+")
#: In running text only the international spelling is told from an amount or an order number.
_PHONE = re.compile(r"\+\d(?:[\s().-]{0,2}\d){7,14}(?!\d)")


def scrub(body: bytes | None, secrets: Collection[str] = ()) -> str:
    """Return `body` as text without secrets and personal data, cut to a readable size."""
    if not body:
        return ""
    if len(body) > LARGEST_BODY:
        return f"[{len(body)} bytes, not kept]"
    hidden = _spellings(tuple(secrets))
    if b"\\" not in body and not any(each in body for each in _bytes(hidden)):
        hidden = ()  # nothing is written in another way than it reads, so there is none to look for in every value
    try:
        clean = _ENCODER.encode(_hide(_DECODER.decode(body), hidden)).decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        clean = _FORM.sub(rf"\1={HIDDEN}", _plain(body.decode("utf-8", "replace"), hidden))
    return clean if len(clean) <= LARGEST_TEXT else f"{clean[:LARGEST_TEXT]}... [{len(clean)} characters in all]"


def _hide(value: Any, secrets: Collection[str]) -> Any:
    # The decoder makes plain types only, and this runs for every value of every answer: asking for them exactly is
    # several times faster than `isinstance` with an abstract class.
    kind: type[object] = value.__class__
    if kind is str:
        return _plain(value, secrets) if secrets or "@" in value or "+" in value else value
    if kind is dict:
        return _hide_fields(value, secrets)
    if kind is list:
        # A search condition such as ["email", "=", "..."] names its field first.
        if len(value) == 3 and type(value[0]) is str and _traits(value[0]) & _PERSON:  # noqa: PLR2004
            return [value[0], value[1], HIDDEN]
        return [_hide(each, secrets) for each in value]
    return value


def _hide_fields(fields: Mapping[str, Any], secrets: Collection[str]) -> dict[str, Any]:
    traits = [_traits(key) for key in fields]
    hidden = _PERSON | _NAME if any(each & _PLACE for each in traits) else _PERSON
    clean: dict[str, Any] = {}
    for (key, value), trait in zip(fields.items(), traits, strict=True):
        kind: type[object] = value.__class__
        if kind is dict or kind is list:
            found = [value[0], HIDDEN] if trait & _PARTNER and _is_partner(value) else _hide(value, secrets)
        else:
            found = HIDDEN if trait & hidden and value else _hide(value, secrets)
        clean[_hide(key, secrets)] = found
    if "data" in fields and "fields" in fields:
        clean["data"] = _hide_rows(fields["fields"], fields["data"], secrets)
    return clean


def _hide_rows(columns: Any, rows: Any, secrets: Collection[str]) -> Any:
    """Hide in a table whose columns are named apart from its rows, as Odoo's `load` takes it, what a record would."""
    match columns, rows:
        case [*names], [*found] if all(type(name) is str for name in names):
            return [_hide_row(names, row, secrets) for row in found]
        case _:
            return _hide(rows, secrets)


def _hide_row(names: Sequence[str], row: Any, secrets: Collection[str]) -> Any:
    match row:
        case [*cells] if len(cells) == len(names):
            return list(_hide_fields(dict(zip(names, cells, strict=True)), secrets).values())
        case _:
            return HIDDEN


def _is_partner(value: Any) -> bool:
    match value:
        case [int(), str()]:
            return True
        case _:
            return False


@lru_cache(maxsize=4096)  # the same few hundred names come again in every answer
def _traits(key: str) -> int:
    """Return what a field's name says about its value."""
    plain = key.casefold()
    return (
        _PERSON * (plain in _PERSONAL)
        | _PLACE * (plain in _ADDRESS)
        | _NAME * (plain == "name")
        | _PARTNER * (plain.startswith("partner") or plain in _ABOVE)
    )


def _plain(text: str, secrets: Collection[str]) -> str:
    for secret in secrets:
        if secret in text:
            text = text.replace(secret, HIDDEN)
    if "@" in text:
        text = _EMAIL.sub(HIDDEN, text)
    return _PHONE.sub(HIDDEN, text) if "+" in text else text


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


@lru_cache(maxsize=32)
def _bytes(spellings: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(each.encode("utf-8", "surrogateescape") for each in spellings)


# Numbers keep every digit they came with.
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")
