"""Bodies of cases, node runs and attainment."""

from datetime import datetime

from pydantic import BaseModel

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
    """The promise that a run bound when it started, and the calendars it counts in."""

    code: str
    version: int
    calendar: str
    tolerance_calendar: str


class Leg(BaseModel):
    """The share of a run that one department worked on it."""

    leg: int
    state: State | None
    department: str | None
    position: str | None
    started_at: datetime
    finished_at: datetime | None
    cancelled_at: datetime | None
    running_seconds: float | None


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


class CaseNodeRun(NodeRun):
    """A run with its legs and the pauses that were not counted."""

    legs: list[Leg]
    pauses: list[Interval]


class CaseEvent(BaseModel):
    """One event of the case's history."""

    at: datetime
    sequence: int
    kind: str
    state: str
    priority: str | None
    department: str | None


class CaseDetail(Case):
    """A case with its runs and its history."""

    node_runs: list[CaseNodeRun]
    events: list[CaseEvent]
