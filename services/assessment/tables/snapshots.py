"""Assessments as they were before they moved to another version of their model."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field

from services.assessment.tables.row import Row, instant, json_column


class Snapshot(Row, table=True):
    """A whole assessment as it was, and what could not be carried over; it never changes."""

    __tablename__ = "assessment_snapshot"

    id: str = Field(primary_key=True)
    tenant: str = Field(primary_key=True)
    assessment: str
    from_version: int
    to_version: int
    content: dict[str, Any] = json_column()
    report: dict[str, Any] = json_column()
    taken_by: str
    taken_at: datetime = instant()


Index("assessment_snapshot_of", Snapshot.tenant, Snapshot.assessment, Snapshot.id)
