"""What expressions can do with texts. Nothing grows past `LONGEST`; every step is quick in its text."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast

import re2  # pyright: ignore[reportMissingTypeStubs]

from isthmus.canonical.money import Money
from isthmus.canonical.quantity import Quantity
from isthmus.mapping import numbers
from isthmus.mapping.errors import NoAnswer

#: Characters a text may have that an expression makes; no field of any system holds more.
LONGEST = 20_000
#: Items a list may have.
MOST = 2_000
#: Bytes a pattern may take when it is worked out, and steps it may have: re2 needs time in proportion to the text and,
#: at worst, to the steps.
_PATTERN_BYTES, _STEPS = 1 << 18, 2_000


def read(value: Any) -> str:
    """Return a text, an empty one for what is empty. Raises `NoAnswer` for what is no text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    message = "not a text; text(...) makes one"
    raise NoAnswer(message)


def held(text: str) -> str:
    """Return the text. Raises `NoAnswer` when it is too long."""
    if len(text) > LONGEST:
        raise _too_long()
    return text


def whole(value: Any) -> str:
    """Return a text that is gone through from end to end. Raises `NoAnswer` for what is none, or too long for that."""
    if type(value) is str and len(value) <= LONGEST:
        return value
    return held(read(value))


def shown(value: Any) -> str:
    """Return any value as a text: numbers without exponent, days as 2026-11-22, a list with commas."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{numbers.held(value):f}"
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
    raise NoAnswer(message)


def glued(*parts: Any) -> str:
    """Return texts one after the other, other values as `shown`."""
    try:
        if sum(map(len, parts)) <= LONGEST:
            return "".join(parts)
    except TypeError:  # not texts alone
        pass
    texts = [shown(part) for part in parts]
    if sum(map(len, texts)) > LONGEST:
        raise _too_long()
    return "".join(texts)


def added(first: Any, second: Any) -> str:
    """Return two texts one after the other. Raises `NoAnswer` for anything else."""
    one, other = read(first), read(second)
    if len(one) + len(other) > LONGEST:
        raise _too_long()
    return one + other


def upper(text: Any) -> str:
    """Return it in capitals."""
    return held(whole(text).upper())


def lower(text: Any) -> str:
    """Return it in small letters."""
    return held(whole(text).lower())


def title(text: Any) -> str:
    """Return each word with a capital."""
    return held(whole(text).title())


def trim(text: Any) -> str:
    """Return it without spaces at both ends and with single ones between words."""
    return " ".join(whole(text).split())


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
    """Return it with one text in place of another. Raises `NoAnswer` when that grows too long."""
    given, out, into = whole(text), read(old), read(new)
    if not out:
        message = "nothing to look for"
        raise NoAnswer(message)
    if len(given) + given.count(out) * (len(into) - len(out)) > LONGEST:
        raise _too_long()
    return given.replace(out, into)


def without(text: Any, part: Any) -> str:
    """Return it without a beginning, such as a prefix of SKUs."""
    return read(text).removeprefix(read(part))


def without_end(text: Any, part: Any) -> str:
    """Return it without an ending."""
    return read(text).removesuffix(read(part))


def contains(text: Any, part: Any) -> bool:
    """Tell whether a text is in it; capitals do not matter."""
    return whole(part).casefold() in whole(text).casefold()


def starts(text: Any, part: Any) -> bool:
    """Tell whether it begins so."""
    return read(text).startswith(read(part))


def ends(text: Any, part: Any) -> bool:
    """Tell whether it ends so."""
    return read(text).endswith(read(part))


def digits(text: Any) -> str:
    """Return the digits in it, 0 to 9."""
    return "".join([each for each in whole(text) if "0" <= each <= "9"])


def plain(text: Any) -> str:
    """Return it without accents, in ASCII as far as that goes: `Müller` is `Muller`; other scripts stay away."""
    loose = unicodedata.normalize("NFKD", whole(text).replace("ß", "ss"))
    return held(loose.encode("ascii", "ignore").decode("ascii"))


def padded(text: Any, count: Decimal, fill: Any = "0") -> str:
    """Return it filled up at the left, such as `00042`."""
    wanted, mark = _count(count), read(fill)
    if len(mark) != 1:
        message = "one character fills up"
        raise NoAnswer(message)
    return held(shown(text)).rjust(wanted, mark)


def split(text: Any, at: Any = ",") -> tuple[str, ...]:
    """Return its parts, spaces around each taken off, empty ones left out."""
    mark = read(at)
    if not mark:
        message = "nothing to split at"
        raise NoAnswer(message)
    parts = whole(text).split(mark, MOST)
    if len(parts) > MOST:
        message = f"more than {MOST} parts"
        raise NoAnswer(message)
    return tuple([each for part in parts if (each := part.strip())])


def joined(parts: Any, between: Any = ", ") -> str:
    """Return a list as one text, empty items left out."""
    mark = read(between)
    texts: list[str] = []
    length = -len(mark)
    for each in _sequence(parts):
        if text := shown(each):
            texts.append(text)
            length += len(text) + len(mark)
            if length > LONGEST:
                raise _too_long()
    return mark.join(texts)


def words(text: Any) -> tuple[str, ...]:
    """Return its words."""
    found = whole(text).split()
    if len(found) > MOST:
        message = f"more than {MOST} words"
        raise NoAnswer(message)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern made ready, and how many times the work of reading a text it may need."""

    ready: Any
    weight: int


def find(text: Any, pattern: Pattern, group: Decimal | None = None) -> str:
    """Return what a pattern fits first: its first group if it has one. Empty when it fits nowhere."""
    ready = pattern.ready
    found = ready.search(_sound(text))
    if found is None:
        return ""
    chosen = (1 if ready.groups else 0) if group is None else _count(group)
    if chosen > ready.groups:
        message = f"the pattern has no group {chosen}"
        raise NoAnswer(message)
    return found.group(chosen) or ""


def matches(text: Any, pattern: Pattern) -> bool:
    """Tell whether a pattern fits the whole text."""
    return pattern.ready.fullmatch(_sound(text)) is not None


def _sound(text: Any) -> str:
    given = whole(text)
    try:
        given.encode()
    except UnicodeEncodeError:
        message = "a text with half a character in it"
        raise NoAnswer(message) from None
    return given


@lru_cache(maxsize=512)
def compiled(pattern: str) -> Pattern:
    """Return a pattern made ready; letters fit small and large. Raises `NoAnswer` for one that re2 does not take."""
    options = re2.Options()
    options.max_mem, options.log_errors, options.case_sensitive = _PATTERN_BYTES, False, False
    try:
        ready = cast("Any", re2).compile(pattern, options)
    except cast("Any", re2).error as wrong:
        said = wrong.args[0] if wrong.args else ""
        message = f"not a pattern: {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"
        raise NoAnswer(message) from None
    if ready.programsize > _STEPS:
        message = f"a pattern of more than {_STEPS} steps: shorter repetitions, such as {{1,20}}, make fewer"
        raise NoAnswer(message)
    return Pattern(ready, 1 + ready.programsize // 20)


def _sequence(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    if isinstance(value, str) or not isinstance(value, Sequence):
        message = "not a list"
        raise NoAnswer(message)
    return cast("Sequence[Any]", value)


def _count(number: Any) -> int:
    if not isinstance(number, Decimal) or not 0 <= number <= LONGEST or number != int(number):
        message = f"a count is a whole number from 0 to {LONGEST}"
        raise NoAnswer(message)
    return int(number)


def _too_long() -> NoAnswer:
    return NoAnswer(f"a text of more than {LONGEST} characters")
