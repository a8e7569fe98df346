"""Business time by example: the published vectors, closing time, daylight saving, unknown years."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.commitments.domain.calendar import (
    ALWAYS,
    Calendar,
    CalendarYearUnknown,
    NeverOpen,
)
from tests.domain.commitments.opening_hours import ALL_WEEK, WORKWEEK, calendar, dated, weekly

VECTORS = json.loads(
    (Path(__file__).parents[2] / "fixtures/vectors/business_time.json").read_text("utf-8")
)
DAY = ["00:00", "24:00"]
HOUR = timedelta(hours=1)


def of_vector(row: Mapping[str, Any]) -> Calendar:
    closed: dict[str, Any] = {day: [] for day in row.get("closed_dates", [])}
    week: dict[str, Any] = {day: [DAY] for day in ALL_WEEK}
    if "working days" in row["windows"]:
        week = weekly(WORKWEEK, ("09:00", "12:00"), ("13:00", "18:00"))
        workday = week["mon"]
        # State Council notice for 2024: 10 to 17 February off, 4 and 18 February worked.
        closed = {f"2024-02-{day}": [] for day in range(10, 18)}
        closed |= {"2024-02-04": workday, "2024-02-18": workday}
    elif match := re.match(r"(\d\d:\d\d)-(\d\d:\d\d) Mon-Fri", row["windows"]):
        week = weekly(WORKWEEK, (match[1], match[2]))
    return Calendar.of({"time_zone": row["tz"], "weekly": week, "overrides": dated(closed)})


def local(row: Mapping[str, Any], text: str) -> datetime:
    zone = ZoneInfo(row["tz"])
    named = re.fullmatch(r"(Monday|Tuesday) (\d+):(\d+)", text)
    if named:
        day = 3 if named[1] == "Monday" else 4
        return datetime(2025, 3, day, int(named[2]), int(named[3]), tzinfo=zone)
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize("row", VECTORS["add"], ids=lambda row: f"{row['tz']} {row['start']}")
def test_a_published_due_instant_is_found(row: Mapping[str, Any]) -> None:
    hours = re.match(r"([\d.]+)h", row["duration"])
    assert hours

    due = of_vector(row).due(local(row, row["start"]), float(hours[1]) * HOUR)

    assert due == local(row, row["due"])


@pytest.mark.parametrize("row", VECTORS["elapsed"], ids=lambda row: f"{row['tz']} {row['start']}")
def test_a_published_elapsed_time_is_counted(row: Mapping[str, Any]) -> None:
    elapsed = of_vector(row).elapsed(local(row, row["start"]), local(row, row["end"]))

    assert elapsed == row.get("hours", 0) * HOUR + timedelta(seconds=row.get("seconds", 0))


def test_time_that_runs_out_at_closing_is_due_at_closing() -> None:
    office = calendar("Asia/Shanghai", weekly(WORKWEEK, ("09:00", "12:00"), ("13:00", "18:00")))
    start = shanghai(2025, 3, 3, 10)

    assert office.due(start, 2 * HOUR) == shanghai(2025, 3, 3, 12)
    assert office.due(start, 7 * HOUR) == shanghai(2025, 3, 3, 18)
    assert office.due(start, 7 * HOUR + timedelta(microseconds=1)) == shanghai(
        2025, 3, 4, 9, microsecond=1
    )


def test_no_working_time_is_due_at_the_start_even_when_closed() -> None:
    office = calendar("Asia/Shanghai", weekly(WORKWEEK, ("09:00", "18:00")))

    assert office.due(shanghai(2025, 3, 1, 3), timedelta(0)) == shanghai(2025, 3, 1, 3)


def test_instants_come_back_in_utc() -> None:
    office = calendar("Asia/Shanghai", weekly(WORKWEEK, ("09:00", "18:00")))

    due = office.due(shanghai(2025, 3, 3, 10), HOUR)

    assert due.tzinfo is UTC
    assert due == datetime(2025, 3, 3, 3, tzinfo=UTC)


def test_a_night_window_belongs_to_the_date_it_starts_on() -> None:
    nights = calendar(
        "Asia/Shanghai", weekly(WORKWEEK, ("22:00", "06:00")), on_2025_03_04=[], on_2025_03_08=[]
    )

    monday_to_saturday = nights.intervals(shanghai(2025, 3, 3, 0), shanghai(2025, 3, 9, 0))

    # Tuesday is overridden: Monday's night still reaches into it, its own does not begin.
    assert monday_to_saturday == tuple(
        (shanghai(2025, 3, day, 22), shanghai(2025, 3, day + 1, 6)) for day in (3, 5, 6, 7)
    )


def test_intervals_are_cut_to_what_is_asked_for() -> None:
    office = calendar("Asia/Kathmandu", weekly(WORKWEEK, ("09:00", "12:00"), ("12:00", "18:00")))

    found = office.intervals(
        datetime(2025, 3, 3, 5, tzinfo=UTC), datetime(2025, 3, 4, 3, 20, tzinfo=UTC)
    )

    assert found == (
        (datetime(2025, 3, 3, 5, tzinfo=UTC), datetime(2025, 3, 3, 12, 15, tzinfo=UTC)),
        (datetime(2025, 3, 4, 3, 15, tzinfo=UTC), datetime(2025, 3, 4, 3, 20, tzinfo=UTC)),
    )


def test_around_the_clock_is_one_interval_across_new_year() -> None:
    start, end = datetime(2024, 12, 31, tzinfo=UTC), datetime(2025, 1, 2, tzinfo=UTC)

    assert ALWAYS.intervals(start, end) == ((start, end),)
    assert ALWAYS.due(start, 48 * HOUR) == end
    assert ALWAYS.elapsed(start, end) == 48 * HOUR


def test_nothing_is_open_from_an_end_back_to_its_start() -> None:
    start, end = utc(2025, 3, 3, 10), utc(2025, 3, 3, 11)

    assert (ALWAYS.elapsed(end, start), ALWAYS.intervals(end, start)) == (0 * HOUR, ())
    assert ALWAYS.intervals(start, start) == ()


def test_a_night_of_the_clock_change_is_as_long_as_it_was() -> None:
    nights = calendar("Europe/Berlin", weekly(ALL_WEEK, ("22:00", "06:00")))

    assert nights.elapsed(berlin(2024, 3, 30, 20), berlin(2024, 3, 31, 20)) == 7 * HOUR
    assert nights.elapsed(berlin(2024, 10, 26, 20), berlin(2024, 10, 27, 20)) == 9 * HOUR


def test_a_time_in_the_gap_moves_forward_by_the_gap() -> None:
    early = calendar("Europe/Berlin", weekly(ALL_WEEK, ("02:30", "08:00")))
    lord_howe = calendar("Australia/Lord_Howe", weekly(ALL_WEEK, ("02:15", "08:00")))

    assert early.intervals(berlin(2024, 3, 31, 0), berlin(2024, 3, 31, 12)) == (
        (berlin(2024, 3, 31, 3, 30), berlin(2024, 3, 31, 8)),
    )
    # Half an hour is left out there: 02:15 is 02:45.
    assert lord_howe.elapsed(
        datetime(2024, 10, 5, 12, tzinfo=UTC), datetime(2024, 10, 6, 12, tzinfo=UTC)
    ) == timedelta(hours=5, minutes=15)


def test_an_ambiguous_time_is_its_first_occurrence() -> None:
    early = calendar("Europe/Berlin", weekly(ALL_WEEK, ("02:30", "02:45"), ("02:50", "08:00")))

    assert early.intervals(berlin(2024, 10, 27, 0), berlin(2024, 10, 27, 12)) == (
        (utc(2024, 10, 27, 0, 30), utc(2024, 10, 27, 0, 45)),
        (utc(2024, 10, 27, 0, 50), utc(2024, 10, 27, 7)),
    )


def test_a_date_that_the_zone_left_out_has_no_windows() -> None:
    office = calendar("Pacific/Apia", weekly(WORKWEEK, ("09:00", "17:00")))

    # Samoa went from Thursday 29 to Saturday 31 December 2011.
    assert office.elapsed(utc(2011, 12, 29, 4), utc(2012, 1, 1, 10)) == 8 * HOUR


def test_a_published_make_up_day_works_and_a_published_holiday_does_not() -> None:
    office = calendar("Asia/Shanghai", weekly(WORKWEEK, ("09:00", "18:00")), on_2024_10_08=[])
    holidays = [date(2024, 10, day) for day in range(1, 8)]

    china = office.following([2024], holidays, [date(2024, 9, 29), date(2024, 10, 8)])

    assert china.elapsed(shanghai(2024, 9, 28, 0), shanghai(2024, 9, 30, 0)) == 9 * HOUR
    # Its own override of the eighth wins over what is published.
    assert china.due(shanghai(2024, 9, 30, 17), 2 * HOUR) == shanghai(2024, 10, 9, 10)


def test_time_across_an_unknown_year_is_never_counted() -> None:
    office = calendar("Asia/Shanghai", weekly(WORKWEEK, ("09:00", "18:00")))
    china = office.following([2025, 2026], [date(2026, 1, 1)], [])
    new_years_eve = shanghai(2026, 12, 31, 9)

    assert china.due(new_years_eve, 9 * HOUR) == shanghai(2026, 12, 31, 18)
    for question in (
        lambda: china.due(new_years_eve, 10 * HOUR),
        lambda: china.elapsed(new_years_eve, shanghai(2027, 1, 1, 1)),
        lambda: china.intervals(new_years_eve, shanghai(2027, 1, 1, 1)),
        lambda: china.due(shanghai(2028, 3, 1, 9), HOUR),
    ):
        with pytest.raises(CalendarYearUnknown) as unknown:
            question()
        assert unknown.value.year in (2027, 2028)
    with pytest.raises(CalendarYearUnknown) as unknown:
        china.due(shanghai(2024, 12, 31, 17), 2 * HOUR)
    assert unknown.value.year == 2024


def test_an_override_makes_a_date_of_an_unknown_year_known() -> None:
    week = weekly(WORKWEEK, ("09:00", "18:00"))
    entered = {
        "on_2027_01_01": [],
        "on_2027_01_02": [],
        "on_2027_01_03": [],
        "on_2027_01_04": week["mon"],
    }
    china = calendar("Asia/Shanghai", week, **entered).following([2026], [], [])

    assert china.due(shanghai(2026, 12, 31, 9), 10 * HOUR) == shanghai(2027, 1, 4, 10)
    with pytest.raises(CalendarYearUnknown):
        china.due(shanghai(2026, 12, 31, 9), 19 * HOUR)


def test_the_last_known_night_counts_to_its_end() -> None:
    nights = calendar("Asia/Shanghai", weekly(ALL_WEEK, ("22:00", "06:00")))
    china = nights.following([2026], [], [])

    assert china.due(shanghai(2026, 12, 31, 23), 4 * HOUR) == shanghai(2027, 1, 1, 3)
    assert china.elapsed(shanghai(2026, 12, 31, 23), shanghai(2027, 1, 1, 3)) == 4 * HOUR
    # The night before the first known year is not known, so neither is its morning.
    with pytest.raises(CalendarYearUnknown):
        china.elapsed(shanghai(2026, 1, 1, 1), shanghai(2026, 1, 1, 9))


def test_an_unknown_year_begins_and_ends_at_midnight() -> None:
    shifts = calendar("Asia/Shanghai", weekly(ALL_WEEK, ("00:00", "12:00"), ("12:00", "24:00")))
    china = shifts.following([2026], [], [])
    first, last = shanghai(2026, 1, 1, 0), shanghai(2027, 1, 1, 0)

    assert china.due(first, 365 * 24 * HOUR) == last
    assert china.elapsed(first, last) == 365 * 24 * HOUR


def test_a_calendar_that_never_opens_says_so() -> None:
    shut = calendar("UTC", {}, on_2025_03_04=[["09:00", "10:00"]])

    assert shut.due(utc(2025, 3, 1, 0), HOUR) == utc(2025, 3, 4, 10)
    with pytest.raises(NeverOpen):
        shut.due(utc(2025, 3, 5, 0), HOUR)
    with pytest.raises(NeverOpen):
        calendar("UTC", {}).due(utc(2025, 3, 5, 0), HOUR)
    with pytest.raises(NeverOpen):
        ALWAYS.due(utc(2025, 3, 5, 0), timedelta(days=40_000))


def test_an_instant_without_an_offset_or_out_of_range_is_refused() -> None:
    for at in (datetime(2025, 1, 1), datetime(1, 1, 1, tzinfo=UTC)):  # noqa: DTZ001 - the point
        with pytest.raises(ValueError, match="an instant"):
            ALWAYS.due(at, HOUR)


def test_starts_decades_apart_are_answered_from_whole_years() -> None:
    office = calendar("Europe/Berlin", weekly(WORKWEEK, ("08:00", "18:00")))

    assert office.elapsed(berlin(1990, 1, 1, 0), berlin(2030, 1, 1, 0)) == sum(
        (office.elapsed(berlin(y, 1, 1, 0), berlin(y + 1, 1, 1, 0)) for y in range(1990, 2030)),
        timedelta(0),
    )
    assert office.due(berlin(1990, 1, 1, 8), 10 * 5 * 52 * 30 * HOUR) == berlin(2019, 11, 22, 18)


def utc(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def berlin(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo("Europe/Berlin"))


def shanghai(year: int, month: int, day: int, hour: int, *, microsecond: int = 0) -> datetime:
    zone = ZoneInfo("Asia/Shanghai")
    return datetime(year, month, day, hour, microsecond=microsecond, tzinfo=zone)
