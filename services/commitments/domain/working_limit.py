"""A limit is an amount of working time in a calendar, counted forwards and backwards."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from .calendar import Calendar
from .calendars import Calendars
from .promise import Promise

LIMITS = ("commitment", "tolerance")

_NOTHING = timedelta(0)
_LOOK_BACK = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class WorkingLimit:
    """So much working time, in the version of a calendar that is called `name`."""

    length: timedelta
    name: str
    calendar: Calendar

    @classmethod
    def of(cls, promise: Promise, limit: str, at: datetime, calendars: Calendars) -> "WorkingLimit":
        """The commitment or the tolerance of a promise, in the calendar in force at `at`."""
        name = calendars.in_force(getattr(promise, f"{limit}_calendar"), at)
        return cls(getattr(promise, limit), name, calendars[name])

    def due(self, start: datetime) -> datetime:
        return self.calendar.due(start, self.length)

    def latest_start(self, end: datetime) -> datetime:
        """The last start that is due by `end`; raises ValueError before the calendar's years."""
        left, span = self.length, max(self.length * 2, _LOOK_BACK)
        found = end
        while left > _NOTHING:
            since = end - span
            for opening, closing in reversed(self.calendar.intervals(since, end)):
                if closing - opening >= left:
                    return closing - left
                left -= closing - opening
            found = end = since
        return found

    def edges(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Every opening and closing between the two instants."""
        for interval in self.calendar.intervals(start, end):
            yield from interval
