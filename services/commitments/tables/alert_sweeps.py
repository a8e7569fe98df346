"""What a changed alert rule has yet to reach, and what came of each step of an escalation."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger
from sqlmodel import Field

from services.commitments.tables.row import Row, instant, json_column


class AlertSweep(Row, table=True):
    """The open cases of a process whose alert instants are to be set anew, in order of their ids.

    A later sweep of the same process does all that is left of an earlier one.
    """

    __tablename__ = "alert_sweep"

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    tenant: str
    process: str
    checked_up_to: str


class AlertTelling(Row, table=True):
    """A step that was taken: who was found in the offices that it names, and why they or not."""

    __tablename__ = "alert_telling"

    tenant: str = Field(primary_key=True)
    alert_id: str = Field(primary_key=True)
    raised: int = Field(primary_key=True)
    round: int = Field(primary_key=True)
    step: int = Field(primary_key=True)
    at: datetime = instant()
    found: list[dict[str, Any]] = json_column()
