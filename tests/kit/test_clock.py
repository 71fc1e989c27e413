"""Moments are kept to the microsecond and mean the same on every machine."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.kit.clock import EPOCH, SystemClock, from_micros, to_micros

zones = st.sampled_from([UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu"), timezone(timedelta(hours=-11))])


@given(st.datetimes(timezones=zones))
def test_a_moment_survives_being_kept(moment: datetime) -> None:
    try:
        same = moment.astimezone(UTC)
    except OverflowError:  # year 1 or 9999 in another zone
        return
    kept = from_micros(to_micros(moment))
    assert kept == same
    assert kept.tzinfo is UTC
    assert to_micros(kept) == to_micros(moment)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_microsecond_later_is_one_more(moment: datetime) -> None:
    if moment < datetime.max.replace(tzinfo=UTC):
        assert to_micros(moment + timedelta(microseconds=1)) == to_micros(moment) + 1


def test_the_epoch_is_nought() -> None:
    assert to_micros(EPOCH) == 0
    assert to_micros(datetime(2026, 3, 2, 10, 0, 0, 1, UTC)) == 1772445600000001


def test_a_time_without_a_zone_cannot_be_kept() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        to_micros(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


async def test_the_machines_clock_is_aware_and_waits() -> None:
    clock = SystemClock()
    before = clock.now()
    await clock.sleep(0.01)
    assert before.tzinfo is UTC
    assert clock.now() > before
