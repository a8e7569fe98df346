"""Business time counted minute by minute, as the slow and plain answer to compare with."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

MinuteWindows = Sequence[tuple[int, int]]
"""Minutes after midnight; an end beyond 1440 lies on the next date."""


def minute(at: datetime) -> int:
    return (at - _EPOCH) // MINUTE


def instant(number: int) -> datetime:
    return _EPOCH + number * MINUTE


def open_minutes(
    zone: ZoneInfo,
    weekly: Sequence[MinuteWindows],
    overrides: Mapping[date, MinuteWindows],
    first: date,
    days: int,
) -> list[int]:
    """Every open minute of the windows that start on the dates from `first`."""
    found: set[int] = set()
    for offset in range(days):
        day = first + timedelta(days=offset)
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall clock
        for start, end in overrides.get(day, weekly[day.weekday()]):
            opening = _resolved(zone, midnight + start * MINUTE)
            closing = _resolved(zone, midnight + end * MINUTE)
            found.update(range(opening, closing))
    return sorted(found)


def _resolved(zone: ZoneInfo, wall: datetime) -> int:
    """The first minute at which clocks show `wall`; in a gap, by the offset before it."""
    around = [_offset(zone, wall + timedelta(days=shift)) for shift in (-1, 1)]
    shown = [
        wall - offset
        for offset in around
        if (wall - offset).replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) == wall
    ]
    at = min(shown, default=wall - around[0])
    return minute(at.replace(tzinfo=UTC))


def _offset(zone: ZoneInfo, wall: datetime) -> timedelta:
    offset = wall.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    assert offset is not None
    return offset
