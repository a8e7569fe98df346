"""Bodies of cases, node runs and attainment."""

from datetime import datetime

from pydantic import BaseModel, Field

from services.commitments.domain.explanation import Skipped
from services.commitments.domain.states import State


class Case(BaseModel):
    """A case as it was known at `as_of`."""

    id: str
    key: str
    process: str
    state: str
    priority: str | None
    segment: str | None
    department: str | None
    opened_at: datetime


class BoundPromise(BaseModel):
    """The promise that a run or a leg bound when it started, and the calendars it counts in."""

    code: str
    version: int
    calendar: str
    tolerance_calendar: str


class Leg(BaseModel):
    """The share of a run that one department worked on it.

    It is judged by what the department has promised (OLA), or else by the run's promise.
    """

    leg: int
    state: State | None
    department: str | None
    position: str | None
    promise: BoundPromise | None
    started_at: datetime
    finished_at: datetime | None
    cancelled_at: datetime | None
    running_seconds: float | None
    commitment_due_at: datetime | None
    tolerance_due_at: datetime | None


class NodeRun(BaseModel):
    """One visit of a case to a node at `as_of`; `state` is null where no promise can be judged."""

    id: str
    case_id: str
    case_key: str
    process: str
    node: str
    visit: int
    state: State | None
    department: str | None
    position: str | None
    segment: str | None
    priority: str | None
    promise: BoundPromise | None
    started_at: datetime
    paused_at: datetime | None
    finished_at: datetime | None
    cancelled_at: datetime | None
    running_seconds: float | None
    commitment_due_at: datetime | None
    tolerance_due_at: datetime | None
    due_reason: str | None


class Interval(BaseModel):
    """A stretch of time; still open when `until` is null."""

    since: datetime
    until: datetime | None


class Stretch(BaseModel):
    """A stretch of time that a clock counted, or skipped for a reason."""

    since: datetime
    until: datetime
    seconds: float
    counted: bool
    reason: Skipped | None


class LimitExplanation(BaseModel):
    """How the time of one limit was counted, up to the clock's end or `as_of`."""

    calendar: str | None = Field(description="`code@version`; null counts around the clock")
    limit_seconds: int | None = Field(description="Working seconds promised")
    counted_seconds: float
    skipped_seconds: dict[Skipped, float]
    due_at: datetime | None
    intervals: list[Stretch] = Field(description="In order and without a gap")
    truncated: bool = Field(description="There are more intervals than are shown")


class ClockExplanation(BaseModel):
    """A clock explained; `tolerance` is null where it counts in the commitment's calendar."""

    commitment: LimitExplanation
    tolerance: LimitExplanation | None


class CaseNodeRun(NodeRun):
    """A run with its legs, the pauses that were not counted, and its clock explained."""

    legs: list[Leg]
    pauses: list[Interval]
    clock: ClockExplanation


class CaseClock(BaseModel):
    """The clock of the whole case, which the promise of its process is judged on."""

    id: str
    visit: int
    state: State | None
    segment: str | None
    priority: str | None
    promise: BoundPromise | None
    started_at: datetime
    paused_at: datetime | None
    finished_at: datetime | None
    cancelled_at: datetime | None
    running_seconds: float | None
    commitment_due_at: datetime | None
    tolerance_due_at: datetime | None
    due_reason: str | None
    clock: ClockExplanation


class CaseEvent(BaseModel):
    """One event of the case's history; a correction by hand has who made it and why."""

    at: datetime
    sequence: int
    kind: str
    state: str
    priority: str | None
    department: str | None
    corrected_by: str | None = None
    reason: str | None = None


class CaseDetail(Case):
    """A case with its runs, their clocks explained, and its history."""

    as_of: datetime
    clocks: list[CaseClock]
    node_runs: list[CaseNodeRun]
    events: list[CaseEvent]
