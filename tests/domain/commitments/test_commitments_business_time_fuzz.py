"""Due and elapsed time, case after case, against a day-by-day sweep and against businesstimedelta.

`SEE_FUZZ_CASES` sets how many cases are tried, 100,000 when it is not set; `SEE_FUZZ_SEED` which:

    SEE_FUZZ_CASES=1000000 python -m pytest -q tests/domain/commitments -k fuzz
"""

import os
import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytz
from businesstimedelta import BusinessTimeDelta, HolidayRule, LunchTimeRule, Rules, WorkDayRule

from services.commitments.domain.calendar import Calendar
from tests.domain.commitments.business_time_oracle import (
    MinuteWindows,
    spans,
    swept_due,
    swept_elapsed,
)

CASES = int(os.environ.get("SEE_FUZZ_CASES", "100000"))
SEED = int(os.environ.get("SEE_FUZZ_SEED", "4"))
QUESTIONS = 250
"""Asked of every calendar; half are for due instants, half for elapsed time."""

ZONES = [
    ("Europe/Berlin", date(2024, 3, 31)),
    ("Europe/Berlin", date(2024, 10, 27)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("America/Sao_Paulo", date(2018, 2, 18)),
    ("America/Sao_Paulo", date(2018, 11, 4)),
    ("Australia/Lord_Howe", date(2024, 4, 7)),
    ("Australia/Lord_Howe", date(2024, 10, 6)),
    ("Australia/Adelaide", date(2025, 4, 6)),
    ("Australia/Adelaide", date(2025, 10, 5)),
    ("Asia/Kathmandu", date(2023, 12, 31)),
    ("Asia/Kathmandu", date(1986, 1, 1)),
    ("Asia/Shanghai", date(2024, 2, 28)),
    ("Africa/Casablanca", date(2024, 3, 10)),
    ("Pacific/Chatham", date(2024, 9, 29)),
    ("America/St_Johns", date(2025, 11, 2)),
]
"""Each with a date around which questions are asked: clocks change, or a year ends."""
BEFORE, SWEPT_DAYS = 6, 40
WEEK = 7 * 1440


@dataclass(frozen=True)
class Hours:
    """Opening hours in minutes, by weekday and by date."""

    zone: str
    near: date
    week: list[MinuteWindows]
    overrides: dict[date, MinuteWindows]

    @property
    def calendar(self) -> Calendar:
        def seconds(windows: MinuteWindows) -> tuple[tuple[int, int], ...]:
            return tuple((start * 60, end * 60) for start, end in windows)

        return Calendar(
            self.zone,
            tuple(seconds(windows) for windows in self.week),
            {day: seconds(windows) for day, windows in self.overrides.items()},
        )

    @property
    def swept(self) -> list[tuple[datetime, datetime]]:
        first = self.near - timedelta(days=BEFORE)
        return spans(ZoneInfo(self.zone), self.week, self.overrides, first, SWEPT_DAYS)


def any_hours(chance: random.Random) -> Hours:
    """Windows anywhere in the week, over night or split, with dates that are different."""
    zone, near = chance.choice(ZONES)
    cuts = sorted(chance.sample(range(WEEK), 2 * chance.randint(1, 14)))
    week: list[list[tuple[int, int]]] = [[] for _ in range(7)]
    for start, end in list(pairwise(cuts))[::2]:
        day, opening = divmod(start, 1440)
        week[day].append((opening, opening + min(end - start, 1440)))
    overrides: dict[date, MinuteWindows] = {
        near + timedelta(days=chance.randint(-4, 12)): chance.choice(
            [[], [(540, 720), (780, 1080)], [(1320, 1800)], [(0, 1440)], [(110, 190)]]
        )
        for _ in range(chance.randint(0, 4))
    }
    return Hours(zone, near, list(week), overrides)


def a_start(chance: random.Random, near: date) -> datetime:
    midnight = datetime(near.year, near.month, near.day, tzinfo=UTC)
    return midnight + timedelta(seconds=chance.randint(-3 * 86400, 4 * 86400))


def test_the_day_by_day_sweep_finds_the_same_due_and_elapsed_time() -> None:
    """Any zone, windows over night and split, overrides, on and around changes of the clocks."""
    chance = random.Random(SEED)  # noqa: S311 - cases to try
    asked = 0
    while asked < CASES:
        hours = any_hours(chance)
        calendar, opened = hours.calendar, hours.swept
        for _ in range(QUESTIONS // 2):
            start = a_start(chance, hours.near)
            end = start + timedelta(seconds=chance.randint(-1000, 20 * 86400))
            worked = swept_elapsed(opened, start, end)
            assert calendar.elapsed(start, end) == worked, (hours, start, end)
            working = timedelta(seconds=chance.randint(0, 30 * 3600))
            due = swept_due(opened, start, working)
            if due is not None:
                assert calendar.due(start, working) == due, (hours, start, working)
                asked += 1
            asked += 1


@dataclass(frozen=True)
class Shop:
    """Hours that businesstimedelta can tell: one window a day, a break, days of the week, days off.

    It is wrong for windows over night, so windows lie between 05:00 and 23:00.
    """

    opens: time
    closes: time
    lunch: tuple[time, time] | None
    weekdays: list[int]
    closed: set[date]

    def rules(self, zone: str) -> Rules:
        tz = pytz.timezone(zone)
        days = self.weekdays
        rules = [WorkDayRule(self.opens, self.closes, days, tz=tz)]
        if self.lunch:
            rules.append(LunchTimeRule(*self.lunch, days, tz=tz))
        return Rules([*rules, HolidayRule(self.closed, tz=tz)])

    def hours(self, zone: str, near: date) -> Hours:
        opens, closes = _minutes(self.opens), _minutes(self.closes)
        windows: MinuteWindows = [(opens, closes)]
        if self.lunch:
            leaves, returns = map(_minutes, self.lunch)
            windows = [(opens, leaves), (returns, closes)]
        week: list[MinuteWindows] = [windows if n in self.weekdays else [] for n in range(7)]
        return Hours(zone, near, week, {day: [] for day in self.closed})


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def a_shop(chance: random.Random, near: date) -> Shop:
    while True:
        minutes = sorted(chance.sample(range(5 * 60, 23 * 60), 4))
        # It fails where it finds no day off ahead: a shop that is hardly open would look too far.
        if minutes[1] - minutes[0] + minutes[3] - minutes[2] >= 120:
            break
    opens, leaves, returns, closes = (time(*divmod(minute, 60)) for minute in minutes)
    # A last day off bounds its search for the next one.
    closed = {near + timedelta(days=n) for n in (*chance.sample(range(-3, 20), 3), 60)}
    lunch = (leaves, returns) if chance.random() < 0.5 else None
    weekdays = sorted(chance.sample(range(7), chance.randint(3, 7)))
    return Shop(opens, closes, lunch, weekdays, closed)


def test_businesstimedelta_finds_the_same_due_and_elapsed_time_in_day_windows() -> None:
    """A tenth of the cases: each takes it fifty times as long."""
    chance = random.Random(SEED)  # noqa: S311 - cases to try
    asked = 0
    while asked < CASES // 10:
        zone, near = chance.choice(ZONES)
        shop = a_shop(chance, near)
        calendar, rules = shop.hours(zone, near).calendar, shop.rules(zone)
        for _ in range(QUESTIONS // 10):
            start = a_start(chance, near)
            end = start + timedelta(seconds=chance.randint(0, 8 * 86400))
            theirs = rules.difference(start, end).timedelta
            assert calendar.elapsed(start, end) == theirs, (shop, zone, start, end)
            working = timedelta(seconds=chance.randint(1, 20 * 3600))
            due = start + BusinessTimeDelta(rules, timedelta=working)
            assert calendar.due(start, working) == due, (shop, zone, start, working)
            asked += 2
