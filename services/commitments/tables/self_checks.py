"""Monthly self-checks, department summaries, change requests and the deadlines of all of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.commitments.tables.row import Row, instant, json_column


def _given() -> Any:
    """A column of plain data that is null until somebody gives it."""
    return Field(default=None, sa_column=Column(JSONB(none_as_null=True)))


class SelfCheck(Row, table=True):
    """The monthly self-check 自查 of a process by its supervisor; frozen once submitted."""

    __tablename__ = "self_check"

    id: str = Field(primary_key=True)
    tenant: str
    process: str
    month: str
    department: str | None = None
    status: str
    due_at: datetime = instant()
    execution: str | None = None
    violations: list[str] | None = _given()
    design_faults: list[dict[str, Any]] | None = _given()
    figures: dict[str, Any] | None = _given()
    """What the platform counted, as it was when the check was submitted."""
    incomplete: list[str] = json_column()
    submitted_at: datetime | None = instant(nullable=True)
    submitted_by: str | None = None
    reason: str | None = None
    revision: int
    created_at: datetime = instant()


Index("self_check_month", SelfCheck.tenant, SelfCheck.process, SelfCheck.month, unique=True)


class DepartmentSummary(Row, table=True):
    """A department's monthly summary 部门总结 of its processes, signed by its head."""

    __tablename__ = "department_summary"

    id: str = Field(primary_key=True)
    tenant: str
    department: str
    month: str
    status: str
    due_at: datetime = instant()
    analysis: str | None = None
    measures: list[dict[str, Any]] | None = _given()
    signed_by: str | None = None
    submitted_at: datetime | None = instant(nullable=True)
    submitted_by: str | None = None
    reason: str | None = None
    revision: int
    created_at: datetime = instant()


Index(
    "department_summary_month",
    *(DepartmentSummary.tenant, DepartmentSummary.department, DepartmentSummary.month),
    unique=True,
)


class ChangeRequest(Row, table=True):
    """A request to change a process 流程变更申请; its deadlines are the clocks of a case."""

    __tablename__ = "change_request"

    id: str = Field(primary_key=True)
    tenant: str
    process: str
    department: str
    departments: list[str] = json_column()
    """Every department that the change touches."""
    spot_check: str | None = None
    violation: str | None = None
    demand: str | None = None
    """What a spot-check asked for."""
    follows: str | None = None
    """The request for the same demand that was rejected or withdrawn before."""
    title: str | None = None
    proposal: str | None = None
    status: str
    steps: list[dict[str, Any]] = json_column()
    revision: int
    created_at: datetime = instant()


Index("change_request_process", ChangeRequest.tenant, ChangeRequest.process)
Index("change_request_violation", ChangeRequest.tenant, ChangeRequest.violation)  # type: ignore[arg-type]


class GovernanceDeadline(Row, table=True):
    """A deadline that charges a rule of the ledger for every late day until it is settled.

    `next_at` is when the next late day begins. The rule `month` charges nothing: it opens the
    self-checks of the month that ends then.
    """

    __tablename__ = "governance_deadline"

    tenant: str = Field(primary_key=True)
    rule: str = Field(primary_key=True)
    cause_id: str = Field(primary_key=True)
    cause: str
    process: str | None = None
    department: str | None = None
    due_at: datetime | None = instant(nullable=True)
    """Null while the calendar does not know the year."""
    next_at: datetime = instant()


Index("governance_deadline_next", GovernanceDeadline.next_at)  # type: ignore[arg-type]
