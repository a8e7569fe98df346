"""Penalties: the source's amounts, late days, repetition, and what is waived."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.commitments.domain.penalties import (
    SHIPPED,
    Finding,
    is_repeated,
    is_waived,
    late_days,
    month_before,
    next_late_day,
)
from services.commitments.domain.reporting_month import (
    bounds,
    following,
    is_month,
    month_of,
    self_check_due,
    summary_due,
)

DUE = datetime(2026, 4, 15, 16, tzinfo=UTC)
INSTANTS = st.integers(0, 10**9).map(lambda second: datetime.fromtimestamp(second, UTC))
MONTHS = st.builds("{:04}-{:02}".format, st.integers(1971, 2190), st.integers(1, 12))
ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Kolkata"])


def test_the_shipped_amounts_are_those_of_the_source() -> None:
    plain = {
        code: (rule.per, {bearer.value: int(n) for bearer, n in rule.amounts.items()})
        for code, rule in SHIPPED.items()
    }
    everyone = ("person", "supervisor", "department_head")
    assert plain == {
        "violation": ("occurrence", dict(zip(everyone, (20, 10, 5), strict=True))),
        "repeated_violation": ("occurrence", dict(zip(everyone, (40, 20, 20), strict=True))),
        "incomplete_self_check": ("item", {"supervisor": 10}),
        "late_self_check": ("day", {"supervisor": 10}),
        "late_summary": ("day", {"department_head": 10}),
        "late_filing": ("day", {"department_head": 20}),
        "late_change": ("day", {"planning_administrator": 20, "planning_head": 10}),
    }
    assert all(isinstance(n, Decimal) for rule in SHIPPED.values() for n in rule.amounts.values())


@pytest.mark.parametrize(
    ("past", "days"),
    [
        (timedelta(days=-3), 0),
        (timedelta(0), 0),
        (timedelta(microseconds=1), 1),
        (timedelta(days=1), 1),
        (timedelta(days=1, seconds=1), 2),
    ],
)
def test_a_late_day_counts_once_it_has_begun(past: timedelta, days: int) -> None:
    assert late_days(DUE, DUE + past) == days


@given(INSTANTS, INSTANTS)
def test_a_further_late_day_begins_right_after_the_instant_told(
    due_at: datetime, after: datetime
) -> None:
    following_day = next_late_day(due_at, after)
    days = late_days(due_at, after)
    assert following_day >= after or days == 0
    assert late_days(due_at, following_day) == days
    assert late_days(due_at, following_day + timedelta(microseconds=1)) == days + 1


@given(MONTHS, ZONES)
def test_reports_are_due_at_the_end_of_the_15th_and_the_25th_of_the_next_month(
    month: str, zone: str
) -> None:
    moment = timedelta(seconds=1)
    for due, day in ((self_check_due(month, zone), 15), (summary_due(month, zone), 25)):
        local = due.astimezone(due.tzinfo)
        assert month_of(due - moment, zone) == month_of(due, zone) == following(month)
        assert (local.day, local.hour, local.minute) == (day + 1, 0, 0)
    start, end = bounds(month, zone)
    assert month_of(start, zone) == month
    assert month_of(end - moment, zone) == month
    assert month_of(end, zone) == following(month)
    assert month_before(following(month)) == month
    assert is_month(month)


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-00", "26-01", "2026-1", "2026-01-01", "２０２６-01"]
)
def test_what_is_no_month_is_told(text: str) -> None:
    assert not is_month(text)


MARCH = Finding("incident", "accept", "form", "2026-03")


@pytest.mark.parametrize(
    ("earlier", "repeated"),
    [
        (Finding("incident", "accept", "form", "2026-02"), True),
        (Finding("incident", "accept", "form", "2026-03"), False),
        (Finding("incident", "accept", "form", "2026-01"), False),
        (Finding("incident", "accept", "flow", "2026-02"), False),
        (Finding("incident", "resolve", "form", "2026-02"), False),
        (Finding("request", "accept", "form", "2026-02"), False),
    ],
)
def test_only_the_same_problem_in_the_month_before_makes_a_repetition(
    earlier: Finding, repeated: bool
) -> None:
    assert is_repeated(MARCH, [earlier]) == repeated
    assert not is_repeated(MARCH, [])


@given(st.none() | INSTANTS, st.none() | INSTANTS, INSTANTS)
def test_only_what_was_found_and_penalised_before_the_check_is_waived(
    found: datetime | None, penalised: datetime | None, checked: datetime
) -> None:
    both = found is not None and penalised is not None
    waived = is_waived(found, penalised, checked)
    assert waived == (both and max(found or checked, penalised or checked) <= checked)
