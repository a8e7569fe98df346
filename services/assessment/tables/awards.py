"""Awards that sealed assessments apply for, who examines them, and certificates."""

from datetime import datetime
from typing import Any

from sqlmodel import Field

from services.assessment.tables.row import Row, instant, json_column


class Award(Row, table=True):
    """An application of a sealed assessment for an award, up to its decision."""

    __tablename__ = "award"

    id: str = Field(primary_key=True)
    tenant: str = Field(primary_key=True)
    assessment: str
    programme: str
    statement: str
    status: str
    applied_by: str
    applied_at: datetime = instant()
    decision: str | None = None
    rationale: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = instant(nullable=True)
    revision: int


class AwardExaminer(Row, table=True):
    """An examiner of an award; `conflicted` is null until they have declared themselves."""

    __tablename__ = "award_examiner"

    tenant: str = Field(primary_key=True)
    award: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    conflicted: bool | None = None
    conflict: str | None = None
    points: int | None = None
    recommendation: str | None = None
    remarks: str | None = None
    scored_at: datetime | None = instant(nullable=True)


class Certificate(Row, table=True):
    """What was certified; only its withdrawal can be added."""

    __tablename__ = "certificate"

    tenant: str = Field(primary_key=True)
    number: str = Field(primary_key=True)
    award: str
    content: dict[str, Any] = json_column()
    hash: str
    valid_from: datetime = instant()
    valid_until: datetime = instant()
    issued_by: str
    issued_at: datetime = instant()
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = instant(nullable=True)
    withdrawal_reason: str | None = None
    revision: int
