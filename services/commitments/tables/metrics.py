"""Unit costs of a process, and the scorecards of its suppliers."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field

from services.commitments.tables.row import Row, instant, json_column


class UnitCosts(Row, table=True):
    """What a visit to a node, an hour in it, and a contact through a channel cost."""

    __tablename__ = "unit_costs"

    tenant: str = Field(primary_key=True)
    process: str = Field(primary_key=True)
    currency: str
    type_attribute: str
    channel_attribute: str
    nodes: dict[str, dict[str, str]] = json_column()
    channels: dict[str, str] = json_column()
    revision: int
    changed_at: datetime = instant()


class SupplierScorecard(Row, table=True):
    """How a supplier kept a supporting contract (UC) in a period, as it was when it was drawn."""

    __tablename__ = "supplier_scorecard"

    id: str = Field(primary_key=True)
    tenant: str
    agreement: str
    agreement_version: int
    supplier: str
    service: str
    period_from: datetime = instant()
    period_to: datetime = instant()
    figures: dict[str, Any] = json_column()
    status: str
    by_calendar: bool
    """Whether it was drawn at the end of a period of its contract's calendar."""
    due_on: date
    overdue_at: datetime | None = instant(nullable=True)
    rating: str | None = None
    findings: str | None = None
    actions: list[dict[str, Any]] = json_column()
    drawn_at: datetime = instant()
    reviewed_by: str | None = None
    reviewed_at: datetime | None = instant(nullable=True)
    revision: int


Index(
    "supplier_scorecard_period",
    *(SupplierScorecard.tenant, SupplierScorecard.period_to, SupplierScorecard.id),  # type: ignore[arg-type]
)
