"""Assessments, who rates in them, and each rater's own ratings."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.assessment.tables.row import Row, instant, json_column, placed_by_the_database


class Assessment(Row, table=True):
    """One unit rated against one version of a model, from draft to seal.

    `readers` holds the subjects that may see an assessment of a person; null is everyone.
    `co_leads` lead beside the lead. `series` is shared by a sealed assessment and the versions
    that correct it.
    """

    __tablename__ = "assessment"

    id: str = Field(primary_key=True)
    tenant: str = Field(primary_key=True)
    title: str
    unit_kind: str
    unit: str
    model_code: str
    model_version: int
    model_hash: str
    mode: str
    standard: str | None = None
    target: Any = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    period: str
    status: str
    lead: str
    co_leads: list[str] = json_column()
    reviewer: str | None = None
    line: list[str] = json_column()
    readers: list[str] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    series: str
    version: int
    previous: str | None = None
    reason: str | None = None
    created_at: datetime = instant()
    consensus_opened_at: datetime | None = instant(nullable=True)
    confirmed_by: str | None = None
    sealed_at: datetime | None = instant(nullable=True)
    erased_at: datetime | None = instant(nullable=True)
    revision: int


class AssessmentRater(Row, table=True):
    """Someone who rates in an assessment; `revision` counts the changes of their sheet."""

    __tablename__ = "assessment_rater"

    tenant: str = Field(primary_key=True)
    assessment: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    added_at: datetime = instant()
    submitted: bool
    revision: int


class Rating(Row, table=True):
    """What one rater says of one cell: a level or percentage, or not applicable and why.

    `revision` counts what was said and ruled of it. While rating is independent the database shows
    it to that rater alone. A seal binds the words by `text_commitment`, which opens with
    `text_salt` until somebody in them is erased.
    """

    __tablename__ = "rating"

    tenant: str = Field(primary_key=True)
    assessment: str = Field(primary_key=True)
    rater: str = Field(primary_key=True)
    cell: str = Field(primary_key=True)
    value: int | None = None
    na_reason: str | None = None
    na_ruling: str | None = None
    na_ruled_by: str | None = None
    comment: str | None = None
    confidence: str | None = None
    salt: str
    text_salt: str | None = None
    text_commitment: str | None = None
    rated_at: datetime = instant()
    revision: int = 1


class AuditEntry(Row, table=True):
    """One change: who, when, before and after; `rater` marks what is that rater's while blind.

    `acting_as` is the role of someone who was not appointed to what they did. The database gives
    an entry its place in the chain; without its salt nothing vouches for what it says.
    """

    __tablename__ = "assessment_audit"

    id: str = Field(primary_key=True)
    tenant: str = Field(primary_key=True)
    assessment: str | None = None
    about: str
    action: str
    cell: str | None = None
    rater: str | None = None
    by: str
    at: datetime = instant()
    acting_as: str | None = None
    before: Any = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    after: Any = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    chain: str = placed_by_the_database()
    position: int = placed_by_the_database()
    salt: str | None = None
    commitment: str
    hash: str = placed_by_the_database()


Index("assessment_audit_of", AuditEntry.tenant, AuditEntry.about, AuditEntry.id)
Index(
    "assessment_audit_chain",
    *(AuditEntry.tenant, AuditEntry.chain, AuditEntry.position),  # type: ignore[arg-type]
    unique=True,
)
Index(
    "assessment_audit_last",
    *(AuditEntry.tenant, AuditEntry.about),
    *(AuditEntry.rater, AuditEntry.position),  # type: ignore[arg-type]
)
