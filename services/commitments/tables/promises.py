"""Promises, a row a version."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.commitments.tables.row import Row, instant


class Promise(Row, table=True):
    """A version of a promise 服务承诺: draft until it is published, then only its end can move.

    `code` names the promise for good; publishing a version ends the one before it.
    """

    __tablename__ = "promise"

    id: str = Field(primary_key=True)
    tenant: str
    code: str
    version: int
    status: str
    process: str
    node: str | None = None
    department: str | None = None
    """Who has promised it inside (OLA); its legs are judged by it, and no run is."""
    segment: str | None = None
    priority: str | None = None
    commitment_seconds: int | None = Field(default=None, sa_type=BigInteger)
    tolerance_seconds: int | None = Field(default=None, sa_type=BigInteger)
    calendar: str
    tolerance_calendar: str
    valid_from: datetime | None = instant(nullable=True)
    valid_until: datetime | None = instant(nullable=True)
    binds_from: datetime | None = instant(nullable=True)
    """When it began to count: behind the runs that had started when it was published."""
    service: str | None = None
    agreement: str | None = None
    objective: str | None = None
    no_objective_reason: str | None = None
    below_floor_reason: str | None = None
    customer_agreement: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB))
    expected_attainment: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB))
    """As it was when the promise was drafted, and again when it was published."""
    compensation: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB))
    revision: int = 1
    created_at: datetime = instant()
    published_at: datetime | None = instant(nullable=True)


Index("promise_code", Promise.tenant, Promise.code, Promise.version, unique=True)  # type: ignore[arg-type]
Index("promise_agreement", Promise.tenant, Promise.agreement)  # type: ignore[arg-type]
