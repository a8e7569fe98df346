"""A month that a process is checked on: where it lies, and by when it is reported (source 003)."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

SELF_CHECK_DAY = 15
SUMMARY_DAY = 25

_MONTH = re.compile(r"(19[7-9]\d|20\d\d|21\d\d)-(0[1-9]|1[0-2])", re.ASCII)


def is_month(text: str) -> bool:
    """Whether the text is a month `YYYY-MM` that calendars know."""
    return _MONTH.fullmatch(text) is not None


def month_of(at: datetime, time_zone: str) -> str:
    """The month of an instant where the tenant is, `YYYY-MM`."""
    return at.astimezone(ZoneInfo(time_zone)).strftime("%Y-%m")


def following(month: str) -> str:
    """The month after one."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + 1:04}-01" if number == 12 else f"{year:04}-{number + 1:02}"


def start_of(month: str, time_zone: str, day: int = 1) -> datetime:
    """The midnight at which that day of the month begins."""
    return datetime(int(month[:4]), int(month[5:]), day, tzinfo=ZoneInfo(time_zone))


def bounds(month: str, time_zone: str) -> tuple[datetime, datetime]:
    """Where a month begins and where the next one does."""
    return start_of(month, time_zone), start_of(following(month), time_zone)


def self_check_due(month: str, time_zone: str) -> datetime:
    """The end of the 15th of the next month."""
    return _end_of(following(month), time_zone, SELF_CHECK_DAY)


def summary_due(month: str, time_zone: str) -> datetime:
    """The end of the 25th of the next month."""
    return _end_of(following(month), time_zone, SUMMARY_DAY)


def _end_of(month: str, time_zone: str, day: int) -> datetime:
    # Wall-clock arithmetic: the midnight after the day, whatever the zone's clock does in between.
    return start_of(month, time_zone, day) + timedelta(days=1)
