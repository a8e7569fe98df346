"""Bodies of service reviews, improvement plans, actions and quality plans."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.commitments.schemas.penalties import Reason, Text
from services.commitments.schemas.people import PersonId, ProcessCode
from shared.schemas import Bilingual, Code, Moment, Request, example

Title = Annotated[str, Field(min_length=1, max_length=200)]
Names = Annotated[list[Title], Field(max_length=100)]
Id = Annotated[str, Field(max_length=64)]
Day = Annotated[date, Field(ge=date(1970, 1, 1), lt=date(2200, 1, 1), examples=["2026-06-30"])]
"""A day of the years that calendars know."""
ReviewStatus = Literal["scheduled", "held", "cancelled"]
PlanStatus = Literal["open", "completed", "cancelled"]
ActionStatus = Literal["open", "done", "cancelled"]


class ReviewSchedule(Request):
    """Schedule the reviews of an agreement, or of all in force, by their calendars until a day."""

    model_config = example({"agreement": "retail-sla", "until": "2027-01-01"})

    agreement: Code | None = None
    until: Day


class NewServiceReview(Request):
    """A review out of turn, on a day of one's own choice."""

    model_config = example({"agreement": "retail-sla", "scheduled_on": "2026-05-12"})

    agreement: Code
    scheduled_on: Day


class ServiceReviewChange(Request):
    """Minutes and decisions; a review becomes held by the instant at which it was, or cancelled."""

    model_config = example(
        {
            "held_at": "2026-04-01T14:00:00+08:00",
            "attendees": ["Retail customers' council", "Service desk"],
            "minutes": "Attainment of the first quarter was discussed.",
            "decisions": ["The commitment for priority 2 is tightened"],
        }
    )

    scheduled_on: Day | None = None
    held_at: Moment | None = None
    is_cancelled: bool | None = None
    attendees: Names | None = None
    minutes: Text | None = None
    decisions: Annotated[list[Reason], Field(max_length=100)] | None = None


class NewAction(Request):
    """What somebody does by a day."""

    model_config = example({"what": "A second shift", "owner": "per_01k8", "due_on": "2026-06-30"})

    what: Reason
    owner: PersonId
    due_on: Day


class ActionChange(Request):
    """What can change of an action; one that has ended stays as it is."""

    model_config = example({"status": "done", "remark": "In place since May"})

    what: Reason | None = None
    owner: PersonId | None = None
    due_on: Day | None = None
    status: ActionStatus | None = None
    remark: Reason | None = None


class Action(BaseModel):
    """An action of a review or of an improvement plan."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    review: str | None
    plan: str | None
    what: str
    owner: str
    due_on: date
    status: ActionStatus
    remark: str | None
    ended_at: datetime | None
    revision: int


class ServiceReview(BaseModel):
    """A review of an agreement, with its minutes, decisions and actions."""

    id: str
    agreement: str
    service: str
    scheduled_on: date
    by_calendar: bool = Field(description="Scheduled by the agreement's calendar, and not moved")
    status: ReviewStatus
    reminded_at: datetime | None
    is_overdue: bool = Field(
        description="Its day has passed, and it was neither held nor cancelled"
    )
    held_at: datetime | None
    attendees: list[str]
    minutes: str | None
    decisions: list[str]
    actions: list[Action]
    revision: int


class NewImprovementPlan(Request):
    """A plan to make a service or a process better; it may come out of a review."""

    model_config = example(
        {
            "title": "Faster acceptance at night",
            "service": "request-handling",
            "reason": "Attainment fell below 80 % in March",
            "goal": "90 % by the end of June",
            "owner": "per_01k8",
            "due_on": "2026-06-30",
        }
    )

    title: Title
    service: Code | None = None
    process: ProcessCode | None = None
    review: Id | None = None
    reason: Text
    goal: Text
    owner: PersonId
    due_on: Day


class ImprovementPlanChange(Request):
    """What can change of a plan; it is completed once none of its actions is open."""

    model_config = example({"status": "completed"})

    title: Title | None = None
    reason: Text | None = None
    goal: Text | None = None
    owner: PersonId | None = None
    due_on: Day | None = None
    status: PlanStatus | None = None


class ImprovementPlan(BaseModel):
    """An improvement plan with its actions."""

    id: str
    title: str
    service: str | None
    process: str | None
    review: str | None
    reason: str
    goal: str
    owner: str
    due_on: date
    status: PlanStatus
    actions: list[Action]
    revision: int


class QualityObjective(Request):
    """What is aimed at, how it is measured, and the value to reach."""

    name: Bilingual
    measured_by: Title
    target: Title


class NewQualityPlan(Request):
    """The quality plan of a service: objectives, what is done for them, the day of review."""

    model_config = example(
        {
            "owner": "per_01k8",
            "objectives": [
                {
                    "name": {"zh": "受理及时率", "en": "Accepted in time"},
                    "measured_by": "attainment of request/accept",
                    "target": "90 %",
                }
            ],
            "measures": "Weekly look at the status table",
            "review_on": "2026-07-01",
        }
    )

    owner: PersonId
    objectives: Annotated[list[QualityObjective], Field(min_length=1, max_length=100)]
    measures: Text | None = None
    review_on: Day


class QualityPlan(BaseModel):
    """The quality plan of a service."""

    model_config = ConfigDict(from_attributes=True)

    service: str
    owner: str
    objectives: list[QualityObjective]
    measures: str | None
    review_on: date
    revision: int
