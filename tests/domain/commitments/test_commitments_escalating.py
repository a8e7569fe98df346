"""When the next step of an escalation is due: pauses do not count, ends and hand-overs do."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.commitments.domain.alert_rules import Step
from services.commitments.domain.calendars import Calendars
from services.commitments.domain.clock import Clock
from services.commitments.domain.escalating import Climb, handed_over, step_at
from services.commitments.domain.history import ClockKey, ClockVersion

BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)
STEPS = tuple(Step(timedelta(minutes=m), ("position",), ("email",)) for m in (0, 10, 40))
NONE = Calendars({})


def at(minutes: float) -> datetime:
    return BEGIN + timedelta(minutes=minutes)


def started(minutes: float = 0) -> Clock:
    return Clock.started(at(minutes), None, None, None, NONE)


def version(since: float, department: str | None, position: str | None = None) -> ClockVersion:
    return ClockVersion(ClockKey("A", "n", 1), at(since), None, department, position, started())


def test_a_step_comes_so_long_after_the_one_before_it() -> None:
    assert step_at(STEPS, Climb(0, at(15)), started(), at(15)) == at(15)
    assert step_at(STEPS, Climb(1, at(17)), started(), at(15)) == at(27)
    assert step_at(STEPS, Climb(2, at(30)), started(), at(15)) == at(60)
    assert step_at(STEPS, Climb(3, at(60)), started(), at(15)) is None


def test_nobody_is_in_haste_while_a_run_rests_or_after_it() -> None:
    paused = started().paused(at(20), NONE)
    climb = Climb(1, at(15))
    assert step_at(STEPS, climb, paused, at(15)) is None
    assert step_at(STEPS, climb, paused.resumed(at(80), NONE), at(15)) == at(85)
    assert step_at(STEPS, climb, started().finished(at(20), NONE), at(15)) is None
    assert step_at(STEPS, climb, started().cancelled(at(20), NONE), at(15)) is None
    # It was reset at 20, after the alert of 15: the clock has not come as far again.
    assert step_at(STEPS, climb, started(20), at(15)) is None


def test_whoever_is_handed_the_run_is_told_from_the_first_step_on() -> None:
    climb = Climb(2, at(30), 0, "a", "p")
    history = [version(0, "a", "p"), version(33, "b", "q"), version(40, "b", "q")]
    assert handed_over(climb, history) == Climb(0, at(33), 1, "b", "q")
    assert handed_over(climb, history[:1]) == climb
    assert handed_over(climb, [*history, version(41, None)]) == climb
    elsewhere = [*history[:1], version(33, "b", "p")]
    assert handed_over(climb, elsewhere) == Climb(2, at(30), 0, "b", "p")
    unnamed = [*history[:1], version(33, "b")]
    assert handed_over(climb, unnamed) == Climb(0, at(33), 1, "b", None)
    untold = Climb(0, at(30), 0, "a", "p")
    assert handed_over(untold, history) == Climb(0, at(30), 0, "b", "q")


@given(
    st.lists(st.integers(1, 30), max_size=12).map(lambda gaps: [sum(gaps[: n + 1]) for n in
             range(len(gaps))]),
    st.integers(0, 60),
    st.integers(0, 90),
)  # fmt: skip
def test_the_time_that_passes_until_a_step_without_pauses_is_its_wait(
    changes: list[int], since: int, minutes: int
) -> None:
    clock = started()
    for number, minute in enumerate(changes):
        change = clock.paused if number % 2 == 0 else clock.resumed
        clock = change(at(minute), NONE)
    steps = (Step(timedelta(minutes=minutes), ("position",), ("email",)),)
    due = step_at(steps, Climb(0, at(since)), clock, at(0))
    if clock.paused_at is not None:
        assert due is None
        return
    assert due is not None
    ran = [
        minute for minute in range(since, int((due - BEGIN) / timedelta(minutes=1)))
        if not any(p <= at(minute) < r for p, r in clock.pauses if r is not None)
    ]  # fmt: skip
    assert len(ran) == minutes
