"""An agreement (服务协议) is reviewed on a first day, and every so many months from then on."""

import calendar
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from itertools import count, pairwise, takewhile
from zoneinfo import ZoneInfo

PARTIES = {"sla": "customer", "ola": "department", "uc": "supplier"}
"""With whom each kind of agreement is made."""


def review_dates(first_on: date, every_months: int) -> Iterator[date]:
    """The days of review without end; a day that a month does not have is the month's last."""
    for number in count():
        month = first_on.month - 1 + number * every_months
        year, month = first_on.year + month // 12, month % 12 + 1
        last = calendar.monthrange(year, month)[1]
        yield date(year, month, min(first_on.day, last))


def next_review(first_on: date, every_months: int, today: date) -> date:
    """The first day of review that is not before `today`."""
    return next(day for day in review_dates(first_on, every_months) if day >= today)


def midnight(day: date, time_zone: str) -> datetime:
    """When a day begins in that zone."""
    return datetime.combine(day, time(), ZoneInfo(time_zone)).astimezone(UTC)


def review_periods(
    first_on: date, every_months: int, begins: datetime, ends: datetime, time_zone: str
) -> Iterator[tuple[datetime, datetime]]:
    """The stretches between reviews, the first and the last cut to `begins` and `ends`."""
    days = (midnight(day, time_zone) for day in review_dates(first_on, every_months))
    turns = [turn for turn in takewhile(lambda turn: turn < ends, days) if turn > begins]
    return pairwise([begins, *turns, ends]) if begins < ends else iter(())
