"""Proposals to tighten or to improve what is promised, and when to make them."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from services.commitments.tables.row import Row, instant, json_column


class AdviceSettings(Row, table=True):
    """Thresholds of a tenant, or of one process; shares are decimals as text, exact."""

    __tablename__ = "advice_settings"

    tenant: str = Field(primary_key=True)
    process: str = Field(primary_key=True)
    """Empty for every process that has none of its own."""
    tighten_at: str
    improve_below: str
    least_runs: int
    months: int
    step_seconds: int
    revision: int
    changed_at: datetime = instant()


class Advice(Row, table=True):
    """A proposal about one promise version, made of the runs that a period completed."""

    __tablename__ = "advice"

    id: str = Field(primary_key=True)
    tenant: str
    kind: str
    status: str
    process: str
    node: str | None = None
    segment: str | None = None
    priority: str | None = None
    promise_id: str
    promise_code: str
    promise_version: int
    period_from: datetime = instant()
    period_to: datetime = instant()
    completed: int
    completed_normal: int
    commitment_seconds: int = Field(sa_type=BigInteger)
    tolerance_seconds: int = Field(sa_type=BigInteger)
    proposed_commitment_seconds: int | None = Field(default=None, sa_type=BigInteger)
    proposed_tolerance_seconds: int | None = Field(default=None, sa_type=BigInteger)
    expected_within: int | None = None
    findings: dict[str, Any] = json_column()
    reason: str | None = None
    drafted_promise_id: str | None = None
    improvement_plan: str | None = None
    superseded_by: str | None = None
    superseded_at: datetime | None = instant(nullable=True)
    decided_by: str | None = None
    decided_at: datetime | None = instant(nullable=True)
    made_at: datetime = instant()
    revision: int


Index("advice_promise", Advice.tenant, Advice.promise_code, Advice.status)
Index("advice_period", Advice.tenant, Advice.period_to, Advice.id)  # type: ignore[arg-type]
