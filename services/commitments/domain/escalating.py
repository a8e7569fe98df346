"""Escalation 升级 climbs the steps of a rule while its run goes on, and rests while it does not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .alert_rules import Step
from .clock import Clock, Pause
from .history import ClockVersion


@dataclass(frozen=True, slots=True)
class Climb:
    """How far an alert has been told.

    `step` comes next; `since` is when the one before it was taken, at first when the alert was
    raised. `department` and `position` are responsible; `round` counts how often others became so
    after somebody had been told.
    """

    step: int
    since: datetime
    round: int = 0
    department: str | None = None
    position: str | None = None


def step_at(steps: Sequence[Step], climb: Climb, clock: Clock, reached_at: datetime) -> (
    datetime | None
):  # fmt: skip
    """When the next step of an alert is due that was reached at `reached_at`.

    None where there is none, and while there is no haste: the clock is paused, has ended, or was
    reset and has not come as far again. Time in which the clock was paused does not count.
    """
    if climb.step >= len(steps) or not clock.in_progress or clock.started_at > reached_at:
        return None
    if clock.paused_at is not None:
        return None
    return _past_pauses(climb.since + wait(steps, climb.step), climb.since, clock.pauses)


def wait(steps: Sequence[Step], number: int) -> timedelta:
    """How long after the step before it a step is taken; the first, after the alert."""
    before = steps[number - 1].after if number else timedelta(0)
    return max(steps[number].after - before, timedelta(0))


def handed_over(climb: Climb, versions: Sequence[ClockVersion]) -> Climb:
    """The climb under whom the run's newest version, the last, holds responsible.

    A position that has become responsible since somebody was told is told from the first step on;
    where only the department is another, the steps go on with it. A run that nobody holds any more
    leaves it to those before.
    """
    newest = versions[-1]
    held = (newest.department, newest.position)
    if held in ((None, None), (climb.department, climb.position)):
        return climb
    changed = replace(climb, department=newest.department, position=newest.position)
    is_same_position = newest.position is not None and newest.position == climb.position
    if not climb.step or is_same_position:
        return changed
    return replace(changed, step=0, since=_held_since(versions), round=climb.round + 1)


def _held_since(versions: Sequence[ClockVersion]) -> datetime:
    newest = versions[-1]
    since = newest.valid_from
    for version in reversed(versions):
        if (version.department, version.position) != (newest.department, newest.position):
            break
        since = version.valid_from
    return since


def _past_pauses(at: datetime, since: datetime, pauses: Iterable[Pause]) -> datetime:
    for paused_at, resumed_at in pauses:
        if resumed_at is not None and paused_at < at and resumed_at > since:
            at += resumed_at - max(paused_at, since)
    return at
