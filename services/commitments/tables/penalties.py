"""Spot-checks, the violations they find, penalty rules and the ledger."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Index, Numeric, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.commitments.tables.row import Row, instant, json_column


class PenaltyRule(Row, table=True):
    """A tenant's amounts for an offence, in force from `valid_from` until the next revision."""

    __tablename__ = "penalty_rule"

    tenant: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    amounts: dict[str, str] = json_column()
    currency: str
    valid_from: datetime = instant()
    created_at: datetime = instant()


class PenaltyEntry(Row, table=True):
    """A line of the penalty ledger 考核台账; the database refuses to change or delete one."""

    __tablename__ = "penalty_entry"

    id: str = Field(primary_key=True)
    tenant: str
    rule: str
    rule_revision: int
    bearer: str
    person: str
    process: str | None = None
    department: str | None = None
    cause: str
    """What it is for: `violation`, `self_check`, `summary` or `change_request`."""
    cause_id: str
    occasion: str
    """Which item or late day of the cause; empty when it happens once."""
    amount: Decimal = Field(sa_column=Column(Numeric, nullable=False))
    currency: str
    occurred_at: datetime = instant()
    entered_at: datetime = instant()
    entered_by: str
    reverses: str | None = None
    reason: str | None = None


Index(
    "penalty_entry_once",
    *(PenaltyEntry.tenant, PenaltyEntry.cause_id, PenaltyEntry.rule, PenaltyEntry.bearer),
    PenaltyEntry.occasion,
    unique=True,
    postgresql_where=text("reverses IS NULL"),
)
Index("penalty_entry_reversed", PenaltyEntry.tenant, PenaltyEntry.reverses, unique=True)  # type: ignore[arg-type]
Index("penalty_entry_person", PenaltyEntry.tenant, PenaltyEntry.person)


class PenaltySettlement(Row, table=True):
    """That a line of the ledger was confirmed or paid; never changed either."""

    __tablename__ = "penalty_settlement"

    tenant: str = Field(primary_key=True)
    entry: str = Field(primary_key=True)
    step: str = Field(primary_key=True)
    reference: str | None = None
    at: datetime = instant()
    by: str


class SpotCheck(Row, table=True):
    """A spot-check 抽查 of a process by the planning department."""

    __tablename__ = "spot_check"

    id: str = Field(primary_key=True)
    tenant: str
    process: str
    scope: list[str] = json_column()
    notes: str | None = None
    checked_at: datetime = instant()
    checked_by: str
    status: str
    revision: int
    created_at: datetime = instant()


Index("spot_check_process", SpotCheck.tenant, SpotCheck.process)


class Violation(Row, table=True):
    """A violation 违规 of what a process requires, and what became of it."""

    __tablename__ = "violation"

    id: str = Field(primary_key=True)
    tenant: str
    process: str
    node: str | None = None
    requirement: str
    person: str
    department: str
    description: str
    occurred_at: datetime = instant()
    by_design: bool
    """A flaw of the design led to it."""
    found_by_department_at: datetime | None = instant(nullable=True)
    own_penalty: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True))
    )
    spot_check: str | None = None
    met_at: datetime | None = instant(nullable=True)
    """When a spot-check found it, or met what the department had found."""
    month: str
    status: str
    repeated: bool
    reason: str | None = None
    revision: int
    created_at: datetime = instant()


Index("violation_problem", Violation.tenant, Violation.process, Violation.month)
