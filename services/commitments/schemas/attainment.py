"""Bodies of attainment: counts and figures of each group, always with their denominators."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from services.commitments.domain.states import State


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
    completed: int = Field(description="Denominator of `attainment_rate`: by time of finish")
    alive: int = Field(description="Denominator of `state_shares`: without the cancelled ones")
    unjudged: int = Field(description="Runs without a promise, or whose limit is not known")
    attainment_rate: float | None
    attainment_rate_exact: str | None = Field(examples=["19/45"])
    state_shares: StateShares | None
    running_seconds: RunningSeconds | None


class RankedGroup(BaseModel):
    """A group's place among the others by attainment."""

    group: dict[str, str | None]
    attainment_rate: float
    completed: int


class AttainmentReport(BaseModel):
    """Attainment by group over a half-open period, as known at `as_of`."""

    as_of: datetime
    period_from: datetime | None
    period_to: datetime | None
    basis: str = Field(description="`as_promised`, or the restatement that was read")
    level: Literal["run", "case"]
    counted: Literal["runs", "legs", "cases"] = Field(
        description="By agreement, runs stand beside the legs that it promises of a department"
    )
    items: list[AttainmentGroup]
    best: list[RankedGroup] = Field(description="Highest attainment first; larger groups first")
    worst: list[RankedGroup] = Field(description="Lowest attainment first; larger groups first")
