"""Cases, their events and what their clocks showed."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Index, Interval, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.commitments.tables.row import Row, instant, json_column
from shared.store import Instant


class Case(Row, table=True):
    """One ticket running through a process; the row is what a fold of its events locks."""

    __tablename__ = "service_case"

    id: str = Field(primary_key=True)
    tenant: str
    process: str
    key: str


Index("service_case_key", Case.tenant, Case.process, Case.key, unique=True)


class TicketEventRow(Row, table=True):
    """One normalised event of a case; the history of a case is only ever added to."""

    __tablename__ = "ticket_event"

    tenant: str = Field(primary_key=True)
    case_id: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    at: datetime = instant()
    sequence: int = Field(sa_type=BigInteger)
    body: dict[str, Any] = json_column()
    delivery_id: str | None = None


class CaseVersion(Row, table=True):
    """What a case was between two of its events."""

    __tablename__ = "case_version"

    tenant: str = Field(primary_key=True)
    case_id: str = Field(primary_key=True)
    valid_from: datetime = Field(sa_type=Instant, primary_key=True)
    valid_until: datetime | None = instant(nullable=True)
    process: str
    process_version: int
    key: str
    opened_at: datetime = instant()
    state: str
    priority: str | None = None
    segment: str | None = None
    department: str | None = None


Index("case_version_opened", CaseVersion.tenant, CaseVersion.opened_at, CaseVersion.case_id)  # type: ignore[arg-type]


class ClockColumns(Row):
    """What a clock showed between two events of its case; its state depends on when it is read.

    `level` is `case` for a whole case, `run` for one visit to a node, `leg` for the share of a
    run that one department worked on it. The version with no `valid_until` is the newest.
    """

    tenant: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    valid_from: datetime = Field(sa_type=Instant, primary_key=True)
    valid_until: datetime | None = instant(nullable=True)
    level: str
    case_id: str
    case_key: str
    process: str
    node: str = ""
    visit: int
    leg: int = 0
    department: str | None = None
    position: str | None = None
    segment: str | None = None
    priority: str | None = None
    promise_id: str | None = None
    promise_code: str | None = None
    promise_version: int | None = None
    commitment_calendar: str | None = None
    tolerance_calendar: str | None = None
    started_at: datetime = instant()
    running_since: datetime | None = instant(nullable=True)
    paused_at: datetime | None = instant(nullable=True)
    finished_at: datetime | None = instant(nullable=True)
    cancelled_at: datetime | None = instant(nullable=True)
    consumed: timedelta | None = Field(default=None, sa_type=Interval)
    """Working time before `running_since`; all of it once the clock has ended."""
    commitment_due_at: datetime | None = instant(nullable=True)
    tolerance_due_at: datetime | None = instant(nullable=True)
    due_reason: str | None = None
    pauses: list[list[str | None]] = Field(sa_type=JSONB, nullable=False)


class ClockVersion(ClockColumns, table=True):
    """A clock under the promise that its run bound."""

    __tablename__ = "clock_version"


Index(
    "clock_version_unknown",
    *(ClockVersion.tenant, ClockVersion.case_id),
    postgresql_where=text("due_reason = 'calendar_year_unknown' OR consumed IS NULL"),
)
Index("clock_version_case", ClockVersion.tenant, ClockVersion.case_id)
Index(
    "clock_version_started",
    *(ClockVersion.tenant, ClockVersion.level, ClockVersion.started_at, ClockVersion.id),  # type: ignore[arg-type]
)


Index(
    "clock_version_ended",
    *(ClockVersion.tenant, ClockVersion.process, ClockVersion.node, ClockVersion.level),
    func.coalesce(ClockVersion.finished_at, ClockVersion.cancelled_at),
    postgresql_where=text("valid_until IS NULL"),
)
Index(
    "clock_version_promise",
    *(ClockVersion.tenant, ClockVersion.promise_id, ClockVersion.finished_at),  # type: ignore[arg-type]
    postgresql_where=text("valid_until IS NULL"),
)
Index(
    "clock_version_open",
    *(ClockVersion.tenant, ClockVersion.process, ClockVersion.case_id),
    postgresql_where=text("valid_until IS NULL AND finished_at IS NULL AND cancelled_at IS NULL"),
)
