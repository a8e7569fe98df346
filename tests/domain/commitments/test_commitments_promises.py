"""Which promise binds, which of the seven states follows, and what attainment they make."""

from datetime import datetime
from fractions import Fraction
from itertools import permutations

import pytest

from services.commitments.domain.attainment import attainment
from services.commitments.domain.promise import bind
from services.commitments.domain.states import NAMES, State, state_at
from tests.domain.commitments.ticket_desk import at, promise

EVERYONE = promise("fix", id="everyone")
HIGH = promise("fix", id="high", priority="high")
GOLD = promise("fix", id="gold", segment="gold")
GOLD_HIGH = promise("fix", id="gold-high", segment="gold", priority="high")


@pytest.mark.parametrize(
    ("segment", "priority", "bound"),
    [
        ("gold", "high", GOLD_HIGH),
        ("gold", "low", GOLD),
        ("gold", None, GOLD),
        ("silver", "high", HIGH),
        (None, None, EVERYONE),
    ],
)
def test_the_most_specific_promise_binds_in_whatever_order_they_stand(
    segment: str | None, priority: str | None, bound: object
) -> None:
    for promises in permutations((EVERYONE, HIGH, GOLD, GOLD_HIGH)):
        assert bind(promises, "fix", segment, priority, at(0)) == bound


def test_a_promise_to_gold_customers_wins_over_one_for_high_priority() -> None:
    assert bind((HIGH, GOLD), "fix", "gold", "high", at(0)) == GOLD


def test_a_promise_of_another_node_or_of_the_process_does_not_bind_a_node() -> None:
    promises = (promise("close"), promise(None, id="whole"))

    assert bind(promises, "fix", None, None, at(0)) is None
    assert bind(promises, None, None, None, at(0)) == promises[1]


def test_the_highest_version_in_force_replaces_the_others_even_where_it_covers_less() -> None:
    first = promise("fix", valid_until=at(48))
    second = promise("fix", version=2, valid_from=at(24), segment="gold")

    promises = (second, first)

    assert bind(promises, "fix", "gold", None, at(23)) == first
    assert bind(promises, "fix", "gold", None, at(24)) == second
    assert bind(promises, "fix", None, None, at(24)) is None
    assert bind(promises, "fix", None, None, at(12)) == first


def test_a_promise_is_in_force_until_before_its_end() -> None:
    ending = promise("fix", valid_from=at(1), valid_until=at(2))

    assert [bind([ending], "fix", None, None, at(h)) for h in (0.5, 1, 1.5, 2)] == [
        None, ending, ending, None,
    ]  # fmt: skip


def test_of_equal_promises_the_latest_in_force_and_then_the_smaller_id_binds() -> None:
    older, a, b = (
        promise("fix", id="0", valid_from=at(0)),
        promise("fix", id="a", valid_from=at(1)),
        promise("fix", id="b", valid_from=at(1)),
    )

    assert all(bind(p, "fix", None, None, at(2)) == a for p in permutations((older, a, b)))


LATE = at(100)


@pytest.mark.parametrize(
    ("finished_at", "as_of", "state"),
    [
        (at(4), LATE, State.COMPLETED_NORMAL),
        (at(4.001), LATE, State.COMPLETED_ACCEPTABLE),
        (at(8), LATE, State.COMPLETED_ACCEPTABLE),
        (at(8.001), LATE, State.COMPLETED_WARNING),
        (None, at(4), State.RUNNING_NORMAL),
        (None, at(4.001), State.RUNNING_ACCEPTABLE),
        (None, at(8), State.RUNNING_ACCEPTABLE),
        (None, at(8.001), State.RUNNING_WARNING),
    ],
)
def test_the_states_by_how_a_run_stands_against_four_and_eight_hours(
    finished_at: datetime | None, as_of: datetime, state: State
) -> None:
    assert state_at(as_of, at(4), at(8), finished_at=finished_at) is state


def test_a_cancelled_run_is_cancelled_whatever_its_limits() -> None:
    for due in (None, at(1)):
        assert state_at(LATE, due, due, cancelled=True) is State.CANCELLED


def test_a_paused_run_is_judged_as_it_stood_at_the_pause() -> None:
    assert state_at(LATE, at(4), at(8), paused_at=at(3)) is State.RUNNING_NORMAL
    assert state_at(LATE, at(4), at(8), paused_at=at(5)) is State.RUNNING_ACCEPTABLE
    assert state_at(at(3), at(4), at(8), paused_at=at(5)) is State.RUNNING_NORMAL


def test_a_tolerance_before_the_commitment_counts_as_the_commitment() -> None:
    assert state_at(at(4), at(4), at(2)) is State.RUNNING_NORMAL
    assert state_at(at(5), at(4), at(2)) is State.RUNNING_WARNING


def test_a_state_that_hangs_on_an_unknown_limit_is_not_told() -> None:
    assert state_at(at(1), None, None) is None
    assert state_at(at(1), None, at(8), finished_at=at(1)) is None
    assert state_at(at(4), at(4), None) is State.RUNNING_NORMAL
    assert state_at(at(5), at(4), None) is None


def test_the_seven_states_have_names_in_both_languages() -> None:
    assert len(State) == 7
    assert [NAMES[state].zh for state in State] == [
        "正常完成", "可接受完成", "警告完成",
        "进行中正常", "进行中可接受", "进行中警告", "取消",
    ]  # fmt: skip
    assert len({NAMES[state].en for state in State}) == 7


def test_attainment_counts_completions_and_shares_count_all_that_live() -> None:
    counted = dict(zip(State, (6, 3, 1, 4, 2, 4, 5), strict=True))

    figures = attainment(counted)

    assert (figures.completed, figures.alive) == (10, 20)
    assert figures.attainment_rate == Fraction(3, 5)
    assert figures.state_shares is not None
    assert (
        figures.state_shares.normal,
        figures.state_shares.acceptable,
        figures.state_shares.warning,
    ) == (Fraction(1, 2), Fraction(1, 4), Fraction(1, 4))
    assert figures.counts == counted


def test_no_completions_have_no_rate_and_no_runs_have_no_shares() -> None:
    running = attainment({State.RUNNING_WARNING: 1})
    cancelled = attainment({State.CANCELLED: 3})

    assert (running.attainment_rate, running.completed) == (None, 0)
    assert running.state_shares is not None
    assert running.state_shares.warning == 1
    assert (cancelled.attainment_rate, cancelled.state_shares) == (None, None)
