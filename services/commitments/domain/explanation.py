"""A clock explained: the stretches of time that it counted, and those that it skipped, and why."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .calendar import Calendar, CalendarYearUnknown, Interval
from .clock import Pause


class Skipped(StrEnum):
    """Why a stretch of time was not counted."""

    CLOSED = "closed"
    PAUSED = "paused"
    CALENDAR_YEAR_UNKNOWN = "calendar_year_unknown"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Time from `since` until before `until`; counted when nothing skipped it."""

    since: datetime
    until: datetime
    skipped: Skipped | None = None


def stretches(
    start: datetime, end: datetime, pauses: Sequence[Pause], calendar: Calendar
) -> Iterator[Stretch]:
    """What lies between start and end, in order and without a gap; nothing when start is not first.

    The counted stretches add up to the clock's running time. Where the calendar does not know a
    year, it cannot tell what it counted.
    """
    at = start
    for since, until in _within(start, end, pauses):
        yield from _running(at, since, calendar)
        yield Stretch(since, until, Skipped.PAUSED)
        at = until
    yield from _running(at, end, calendar)


def _within(start: datetime, end: datetime, pauses: Sequence[Pause]) -> Iterable[Interval]:
    for since, until in pauses:
        clipped = max(since, start), min(until or end, end)
        if clipped[0] < clipped[1]:
            yield clipped


def _running(start: datetime, end: datetime, calendar: Calendar) -> Iterator[Stretch]:
    if end <= start:
        return
    try:
        opened = calendar.intervals(start, end)
    except CalendarYearUnknown:
        yield Stretch(start, end, Skipped.CALENDAR_YEAR_UNKNOWN)
        return
    at = start
    for since, until in opened:
        if at < since:
            yield Stretch(at, since, Skipped.CLOSED)
        yield Stretch(since, until)
        at = until
    if at < end:
        yield Stretch(at, end, Skipped.CLOSED)
