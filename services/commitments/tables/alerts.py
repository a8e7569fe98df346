"""Limits that will pass, and those that have."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from services.commitments.tables.row import Row, instant


class DueInstant(Row, table=True):
    """An instant at which a limit of a running clock passes, unless an event comes first."""

    __tablename__ = "due_instant"

    tenant: str = Field(primary_key=True)
    run_id: str = Field(primary_key=True)
    threshold: str = Field(primary_key=True)
    case_id: str
    due_at: datetime = instant()


Index("due_instant_due", DueInstant.due_at)  # type: ignore[arg-type]
Index("due_instant_case", DueInstant.tenant, DueInstant.case_id)


class Alert(Row, table=True):
    """A limit that passed while its run was in progress; one per run, threshold and promise."""

    __tablename__ = "alert"

    id: str = Field(primary_key=True)
    tenant: str
    run_id: str
    case_id: str
    case_key: str
    process: str
    node: str
    visit: int
    department: str | None = None
    position: str | None = None
    threshold: str
    promise_id: str
    promise_version: int
    due_at: datetime = instant()
    passed_at: datetime = instant()


Index(
    "alert_once",
    *(Alert.tenant, Alert.run_id, Alert.threshold, Alert.promise_id, Alert.promise_version),  # type: ignore[arg-type]
    unique=True,
)
