"""Models that customers brought themselves."""

from datetime import datetime
from typing import Any

from sqlmodel import Field

from services.assessment.tables.row import Row, instant, json_column


class ModelVersion(Row, table=True):
    """A model as it was uploaded; its content never changes, and a change of it is a new version.

    `withdrawn_at` says since when nothing new is to be rated against it.
    """

    __tablename__ = "model_version"

    tenant: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    hash: str
    document: dict[str, Any] = json_column()
    uploaded_by: str
    uploaded_at: datetime = instant()
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = instant(nullable=True)
    withdrawal_reason: str | None = None
