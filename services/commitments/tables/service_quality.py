"""Service reviews, improvement plans, their actions, and quality plans of services."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field

from services.commitments.tables.row import Row, instant, json_column


class ServiceReview(Row, table=True):
    """A meeting that reviews an agreement 服务回顾会议, on a day of its review calendar."""

    __tablename__ = "service_review"

    id: str = Field(primary_key=True)
    tenant: str
    agreement: str
    service: str
    scheduled_on: date
    by_calendar: bool
    """Whether the agreement's calendar asked for it, which then may also call it off."""
    status: str
    reminded_at: datetime | None = instant(nullable=True)
    overdue_at: datetime | None = instant(nullable=True)
    """When it was told that its day had passed."""
    held_at: datetime | None = instant(nullable=True)
    attendees: list[str] = json_column()
    minutes: str | None = None
    decisions: list[str] = json_column()
    revision: int
    created_at: datetime = instant()


Index(
    "service_review_day",
    *(ServiceReview.tenant, ServiceReview.agreement, ServiceReview.scheduled_on),  # type: ignore[arg-type]
    unique=True,
)


class ImprovementPlan(Row, table=True):
    """A service improvement plan 服务改进计划: what is to become better, by when, by whom."""

    __tablename__ = "improvement_plan"

    id: str = Field(primary_key=True)
    tenant: str
    title: str
    service: str | None = None
    process: str | None = None
    review: str | None = None
    reason: str
    goal: str
    owner: str
    due_on: date
    status: str
    revision: int
    created_at: datetime = instant()


Index("improvement_plan_service", ImprovementPlan.tenant, ImprovementPlan.service)  # type: ignore[arg-type]


class ImprovementAction(Row, table=True):
    """An action that a review or a plan asks of somebody by a day."""

    __tablename__ = "improvement_action"

    id: str = Field(primary_key=True)
    tenant: str
    review: str | None = None
    plan: str | None = None
    what: str
    owner: str
    due_on: date
    status: str
    remark: str | None = None
    ended_at: datetime | None = instant(nullable=True)
    revision: int
    created_at: datetime = instant()


Index("improvement_action_owner", ImprovementAction.tenant, ImprovementAction.owner)
Index("improvement_action_plan", ImprovementAction.tenant, ImprovementAction.plan)  # type: ignore[arg-type]


class QualityPlan(Row, table=True):
    """The quality plan of a service 服务质量计划; its earlier states are in its history."""

    __tablename__ = "quality_plan"

    tenant: str = Field(primary_key=True)
    service: str = Field(primary_key=True)
    owner: str
    objectives: list[dict[str, Any]] = json_column()
    measures: str | None = None
    review_on: date
    revision: int
    created_at: datetime = instant()
