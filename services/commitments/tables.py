"""The rows of the commitments service; every table has a tenant and stands under row security."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Interval, LargeBinary, MetaData, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.store import Instant


class Row(SQLModel, registry=registry(metadata=MetaData())):
    """A row of this service's own metadata."""


def _instant(*, nullable: bool = False) -> Any:
    return Field(default=None, sa_type=Instant, nullable=nullable)


def _json() -> Any:
    return Field(sa_column=Column(JSONB, nullable=False))


class CalendarVersion(Row, table=True):
    """A working calendar as it was defined; a change is a new version."""

    __tablename__ = "calendar_version"

    tenant: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    name: dict[str, str] = _json()
    definition: dict[str, Any] = _json()
    created_at: datetime = _instant()


class ProcessVersion(Row, table=True):
    """A process 流程 with its nodes 节点 as it was defined; a change is a new version."""

    __tablename__ = "process_version"

    tenant: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    name: dict[str, str] = _json()
    definition: dict[str, Any] = _json()
    created_at: datetime = _instant()


class Promise(Row, table=True):
    """A promise 服务承诺: draft until it is published, then never changed."""

    __tablename__ = "promise"

    id: str = Field(primary_key=True)
    tenant: str
    code: str
    version: int
    status: str
    process: str
    node: str | None = None
    segment: str | None = None
    priority: str | None = None
    commitment_seconds: int = Field(sa_type=BigInteger)
    tolerance_seconds: int = Field(sa_type=BigInteger)
    calendar: str
    tolerance_calendar: str
    valid_from: datetime = _instant()
    valid_until: datetime | None = _instant(nullable=True)
    created_at: datetime = _instant()
    published_at: datetime | None = _instant(nullable=True)


Index("promise_code", Promise.tenant, Promise.code, Promise.version, unique=True)  # type: ignore[arg-type]


class Integration(Row, table=True):
    """A ticketing tool that pushes webhooks: its secrets and how its payloads are read."""

    __tablename__ = "integration"

    id: str = Field(primary_key=True)
    tenant: str
    name: str
    provider: str
    process: str
    mapping: dict[str, Any] = _json()
    secrets: list[str] = _json()
    revision: int
    created_at: datetime = _instant()


class Delivery(Row, table=True):
    """A webhook as it was received, kept with its raw body."""

    __tablename__ = "delivery"

    id: str = Field(primary_key=True)
    tenant: str
    integration_id: str
    key: str
    """The provider's own identity of the delivery: a second one with this key is a duplicate."""
    headers: dict[str, str] = _json()
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    received_at: datetime = _instant()
    status: str
    faults: list[dict[str, Any]] = _json()
    processed_at: datetime | None = _instant(nullable=True)


Index("delivery_key", Delivery.tenant, Delivery.integration_id, Delivery.key, unique=True)
Index("delivery_status", Delivery.tenant, Delivery.status, Delivery.id)
Index("delivery_pending", Delivery.id, postgresql_where=text("status = 'pending'"))


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
    at: datetime = _instant()
    sequence: int = Field(sa_type=BigInteger)
    body: dict[str, Any] = _json()
    delivery_id: str | None = None


class CaseVersion(Row, table=True):
    """What a case was between two of its events."""

    __tablename__ = "case_version"

    tenant: str = Field(primary_key=True)
    case_id: str = Field(primary_key=True)
    valid_from: datetime = Field(sa_type=Instant, primary_key=True)
    valid_until: datetime | None = _instant(nullable=True)
    process: str
    process_version: int
    key: str
    opened_at: datetime = _instant()
    state: str
    priority: str | None = None
    segment: str | None = None
    department: str | None = None


Index("case_version_opened", CaseVersion.tenant, CaseVersion.opened_at, CaseVersion.case_id)  # type: ignore[arg-type]


class ClockVersion(Row, table=True):
    """What a clock showed between two events of its case; its state depends on when it is read.

    `level` is `case` for a whole case, `run` for one visit to a node, `leg` for the share of a
    run that one department worked on it. The version with no `valid_until` is the newest.
    """

    __tablename__ = "clock_version"

    tenant: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    valid_from: datetime = Field(sa_type=Instant, primary_key=True)
    valid_until: datetime | None = _instant(nullable=True)
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
    promise_version: int | None = None
    commitment_calendar: str | None = None
    tolerance_calendar: str | None = None
    started_at: datetime = _instant()
    running_since: datetime | None = _instant(nullable=True)
    paused_at: datetime | None = _instant(nullable=True)
    finished_at: datetime | None = _instant(nullable=True)
    cancelled_at: datetime | None = _instant(nullable=True)
    consumed: timedelta | None = Field(default=None, sa_type=Interval)
    """Working time before `running_since`; all of it once the clock has ended."""
    commitment_due_at: datetime | None = _instant(nullable=True)
    tolerance_due_at: datetime | None = _instant(nullable=True)
    due_reason: str | None = None
    pauses: list[list[str | None]] = _json()


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


class DueInstant(Row, table=True):
    """An instant at which a limit of a running clock passes, unless an event comes first."""

    __tablename__ = "due_instant"

    tenant: str = Field(primary_key=True)
    run_id: str = Field(primary_key=True)
    threshold: str = Field(primary_key=True)
    case_id: str
    due_at: datetime = _instant()


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
    due_at: datetime = _instant()
    passed_at: datetime = _instant()


Index(
    "alert_once",
    *(Alert.tenant, Alert.run_id, Alert.threshold, Alert.promise_id, Alert.promise_version),  # type: ignore[arg-type]
    unique=True,
)


class AttainmentMark(Row, table=True):
    """A group whose finished runs have changed since it was last measured."""

    __tablename__ = "attainment_mark"

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    tenant: str
    process: str
    node: str
    level: str
    department: str
    month: str


class AttainmentMeasure(Row, table=True):
    """The finished runs of a group in a month by state, as last published."""

    __tablename__ = "attainment_measure"

    tenant: str = Field(primary_key=True)
    process: str = Field(primary_key=True)
    node: str = Field(primary_key=True)
    level: str = Field(primary_key=True)
    department: str = Field(primary_key=True)
    """Empty for runs as a whole, and for legs whose department is not known."""
    month: str = Field(primary_key=True)
    revision: int
    completed_normal: int
    completed_acceptable: int
    completed_warning: int
    cancelled: int
