"""Opening hours are windows of wall-clock time by weekday, and dates that replace their weekday."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, partial
from zoneinfo import available_timezones

from .faults import Reader, below

Window = tuple[int, int]
"""Seconds after midnight of its date; an end beyond 24:00 lies on the next date."""

_Placed = list[tuple[Window, str]]
"""Windows, each with the pointer to where it was written."""

DAY = 86_400
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

MAX_WINDOWS = 24
"""Of one date."""

MAX_OVERRIDES = 5000

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@cache
def _zones() -> frozenset[str]:
    # These name no place: the zone of the host, and that of a host without one.
    return frozenset(available_timezones() - {"localtime", "Factory"})


@dataclass(frozen=True, slots=True)
class Hours:
    time_zone: str
    weekly: tuple[tuple[Window, ...], ...]
    overrides: Mapping[date, tuple[Window, ...]]


def read_hours(plain: object) -> Hours:
    """Opening hours from plain data; raises InvalidDefinitionError with every fault.

    `{"time_zone": "Asia/Shanghai", "weekly": {"mon": [["08:00", "18:00"]]}, "overrides":
    [{"date": "2026-02-14", "windows": [["09:00", "12:00"]]}]}`. A weekday that is left out is
    closed; an end before its start lies on the next date; an override replaces the windows that
    start on its date.
    """
    reader = Reader()
    members = reader.fields(plain, "", ("time_zone", "weekly"), ("overrides",))
    zone = reader.part(members, "time_zone", "", partial(_time_zone, reader), "")
    by_name = reader.fields(members.get("weekly", {}), "/weekly", (), WEEKDAYS)
    read = partial(_windows, reader)
    shut: _Placed = []
    week = [reader.part(by_name, name, "/weekly", read, shut) for name in WEEKDAYS]
    dates = _overrides(reader, members.get("overrides", []))
    _check_week(reader, week)
    _check_dates(reader, week, dates)
    reader.finish()
    return Hours(
        zone,
        tuple(_plain_windows(placed) for placed in week),
        {day: _plain_windows(placed) for day, placed in sorted(dates.items())},
    )


def _plain_windows(placed: _Placed) -> tuple[Window, ...]:
    return tuple(sorted(window for window, _ in placed))


def _time_zone(reader: Reader, plain: object, pointer: str) -> str:
    zone = reader.text(plain, pointer)
    if zone and zone not in _zones():
        reader.fault(pointer, "unknown_time_zone", zone)
    return zone


def _overrides(reader: Reader, plain: object) -> dict[date, _Placed]:
    dates: dict[date, _Placed] = {}
    shut: _Placed = []
    for pointer, item in reader.items(plain, "/overrides", MAX_OVERRIDES):
        members = reader.fields(item, pointer, ("date", "windows"))
        day = reader.part(members, "date", pointer, partial(_date, reader), None)
        placed = reader.part(members, "windows", pointer, partial(_windows, reader), shut)
        if day is None:
            continue
        if day in dates:
            reader.fault(below(pointer, "date"), "duplicate", day.isoformat())
        else:
            dates[day] = placed
    return dates


def _date(reader: Reader, plain: object, pointer: str) -> date | None:
    # fromisoformat also reads 20240218 and 2024-W07-7.
    if isinstance(plain, str) and _DATE.fullmatch(plain):
        with suppress(ValueError):
            return date.fromisoformat(plain)
    reader.fault(pointer, "bad_date", plain)
    return None


def _windows(reader: Reader, plain: object, pointer: str) -> _Placed:
    placed = []
    for where, pair in reader.items(plain, pointer, MAX_WINDOWS):
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            reader.fault(where, "expected_pair")
            continue
        start = _time(reader, pair[0], below(where, 0))
        end = _time(reader, pair[1], below(where, 1), end=True)
        if start is None or end is None:
            continue
        if start == end:
            reader.fault(where, "zero_length")
        else:
            placed.append(((start, end if end > start else end + DAY), where))
    return placed


def _time(reader: Reader, plain: object, pointer: str, *, end: bool = False) -> int | None:
    if end and plain in ("24:00", "24:00:00"):
        return DAY
    match = _TIME.fullmatch(plain) if isinstance(plain, str) else None
    if match is None:
        reader.fault(pointer, "bad_time", plain)
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def _check_week(reader: Reader, week: list[_Placed]) -> None:
    # Sunday's night reaches into Monday, so Sunday is laid before Monday as well.
    for pointer, other in _overlaps([(-1, week[6]), *enumerate(week)]):
        reader.fault(pointer, "overlap", other)


def _check_dates(reader: Reader, week: list[_Placed], dates: Mapping[date, _Placed]) -> None:
    """Overrides against themselves and the two dates beside them."""
    for day in dates:
        beside = [(offset, _shifted(day, offset)) for offset in (-1, 0, 1)]
        laid = [(offset, dates.get(d, week[d.weekday()])) for offset, d in beside if d]
        for pointer, other in _overlaps(laid):
            if any(at.startswith("/overrides") for at in (pointer, other)):
                reader.fault(pointer, "overlap", other)


def _overlaps(laid: Iterable[tuple[int, _Placed]]) -> Iterator[tuple[str, str]]:
    """Each window that begins before an earlier one has ended, with that earlier one.

    `laid` has the windows of numbered days.
    """
    line = sorted(
        (day * DAY + start, day * DAY + end, pointer)
        for day, placed in laid
        for (start, end), pointer in placed
    )
    latest, holder = -2 * DAY, ""
    for start, end, pointer in line:
        if start < latest:
            yield pointer, holder
        if end > latest:
            latest, holder = end, pointer


def _shifted(day: date, offset: int) -> date | None:
    try:
        return day + timedelta(days=offset)
    except OverflowError:
        return None
