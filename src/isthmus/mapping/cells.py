"""One value of a document as the text of a cell, and back, such that what nobody changed reads as what was there.

Spreadsheets turn 12 into 12.0 and true into a tick, take blanks off and hold 32,767 characters. So a cell counts as
changed only when it says something else than the cell that was written for it (`same`).
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, get_type_hints

from isthmus.mapping.document import ADD_KEYS, ROW_KEYS, Row

#: What a field without a source says.
AS_IT_COMES = "as it comes"
EXPRESSIONS = frozenset({"from", "when", "check", "sku", "title", "price", "quantity"})
#: The most characters a cell is given; Excel takes 32,767.
LONGEST = 32_000
CUT = "[the rest stands in the document]"
#: What no cell can hold: XML has no word for it.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
#: Without a leading zero: 007 is a word.
_WHOLE = re.compile(r"0|-?[1-9][0-9]*")
_LONGEST_NUMBER = 18
_FLOATED = re.compile(r"(0|-?[1-9][0-9]*)\.0+")
_YES = frozenset({"yes", "true", "x", "1"})
_NO = frozenset({"", "no", "false", "0"})
_CURLY = re.compile("[\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb]")


class NotThis(ValueError):
    """A cell does not hold what its column takes; the message says what would be right."""


def plain(value: Any) -> str:
    """Return what a cell says as a text: numbers as they were typed, no blanks around."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        whole = value.to_integral_value() if value.is_finite() else value
        return f"{whole if whole == value else value:f}"
    if isinstance(value, datetime):
        return (value.date() if value.time() == datetime.min.time() else value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).replace("\r\n", "\n").replace("\r", "\n").strip()


def same(one: str, other: str) -> bool:
    """Tell whether two cells say the same."""
    return plain(one) == plain(other)


def printable(text: str) -> str:
    """Return a text as far as a cell can show it."""
    shown = _UNPRINTABLE.sub("\ufffd", text)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST].rstrip()} {CUT}"


def quoted(text: str, *, word: bool = True) -> str:
    """Return a text whose every character counts: in quotes where a cell would not keep it, or read it otherwise."""
    odd = text != plain(text) or text[:1] == '"' or _UNPRINTABLE.search(text)
    if not word:  # where numbers and yes mean something else
        odd = odd or _WHOLE.fullmatch(text) or _FLOATED.fullmatch(text) or text.casefold() in ("true", "false")
    return json.dumps(text, ensure_ascii=False) if odd or not text else text


def unquoted(text: str) -> str:
    """Return the text of such a cell. Raises `NotThis`."""
    if not text.startswith('"'):
        return text
    try:
        found = json.loads(text, strict=False)
    except ValueError:
        found = None
    if not isinstance(found, str):
        message = 'begins with a quote and is not a whole text in quotes, such as "007"'
        raise NotThis(message)
    return found


def _default(text: str) -> str | int | bool | None:
    if not text:
        return None
    if text.casefold() in ("true", "false"):
        return text.casefold() == "true"
    whole = _FLOATED.sub(r"\1", text) if _FLOATED.fullmatch(text) else text
    if _WHOLE.fullmatch(whole):
        if len(whole) > _LONGEST_NUMBER:
            message = "is a number too long for a default: in quotes it is a text"
            raise NotThis(message)
        return int(whole)
    return unquoted(text)


def _yes(text: str) -> bool:
    if text.casefold() not in _YES | _NO:
        message = f"is {text!r}: yes, or nothing"
        raise NotThis(message)
    return text.casefold() in _YES


def _number(text: str) -> int:
    whole = _FLOATED.sub(r"\1", text) if _FLOATED.fullmatch(text) else text or "0"
    if not (whole.isascii() and whole.isdigit()) or len(whole) > len(str(LONGEST)):
        message = f"is {text[:40]!r}: a whole number of characters, or nothing"
        raise NotThis(message)
    return int(whole)


def _free(text: str) -> str:
    if CUT in text:
        message = f"was too long for a cell and is shown in part: change it in the document, where all of it is ({CUT})"
        raise NotThis(message)
    return text


#: How a text of a cell becomes what a document holds, by column. Each raises `NotThis`.
_READ: dict[Any, Callable[[str], Any]] = {bool: _yes, int: _number, str: _free}
_HINTS = get_type_hints(Row)


def _name(column: str) -> str:
    return "source" if column == "from" else column


READERS: Mapping[str, Callable[[str], Any]] = {
    **{column: _READ.get(_HINTS[_name(column)], _default) for column in ROW_KEYS},
    **{column: _free for column in ADD_KEYS if column not in ROW_KEYS},
    "to": unquoted,
}


def cell(column: str, value: str | int | None) -> str:
    """Return what a document holds in a column, as the text of its cell; empty for what is not said."""
    if value is None or value is False or (value == 0 and column == "length"):
        return ""
    if column == "default":
        return plain(value) if isinstance(value, int) else quoted(value, word=False)
    if column == "to":
        return quoted(str(value))
    return "yes" if value is True else printable(str(value))


def of_row(row: Row, column: str) -> Any:
    """Return what a row says in a column."""
    return getattr(row, _name(column))


def hint(text: str) -> str:
    """Return what a spreadsheet may have done to an expression that cannot be read."""
    if _CURLY.search(text):
        return ": the quotes are curly ones of a word processor: write \" and '"
    if "\xa0" in text:
        return ": there is a blank in it that is none (a no-break space): type it again"
    if text.endswith("'") and text.count("'") % 2:
        return ": the spreadsheet has taken the first ' for a sign of its own: write texts in \""
    return ""
