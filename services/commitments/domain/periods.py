"""A period (统计期) is a calendar day, week, month, quarter or year of one time zone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Length(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open stretch of time in UTC; the label says day, week, month, quarter or year."""

    label: str
    start: datetime
    end: datetime


def periods(start: datetime, end: datetime, length: Length, zone: ZoneInfo) -> Iterator[Period]:
    """The periods of a stretch of time in order, the first and the last cut to it.

    Weeks are those of ISO 8601, from Monday. A period begins at midnight in the zone.
    """
    first = _first_day(start.astimezone(zone), length)
    while (opens := first.astimezone(UTC)) < end:
        following = _following(first, length)
        closes = following.astimezone(UTC)
        yield Period(_label(first, length), max(opens, start), min(closes, end))
        first = following


def month_of(at: datetime) -> Period:
    """The whole month in UTC that an instant lies in."""
    start = _first_day(at.astimezone(UTC), Length.MONTH)
    return Period(_label(start, Length.MONTH), start, _following(start, Length.MONTH))


def _first_day(at: datetime, length: Length) -> datetime:
    # Wall-clock arithmetic: midnight stays midnight across a change of the offset.
    day = at.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if length is Length.DAY:
        return day
    if length is Length.WEEK:
        return day - timedelta(days=day.weekday())
    if length is Length.MONTH:
        return day.replace(day=1)
    if length is Length.QUARTER:
        return day.replace(month=day.month - (day.month - 1) % 3, day=1)
    return day.replace(month=1, day=1)


_LONGER_THAN = {
    Length.DAY: timedelta(days=1),
    Length.WEEK: timedelta(days=7),
    Length.MONTH: timedelta(days=31),
    Length.QUARTER: timedelta(days=92),
    Length.YEAR: timedelta(days=366),
}


def _following(first: datetime, length: Length) -> datetime:
    return _first_day(first + _LONGER_THAN[length], length)


def _label(first: datetime, length: Length) -> str:
    if length is Length.DAY:
        return first.strftime("%Y-%m-%d")
    if length is Length.WEEK:
        return first.strftime("%G-W%V")
    if length is Length.MONTH:
        return first.strftime("%Y-%m")
    if length is Length.QUARTER:
        return f"{first.year}-Q{(first.month + 2) // 3}"
    return str(first.year)
