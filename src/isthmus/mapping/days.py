"""What expressions can do with days and moments. Moments are aware; a day needs a zone to be told from one."""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from isthmus.mapping.errors import NoAnswer

#: What stands in a form for a day or a moment, and what Python calls it.
_PARTS = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "DD": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
_PART = re.compile("|".join(_PARTS))
MOST_DAYS = 36_525  # a hundred years
FEWEST_DIGITS = 4


def day(when: Any, zone: Any = "UTC") -> date | None:
    """Return the day of a moment in a zone such as "Europe/Berlin", or the day a text such as 2026-11-22 says."""
    if when is None or when == "":
        return None
    if isinstance(when, datetime):
        return when.astimezone(zone_of(zone)).date()
    if isinstance(when, date):
        return when
    if isinstance(when, str):
        return _day_said(when.strip(), zone)
    message = "not a day"
    raise NoAnswer(message)


def moment(text: Any, zone: Any = "UTC") -> datetime | None:
    """Return the moment a text such as 2026-11-22T08:30:00Z says; one without a zone is meant in `zone`."""
    if text is None or text == "":
        return None
    if isinstance(text, datetime):
        return text
    if not isinstance(text, str):
        message = "not a moment"
        raise NoAnswer(message)
    found = _moment_said(text.strip())
    return (found if found.tzinfo else found.replace(tzinfo=zone_of(zone))).astimezone(UTC)


def _day_said(text: str, zone: Any) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        found = _moment_said(text)
    return found.astimezone(zone_of(zone)).date() if found.tzinfo else found.date()


def _moment_said(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        message = "not a day or a moment as in 2026-11-22 or 2026-11-22T08:30:00Z"
        raise NoAnswer(message) from None


def add_days(when: Any, count: Any) -> date:
    """Return the day so many days later, or earlier."""
    if not isinstance(when, date):
        message = "not a day"
        raise NoAnswer(message)
    if not isinstance(count, Decimal) or abs(count) > MOST_DAYS or count != int(count):
        message = f"days are a whole number up to {MOST_DAYS}"
        raise NoAnswer(message)
    return when + timedelta(days=int(count))


def days_between(first: Any, second: Any) -> Decimal:
    """Return how many days the second day is after the first."""
    days = [each.date() if isinstance(each, datetime) else each for each in (first, second)]
    if not all(isinstance(each, date) for each in days):
        message = "not a day"
        raise NoAnswer(message)
    return Decimal((days[1] - days[0]).days)


def weekday(when: Any) -> Decimal:
    """Return 1 for Monday to 7 for Sunday."""
    if not isinstance(when, date):
        message = "not a day"
        raise NoAnswer(message)
    return Decimal(when.isoweekday())


def written(when: Any, form: str = "YYYY-MM-DD", zone: Any = "UTC") -> str:
    """Return a day or a moment in a form such as "DD.MM.YYYY HH:mm"."""
    if when is None:
        return ""
    if not isinstance(when, date):
        message = "not a day"
        raise NoAnswer(message)
    local = when.astimezone(zone_of(zone)) if isinstance(when, datetime) else when
    # Not by strftime as a whole: what it makes of other letters, and of years before 1000, differs between systems.
    return _PART.sub(lambda part: _part(local, part.group()), form)


@cache
def zone_of(name: str) -> tzinfo:
    """Return a zone, which is read once, when an expression is compiled. Raises `NoAnswer` for one that is none."""
    if name == "UTC":  # the one that nobody has to write: no file is opened for it while an expression runs
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError, TypeError):
        message = f"no time zone {name!r}"
        raise NoAnswer(message) from None


def _part(when: date, name: str) -> str:
    if name == "YYYY":
        return f"{when.year:0{FEWEST_DIGITS}d}"
    return when.strftime(_PARTS[name])
