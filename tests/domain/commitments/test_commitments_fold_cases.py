"""What the fold makes of departments, of whole cases and of corrections by hand."""

from typing import Any

import pytest

from services.commitments.domain.states import State
from tests.domain.commitments.ticket_desk import (
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


def test_the_start_of_a_later_node_hands_the_earlier_run_to_nobody() -> None:
    line = process(node("a", "A"), node("b", "B"))

    history = folded(event(0, "A", department="Desk"), event(2, "B", department="Network"), of=line)

    assert [leg.department for leg in legs(history, "a")] == ["Desk"]
    assert [leg.department for leg in legs(history, "b")] == ["Network"]


def test_a_department_is_judged_by_what_it_has_promised_and_the_run_by_the_nodes_promise() -> None:
    inside = promise("fix", 1, 2, id="ola", department="Network")
    history = folded(
        event(0, "Active", department="Desk"),
        event(3, "Active", department="Network"),
        event(4.5, "Active", department="Desk"),
        event(5, "Resolved", department="Desk"),
        under=(promise("fix", 4, 8), inside),
    )

    whole = run(history, "fix").clock
    assert whole.promise is not None
    assert (whole.promise.id, whole.final_state) == ("fix", State.COMPLETED_ACCEPTABLE)
    assert [
        (leg.department, leg.clock.promise and leg.clock.promise.id, leg.clock.final_state)
        for leg in legs(history, "fix")
    ] == [
        ("Desk", "fix", State.COMPLETED_NORMAL),
        ("Network", "ola", State.COMPLETED_ACCEPTABLE),
        ("Desk", "fix", State.COMPLETED_NORMAL),
    ]


def test_what_a_department_has_promised_binds_no_run_and_counts_anew_after_a_reset() -> None:
    inside = promise("fix", 1, 2, id="ola", department="Network")
    again = process(node("fix", "Active", "Resolved", reset={"state": "Again"}))
    history = folded(
        event(0, "Active", department="Network"),
        event(5, "Again", department="Network"),
        event(5.5, "Resolved", department="Network"),
        of=again,
        under=(inside,),
    )

    (leg,) = legs(history, "fix")
    assert run(history, "fix").clock.promise is None
    assert leg.clock.started_at == at(5)
    assert leg.clock.final_state is State.COMPLETED_NORMAL


def test_a_leg_begins_no_earlier_than_its_run() -> None:
    desk = process(node("fix", "Active", "Resolved", start_at="planned_at"))

    history = folded(
        event(0, "Active", times={"planned_at": at(10)}, department="Desk"),
        event(1, "Active", department="Network"),
        event(12, "Resolved", department="Network"),
        of=desk,
    )

    assert [leg.clock.running_time for leg in legs(history, "fix")] == [0 * HOUR, 2 * HOUR]


def test_each_department_is_judged_on_the_time_that_it_used() -> None:
    history = folded(
        event(0, "Active", department="Desk", position="clerk"),
        event(3, "Active", department="Network"),
        event(4, "Active"),
        event(4.5, "Awaiting User", department="Network"),
        event(20, "Active", department="Network"),
        event(25, "Resolved", department="Desk"),
    )

    # Unknown is a leg of its own, and the event that resolves hands the run to nobody.
    assert [
        (leg.key.leg, leg.department, leg.position, leg.clock.running_time, leg.clock.final_state)
        for leg in legs(history, "fix")
    ] == [
        (1, "Desk", "clerk", 3 * HOUR, State.COMPLETED_NORMAL),
        (2, "Network", None, HOUR, State.COMPLETED_NORMAL),
        (3, None, None, 0.5 * HOUR, State.COMPLETED_NORMAL),
        (4, "Network", None, 5 * HOUR, State.COMPLETED_ACCEPTABLE),
    ]
    whole = run(history, "fix")
    assert (whole.department, whole.clock.running_time) == ("Network", 9.5 * HOUR)
    assert whole.clock.final_state is State.COMPLETED_WARNING


def test_a_fixed_department_keeps_its_run_in_one_leg() -> None:
    desk = process(node("fix", "Active", "Resolved", department="Desk"))

    history = folded(
        event(0, "Active", department="Network", position="clerk"),
        event(1, "Active", department="Field", position="lead"),
        of=desk,
    )

    (leg,) = legs(history, "fix")
    assert (leg.department, leg.position) == ("Desk", "lead")
    assert [(v.position, v.valid_from) for v in history.clocks if v.key == leg.key] == [
        ("clerk", at(0)),
        ("lead", at(1)),
    ]


def test_an_event_that_changes_nothing_makes_no_version() -> None:
    history = folded(event(0, "Active"), event(1, "Active"), event(2, "Active"))

    assert len(history.clocks) == 3
    assert len(history.case) == 1
    assert (history.last_event_at, history.case_at(at(9))) == (at(2), history.case[0])
    assert history.case_at(at(-1)) is None


def test_events_of_one_source_time_make_one_version_in_the_order_of_their_sequence() -> None:
    history = folded(
        event(0, "Active"),
        event(5, "Active", sequence=2),
        event(5, "Resolved", sequence=1),
        event(5, "New", sequence=3),
    )

    assert run(history, "fix", 1).clock.finished_at == at(5)
    assert run(history, "fix", 2).clock.started_at == at(5)
    assert [(v.state, v.valid_from) for v in history.case] == [("Active", at(0)), ("New", at(5))]


def test_the_whole_case_runs_while_any_node_does_and_pauses_with_all_of_them() -> None:
    line = process(node("accept", "New"), node("fix", "Active", "Resolved", **WAITS))
    whole = promise(None, 5, 10)

    history = folded(
        event(0, "New"),
        event(2, "Active"),
        event(3, "Awaiting User"),
        event(13, "Active"),
        event(15, "Resolved"),
        event(20, "Active"),
        of=line,
        under=(whole,),
    )

    first = run(history, None, 1).clock
    assert (first.started_at, first.finished_at) == (at(0), at(15))
    assert (first.running_time, first.pauses) == (5 * HOUR, ((at(3), at(13)),))
    assert first.final_state is State.COMPLETED_NORMAL
    assert run(history, None, 2).clock.started_at == at(20)


def test_the_whole_case_runs_on_across_the_gap_to_a_later_node() -> None:
    line = process(node("accept", "New", "Queued"), node("fix", "Active", "Resolved"))

    history = folded(
        event(0, "New"),
        event(2, "Queued"),
        event(7, "Active"),
        event(8, "Resolved"),
        of=line,
        under=(promise(None),),
    )

    assert run(history, None).clock.running_time == 8 * HOUR
    assert run(history, None).clock.final_state is State.COMPLETED_ACCEPTABLE
    (in_gap,) = (v for v in history.clocks_at(at(3)) if v.key.node is None)
    assert in_gap.state(at(3)) is State.COMPLETED_NORMAL


def test_what_was_paused_between_two_gaps_stays_out_of_the_whole() -> None:
    line = process(node("a", "A", "Queued"), node("b", "B", "Queued", **WAITS), node("c", "C", "Z"))

    history = folded(
        event(0, "A"),
        event(1, "Queued"),
        event(2, "B"),
        event(3, "Awaiting User"),
        event(5, "B"),
        event(6, "Queued"),
        event(7, "C"),
        event(8, "Z"),
        of=line,
    )

    assert run(history, None).clock.running_time == 6 * HOUR
    assert [v.key.visit for v in history.current if v.key.node is None] == [1]


def test_a_case_that_ends_and_opens_again_in_one_minute_has_ended_once() -> None:
    history = folded(
        event(0, "Active"), event(5, "Resolved", sequence=1), event(5, "Active", sequence=2)
    )

    assert run(history, None, 1).clock.finished_at == at(5)
    assert run(history, None, 2).clock.started_at == at(5)


def test_the_whole_case_is_cancelled_with_its_last_run() -> None:
    history = folded(event(0, "Active"), event(1, "Withdrawn"))

    assert run(history, None).clock.cancelled_at == at(1)


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [("void", State.CANCELLED), ("close", State.COMPLETED_NORMAL)],
)
def test_a_hand_ends_every_run_of_a_case(kind: str, outcome: State) -> None:
    two = process(node("a", "Active", finishes_when_later_starts=False), node("b", "Active"))
    promises = (promise("a"), promise("b"), promise(None))

    history = folded(event(0, "Active"), event(1, "", kind=kind), of=two, under=promises)

    assert {v.clock.final_state for v in history.current} == {outcome}


def test_a_hand_pauses_and_resumes_against_what_the_conditions_say() -> None:
    told: dict[str, Any] = {"department": "Desk", "priority": "high", "segment": "gold"}

    history = folded(
        event(0, "Active", **told),
        event(1, "?", kind="pause"),
        event(3, "?", kind="resume"),
        event(4, "Awaiting User", **told),
        event(6, "?", kind="resume"),
        event(7, "Resolved", **told),
    )

    clock = run(history, "fix").clock
    assert clock.pauses == ((at(1), at(3)), (at(4), at(6)))
    assert clock.running_time == 3 * HOUR
    # A correction leaves the rest of the case as it found it.
    assert [v.state for v in history.case] == ["Active", "Awaiting User", "Resolved"]
    assert len(legs(history, "fix")) == 1


def test_a_hand_gives_the_run_to_another_department() -> None:
    history = folded(
        event(0, "Active", department="Desk"),
        event(1, "?", kind="reassign", department="Network", position="lead"),
    )

    assert [(leg.department, leg.position) for leg in legs(history, "fix")] == [
        ("Desk", None),
        ("Network", "lead"),
    ]
    assert history.case[-1].department == "Network"


def test_a_hand_over_by_hand_during_a_pause_by_hand_stays_paused() -> None:
    history = folded(
        event(0, "Active", department="Desk"),
        event(1, "?", kind="pause"),
        event(2, "?", kind="reassign", department="Network"),
        event(5, "?", kind="resume"),
        event(6, "Resolved", department="Network"),
    )

    assert [leg.clock.running_time for leg in legs(history, "fix")] == [HOUR, HOUR]
