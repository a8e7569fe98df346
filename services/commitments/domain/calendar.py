"""A calendar is a set of open intervals; time that lies outside them does not count."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from typing import Self
from zoneinfo import ZoneInfo

from .hours import DAY, Window, read_hours

Interval = tuple[datetime, datetime]

FIRST_YEAR, LAST_YEAR = 1970, 2199
"""Instants of other years are refused: calendars are computed year by year."""

HORIZON_YEARS = 100
"""How far ahead of its start a due instant is looked for."""

_CLOSED = timedelta(0)
_HORIZON = timedelta(days=365 * HORIZON_YEARS)
_CACHED_YEARS = 64


class CalendarYearUnknown(Exception):  # noqa: N818 - it states a fact that callers record
    """The calendar follows published holidays and those of this year are not known."""

    def __init__(self, year: int) -> None:
        super().__init__(f"the calendar does not know the year {year}")
        self.year = year


class NeverOpen(Exception):  # noqa: N818 - it states a fact that callers record
    """The calendar does not stay open for that long within HORIZON_YEARS."""


@dataclass(frozen=True, slots=True)
class _Year:
    """The open intervals of one year in UTC, and how long it was open before each of them."""

    starts: list[datetime]
    ends: list[datetime]
    before: list[timedelta]
    total: timedelta
    unknown: list[tuple[datetime, datetime, int]]

    def open_before(self, at: datetime) -> timedelta:
        index = bisect_right(self.starts, at) - 1
        if index < 0:
            return _CLOSED
        return self.before[index] + (min(at, self.ends[index]) - self.starts[index])

    def instant(self, worked: timedelta) -> datetime:
        """The first instant by which the year has been open for `worked`, 0 < worked <= total."""
        index = bisect_left(self.before, worked) - 1
        return self.starts[index] + (worked - self.before[index])

    def require_known(self, start: datetime, end: datetime | None = None) -> None:
        for unknown_from, unknown_to, year in self.unknown:
            if start < unknown_to and (end is None or unknown_from < end):
                raise CalendarYearUnknown(year)

    def between(self, start: datetime, end: datetime) -> Iterator[Interval]:
        first = bisect_right(self.ends, start)
        last = bisect_left(self.starts, end)
        for index in range(first, last):
            yield max(start, self.starts[index]), min(end, self.ends[index])


@dataclass(frozen=True, slots=True)
class Calendar:
    """Opening hours in one time zone.

    `weekly` has the windows of Monday to Sunday, `overrides` replaces the windows that start on a
    date. With `known_years` the calendar follows published holidays: a date of any other year
    that has no override is unknown, and time across it cannot be counted. Every instant is taken
    with any offset and returned in UTC; every duration is exact.
    """

    time_zone: str
    weekly: tuple[tuple[Window, ...], ...]
    overrides: Mapping[date, tuple[Window, ...]] = field(default_factory=dict)
    known_years: frozenset[int] | None = None
    always_open: bool = field(init=False, repr=False, compare=False)
    _years: dict[int, _Year] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        plain = not self.overrides and self.known_years is None
        object.__setattr__(self, "always_open", plain and self.weekly == (((0, DAY),),) * 7)

    @classmethod
    def of(cls, plain: object) -> Self:
        """A calendar from plain data, see `read_hours`; raises InvalidDefinitionError."""
        hours = read_hours(plain)
        return cls(hours.time_zone, hours.weekly, hours.overrides)

    def following(
        self, years: Iterable[int], holidays: Iterable[date], make_up_days: Iterable[date]
    ) -> Self:
        """This calendar with a country's published days (调休); its own overrides win over them.

        Holidays are closed. A make-up working day keeps the hours of the first weekday that has
        any, as the day of the week that it replaces is not published.
        """
        working = next((windows for windows in self.weekly if windows), ())
        published = {
            **dict.fromkeys(holidays, ()),
            **dict.fromkeys(make_up_days, working),
            **self.overrides,
        }
        return replace(self, overrides=published, known_years=frozenset(years))

    def knowing(self, newest: Self) -> Self:
        """This version with what the newest one says of dates in years that are not published.

        What is entered for such a year is knowledge, not a change, and holds for every version.
        """
        known = self.known_years
        if known is None:
            return self
        own = {day: windows for day, windows in self.overrides.items() if day.year in known}
        entered = {day: w for day, w in newest.overrides.items() if day.year not in known}
        return replace(self, overrides={**own, **entered})

    def first_unknown_year(self, since: datetime) -> int | None:
        """The first year from that instant on whose holidays are not published, if there is one."""
        if self.known_years is None:
            return None
        return next(y for y in range(since.year, LAST_YEAR + 2) if y not in self.known_years)

    def local(self, at: datetime) -> datetime:
        """An instant as clocks of the calendar's zone show it; without an offset it is theirs.

        A time that clocks leave out moves forward by the gap, one that they show twice is the
        first.
        """
        zone = ZoneInfo(self.time_zone)
        if at.tzinfo is None:
            at = at.replace(tzinfo=zone, fold=0).astimezone(UTC)
        return at.astimezone(zone)

    def due(self, start: datetime, working: timedelta) -> datetime:
        """The instant at which `working` open time has passed since `start`.

        Falls on closing time, not on the next opening, when the time runs out exactly there; no
        working time is due at `start`. Raises CalendarYearUnknown, NeverOpen.
        """
        start = in_utc(start)
        if working <= _CLOSED:
            return start
        if working > _HORIZON:
            raise NeverOpen(f"{working} is longer than {HORIZON_YEARS} years")
        if self.always_open:
            return start + working
        left = working + self._year(start.year).open_before(start)
        for number in range(start.year, self._last_year(start)):
            year = self._year(number)
            if left <= year.total:
                due = year.instant(left)
                year.require_known(start, due)
                return due
            year.require_known(start)
            left -= year.total
        raise NeverOpen(f"not open for {working} after {start.isoformat()}")

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Open time between the two instants, 0 when `end` lies before `start`.

        Raises CalendarYearUnknown.
        """
        start, end = in_utc(start), in_utc(end)
        if end <= start:
            return _CLOSED
        if self.always_open:
            return end - start
        worked = _CLOSED
        for number in range(start.year, end.year + 1):
            year = self._year(number)
            year.require_known(start, end)
            worked += year.open_before(end) if number == end.year else year.total
        return worked - self._year(start.year).open_before(start)

    def intervals(self, start: datetime, end: datetime) -> tuple[Interval, ...]:
        """The open intervals between the two instants, in order, apart and cut to them.

        Raises CalendarYearUnknown.
        """
        start, end = in_utc(start), in_utc(end)
        if end <= start:
            return ()
        found: list[Interval] = []
        for number in range(start.year, end.year + 1):
            year = self._year(number)
            year.require_known(start, end)
            found.extend(year.between(start, end))
        return tuple(_merged(found))

    def _last_year(self, start: datetime) -> int:
        """The year from which on it is of no use to look for an opening."""
        horizon = start.year + HORIZON_YEARS
        if any(self.weekly) or self.known_years is not None:
            return horizon
        # The last override may open a night that ends in the next year.
        return min(horizon, max((day.year for day in self.overrides), default=0) + 2)

    def _year(self, number: int) -> _Year:
        year = self._years.get(number)
        if year is None:
            if len(self._years) >= _CACHED_YEARS:
                self._years.clear()
            year = self._years[number] = self._build(number)
        return year

    def _build(self, number: int) -> _Year:
        first, end = datetime(number, 1, 1, tzinfo=UTC), datetime(number + 1, 1, 1, tzinfo=UTC)
        # Zones lie up to 16 hours from UTC and a window reaches up to a day past its own date.
        dates = [first.date() + timedelta(days=n) for n in range(-2, (end - first).days + 1)]
        zone = ZoneInfo(self.time_zone)
        opened = _merged(sorted(i for day in dates for i in self._opened(zone, day)))
        unknown = list(self._unknown(zone, dates, opened))
        opened = [(max(a, first), min(b, end)) for a, b in opened if b > first and a < end]
        sums = list(accumulate((b - a for a, b in opened), initial=_CLOSED))
        starts, ends = [a for a, _ in opened], [b for _, b in opened]
        return _Year(starts, ends, sums[:-1], sums[-1], unknown)

    def _opened(self, zone: ZoneInfo, day: date) -> Iterator[Interval]:
        # A date that the zone leaves out (Samoa, 30 December 2011) has no windows.
        if not self._is_known(day) or _instant(zone, day, 0) == _instant(zone, day, DAY):
            return
        for start, end in self.overrides.get(day, self.weekly[day.weekday()]):
            opening, closing = _instant(zone, day, start), _instant(zone, day, end)
            if opening < closing:
                yield opening, closing

    def _unknown(
        self, zone: ZoneInfo, dates: list[date], opened: list[Interval]
    ) -> Iterator[tuple[datetime, datetime, int]]:
        """Unknown dates with the night that they may reach into, less what is open for certain."""
        reach = max((end for day in self.weekly for _, end in day), default=DAY)
        for day in dates:
            if self._is_known(day):
                continue
            start, end = _instant(zone, day, 0), _instant(zone, day, max(reach, DAY))
            for opening, closing in opened:
                if opening <= start < closing:
                    start = closing
            if start < end:
                yield start, end, day.year

    def _is_known(self, day: date) -> bool:
        return self.known_years is None or day.year in self.known_years or day in self.overrides


def in_utc(at: datetime) -> datetime:
    """The same instant in UTC; raises ValueError without an offset or outside the years served."""
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(f"an instant lies in {FIRST_YEAR} to {LAST_YEAR}: {at.isoformat()}")
    if at.tzinfo is UTC:
        return at
    if at.utcoffset() is None:
        raise ValueError(f"an instant needs an offset: {at.isoformat()}")
    return at.astimezone(UTC)


def _instant(zone: ZoneInfo, day: date, seconds: int) -> datetime:
    """A wall-clock time of `day` as an instant.

    With fold 0 a time inside a daylight-saving gap moves forward by the gap and an ambiguous one
    is the first occurrence, as business time asks.
    """
    wall = datetime.combine(day, time.min, zone) + timedelta(seconds=seconds)
    return wall.astimezone(UTC)


def _merged(intervals: Iterable[Interval]) -> list[Interval]:
    """Sorted intervals with those that touch or overlap made one."""
    merged: list[Interval] = []
    for start, end in intervals:
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


ALWAYS = Calendar("UTC", (((0, DAY),),) * 7)
"""Around the clock: elapsed time itself."""
