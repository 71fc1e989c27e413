"""What is wrong with a value of `isthmus.toml`, said so that it can be mended."""

from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from isthmus.kit.names import nearest

FILE = "isthmus.toml"


#: Of any number in the file; what is larger is a slip, and working with it may take for ever.
LARGEST, PLACES = 1_000_000_000, 12


class ConfigError(Exception):
    """The project file or a secret is wrong; the message says where and what would be right."""


def check_keys(table: Mapping[str, Any], right: Collection[str], where: str) -> None:
    """Refuse a key that does not exist. Raises `ConfigError` naming the nearest right one."""
    for key in table:
        if key not in right:
            message = f"{FILE}: {where}{key!r} is not a setting{nearest(key, right)}; there are: {', '.join(right)}"
            raise ConfigError(message)


def table_of(body: Any, where: str) -> dict[str, Any]:
    """Return a table of the file. Raises `ConfigError` for anything else."""
    try:
        return msgspec.convert(body, dict[str, Any])
    except msgspec.ValidationError:
        message = f"{FILE}: {where} must be a table"
        raise ConfigError(message) from None


def positive(value: Any, where: str) -> Decimal:
    """Return a number of the file that is 0 or more. Raises `ConfigError`."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite():
        message = f"{FILE}: {where} = {value!r} must be a number"
        raise ConfigError(message)
    if number < 0:
        message = f"{FILE}: {where} = {value!r} must not be negative"
        raise ConfigError(message)
    if number > LARGEST or number.normalize().as_tuple().exponent < -PLACES:  # type: ignore[operator] - it is finite
        message = f"{FILE}: {where} = {value!r} must be at most {LARGEST:,} with {PLACES} decimals"
        raise ConfigError(message)
    return number


def zone_of(name: str, where: str) -> ZoneInfo:
    """Return a time zone of the file. Raises `ConfigError`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        message = f'{FILE}: {where} = {name!r} is not a time zone such as "Europe/Berlin"'
        raise ConfigError(message) from None
