"""What owners of processes did for their duties."""

from datetime import date, datetime

from sqlalchemy import Index
from sqlmodel import Field

from services.commitments.tables.row import Row, instant, json_column


class DutyRecord(Row, table=True):
    """Something that an owner did for one of the duties 推行、培训、改进 of a process."""

    __tablename__ = "duty_record"

    id: str = Field(primary_key=True)
    tenant: str
    process: str
    duty: str
    what: str
    done_on: date
    departments: list[str] = json_column()
    participants: int | None = None
    plan: str | None = None
    status: str
    reason: str | None = None
    """Why it is void."""
    recorded_by: str
    revision: int
    created_at: datetime = instant()


Index(
    "duty_record_process",
    *(DutyRecord.tenant, DutyRecord.process, DutyRecord.duty),
    *(DutyRecord.done_on, DutyRecord.id),  # type: ignore[arg-type]
)
