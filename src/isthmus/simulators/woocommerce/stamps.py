"""Times as WordPress writes them: whole seconds, no zone, once in site time and once in UTC.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#orders (REST v3, `date_created`, `date_created_gmt`)
"""

import re
from datetime import UTC, datetime, tzinfo
from typing import Any

_DATE = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?([Zz]|[+-]\d{2}:?\d{2})?",
)


def written(moment: datetime | None, zone: tzinfo) -> str | None:
    """Return a moment in a zone, without naming the zone."""
    return moment.astimezone(zone).replace(tzinfo=None).isoformat(timespec="seconds") if moment else None


def both(name: str, moment: datetime | None, zone: tzinfo) -> dict[str, str | None]:
    """Return the two fields every time has."""
    return {name: written(moment, zone), f"{name}_gmt": written(moment, UTC)}


def is_date(text: str) -> bool:
    """Tell whether WordPress takes the text for a date and time."""
    return _parsed(text) is not None


def read(text: Any, zone: tzinfo) -> datetime | None:
    """Return the moment a text means; without a zone of its own it is in `zone`."""
    moment = _parsed(str(text))
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _parsed(text: str) -> datetime | None:
    found = _DATE.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day, hour, minute, second, zone = found.groups()
    iso = f"{year}-{month}-{day}T{hour or '00'}:{minute or '00'}:{second or '00'}{(zone or '').upper()}"
    try:
        return datetime.fromisoformat(iso)
    except ValueError:
        return None
