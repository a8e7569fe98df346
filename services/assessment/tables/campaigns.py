"""Campaigns over many units, their reminders, and who rates in another's place."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from services.assessment.tables.row import Row, instant, json_column


class Campaign(Row, table=True):
    """Many units assessed on one model version by one deadline."""

    __tablename__ = "campaign"

    id: str = Field(primary_key=True)
    tenant: str = Field(primary_key=True)
    title: str
    model_code: str
    model_version: int
    mode: str
    period: str
    deadline: datetime = instant()
    remind_days: list[int] = json_column()
    status: str
    lead: str
    co_leads: list[str] = json_column()
    created_by: str
    created_at: datetime = instant()
    revision: int


class CampaignUnit(Row, table=True):
    """One place in the grid of a campaign, with its assessment, and what it is told with."""

    __tablename__ = "campaign_unit"

    tenant: str = Field(primary_key=True)
    campaign: str = Field(primary_key=True)
    unit_kind: str = Field(primary_key=True)
    unit: str = Field(primary_key=True)
    group_code: str | None = None
    assessment: str


class CampaignReminder(Row, table=True):
    """A reminder that is due; the row goes when it has been told."""

    __tablename__ = "campaign_reminder"

    tenant: str = Field(primary_key=True)
    campaign: str = Field(primary_key=True)
    days_left: int = Field(primary_key=True)
    due_at: datetime = instant()


class Delegation(Row, table=True):
    """An invitation that was passed on."""

    __tablename__ = "campaign_delegation"

    id: str = Field(primary_key=True)
    tenant: str = Field(primary_key=True)
    campaign: str
    assessment: str
    delegated_from: str
    delegated_to: str
    by: str
    at: datetime = instant()


Index("campaign_reminder_due", CampaignReminder.due_at)  # type: ignore[arg-type]
