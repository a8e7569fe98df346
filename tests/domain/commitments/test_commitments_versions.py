"""Versions in time: which one is in force, what a new promise takes over, when it is reviewed."""

from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from services.commitments.domain.agreement import next_review, review_dates
from services.commitments.domain.calendar import ALWAYS
from services.commitments.domain.calendars import SINCE_EVER, Calendars, CalendarVersion
from services.commitments.domain.expectation import Expectation, FinishedRun, Limits
from services.commitments.domain.promise import Promise, bind, takes_over
from services.commitments.domain.versions import Versions
from tests.domain.commitments.opening_hours import WORKWEEK, calendar, weekly
from tests.domain.commitments.ticket_desk import HOUR, at, office, promise


@given(st.lists(st.integers(0, 50), min_size=1), st.integers(-5, 60))
def test_the_version_that_began_last_is_in_force_and_the_first_before_all(
    beginnings: list[int], hour: int
) -> None:
    ordered = sorted(beginnings)
    versions = Versions((at(begin), number) for number, begin in enumerate(ordered))

    begun = [number for number, begin in enumerate(ordered) if begin <= hour]

    assert versions.in_force(at(hour)) == (begun[-1] if begun else 0)


NAMES = st.sampled_from([None, "a", "b"])
PROMISES = st.builds(
    lambda code, segment, priority, begin: promise(
        "fix", id=code, segment=segment, priority=priority, valid_from=at(begin)
    ),
    st.sampled_from("pqrs"),
    NAMES,
    NAMES,
    st.integers(0, 10),
)


@given(st.lists(PROMISES, unique_by=lambda p: p.code), PROMISES, NAMES, NAMES)
def test_a_promise_takes_over_exactly_the_runs_that_would_bind_it(
    known: list[Promise], new: Promise, segment: str | None, priority: str | None
) -> None:
    others = [p for p in known if p.code != new.code]
    before = bind(others, "fix", segment, priority, at(20))
    after = bind([*others, new], "fix", segment, priority, at(20))

    if new.covers("fix", segment, priority):
        assert takes_over(new, before) == (after == new)
    else:
        assert after == before


def test_a_run_and_its_legs_count_in_the_calendar_versions_of_its_start() -> None:
    mornings = calendar("UTC", weekly(WORKWEEK, ("09:00", "10:00")))
    calendars = Calendars(
        [
            CalendarVersion("office", 1, SINCE_EVER, office()),
            CalendarVersion("office", 2, at(12), mornings),
        ]
    )
    promised = promise("fix", 2, 4, calendar="office")

    assert promised.counted_in(calendars, at(11)).commitment_calendar == "office@1"
    assert promised.counted_in(calendars, at(12)).tolerance_calendar == "office@2"
    assert calendars.in_force("office@1", at(100)) == "office@1"


def test_a_version_knows_what_the_newest_one_says_of_unpublished_years_only() -> None:
    week = weekly(WORKWEEK, ("09:00", "18:00"))
    first = calendar("UTC", week, on_2025_03_03=[]).following([2025], [], [])
    newest = calendar("UTC", week, on_2025_03_04=[], on_2026_01_01=[], on_2026_01_02=week["mon"])

    knowing = first.knowing(newest)

    new_year = datetime(2026, 1, 1, tzinfo=SINCE_EVER.tzinfo)
    assert knowing.due(new_year, HOUR) == new_year + 34 * HOUR
    # The third of March stays closed and the fourth open: those dates are the version's own.
    assert knowing.elapsed(at(0), at(48)) == 9 * HOUR
    assert first.first_unknown_year(at(0)) == 2026
    assert newest.first_unknown_year(at(0)) is None


def test_what_to_expect_counts_unpaused_working_time_against_each_limit() -> None:
    limits = Limits(2 * HOUR, ALWAYS, 3 * HOUR, office())
    runs = [
        FinishedRun(at(9), at(11)),
        FinishedRun(at(9), at(12), ((at(10), at(11)),)),
        FinishedRun(at(9), at(14)),
        FinishedRun(at(9), at(17)),
    ]

    expected = Expectation.of(runs, limits)

    # From nine to two there are four office hours, with the break at noon.
    assert (expected.runs, expected.within_commitment, expected.within_tolerance) == (4, 2, 2)
    assert expected.attainment_rate == Fraction(1, 2)
    assert (expected.finished_from, expected.finished_until) == (at(11), at(17))
    assert Expectation.of([], limits).attainment_rate is None


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 60), st.integers(0, 5000))
def test_a_review_follows_every_so_many_months_on_the_same_day_or_the_last_of_the_month(
    first: date, months: int, later: int
) -> None:
    days = list(islice(review_dates(first, months), 5))
    today = first + timedelta(days=later)

    assert days[0] == first
    assert [(d.year * 12 + d.month) for d in days] == [
        first.year * 12 + first.month + n * months for n in range(5)
    ]
    assert all(d.day == first.day or (d + timedelta(days=1)).day == 1 for d in days)
    assert next_review(first, months, today) >= today
