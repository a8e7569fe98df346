"""When a clock reaches a share of its commitment or a limit, to the microsecond."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.commitments.domain.alert_rules import (
    DEFAULT_RULE,
    AlertRule,
    Scope,
    rule_for,
)
from services.commitments.domain.alerting import (
    Instant,
    held_until,
    instants,
    percent_of,
    warning,
    warning_due,
)
from services.commitments.domain.calendar import ALWAYS, Calendar
from services.commitments.domain.calendars import SINCE_EVER, Calendars, CalendarVersion
from services.commitments.domain.clock import Clock
from services.commitments.domain.history import ClockKey, ClockVersion
from services.commitments.domain.promise import Promise

DAY = Calendar.of(
    {
        "time_zone": "Asia/Shanghai",
        "weekly": {day: [["09:00", "12:00"], ["13:00", "18:00"]] for day in
                   ("mon", "tue", "wed", "thu", "fri")},
    }
)  # fmt: skip
CALENDARS = Calendars(
    [CalendarVersion("always", 1, SINCE_EVER, ALWAYS), CalendarVersion("day", 1, SINCE_EVER, DAY)]
)
START = datetime(2026, 3, 2, 1, tzinfo=UTC)
"""Monday, nine o'clock in Shanghai."""
KEY = ClockKey("INC1", "resolve", 1)


def minutes(number: float) -> datetime:
    return START + timedelta(minutes=number)


def promise(commitment: float = 100, tolerance: float = 200, calendar: str = "always@1") -> Promise:
    lengths = timedelta(minutes=commitment), timedelta(minutes=tolerance)
    return Promise(
        "prm_1", "p", 1, "incident", "resolve", None, None, *lengths, calendar, calendar, START
    )


def started(kept: Promise | None = None) -> Clock:
    return Clock.started(START, None, None, kept or promise(), CALENDARS)


def version(clock: Clock, since: float = 0, until: float | None = None) -> ClockVersion:
    end = None if until is None else minutes(until)
    return ClockVersion(KEY, minutes(since), end, "Group 1", None, clock)


def told(found: list[Instant]) -> dict[str, datetime]:
    return {instant.threshold: instant.at for instant in found}


def test_a_running_clock_has_its_warning_and_both_limits_ahead() -> None:
    found = instants([version(started())], [80], CALENDARS)
    assert told(found) == {
        "warning_80": minutes(80),
        "commitment": minutes(100),
        "tolerance": minutes(200),
    }
    assert not any(instant.is_reached for instant in found)


def test_a_warning_counts_in_the_calendar_of_the_commitment() -> None:
    # 80 % of ten hours is the whole Monday: it falls on closing time.
    clock = started(promise(600, 900, "day@1"))
    assert warning_due(clock, 80, CALENDARS) == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert warning_due(clock, 50, CALENDARS) == datetime(2026, 3, 2, 7, tzinfo=UTC)


def test_a_warning_moves_by_the_pause_and_stays_where_it_had_passed() -> None:
    clock = started().paused(minutes(60), CALENDARS).resumed(minutes(90), CALENDARS)
    assert warning_due(clock, 80, CALENDARS) == minutes(110)
    assert warning_due(clock, 50, CALENDARS) == minutes(50)


def test_a_paused_clock_has_only_what_it_reached_before() -> None:
    clock = started().paused(minutes(90), CALENDARS)
    found = instants([version(started(), 0, 90), version(clock, 90)], [80], CALENDARS)
    assert told(found) == {"warning_80": minutes(80)}
    assert found[0].is_reached


@pytest.mark.parametrize(("end", "reached"), [
    (79, set()), (80, set()), (81, {"warning_80"}), (100, {"warning_80"}),
    (150, {"warning_80", "commitment"}), (201, {"warning_80", "commitment", "tolerance"}),
])  # fmt: skip
def test_a_clock_that_ends_exactly_at_a_threshold_has_not_passed_it(
    end: float, reached: set[str]
) -> None:
    clock = started().finished(minutes(end), CALENDARS)
    versions = [version(started(), 0, end), version(clock, end)]
    assert set(told(instants(versions, [80], CALENDARS))) == reached
    cancelled = started().cancelled(minutes(end), CALENDARS)
    versions = [version(started(), 0, end), version(cancelled, end)]
    assert set(told(instants(versions, [80], CALENDARS))) == reached


def test_a_reset_clock_reaches_a_threshold_once() -> None:
    again = Clock.started(minutes(120), None, None, promise(), CALENDARS)
    found = instants([version(started(), 0, 120), version(again, 120)], [], CALENDARS)
    assert told(found) == {"commitment": minutes(100), "tolerance": minutes(320)}


def test_an_instant_knows_who_held_the_clock_then() -> None:
    first = version(started(), 0, 90)
    second = ClockVersion(KEY, minutes(90), None, "Group 2", "duty", started())
    found = {i.threshold: i.version for i in instants([first, second], [80], CALENDARS)}
    assert found["warning_80"].department == "Group 1"
    assert (found["commitment"].department, found["commitment"].position) == ("Group 2", "duty")


def test_without_a_promise_there_is_nothing_to_alert_of() -> None:
    clock = Clock.started(START, None, None, None, CALENDARS)
    assert instants([version(clock)], [80], CALENDARS) == []


@given(
    st.integers(1, 99),
    st.lists(st.tuples(st.integers(1, 500), st.integers(1, 500)), max_size=5),
    st.sampled_from(["always@1", "day@1"]),
)
def test_a_warning_falls_when_that_share_of_the_commitment_is_used(
    percent: int, pauses: list[tuple[int, int]], calendar: str
) -> None:
    clock, at = started(promise(1500, 3000, calendar)), 0
    for ran, rested in pauses:
        clock = clock.paused(minutes(at + ran), CALENDARS)
        at += ran + rested
        clock = clock.resumed(minutes(at), CALENDARS)
    due = warning_due(clock, percent, CALENDARS)
    assert due is not None
    edges = [START]
    for since, until in clock.pauses:
        edges += [since, until or due]
    stretches = zip(edges[::2], [*edges[1::2], due], strict=True)
    used = sum(
        (CALENDARS[calendar].elapsed(since, min(until, due)) for since, until in stretches),
        timedelta(),
    )
    assert used == timedelta(minutes=15) * percent


def test_a_night_alert_is_held_until_the_alert_calendar_opens() -> None:
    night, day = datetime(2026, 3, 2, 14, tzinfo=UTC), datetime(2026, 3, 2, 5, 30, tzinfo=UTC)
    friday_night = datetime(2026, 3, 6, 12, tzinfo=UTC)
    assert held_until(night, "day", CALENDARS) == datetime(2026, 3, 3, 1, tzinfo=UTC)
    assert held_until(day, "day", CALENDARS) == day
    assert held_until(friday_night, "day", CALENDARS) == datetime(2026, 3, 9, 1, tzinfo=UTC)
    assert held_until(night, None, CALENDARS) == night
    never = Calendar.of({"time_zone": "UTC", "weekly": {}})
    shut = Calendars([CalendarVersion("never", 1, SINCE_EVER, never)])
    assert held_until(night, "never", shut) == night


def rule(name: str, **scope: str) -> AlertRule:
    return AlertRule(name, Scope(**scope), frozenset({"tolerance"}), ())


def test_the_most_specific_rule_counts_and_the_default_where_there_is_none() -> None:
    rules = [
        rule("a"),
        rule("b", process="incident"),
        rule("c", process="incident", node="resolve"),
        rule("d", process="incident", node="resolve", priority="1"),
        rule("e", promise="gold"),
    ]
    run = Scope("incident", "resolve", None, "2", "p")
    assert rule_for(rules, run).id == "c"
    assert rule_for(rules, Scope("incident", "resolve", None, "1", "p")).id == "d"
    assert rule_for(rules, Scope("incident", "accept", None, "1", "gold")).id == "e"
    assert rule_for(rules, Scope("change", "plan", None, None, "x")).id == "a"
    assert rule_for([], run) is DEFAULT_RULE
    assert DEFAULT_RULE.percents == {80}
    assert (percent_of(warning(80)), percent_of("commitment")) == (80, None)
