"""The incident log of the local sample, folded, against a recount straight from its rows."""

import random
from collections import Counter
from datetime import UTC, datetime

import pytest

from services.commitments.domain.attainment import attainment
from services.commitments.domain.fold import fold
from services.commitments.domain.history import CaseHistory, ClockVersion
from services.commitments.domain.states import State
from tests.domain.commitments.incident_log import (
    CALENDARS,
    LOG,
    cases,
    incident_process,
    incident_promises,
)
from tests.domain.commitments.incident_recount import Leg, Run, recount

LATER = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def histories() -> dict[str, CaseHistory]:
    process, promises = incident_process(), incident_promises()
    shuffled = random.Random(498)  # noqa: S311 - an order of arrival
    folded = {}
    for number, events in cases().items():
        arrived = [*events, *events[: len(events) // 2]]
        shuffled.shuffle(arrived)
        folded[number] = fold(arrived, process, promises, CALENDARS)
    return folded


@pytest.fixture(scope="module")
def recounted() -> list[Run]:
    return recount(LOG)


def test_every_node_run_and_leg_of_the_log_agrees_with_a_recount(
    histories: dict[str, CaseHistory], recounted: list[Run]
) -> None:
    folded = [run for history in histories.values() for run in _runs(history)]

    assert len(histories) == 600
    assert sorted(folded) == sorted(recounted)


def test_the_log_has_the_returns_and_hand_overs_that_make_the_recount_worth_it(
    recounted: list[Run],
) -> None:
    assert Counter(run.visit for run in recounted if run.node == "resolve") == {1: 600, 2: 7, 3: 1}
    assert sum(run.state == "cancelled" for run in recounted) == 8
    assert sum(len(run.legs) > 1 for run in recounted) == 306
    assert sum(leg.group == "?" for run in recounted for leg in run.legs) > 0


@pytest.mark.parametrize(
    ("node", "normal", "completed"),
    [("accept", 209, 600), ("resolve", 462, 608), ("close", 3, 599)],
)
def test_the_attainment_of_each_node_is_that_of_the_recount(
    histories: dict[str, CaseHistory],
    recounted: list[Run],
    node: str,
    normal: int,
    completed: int,
) -> None:
    states = Counter(
        version.state(LATER)
        for history in histories.values()
        for version in history.current
        if version.key.node == node and version.key.leg is None
    )

    figures = attainment({state: states[state] for state in State})

    counted = Counter(run.state for run in recounted if run.node == node)
    assert figures.counts == {state: counted[state] for state in State}
    assert (figures.counts[State.COMPLETED_NORMAL], figures.completed) == (normal, completed)


def test_every_case_of_the_log_ends_as_a_whole_and_opens_when_the_ticket_did(
    histories: dict[str, CaseHistory],
) -> None:
    for number, events in cases().items():
        history = histories[number]
        whole = history.current[0]
        assert whole.key.node is None
        assert whole.clock.finished_at is not None
        first = min(event.at for event in events)
        assert history.case[-1].opened_at == min(first, events[0].times["opened_at"])
        assert history.case[-1].state == "Closed"


def _runs(history: CaseHistory) -> list[Run]:
    runs: list[Run] = []
    for version in history.current:
        if version.key.node is not None and version.key.leg is None:
            legs = [leg for leg in history.current if _is_leg(leg, version)]
            runs.append(_run(version, legs))
    return runs


def _is_leg(leg: ClockVersion, run: ClockVersion) -> bool:
    same = (leg.key.node, leg.key.visit) == (run.key.node, run.key.visit)
    return same and leg.key.leg is not None


def _run(version: ClockVersion, legs: list[ClockVersion]) -> Run:
    end = version.clock.finished_at or version.clock.cancelled_at
    assert end is not None
    assert version.key.node is not None
    return Run(
        version.key.case_key,
        version.key.node,
        version.key.visit,
        end.replace(tzinfo=None),
        _seconds(version),
        str(version.state(LATER)),
        tuple(Leg(leg.department or "?", _seconds(leg), str(leg.state(LATER))) for leg in legs),
    )


def _seconds(version: ClockVersion) -> int:
    assert version.clock.running_time is not None
    return int(version.clock.running_time.total_seconds())
