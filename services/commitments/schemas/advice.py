"""Bodies of advice."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.commitments.schemas.penalties import Text
from services.commitments.schemas.people import PersonId, ProcessCode
from services.commitments.schemas.promises import Seconds
from services.commitments.schemas.service_quality import Day, NewAction, Title
from shared.schemas import Moment, Request, example, fault

Share = Annotated[Decimal, Field(ge=0, le=1, decimal_places=4, examples=["0.90"])]
Reason = Annotated[str, Field(min_length=1, max_length=2000, examples=["Staff agree to it."])]


class AdviceSettingsChange(Request):
    """When to advise; members left out stay as they are."""

    model_config = example({"tighten_at": "0.95", "improve_below": "0.20"})

    tighten_at: Share | None = Field(
        default=None, description="At this attainment or above a tighter promise is proposed"
    )
    improve_below: Share | None = Field(
        default=None, description="Below this attainment improvement is proposed"
    )
    least_runs: int | None = Field(default=None, ge=1, le=1_000_000)
    months: int | None = Field(default=None, ge=1, le=24, description="Length of the period")
    step_seconds: int | None = Field(
        default=None, ge=1, le=86400, description="Proposed limits are whole multiples of it"
    )


class AdviceSettings(BaseModel):
    """The thresholds in force; revision 0 are the defaults, or of a process the tenant's."""

    model_config = ConfigDict(from_attributes=True)

    process: str | None = Field(description="None where they hold for all without their own")

    tighten_at: Decimal
    improve_below: Decimal
    least_runs: int
    months: int
    step_seconds: int
    revision: int


class WorstGroup(BaseModel):
    """A node or a department that keeps the promise least often."""

    name: str | None
    completed: int
    completed_normal: int
    attainment_rate: float
    median_seconds: float | None


class PausesFound(BaseModel):
    """How the clocks of the completed runs were paused."""

    runs: int = Field(description="Completed runs that were paused at all")
    pauses: int
    seconds: float = Field(description="Elapsed time of all pauses together")


class Findings(BaseModel):
    """Where to look: the worst nodes (of a whole case), departments, and pauses."""

    nodes: list[WorstGroup] = []
    departments: list[WorstGroup] = []
    pauses: PausesFound | None = None
    limit_most_keep_seconds: int | None = Field(
        default=None, description="The limit that the upper threshold's share would have kept"
    )


class Proposed(BaseModel):
    """The limits that are proposed, and the share of the period's runs that kept them."""

    commitment_seconds: int
    tolerance_seconds: int
    expected_within: int
    expected_attainment: float
    expected_attainment_exact: str = Field(examples=["19/21"])


class Advice(BaseModel):
    """A proposal about a promise; its owner accepts, changes or declines it."""

    id: str
    kind: Literal["tighten", "improve"]
    status: Literal["open", "accepted", "changed", "declined", "superseded"]
    process: str
    node: str | None
    segment: str | None
    priority: str | None
    promise: str
    promise_id: str
    promise_version: int
    period_from: datetime
    period_to: datetime
    completed: int
    completed_normal: int
    attainment_rate: float
    attainment_rate_exact: str
    commitment_seconds: int
    tolerance_seconds: int
    proposed: Proposed | None
    findings: Findings
    reason: str | None
    drafted_promise_id: str | None = Field(
        description="The next version of the promise, a draft until it is published"
    )
    improvement_plan: str | None = Field(description="The plan that was opened")
    superseded_by: str | None = Field(
        description="The proposal of newer runs; none where they support none"
    )
    superseded_at: datetime | None
    decided_by: str | None
    decided_at: datetime | None
    made_at: datetime
    revision: int = Field(description="0 where it was computed and not kept: nothing to decide on")


class NewAdvice(Request):
    """Propose by the runs that a period of one's own choice completed."""

    model_config = example(
        {
            "process": "request",
            "period_from": "2026-01-01T00:00:00Z",
            "period_to": "2026-04-01T00:00:00Z",
        }
    )

    process: ProcessCode
    period_from: Moment
    period_to: Moment

    @model_validator(mode="after")
    def _runs_forward(self) -> "NewAdvice":
        if self.period_to <= self.period_from:
            raise fault("period_backwards", "The period ends before it begins.", "period_to")
        return self


class AcceptedPlan(Request):
    """The improvement plan that is opened; what is left out is taken from the figures."""

    title: Title | None = None
    goal: Text | None = None
    owner: PersonId | None = Field(default=None, description="The process owner if left out")
    due_on: Day | None = None
    actions: Annotated[list[NewAction], Field(max_length=50)] | None = Field(
        default=None, description="One for each node and department found worst if left out"
    )


class AcceptAdvice(Request):
    """Accept as proposed; a tighter promise is its next version, improvement becomes a plan."""

    model_config = example({"valid_from": "2026-02-01T00:00:00Z", "publish": True})

    publish: bool = Field(
        default=False, description="Publish the version at once; refused with what keeps it a draft"
    )
    plan: AcceptedPlan | None = Field(default=None, description="Of improvement")
    reason: Reason | None = None
    valid_from: Moment | None = Field(default=None, description="Of the draft; now if left out")
    valid_until: Moment | None = Field(default=None, description="Of the draft")


class ChangeAdvice(AcceptAdvice):
    """Accept with limits of one's own; the next version of the promise is drafted with them."""

    model_config = example({"commitment_seconds": 5400, "reason": "A round limit"})

    commitment_seconds: Seconds
    tolerance_seconds: Seconds | None = None
    reason: Reason

    @model_validator(mode="after")
    def _is_attainable(self) -> "ChangeAdvice":
        if self.tolerance_seconds is not None and self.tolerance_seconds < self.commitment_seconds:
            raise fault(
                "tolerance_below_commitment",
                "The tolerance is below the commitment.",
                "tolerance_seconds",
            )
        return self


class DeclineAdvice(Request):
    """Leave the promise as it is, and say why."""

    model_config = example({"reason": "The quarter had a strike."})

    reason: Reason
