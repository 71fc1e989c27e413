"""What expressions can do with texts. Nothing grows past `LONGEST`; every step is quick in its text."""

import unicodedata
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast

import re2  # pyright: ignore[reportMissingTypeStubs]

from isthmus.canonical.money import Money
from isthmus.canonical.quantity import Quantity

#: Characters a text may have that an expression makes; no field of any system holds more.
LONGEST = 20_000
#: Items a list may have.
MOST = 2_000
#: Bytes a pattern may take when it is worked out; re2 needs time in proportion to the text, whatever the pattern.
_PATTERN_BYTES = 1 << 20


def read(value: Any) -> str:
    """Return a text, an empty one for what is empty. Raises `TypeError` for what is no text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    message = "not a text; text(...) makes one"
    raise TypeError(message)


def held(text: str) -> str:
    """Return the text. Raises `ValueError` when it is too long."""
    if len(text) > LONGEST:
        raise _too_long()
    return text


def shown(value: Any) -> str:
    """Return any value as a text: numbers without exponent, days as 2026-11-22, a list with commas."""
    if value is None:
        return ""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Money):
        return str(value)
    if isinstance(value, Quantity):
        return f"{value.value:f}"
    if isinstance(value, date):  # moments are dates, too
        return value.isoformat()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Sequence):
        return joined(value, ", ")
    message = "a group of fields is no text: name one of its fields"
    raise TypeError(message)


def glued(*parts: Any) -> str:
    """Return texts one after the other, other values as `shown`."""
    return held("".join([shown(part) for part in parts]))


def added(first: Any, second: Any) -> str:
    """Return two texts one after the other. Raises `TypeError` for anything else."""
    return held(read(first) + read(second))


def upper(text: Any) -> str:
    """Return it in capitals."""
    return held(read(text).upper())


def lower(text: Any) -> str:
    """Return it in small letters."""
    return held(read(text).lower())


def title(text: Any) -> str:
    """Return each word with a capital."""
    return held(read(text).title())


def trim(text: Any) -> str:
    """Return it without spaces at both ends and with single ones between words."""
    return " ".join(read(text).split())


def left(text: Any, count: Decimal) -> str:
    """Return its first characters."""
    return read(text)[: _count(count)]


def right(text: Any, count: Decimal) -> str:
    """Return its last characters."""
    wanted = _count(count)
    return read(text)[-wanted:] if wanted else ""


def middle(text: Any, start: Decimal, count: Decimal) -> str:
    """Return characters from a position, counted from 1."""
    begin = max(_count(start) - 1, 0)
    return read(text)[begin : begin + _count(count)]


def length(text: Any) -> Decimal:
    """Return how many characters it has."""
    return Decimal(len(read(text)))


def replace(text: Any, old: Any, new: Any) -> str:
    """Return it with one text in place of another. Raises `ValueError` when that grows too long."""
    whole, out, into = read(text), read(old), read(new)
    if not out:
        message = "nothing to look for"
        raise ValueError(message)
    if len(whole) + whole.count(out) * (len(into) - len(out)) > LONGEST:
        raise _too_long()
    return whole.replace(out, into)


def without(text: Any, part: Any) -> str:
    """Return it without a beginning, such as a prefix of SKUs."""
    return read(text).removeprefix(read(part))


def without_end(text: Any, part: Any) -> str:
    """Return it without an ending."""
    return read(text).removesuffix(read(part))


def contains(text: Any, part: Any) -> bool:
    """Tell whether a text is in it; capitals do not matter."""
    return read(part).casefold() in read(text).casefold()


def starts(text: Any, part: Any) -> bool:
    """Tell whether it begins so."""
    return read(text).startswith(read(part))


def ends(text: Any, part: Any) -> bool:
    """Tell whether it ends so."""
    return read(text).endswith(read(part))


def digits(text: Any) -> str:
    """Return the digits in it, 0 to 9."""
    return "".join([each for each in read(text) if "0" <= each <= "9"])


def plain(text: Any) -> str:
    """Return it without accents, in ASCII as far as that goes: `Müller` is `Muller`; other scripts stay away."""
    loose = unicodedata.normalize("NFKD", read(text)[:LONGEST].replace("ß", "ss"))
    return held(loose.encode("ascii", "ignore").decode("ascii"))


def padded(text: Any, count: Decimal, fill: Any = "0") -> str:
    """Return it filled up at the left, such as `00042`."""
    wanted, mark = _count(count), read(fill)
    if len(mark) != 1:
        message = "one character fills up"
        raise ValueError(message)
    return shown(text).rjust(wanted, mark)


def split(text: Any, at: Any = ",") -> tuple[str, ...]:
    """Return its parts, spaces around each taken off, empty ones left out."""
    mark = read(at)
    if not mark:
        message = "nothing to split at"
        raise ValueError(message)
    parts = read(text).split(mark, MOST)
    if len(parts) > MOST:
        message = f"more than {MOST} parts"
        raise ValueError(message)
    return tuple([each for part in parts if (each := part.strip())])


def joined(parts: Any, between: Any = ", ") -> str:
    """Return a list as one text, empty items left out."""
    mark = read(between)
    texts = [text for each in _sequence(parts) if (text := shown(each))]
    if sum(map(len, texts)) + len(mark) * len(texts) > LONGEST:
        raise _too_long()
    return mark.join(texts)


def words(text: Any) -> tuple[str, ...]:
    """Return its words."""
    found = read(text)[:LONGEST].split()
    return tuple(found[:MOST])


def find(text: Any, pattern: str, group: Decimal | None = None) -> str:
    """Return what a pattern fits first: its first group if it has one. Empty when it fits nowhere."""
    found = compiled(pattern).search(read(text))
    if found is None:
        return ""
    chosen = (1 if compiled(pattern).groups else 0) if group is None else _count(group)
    try:
        return found.group(chosen) or ""
    except IndexError:
        message = f"the pattern has no group {chosen}"
        raise ValueError(message) from None


def matches(text: Any, pattern: str) -> bool:
    """Tell whether a pattern fits the whole text."""
    return compiled(pattern).fullmatch(read(text)) is not None


@lru_cache(maxsize=512)
def compiled(pattern: str) -> Any:
    """Return a pattern made ready; letters fit small and large. Raises `ValueError` for one that re2 does not take."""
    options = re2.Options()
    options.max_mem, options.log_errors, options.case_sensitive = _PATTERN_BYTES, False, False
    try:
        return cast("Any", re2).compile(pattern, options)
    except cast("Any", re2).error as wrong:
        said = wrong.args[0] if wrong.args else ""
        message = f"not a pattern: {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"
        raise ValueError(message) from None


def _sequence(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    if isinstance(value, str) or not isinstance(value, Sequence):
        message = "not a list"
        raise TypeError(message)
    return cast("Sequence[Any]", value)


def _count(number: Decimal) -> int:
    if not isinstance(number, Decimal | int) or number != int(number) or not 0 <= number <= LONGEST:  # pyright: ignore[reportUnnecessaryIsInstance]
        message = f"a count is a whole number from 0 to {LONGEST}"
        raise ValueError(message)
    return int(number)


def _too_long() -> ValueError:
    return ValueError(f"a text of more than {LONGEST} characters")
