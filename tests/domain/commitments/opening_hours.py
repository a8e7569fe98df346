"""Calendars for tests, from windows by weekday and by date."""

from collections.abc import Mapping
from typing import Any

from services.commitments.domain.calendar import Calendar

WORKWEEK = ("mon", "tue", "wed", "thu", "fri")
ALL_WEEK = (*WORKWEEK, "sat", "sun")


def weekly(days: tuple[str, ...], *windows: tuple[str, str]) -> dict[str, Any]:
    return {day: [[start, end] for start, end in windows] for day in days}


def dated(windows_by_date: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"date": day, "windows": windows} for day, windows in windows_by_date.items()]


def calendar(zone: str, week: Mapping[str, Any], **overrides: list[list[str]]) -> Calendar:
    named = {day.removeprefix("on_").replace("_", "-"): w for day, w in overrides.items()}
    return Calendar.of({"time_zone": zone, "weekly": week, "overrides": dated(named)})
