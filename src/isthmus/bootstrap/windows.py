"""Planned maintenance of a connection, as the project file says it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, cast
from zoneinfo import ZoneInfo

from isthmus.bootstrap.checks import FILE, ConfigError, check_keys, table_of, zone_of
from isthmus.engine.hold import DAYS, Window

#: Keys of `[[connections.<name>.windows]]`: weekly with `days`, `begins` and `ends`, or once with `first` and `last`.
WINDOW_KEYS: Mapping[str, str] = {
    "days": 'days it begins on, such as ["sat", "sun"] (default: every day)',
    "begins": 'when, such as "22:00"',
    "ends": 'until when, such as "02:00"; earlier than begins: on the next day',
    "zone": "the time zone of both (default: the project's time_zone)",
    "except_on": "dates on which it does not take place, such as [2026-12-24]",
    "first": "beginning of a window that happens once, with zone offset, such as 2026-12-01T22:00:00+01:00",
    "last": "its end",
    "because": "what is shown to people meanwhile (default: planned maintenance)",
}


def read_windows(connection: str, written: Any, zone: ZoneInfo) -> tuple[Window, ...]:
    """Return the windows of a connection. Raises `ConfigError`."""
    where = f"[[connections.{connection}.windows]]"
    if not isinstance(written, list):
        message = f"{FILE}: windows of {connection} must be tables: write {where} above each"
        raise ConfigError(message)
    return tuple(_window(table_of(each, where), where, zone) for each in cast("list[Any]", written))


def _window(table: Mapping[str, Any], where: str, zone: ZoneInfo) -> Window:
    check_keys(table, WINDOW_KEYS, f"{where} ")
    because = str(table.get("because", ""))
    if "first" in table or "last" in table:
        first, last = _moment(table, "first", where), _moment(table, "last", where)
        if first >= last:
            message = f"{FILE}: {where} last must be later than first"
            raise ConfigError(message)
        return Window(because=because, first=first, last=last)
    begins, ends = _clock(table, "begins", where), _clock(table, "ends", where)
    if begins == ends:
        message = f"{FILE}: {where} begins and ends are the same: that would be never, or always"
        raise ConfigError(message)
    return Window(
        because=because,
        days=_days(table.get("days", list(DAYS)), where),
        begins=begins,
        ends=ends,
        zone=zone_of(str(table["zone"]), f"{where} zone") if "zone" in table else zone,
        except_on=_dates(table.get("except_on", []), where),
    )


def _days(written: Any, where: str) -> tuple[str, ...]:
    days = tuple(str(each).casefold()[:3] for each in cast("list[Any]", written)) if isinstance(written, list) else ()
    if not days or not set(days) <= set(DAYS):
        message = f"{FILE}: {where} days = {written!r} must be a list of {', '.join(DAYS)}"
        raise ConfigError(message)
    return days


def _clock(table: Mapping[str, Any], key: str, where: str) -> time:
    written = table.get(key)
    try:
        return written if isinstance(written, time) else time.fromisoformat(str(written))
    except ValueError:
        message = f'{FILE}: {where} {key} = {written!r} must be a time of day such as "22:00"'
        raise ConfigError(message) from None


def _moment(table: Mapping[str, Any], key: str, where: str) -> datetime:
    written = table.get(key)
    if not isinstance(written, datetime) or written.tzinfo is None:
        message = f"{FILE}: {where} {key} = {written!s} must be a moment such as 2026-12-01T22:00:00+01:00"
        raise ConfigError(message)
    return written.astimezone(UTC)


def _dates(written: Any, where: str) -> tuple[date, ...]:
    dates = tuple(cast("list[Any]", written)) if isinstance(written, list) else (None,)
    if not all(isinstance(each, date) and not isinstance(each, datetime) for each in dates):
        message = f"{FILE}: {where} except_on must be a list of dates such as [2026-12-24]"
        raise ConfigError(message)
    return cast("tuple[date, ...]", dates)
