"""Bodies of service metrics, unit costs and supplier scorecards."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.commitments.domain.states import State
from services.commitments.schemas.promises import Currency
from shared.schemas import Code, Moment, Request, example

Cost = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=4, examples=["12.50"])]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class Share(BaseModel):
    """A count with its denominator; `rate` is null over nothing."""

    count: int
    of: int
    rate: float | None


class HandOffs(BaseModel):
    """Changes of the department within the completed cases."""

    total: int
    cases: int = Field(description="Completed cases that changed hands at all")
    per_case: float | None


class AgeBucket(BaseModel):
    """Open cases of an age from so many days up to so many more."""

    from_days: int
    to_days: int | None
    cases: int


class Backlog(BaseModel):
    """Cases that were open at the end of the period, by elapsed time since they started."""

    at: datetime
    cases: int
    oldest_started_at: datetime | None
    ages: list[AgeBucket]


class CaseCost(BaseModel):
    """What the completed cases of one kind cost together and on average."""

    process: str
    type: str | None
    segment: str | None
    channel: str | None
    cases: int
    total: Decimal
    per_case: Decimal
    currency: str


class ServiceMetrics(BaseModel):
    """Metrics of the cases that were completed in a period, and of those left open."""

    as_of: datetime
    period_from: datetime | None
    period_to: datetime | None
    completed: int
    first_contact_resolution: Share = Field(
        description="In one department's hands, each node visited once, and nobody waited for"
    )
    hand_offs: HandOffs
    reopened: Share = Field(
        description="Came back after they were resolved; a node handed back before is no re-open"
    )
    backlog: Backlog
    costs: list[CaseCost]


class NodeCost(Request):
    """Of a visit to a node, and of an hour of its running time."""

    per_visit: Cost = Decimal(0)
    per_hour: Cost = Decimal(0)


class NewUnitCosts(Request):
    """Unit costs of a process's nodes and channels."""

    model_config = example(
        {
            "process": "request",
            "currency": "CNY",
            "type_attribute": "category",
            "channel_attribute": "contact_type",
            "nodes": {"accept": {"per_visit": "2.00"}, "fulfil": {"per_hour": "80.00"}},
            "channels": {"Phone": "6.00", "Self service": "0.50"},
        }
    )

    process: Code
    currency: Currency
    type_attribute: Name = "category"
    channel_attribute: Name = "contact_type"
    nodes: dict[Code, NodeCost] = Field(default_factory=dict, max_length=100)
    channels: dict[Name, Cost] = Field(default_factory=dict, max_length=100)


class UnitCosts(BaseModel):
    """The unit costs of a process."""

    model_config = ConfigDict(from_attributes=True)

    process: str
    currency: str
    type_attribute: str
    channel_attribute: str
    nodes: dict[str, NodeCost]
    channels: dict[str, Decimal]
    revision: int
    changed_at: datetime


class NewScorecard(Request):
    """Draw the scorecard of a supporting contract over a period."""

    model_config = example(
        {
            "agreement": "carrier-uc",
            "period_from": "2026-01-01T00:00:00Z",
            "period_to": "2026-04-01T00:00:00Z",
        }
    )

    agreement: Code
    period_from: Moment
    period_to: Moment


class Action(Request):
    """What is to be done about it, by whom and until when."""

    what: Annotated[str, Field(min_length=1, max_length=500)]
    who: Name
    by_when: date


class ReviewScorecard(Request):
    """The review of a scorecard with the supplier."""

    model_config = example(
        {
            "rating": "improve",
            "findings": "Deliveries were late in February.",
            "actions": [
                {"what": "A second carrier for the north", "who": "li.wei", "by_when": "2026-06-01"}
            ],
        }
    )

    rating: Literal["meets", "improve", "fails"]
    findings: Annotated[str, Field(min_length=1, max_length=5000)]
    actions: list[Action] = Field(default_factory=list, max_length=50)


class ScorecardFigures(BaseModel):
    """The runs that the contract's promises judged."""

    counts: dict[State, int]
    completed: int
    attainment_rate: float | None
    attainment_rate_exact: str | None
    median_seconds: float | None
    p95_seconds: float | None


class SupplierScorecard(BaseModel):
    """How a supplier kept a contract in a period, and what its review found."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    agreement: str
    agreement_version: int
    supplier: str
    service: str
    period_from: datetime
    period_to: datetime
    figures: ScorecardFigures
    status: Literal["due", "reviewed"]
    by_calendar: bool = Field(description="Drawn by itself at the end of a period of the contract")
    overdue_at: datetime | None = Field(description="When it was told that its day had passed")
    due_on: date = Field(description="The agreement's first review after the period")
    rating: Literal["meets", "improve", "fails"] | None
    findings: str | None
    actions: list[Action]
    drawn_at: datetime
    reviewed_by: str | None
    reviewed_at: datetime | None
    revision: int
