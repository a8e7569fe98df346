"""A clock explained: its stretches lie end to end, and the counted ones are its running time."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings

from services.commitments.domain.calendar import ALWAYS
from services.commitments.domain.events import TicketEvent
from services.commitments.domain.explanation import Skipped, Stretch, stretches
from tests.domain.commitments.test_commitments_fold_properties import folded, streams
from tests.domain.commitments.ticket_desk import CALENDARS, HOUR, at, office

NOTHING = timedelta(0)


def test_closed_hours_and_pauses_are_told_apart() -> None:
    # Monday, nine to twelve and one to six.
    told = list(stretches(at(8), at(20), [(at(10), at(13.5))], office()))

    assert told == [
        Stretch(at(8), at(9), Skipped.CLOSED),
        Stretch(at(9), at(10)),
        Stretch(at(10), at(13.5), Skipped.PAUSED),
        Stretch(at(13.5), at(18)),
        Stretch(at(18), at(20), Skipped.CLOSED),
    ]


def test_a_pause_that_lasts_is_told_up_to_the_end_and_one_outside_is_not() -> None:
    pauses = [(at(1), at(3)), (at(5), None)]
    told = list(stretches(at(2), at(8), pauses, ALWAYS))

    assert [(s.since, s.until, s.skipped) for s in told] == [
        (at(2), at(3), Skipped.PAUSED),
        (at(3), at(5), None),
        (at(5), at(8), Skipped.PAUSED),
    ]
    assert list(stretches(at(8), at(8), pauses, ALWAYS)) == []
    assert list(stretches(at(8), at(2), [], ALWAYS)) == []


def test_a_year_that_the_calendar_does_not_know_is_told_as_such() -> None:
    start, end = at(24 * 400), at(24 * 400 + 4)
    told = list(stretches(start, end, [(start + HOUR, start + 2 * HOUR)], CALENDARS["china@1"]))

    assert [s.skipped for s in told] == [
        Skipped.CALENDAR_YEAR_UNKNOWN,
        Skipped.PAUSED,
        Skipped.CALENDAR_YEAR_UNKNOWN,
    ]


@settings(max_examples=150, deadline=None)
@given(streams)
def test_the_stretches_of_every_clock_lie_end_to_end_and_add_up_to_its_running_time(
    stream: list[TicketEvent],
) -> None:
    as_of = at(24 * 40)
    for version in folded(stream).current:
        clock = version.clock
        calendar = CALENDARS[clock.commitment.calendar] if clock.commitment.calendar else ALWAYS
        end = clock.finished_at or clock.cancelled_at or as_of
        told = list(stretches(clock.started_at, end, clock.pauses, calendar))
        if clock.started_at < end:
            assert (told[0].since, told[-1].until) == (clock.started_at, end)
        assert all(s.since < s.until for s in told)
        assert all(a.until == b.since for a, b in pairwise(told))
        counted = sum((s.until - s.since for s in told if s.skipped is None), NOTHING)
        running = clock.running_time_at(as_of, CALENDARS)
        if running is not None and clock.started_at < end:
            assert counted == running
