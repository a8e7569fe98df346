"""Limits that will pass, those that have, and when somebody else is told of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.commitments.tables.row import Row, instant, json_column


class DueInstant(Row, table=True):
    """An instant at which a running clock reaches a threshold, unless an event comes first."""

    __tablename__ = "due_instant"

    tenant: str = Field(primary_key=True)
    run_id: str = Field(primary_key=True)
    threshold: str = Field(primary_key=True)
    case_id: str
    due_at: datetime = instant()


Index("due_instant_due", DueInstant.due_at)  # type: ignore[arg-type]
Index("due_instant_case", DueInstant.tenant, DueInstant.case_id)


class Alert(Row, table=True):
    """A threshold that a clock in progress reached; one per clock, threshold and promise version.

    `level` is `run` for a node run, `case` for a whole case, whose node is empty. `historic` ones
    lay too far back when they were first seen, and nobody was told. `raised` counts how often a
    late event withdrew the alert and the threshold was reached after all.
    """

    __tablename__ = "alert"

    id: str = Field(primary_key=True)
    tenant: str
    run_id: str
    level: str = "run"
    case_id: str
    case_key: str
    process: str
    node: str
    visit: int
    department: str | None = None
    position: str | None = None
    segment: str | None = None
    priority: str | None = None
    threshold: str
    promise_id: str
    promise_code: str | None = None
    promise_version: int
    due_at: datetime = instant()
    passed_at: datetime = instant()
    historic: bool = False
    state: str = "open"
    raised: int = 1
    revision: int = 1
    withdrawn_at: datetime | None = instant(nullable=True)
    acknowledged_at: datetime | None = instant(nullable=True)
    acknowledged_by: str | None = None
    handled_at: datetime | None = instant(nullable=True)
    handled_by: str | None = None
    handling: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True))
    )


Index(
    "alert_once",
    *(Alert.tenant, Alert.run_id, Alert.threshold, Alert.promise_id, Alert.promise_version),  # type: ignore[arg-type]
    unique=True,
)
Index("alert_case", Alert.tenant, Alert.case_id)
Index("alert_passed", Alert.tenant, Alert.passed_at, Alert.id)  # type: ignore[arg-type]
Index("alert_due", Alert.tenant, Alert.due_at, Alert.id)  # type: ignore[arg-type]


class Escalation(Row, table=True):
    """How far an open alert has been told, and when the next step of its rule is taken.

    `at` is empty while there is no haste: the run is paused or has ended, or no step is left.
    """

    __tablename__ = "escalation"

    tenant: str = Field(primary_key=True)
    alert_id: str = Field(primary_key=True)
    step: int
    since: datetime = instant()
    """When the step before was taken, at first when the alert was raised."""
    at: datetime | None = instant(nullable=True)
    round: int = 0
    """How often the run was handed over to others after somebody had been told."""
    department: str | None = None
    position: str | None = None


Index("escalation_at", Escalation.at)  # type: ignore[arg-type]


class AlertRule(Row, table=True):
    """Who is told of which thresholds of which runs, as a tenant has set it."""

    __tablename__ = "alert_rule"

    id: str = Field(primary_key=True)
    tenant: str
    name: dict[str, str] = json_column()
    process: str | None = None
    node: str | None = None
    segment: str | None = None
    priority: str | None = None
    promise: str | None = None
    thresholds: list[str] = json_column()
    steps: list[dict[str, Any]] = json_column()
    calendar: str | None = None
    revision: int
    created_at: datetime = instant()


Index("alert_rule_tenant", AlertRule.tenant, AlertRule.id)
