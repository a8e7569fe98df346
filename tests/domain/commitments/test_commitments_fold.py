"""What the fold makes of the conditions and promises of a node."""

import pytest

from services.commitments.domain.clock import DueReason
from services.commitments.domain.events import TicketEvent
from services.commitments.domain.fold import fold
from services.commitments.domain.states import State
from tests.domain.commitments.ticket_desk import (
    CALENDARS,
    DESK,
    HOUR,
    WAITS,
    at,
    event,
    folded,
    legs,
    node,
    process,
    promise,
    run,
)


def test_a_run_that_finishes_exactly_at_a_limit_is_within_it() -> None:
    for hours, state in (
        (4, State.COMPLETED_NORMAL),
        (8, State.COMPLETED_ACCEPTABLE),
        (8.01, State.COMPLETED_WARNING),
    ):
        history = folded(event(0, "Active"), event(hours, "Resolved"))
        assert run(history, "fix").clock.final_state is state
        assert run(history, "fix").clock.running_time == hours * HOUR


def test_a_version_tells_the_state_of_every_instant_until_the_next_event() -> None:
    history = folded(event(0, "Active"), event(10, "Resolved"))
    running, finished = (v for v in history.clocks if v.key.node and v.key.leg is None)

    assert (running.valid_from, running.valid_until) == (at(0), at(10))
    assert [running.state(at(h)) for h in (0, 4, 4.5, 8, 9)] == [
        State.RUNNING_NORMAL,
        State.RUNNING_NORMAL,
        State.RUNNING_ACCEPTABLE,
        State.RUNNING_ACCEPTABLE,
        State.RUNNING_WARNING,
    ]
    assert running.running_time(at(3), CALENDARS) == 3 * HOUR
    assert running.clock.final_state is None
    assert (finished.valid_from, finished.valid_until) == (at(10), None)
    assert history.clocks_at(at(9.9)) != history.clocks_at(at(10))


def test_a_pause_stops_the_clock_and_moves_its_limits() -> None:
    history = folded(
        event(0, "Active"),
        event(3, "Awaiting User"),
        event(23, "Active"),
        event(23.5, "Awaiting Vendor"),
        event(30, "Resolved"),
    )
    versions = [v.clock for v in history.clocks if v.key.node and v.key.leg is None]

    assert [v.commitment_due_at for v in versions] == [at(4), at(4), at(24), at(24), at(30.5)]
    assert [v.tolerance_due_at for v in versions] == [at(8), at(8), at(28), at(28), at(34.5)]
    assert [v.paused_at for v in versions] == [None, at(3), None, at(23.5), None]
    assert [v.running_since for v in versions] == [at(0), None, at(23), None, None]
    assert versions[1].state(at(20)) is State.RUNNING_NORMAL
    assert versions[1].running_time_at(at(20), CALENDARS) == 3 * HOUR
    assert versions[-1].running_time == 3.5 * HOUR
    assert versions[-1].pauses == ((at(3), at(23)), (at(23.5), at(30)))
    assert versions[-1].final_state is State.COMPLETED_NORMAL


def test_a_limit_that_passed_before_a_pause_stays_passed() -> None:
    history = folded(event(0, "Active"), event(5, "Awaiting User"), event(50, "Resolved"))

    clock = run(history, "fix").clock

    assert (clock.commitment_due_at, clock.tolerance_due_at) == (at(4), at(53))
    assert clock.final_state is State.COMPLETED_ACCEPTABLE


def test_a_run_paused_exactly_at_its_limit_may_still_finish_within_it() -> None:
    history = folded(event(0, "Active"), event(4, "Awaiting User"), event(50, "Resolved"))

    assert run(history, "fix").clock.final_state is State.COMPLETED_NORMAL
    assert run(history, "fix").clock.commitment_due_at == at(50)


def test_commitment_and_tolerance_are_counted_in_their_own_calendars() -> None:
    hybrid = promise("fix", 4, 12, calendar="office@1", tolerance_calendar="always@1")

    history = folded(
        event(10, "Active"), event(11, "Awaiting User"), event(15, "Active"), under=(hybrid,)
    )
    clock = run(history, "fix").clock

    # One office hour and one hour of the clock are used; three and eleven are left at 15:00.
    assert clock.commitment_due_at == at(18)
    assert clock.tolerance_due_at == at(26)
    assert (clock.commitment.consumed, clock.tolerance.consumed) == (HOUR, HOUR)


def test_the_tolerance_is_never_due_before_the_commitment() -> None:
    hybrid = promise("fix", 4, 5, calendar="office@1", tolerance_calendar="always@1")

    history = folded(event(17, "Active"), under=(hybrid,))
    clock = run(history, "fix").clock

    assert clock.commitment_due_at == clock.tolerance_due_at == at(24 + 12)
    assert clock.state(at(24 + 12)) is State.RUNNING_NORMAL
    assert clock.state(at(24 + 12.1)) is State.RUNNING_WARNING


def test_conditions_that_coincide_apply_in_their_order() -> None:
    everything = {"state": "All"}
    whole = process(
        {
            "code": "fix",
            "name": {"zh": "x", "en": "x"},
            **dict.fromkeys(("start", "reset", "resume", "pause", "finish", "cancel"), everything),
        }
    )

    history = folded(event(0, "New"), event(1, "All"), event(2, "All"), of=whole)

    # Each run starts, is paused and finishes at once; cancelling comes too late.
    for visit, hours in ((1, 1), (2, 2)):
        clock = run(history, "fix", visit).clock
        assert (clock.started_at, clock.finished_at) == (at(hours), at(hours))
        assert (clock.cancelled_at, clock.pauses) == (None, ())
        assert clock.final_state is State.COMPLETED_NORMAL


def test_resume_and_pause_in_one_event_leave_the_run_paused() -> None:
    both = process(
        node("fix", "Active", pause={"state": {"not": "Active"}}, resume={"state": "Waiting on"})
    )

    history = folded(event(0, "Active"), event(1, "Waiting"), event(3, "Waiting on"), of=both)
    clock = run(history, "fix").clock

    assert clock.pauses == ((at(1), at(3)), (at(3), None))
    assert clock.running_time_at(at(9), CALENDARS) == HOUR


def test_a_start_is_ignored_while_its_run_is_in_progress_and_is_a_visit_afterwards() -> None:
    history = folded(
        event(0, "Active"), event(1, "Active"), event(2, "Resolved"), event(3, "Active")
    )

    assert run(history, "fix", 1).clock.started_at == at(0)
    assert run(history, "fix", 2).clock.started_at == at(3)
    assert run(history, "fix", 2).clock.commitment_due_at == at(7)
    assert len([v for v in history.current if v.key.node and v.key.leg is None]) == 2


def test_a_run_is_cancelled_where_it_is_not_finished() -> None:
    history = folded(event(0, "Active"), event(1, "Withdrawn"), event(2, "Active"))

    first = run(history, "fix", 1).clock
    assert (first.cancelled_at, first.finished_at) == (at(1), None)
    assert (first.final_state, first.running_time) == (State.CANCELLED, HOUR)
    assert legs(history, "fix")[0].clock.final_state is State.CANCELLED
    assert run(history, "fix", 2).clock.in_progress


def test_a_later_node_that_starts_finishes_the_earlier_ones_however_far() -> None:
    line = process(node("a", "A"), node("b", "B"), node("c", "C", "Closed"))

    history = folded(event(0, "A"), event(2, "C"), event(3, "B"), event(5, "Closed"), of=line)

    assert run(history, "a").clock.finished_at == at(2)
    # A node that comes before does not end one that comes after.
    assert run(history, "c").clock.finished_at == at(5)
    assert run(history, "b").clock.in_progress


def test_a_node_may_go_on_while_later_ones_start() -> None:
    line = process(node("a", "A", finishes_when_later_starts=False), node("b", "B"))

    history = folded(event(0, "A"), event(2, "B"), of=line)

    assert run(history, "a").clock.in_progress


def test_a_clock_may_start_at_another_instant_that_the_event_tells() -> None:
    desk = process(node("fix", "Active", "Resolved", start_at="reported_at"))
    for reported, seconds, state in (
        (-2, 5, State.COMPLETED_ACCEPTABLE),
        (2, 1, State.COMPLETED_NORMAL),
        (9, 0, State.COMPLETED_NORMAL),
    ):
        history = folded(
            event(0, "Active", times={"reported_at": at(reported)}),
            event(3, "Resolved"),
            of=desk,
        )
        clock = run(history, "fix").clock
        assert (clock.started_at, clock.finished_at) == (at(reported), at(3))
        assert clock.running_time == seconds * HOUR
        assert clock.final_state is state
        assert history.case[-1].opened_at == at(min(reported, 0))

    untold = folded(event(0, "Active"), of=desk)
    assert run(untold, "fix").clock.started_at == at(0)


def test_the_promise_in_force_at_the_told_start_binds() -> None:
    desk = process(node("fix", "Active", "Resolved", start_at="reported_at"))
    first = promise("fix", valid_until=at(0))
    second = promise("fix", version=2, valid_from=at(0))

    history = folded(
        event(1, "Active", times={"reported_at": at(-1)}), of=desk, under=(first, second)
    )

    assert run(history, "fix").clock.promise == first


def test_a_pause_before_the_told_start_takes_nothing_from_the_clock() -> None:
    desk = process(node("fix", "Active", "Resolved", start_at="planned_at", **WAITS))

    history = folded(
        event(0, "Active", times={"planned_at": at(10)}),
        event(1, "Awaiting User"),
        event(2, "Active"),
        event(13, "Resolved"),
        of=desk,
    )

    assert run(history, "fix").clock.running_time == 3 * HOUR
    assert run(history, "fix").clock.commitment_due_at == at(14)


def test_a_leg_that_begins_during_a_pause_is_paused_with_its_whole_promise_left() -> None:
    history = folded(
        event(0, "Active", department="Desk"),
        event(1, "Awaiting User", department="Desk"),
        event(2, "Awaiting User", department="Network"),
        event(5, "Active", department="Network"),
    )

    first, second = legs(history, "fix")
    assert (first.clock.finished_at, first.clock.running_time) == (at(2), HOUR)
    assert first.clock.final_state is State.COMPLETED_NORMAL
    assert second.clock.pauses == ((at(2), at(5)),)
    assert second.clock.commitment_due_at == at(9)
    assert run(history, "fix").clock.commitment_due_at == at(8)


def test_a_reset_starts_the_clock_of_the_visit_again_and_keeps_what_was() -> None:
    desk = process(node("fix", "Active", "Resolved", reset={"attributes.reset": "yes"}, **WAITS))
    promises = (promise("fix"), promise("fix", 1, 2, id="high", priority="high"))

    history = folded(
        event(0, "Active"),
        event(5, "Awaiting User"),
        event(6, "Active", attributes={"reset": "yes"}, priority="high"),
        event(7, "Resolved"),
        of=desk,
        under=promises,
    )
    versions = [v.clock for v in history.clocks if v.key.node and v.key.leg is None]

    assert [v.started_at for v in versions] == [at(0), at(0), at(6), at(6)]
    assert versions[1].state(at(5)) is State.RUNNING_ACCEPTABLE
    assert (versions[3].running_time, versions[3].pauses) == (HOUR, ())
    assert versions[3].final_state is State.COMPLETED_NORMAL
    # The clock that starts again binds as any that starts.
    assert [v.promise.id if v.promise else None for v in versions] == ["fix", "fix", "high", "high"]


def test_segment_and_priority_at_the_start_bind_the_promise() -> None:
    promises = (promise("fix"), promise("fix", 1, 2, id="high", priority="high"))

    history = folded(
        event(0, "Active", priority="low"), event(1, "Active", priority="high"), under=promises
    )

    assert run(history, "fix").clock.promise == promises[0]
    assert run(history, "fix").clock.priority == "low"
    assert [(v.priority, v.valid_from) for v in history.case] == [("low", at(0)), ("high", at(1))]


def test_a_promise_changed_later_leaves_a_run_as_it_was_bound() -> None:
    first = promise("fix", valid_until=at(1))
    second = promise("fix", 1, 2, version=2, valid_from=at(1))

    history = folded(
        event(0, "Active"), event(2, "Resolved"), event(3, "Active"), under=(first, second)
    )

    assert run(history, "fix", 1).clock.promise == first
    assert run(history, "fix", 2).clock.promise == second


def test_without_a_promise_time_is_measured_but_not_judged() -> None:
    history = folded(event(0, "Active"), event(2, "Resolved"), under=())

    clock = run(history, "fix").clock
    assert (clock.running_time, clock.final_state) == (2 * HOUR, None)
    assert (clock.commitment_due_at, clock.due_reason) == (None, DueReason.NO_PROMISE)


def test_a_due_instant_in_an_unknown_year_is_empty_with_the_reason() -> None:
    china = promise("fix", 4, 40, calendar="china@1")
    new_years_eve = 24 * 303 + 2

    history = folded(event(new_years_eve, "Active"), under=(china,))
    clock = run(history, "fix").clock

    assert clock.commitment_due_at == at(new_years_eve + 5)
    assert (clock.tolerance_due_at, clock.due_reason) == (None, DueReason.CALENDAR_YEAR_UNKNOWN)
    assert clock.state(at(new_years_eve + 5)) is State.RUNNING_NORMAL
    assert clock.state(at(new_years_eve + 6)) is None

    paused = folded(
        event(new_years_eve, "Active"),
        event(new_years_eve + 48, "Awaiting User"),
        event(new_years_eve + 50, "Resolved"),
        under=(china,),
    )
    late = run(paused, "fix").clock
    assert (late.running_time, late.final_state) == (None, None)


def test_an_event_that_is_delivered_twice_counts_once() -> None:
    moment = process(node("fix", "Active", "Active"))

    history = folded(event(0, "Active"), event(0, "Active"), of=moment)

    assert [v.key.visit for v in history.current if v.key.leg == 1] == [1]


def test_a_promise_of_another_process_does_not_bind() -> None:
    history = folded(event(0, "Active"), under=(promise("fix", process="other"),))

    assert run(history, "fix").clock.promise is None


def test_no_events_and_events_of_several_cases_are_refused() -> None:
    other = TicketEvent("T-2", "e", at(0), 0, "New")
    for events in ([], [event(0, "New"), other]):
        with pytest.raises(ValueError, match="one case"):
            fold(events, DESK, (), CALENDARS)
