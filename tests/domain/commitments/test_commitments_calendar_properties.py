"""Business time against a count of every minute, around clock changes and the new year."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from services.commitments.domain.calendar import Calendar
from tests.domain.commitments.business_time_oracle import MINUTE, instant, minute, open_minutes

ZONES = [
    ("Europe/Berlin", date(2024, 3, 31)),
    ("Europe/Berlin", date(2024, 10, 27)),
    ("Australia/Lord_Howe", date(2024, 4, 7)),
    ("Australia/Lord_Howe", date(2024, 10, 6)),
    ("America/New_York", date(2024, 3, 10)),
    ("America/New_York", date(2024, 11, 3)),
    ("America/Sao_Paulo", date(2018, 11, 4)),
    ("Asia/Tehran", date(2022, 3, 22)),
    ("Asia/Tehran", date(2022, 9, 22)),
    ("Asia/Kathmandu", date(1986, 1, 1)),
    ("Asia/Shanghai", date(2023, 12, 31)),
    ("Pacific/Kiritimati", date(2024, 1, 1)),
    ("Pacific/Marquesas", date(2025, 1, 1)),
]
SWEPT_DAYS = 24
WEEK = 7 * 1440


@dataclass(frozen=True)
class Question:
    calendar: Calendar
    open: Sequence[int]
    start: datetime


@st.composite
def weeks(draw: st.DrawFn) -> list[list[tuple[int, int]]]:
    """Windows apart from each other anywhere in a week, the nights of Sunday included."""
    cuts = sorted(draw(st.lists(st.integers(0, WEEK // 15 - 1), max_size=24, unique=True)))
    shift = draw(st.integers(0, WEEK // 15 - 1))
    week: list[list[tuple[int, int]]] = [[] for _ in range(7)]
    for start, end in zip(cuts[::2], cuts[1::2], strict=False):
        day, opening = divmod((start + shift) * 15 % WEEK, 1440)
        week[day].append((opening, opening + min((end - start) * 15, 1440)))
    return week


@st.composite
def questions(draw: st.DrawFn) -> Question:
    zone, near = draw(st.sampled_from(ZONES))
    week = draw(weeks())
    windows = st.sampled_from([[], [(540, 720), (780, 1080)], [(1320, 1800)], [(0, 1440)]])
    offsets = st.integers(-3, 6)
    overrides = {
        near + timedelta(days=offset): list(hours)
        for offset, hours in draw(st.dictionaries(offsets, windows, max_size=3)).items()
    }
    first = near - timedelta(days=5)
    start = datetime(near.year, near.month, near.day, tzinfo=UTC)
    start += draw(st.integers(-2 * 1440, 3 * 1440)) * MINUTE
    calendar = Calendar(
        zone,
        tuple(tuple((a * 60, b * 60) for a, b in day) for day in week),
        {day: tuple((a * 60, b * 60) for a, b in hours) for day, hours in overrides.items()},
    )
    return Question(
        calendar, open_minutes(ZoneInfo(zone), week, overrides, first, SWEPT_DAYS), start
    )


@settings(max_examples=150, deadline=None)
@given(questions(), st.integers(0, 12 * 1440))
def test_elapsed_time_is_the_number_of_open_minutes(question: Question, length: int) -> None:
    end = question.start + length * MINUTE

    elapsed = question.calendar.elapsed(question.start, end)

    first, last = (bisect_left(question.open, minute(at)) for at in (question.start, end))
    assert elapsed == (last - first) * MINUTE


@settings(max_examples=150, deadline=None)
@given(questions(), st.data())
def test_a_due_instant_is_the_end_of_the_last_minute_that_was_needed(
    question: Question, data: st.DataObject
) -> None:
    first = bisect_left(question.open, minute(question.start))
    needed = data.draw(st.integers(0, len(question.open) - first))

    due = question.calendar.due(question.start, needed * MINUTE)

    last = first + needed - 1
    assert due == (instant(question.open[last]) + MINUTE if needed else question.start)


@settings(max_examples=150, deadline=None)
@given(questions(), st.integers(0, 10**12), st.integers(0, 10**9))
def test_exactly_the_working_time_has_elapsed_when_it_is_due(
    question: Question, microseconds: int, into: int
) -> None:
    calendar, start = question.calendar, question.start + timedelta(microseconds=into)
    working = timedelta(microseconds=microseconds)
    if not any(calendar.weekly):
        working = timedelta(0)

    due = calendar.due(start, working)

    assert calendar.elapsed(start, due) == working
    assert not working or calendar.elapsed(start, due - timedelta(microseconds=1)) < working


@settings(max_examples=100, deadline=None)
@given(questions(), st.integers(0, 9 * 1440))
def test_intervals_are_apart_in_order_and_add_up(question: Question, length: int) -> None:
    end = question.start + length * MINUTE

    found = question.calendar.intervals(question.start, end)

    edges = [question.start, *(edge for interval in found for edge in interval), end]
    assert edges == sorted(edges)
    assert all(a[1] < b[0] for a, b in pairwise(found))
    total = sum((b - a for a, b in found), timedelta(0))
    assert total == question.calendar.elapsed(question.start, end)
