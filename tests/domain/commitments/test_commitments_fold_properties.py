"""What holds of every history: arrival does not matter, and the past is what was known then."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.commitments.domain.events import TicketEvent
from services.commitments.domain.fold import fold
from services.commitments.domain.history import CaseHistory, ClockVersion
from services.commitments.domain.states import State
from tests.domain.commitments.incident_log import (
    CALENDARS as INCIDENT_CALENDARS,
)
from tests.domain.commitments.incident_log import incident_process, incident_promises
from tests.domain.commitments.ticket_desk import CALENDARS, at, node, process, promise

STATES = ["New", "Active", "Awaiting User", "Resolved", "Closed", "Withdrawn"]
DESK = process(
    node("accept", "New", department="Desk", start_at="opened_at"),
    node(
        "fix",
        "Active",
        "Resolved",
        pause={"state": {"starts_with": "Awaiting"}},
        resume={"state": {"not": {"starts_with": "Awaiting"}}},
        reset={"attributes.reset": "yes"},
        cancel={"state": "Withdrawn"},
    ),
    node("inform", "Active", "Closed", after=["accept"], finishes_when_later_starts=False),
    node("close", "Resolved", "Closed", after=["fix", "inform"], cancel={"state": "Active"}),
)
PROMISES = (
    promise("accept", 2, 3, calendar="office@1", tolerance_calendar="always@1"),
    promise("fix", 4, 9, calendar="berlin@1"),
    promise("fix", 2, 5, calendar="china@1", id="high", priority="high"),
    promise("inform", 6, 7),
    promise(None, 10, 20, calendar="office@1", tolerance_calendar="china@1"),
)
INCIDENT, INCIDENT_PROMISES = incident_process(), incident_promises()


@st.composite
def events(draw: st.DrawFn, kinds: tuple[str, ...] = ("ticket",)) -> TicketEvent:
    # The clock change of Berlin on 30 March 2025 lies within these weeks.
    hours = 24 * 23 + 4 * draw(st.integers(0, 36)) + draw(st.sampled_from([0, 0, 0.25]))
    return TicketEvent(
        case_key="T-1",
        event_id=draw(st.text("abcdef", min_size=6, max_size=6)),
        at=at(hours),
        sequence=draw(st.integers(0, 3)),
        state=draw(st.sampled_from(STATES)),
        priority=draw(st.sampled_from(["high", "low", None])),
        department=draw(st.sampled_from(["Desk", "Network", None])),
        position=draw(st.sampled_from(["lead", None])),
        kind=draw(st.sampled_from(kinds)),
        attributes=draw(st.sampled_from([{}, {}, {}, {"reset": "yes"}])),
        signals=draw(st.sampled_from([(), (), (), ("fix.finish",), ("accept.start", "fix.pause")])),
        times=draw(st.sampled_from([{}, {"opened_at": at(hours + 2)}, {"opened_at": at(550)}])),
    )


WITH_CORRECTIONS = ("ticket",) * 6 + ("pause", "resume", "close", "void", "reassign")
streams = st.lists(
    events(WITH_CORRECTIONS), min_size=1, max_size=14, unique_by=lambda event: event.event_id
)


def folded(stream: list[TicketEvent]) -> CaseHistory:
    return fold(stream, DESK, PROMISES, CALENDARS)


@settings(max_examples=150, deadline=None)
@given(streams, st.data())
def test_any_permutation_and_duplication_of_the_events_gives_the_same_history(
    stream: list[TicketEvent], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(stream)))
    arrived = data.draw(st.permutations(stream + again))

    assert folded(arrived) == folded(stream)


@settings(max_examples=150, deadline=None)
@given(streams, events(WITH_CORRECTIONS))
def test_a_late_event_moves_nothing_that_lies_before_it(
    stream: list[TicketEvent], late: TicketEvent
) -> None:
    before, after = folded(stream), folded([*stream, replace(late, event_id="late")])

    for instant in {event.at for event in stream if event.at < late.at}:
        assert _open_ended(after.clocks_at(instant)) == _open_ended(before.clocks_at(instant))
        known, then = before.case_at(instant), after.case_at(instant)
        assert known is not None
        assert then is not None
        assert replace(then, valid_until=None) == replace(known, valid_until=None)


@settings(max_examples=150, deadline=None)
@given(streams)
def test_the_versions_alive_at_an_instant_are_the_fold_of_the_events_until_then(
    stream: list[TicketEvent],
) -> None:
    history = folded(stream)

    for known_at in {event.at for event in stream}:
        known = folded([event for event in stream if event.at <= known_at])
        for as_of in (known_at, _before_next(known_at, stream)):
            assert _open_ended(history.clocks_at(as_of)) == _open_ended(known.clocks_at(as_of))
            assert _open_ended(known.current) == _open_ended(history.clocks_at(as_of))
            then = history.case_at(as_of)
            assert then is not None
            assert replace(then, valid_until=None) == known.case[-1]
    assert history.clocks_at(min(e.at for e in stream) - timedelta(seconds=1)) == ()


@settings(max_examples=150, deadline=None)
@given(streams)
def test_the_versions_of_a_clock_follow_each_other_without_a_gap(
    stream: list[TicketEvent],
) -> None:
    versions: dict[object, list[ClockVersion]] = {}
    for version in folded(stream).clocks:
        versions.setdefault(version.key, []).append(version)

    for chain in versions.values():
        ends = [version.valid_until for version in chain]
        assert ends == [*(version.valid_from for version in chain[1:]), None]
        assert all(v.valid_until is None or v.valid_from < v.valid_until for v in chain)


@settings(max_examples=150, deadline=None)
@given(streams)
def test_running_time_is_what_lies_between_start_and_end_less_the_pauses(
    stream: list[TicketEvent],
) -> None:
    for version in folded(stream).current:
        clock = version.clock
        end = clock.finished_at or clock.cancelled_at
        if end is None or clock.promise is None:
            continue
        calendar = CALENDARS[clock.promise.commitment_calendar]
        pauses = [(max(a, clock.started_at), b or end) for a, b in clock.pauses]
        paused = sum((calendar.elapsed(a, b) for a, b in pauses), timedelta(0))
        assert clock.running_time == calendar.elapsed(clock.started_at, end) - paused


@settings(max_examples=150, deadline=None)
@given(streams)
def test_a_run_is_normal_when_less_than_the_commitment_was_used_and_not_when_more(
    stream: list[TicketEvent],
) -> None:
    for version in folded(stream).current:
        clock = version.clock
        if clock.finished_at is None or clock.promise is None or clock.running_time is None:
            continue
        if clock.running_time < clock.promise.commitment:
            assert clock.final_state is State.COMPLETED_NORMAL
        if clock.running_time > clock.promise.commitment:
            assert clock.final_state is not State.COMPLETED_NORMAL


@settings(max_examples=150, deadline=None)
@given(
    st.lists(events(), min_size=1, max_size=14, unique_by=lambda event: event.event_id),
)
def test_the_legs_of_a_run_share_out_its_running_time(stream: list[TicketEvent]) -> None:
    history = fold(stream, INCIDENT, INCIDENT_PROMISES, INCIDENT_CALENDARS)
    shared: dict[tuple[str | None, int], timedelta] = {}
    whole: dict[tuple[str | None, int], timedelta | None] = {}
    for version in history.current:
        key = (version.key.node, version.key.visit)
        if version.key.leg is None:
            whole[key] = version.running_time(at(10_000), INCIDENT_CALENDARS)
        else:
            used = version.running_time(at(10_000), INCIDENT_CALENDARS)
            assert used is not None
            shared[key] = shared.get(key, timedelta(0)) + used

    assert shared == {key: used for key, used in whole.items() if key[0] is not None}


def _open_ended(versions: tuple[ClockVersion, ...]) -> list[ClockVersion]:
    return [replace(version, valid_until=None) for version in versions]


def _before_next(instant: datetime, stream: list[TicketEvent]) -> datetime:
    later = [event.at for event in stream if event.at > instant]
    return min(later, default=at(10_000)) - timedelta(microseconds=1)
