"""Bodies of cases, node runs and attainment."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

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


class StateShares(BaseModel):
    """Shares of the runs alive in the period; cancelled ones are left out."""

    normal: float
    acceptable: float
    warning: float


class RunningSeconds(BaseModel):
    """Working time of the completed runs, interpolated linearly between ranks."""

    median: float
    p90: float
    p95: float


class AttainmentGroup(BaseModel):
    """Attainment of one group; `attainment_rate` is null when nothing was completed."""

    group: dict[str, str | None]
    counts: dict[State, int]
    completed: int
    alive: int
    unjudged: int = Field(description="Runs without a promise, or whose limit is not known")
    attainment_rate: float | None
    attainment_rate_exact: str | None = Field(examples=["19/45"])
    state_shares: StateShares | None
    running_seconds: RunningSeconds | None


class AttainmentReport(BaseModel):
    """Attainment by group over a half-open period, as known at `as_of`."""

    as_of: datetime
    period_from: datetime | None
    period_to: datetime | None
    basis: Literal["as_promised"]
    counted: Literal["runs", "legs"]
    items: list[AttainmentGroup]
