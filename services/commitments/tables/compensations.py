"""The ledger of compensation: what each broken run costs, and every change of that."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Index, Numeric
from sqlmodel import Field

from services.commitments.tables.row import Row, instant


class Compensation(Row, table=True):
    """What is owed for one run; one a run, whatever becomes of it."""

    __tablename__ = "compensation"

    id: str = Field(primary_key=True)
    tenant: str
    run_id: str
    case_id: str
    case_key: str
    process: str
    node: str | None = None
    visit: int
    promise_id: str
    promise_code: str
    promise_version: int
    status: str
    currency: str
    accrued: Decimal = Field(sa_type=Numeric)
    paid: Decimal = Field(sa_type=Numeric)
    broken_at: datetime = instant()
    """When the run finished too late, by the newest history."""
    accrued_at: datetime = instant()
    revision: int


Index("compensation_case", Compensation.tenant, Compensation.case_id)
Index("compensation_status", Compensation.tenant, Compensation.status, Compensation.id)


class CompensationEntry(Row, table=True):
    """One entry of the ledger; entries are added, never changed or deleted."""

    __tablename__ = "compensation_entry"

    tenant: str = Field(primary_key=True)
    compensation_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    kind: str
    amount: Decimal = Field(sa_type=Numeric)
    currency: str
    reason: str | None = None
    by: str | None = None
    at: datetime = instant()
