"""China's working days: two packages that read the State Council's notices apart agree."""

from datetime import date, datetime, time, timedelta

import chinese_calendar
import holidays
import pytest

from services.commitments.catalogue import PUBLISHED
from services.commitments.domain.calendar import Calendar, CalendarYearUnknown
from tests.domain.commitments.opening_hours import WORKWEEK, calendar, weekly

CHINA = PUBLISHED["CN"]
FIRST, LAST = 2007, max(CHINA.years)
"""Compared day by day; the last is the last that is published."""


def in_china() -> Calendar:
    office = calendar("Asia/Shanghai", weekly(WORKWEEK, ("09:00", "18:00")))
    return office.following(CHINA.years, CHINA.holidays, CHINA.make_up_days)


def every_day(first: int, last: int) -> list[date]:
    start, end = date(first, 1, 1), date(last, 12, 31)
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


def works(its: Calendar, day: date) -> bool:
    """Whether the calendar is open on that date at all."""
    from_midnight = its.local(_midnight(day)), its.local(_midnight(day + timedelta(days=1)))
    return bool(its.intervals(*from_midnight))


def _midnight(day: date) -> datetime:
    """A wall clock of the calendar's zone."""
    return datetime.combine(day, time())


def test_every_day_works_or_rests_in_both_packages_and_in_our_calendar() -> None:
    """Weekends, holidays, days in lieu and make-up working days are all compared."""
    theirs = holidays.country_holidays("CN", years=range(FIRST, LAST + 1))
    ours = in_china()

    days = every_day(FIRST, LAST)
    # Our calendar tells the evening of the last day only where the next year is known.
    counted = {day: works(ours, day) for day in days[:-1]}

    assert len(days) == (date(LAST + 1, 1, 1) - date(FIRST, 1, 1)).days
    assert [d for d in days if chinese_calendar.is_workday(d) != theirs.is_working_day(d)] == []
    assert [d for d in counted if counted[d] != chinese_calendar.is_workday(d)] == []
    assert sum(d.weekday() > 4 and works(ours, d) for d in days[:-1]) > 100


def test_the_one_day_on_which_the_packages_differ_lies_before_that() -> None:
    """The notice for 2006 has a Saturday of 2005 worked, which chinese-calendar leaves out."""
    days = every_day(min(CHINA.years), LAST)
    theirs = holidays.country_holidays("CN", years=range(min(CHINA.years), LAST + 1))

    differ = [d for d in days if chinese_calendar.is_workday(d) != theirs.is_working_day(d)]

    assert differ == [date(2005, 12, 31)]


def test_the_first_unpublished_year_is_refused_and_named() -> None:
    ours = in_china()
    new_year = _midnight(date(LAST + 1, 1, 1))

    with pytest.raises(CalendarYearUnknown) as refused:
        ours.due(ours.local(new_year), timedelta(hours=1))

    assert refused.value.year == LAST + 1
    assert ours.first_unknown_year(ours.local(_midnight(date(LAST, 6, 1)))) == LAST + 1
