"""What wakes up when, without anybody asking."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from services.commitments.tables.row import Row, instant


class WakeUp(Row, table=True):
    """When a worker looks at something the next time; no row where nothing is to come."""

    __tablename__ = "wake_up"

    tenant: str = Field(primary_key=True)
    what: str = Field(primary_key=True)
    of: str = Field(primary_key=True)
    at: datetime = instant()


Index("wake_up_at", WakeUp.at)  # type: ignore[arg-type]
