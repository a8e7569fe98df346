"""Results under promises other than those that were bound, and what is left to restate."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from services.commitments.tables.cases import ClockColumns
from services.commitments.tables.row import Row, instant, json_column


class Restatement(Row, table=True):
    """A process's history judged by other versions of its promises."""

    __tablename__ = "restatement"

    id: str = Field(primary_key=True)
    tenant: str
    process: str
    in_force_at: datetime | None = instant(nullable=True)
    promise_versions: dict[str, int] = json_column()
    """The versions asked for by promise; of every other promise what `in_force_at` says."""
    terms: list[dict[str, Any]] = json_column()
    """The promises that it judges by, resolved when it was asked for."""
    cases: int
    requested_by: str
    requested_at: datetime = instant()
    completed_at: datetime | None = instant(nullable=True)


Index("restatement_process", Restatement.tenant, Restatement.process, Restatement.id)


class RestatementMark(Row, table=True):
    """A case that a restatement has yet to judge, for the first time or after a new event."""

    __tablename__ = "restatement_mark"

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    tenant: str
    restatement_id: str
    case_id: str


Index("restatement_mark_left", RestatementMark.restatement_id, RestatementMark.id)  # type: ignore[arg-type]


class RestatedClock(ClockColumns, table=True):
    """A clock as it would have shown under the promises of a restatement."""

    __tablename__ = "restated_clock"

    restatement_id: str = Field(primary_key=True)


Index("restated_clock_case", *(RestatedClock.restatement_id, RestatedClock.case_id))
