"""Business time counted minute by minute or day by day, as the slow and plain answer."""

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


def spans(
    zone: ZoneInfo,
    weekly: Sequence[MinuteWindows],
    overrides: Mapping[date, MinuteWindows],
    first: date,
    days: int,
) -> list[tuple[datetime, datetime]]:
    """The open spans of the windows that start on the dates from `first`, day by day, in order."""
    found: list[tuple[datetime, datetime]] = []
    for offset in range(days):
        day = first + timedelta(days=offset)
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall clock
        for start, end in overrides.get(day, weekly[day.weekday()]):
            opening = _shown(zone, midnight + start * MINUTE)
            found.append((opening, _shown(zone, midnight + end * MINUTE)))
    apart: list[tuple[datetime, datetime]] = []
    for opening, closing in sorted(found):
        begin = max(opening, apart[-1][1]) if apart else opening
        if begin < closing:
            apart.append((begin, closing))
    return apart


def swept_elapsed(
    opened: Sequence[tuple[datetime, datetime]], start: datetime, end: datetime
) -> timedelta:
    """Every span is looked at, whether it matters or not."""
    worked = timedelta(0)
    for opening, closing in opened:
        worked += max(min(closing, end) - max(opening, start), timedelta(0))
    return worked


def swept_due(
    opened: Sequence[tuple[datetime, datetime]], start: datetime, working: timedelta
) -> datetime | None:
    """Working time is used up span by span; None when the spans do not suffice."""
    if not working:
        return start
    for opening, closing in opened:
        begin = max(opening, start)
        if begin < closing:
            if working <= closing - begin:
                return begin + working
            working -= closing - begin
    return None


def _resolved(zone: ZoneInfo, wall: datetime) -> int:
    return minute(_shown(zone, wall))


def _shown(zone: ZoneInfo, wall: datetime) -> datetime:
    """The first instant at which clocks show `wall`; in a gap, by the offset before it."""
    around = [_offset(zone, wall + timedelta(days=shift)) for shift in (-1, 1)]
    shown = [
        wall - offset
        for offset in around
        if (wall - offset).replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) == wall
    ]
    return min(shown, default=wall - around[0]).replace(tzinfo=UTC)


def _offset(zone: ZoneInfo, wall: datetime) -> timedelta:
    offset = wall.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    assert offset is not None
    return offset
