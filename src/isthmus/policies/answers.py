"""What of an exchange is looked at: the content of an answer that says yes, and which fields were asked for. Pure."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import msgspec

#: A longer answer, or question, is not looked at.
MOST_BYTES = 2 * 1024 * 1024
#: The other side's words for "that was not done", in the answer or one level below.
_REFUSALS = ("errors", "userErrors", "errorCode", "messages")
_ENVELOPES = (frozenset({"data", "errors", "extensions"}), frozenset({"jsonrpc", "id", "result", "error"}))
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
#: Names under which a question says which fields it wants.
_FIELDS = frozenset({"fields", "allfields", "attributes", "_fields"})
_DEEP = 6
_DECODER = msgspec.json.Decoder[Any]()


class Nothing:
    """There is nothing to look at."""


def content(status: int, body: bytes) -> Any:
    """Return what an answer says, without its envelope; `Nothing` when it says no, or is no JSON."""
    if not 200 <= status < 300 or not 0 < len(body) <= MOST_BYTES or body[:64].lstrip()[:1] not in (b"{", b"["):  # noqa: PLR2004 - HTTP's own numbers
        return Nothing
    try:
        said = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Nothing
    return _inside(said)


def asked(url: str, body: bytes | None) -> str:
    """Return a digest of the fields a request asks for; questions for other fields have answers of another shape."""
    words = [f"{name}={value}" for name, value in parse_qsl(urlsplit(url).query) if name in _FIELDS]
    if body and len(body) <= MOST_BYTES and body[:1] == b"{":
        try:
            words += _wanted(_DECODER.decode(body))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            words.append("?")
    return hashlib.blake2b("\n".join(words).encode(), digest_size=5).hexdigest() if words else ""


def _inside(said: Any) -> Any:
    if not isinstance(said, dict):
        return said
    told = cast("dict[str, Any]", said)
    for envelope, inside in zip(_ENVELOPES, ("data", "result"), strict=True):
        if told.keys() <= envelope and (inside in told or "error" in told or "errors" in told):
            if told.get("error") or told.get("errors") or told.get(inside) is None:
                return Nothing
            return Nothing if _refused(told[inside]) else told[inside]
    return Nothing if _refused(told) else told


def _refused(said: Any) -> bool:
    if not isinstance(said, dict):
        return False
    told = cast("dict[str, Any]", said)
    return _says_no(told) or any(_says_no(cast("dict[str, Any]", each)) for each in told.values() if _is_map(each))


def _says_no(told: Mapping[str, Any]) -> bool:
    return any(told.get(name) for name in _REFUSALS)


def _is_map(value: Any) -> bool:
    return isinstance(value, dict)


def _wanted(question: Mapping[str, Any]) -> Iterator[str]:
    query = question.get("query")
    if isinstance(query, str):
        yield query
        return
    params = question.get("params")
    if isinstance(params, list):
        for each in cast("list[Any]", params):
            if _names(each):
                yield " ".join(each)
    yield from _lists(question, _DEEP)


def _lists(value: Any, deep: int) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in cast("dict[str, Any]", value).items():
            if name in _FIELDS and _names(each):
                yield f"{name}={' '.join(each)}"
            elif deep and isinstance(each, dict | list):
                yield from _lists(each, deep - 1)
    elif isinstance(value, list) and deep:
        for each in cast("list[Any]", value):
            if isinstance(each, dict | list):
                yield from _lists(each, deep - 1)


def _names(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, str) and _FIELD.fullmatch(each) for each in cast("list[Any]", value)
    )
