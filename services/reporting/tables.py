"""The rows of the reporting service; every table has a tenant and stands under row security."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Index, LargeBinary, MetaData, Numeric, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.store import Instant


class Row(SQLModel, registry=registry(metadata=MetaData())):
    """A row of this service's own metadata."""


def _instant(*, nullable: bool = False) -> Any:
    return Field(default=None, sa_type=Instant, nullable=nullable)


def _json(*, nullable: bool = False) -> Any:
    return Field(default=None, sa_type=JSONB(none_as_null=True), nullable=nullable)


def _decimal() -> Any:
    return Field(default=None, sa_type=Numeric, nullable=True)


class Copy(Row):
    """What another service last published of a thing; `heard_at` is the time of that event."""

    tenant: str = Field(primary_key=True)
    revision: int
    heard_at: datetime = _instant()


class AttainmentCopy(Copy, table=True):
    """The finished runs or legs of one group in one month, by state."""

    __tablename__ = "attainment_copy"

    process: str = Field(primary_key=True)
    node: str = Field(primary_key=True)
    level: str = Field(primary_key=True)
    department: str = Field(primary_key=True)
    """Empty for runs as a whole, and for legs whose department is not known."""
    month: str = Field(primary_key=True)
    completed_normal: int
    completed_acceptable: int
    completed_warning: int
    cancelled: int
    measured_at: datetime = _instant()


class ProcessCopy(Copy, table=True):
    """The names of a process and of its nodes, which stand in the order of the process."""

    __tablename__ = "process_copy"

    process: str = Field(primary_key=True)
    name: dict[str, str] = _json()
    nodes: list[dict[str, str]] = _json()


class KpiReadingCopy(Copy, table=True):
    """A KPI's value in a period."""

    __tablename__ = "kpi_reading_copy"

    kpi: str = Field(primary_key=True)
    period: str = Field(primary_key=True)
    name: dict[str, str] = _json()
    value: Decimal | None = _decimal()
    target: Decimal | None = _decimal()


class OrganisationUnitCopy(Copy, table=True):
    """The names of a unit of the organisation."""

    __tablename__ = "organisation_unit_copy"

    code: str = Field(primary_key=True)
    kind: str
    name: dict[str, str] = _json()


class TenantCopy(Copy, table=True):
    """The name of the organisation itself."""

    __tablename__ = "tenant_copy"

    name: dict[str, str] = _json()


class Report(Row, table=True):
    """A report that was asked for, and what became of it."""

    __tablename__ = "report"

    id: str = Field(primary_key=True)
    tenant: str
    kind: str
    process: str
    language: str
    first_month: str
    last_month: str
    status: str
    created_at: datetime = _instant()
    finished_at: datetime | None = _instant(nullable=True)
    attempts: int = 0
    """Names the claim as well: only the newest attempt may finish the report."""
    claimed_until: datetime | None = _instant(nullable=True)
    document_hash: str | None = None
    files: list[dict[str, Any]] = _json()
    error: dict[str, str] | None = _json(nullable=True)


Index("report_listed", Report.tenant, Report.id)
Index("report_waiting", Report.id, postgresql_where=text("status IN ('queued', 'running')"))


class ReportFile(Row, table=True):
    """The bytes of a file by their SHA-256; reports that come out the same share them."""

    __tablename__ = "report_file"

    tenant: str = Field(primary_key=True)
    sha256: str = Field(primary_key=True)
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
