"""What people did to the history of a case: corrections and erasures, with who and why."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from services.commitments.tables.row import Row, instant, json_column


class Correction(Row, table=True):
    """A correction by hand; its event stands in the history of the case like any other."""

    __tablename__ = "correction"

    id: str = Field(primary_key=True)
    tenant: str
    case_id: str
    event_id: str
    kind: str
    at: datetime = instant()
    department: str | None = None
    position: str | None = None
    reason: str
    corrected_by: str
    recorded_at: datetime = instant()


Index("correction_case", Correction.tenant, Correction.case_id, Correction.at)  # type: ignore[arg-type]


class Erasure(Row, table=True):
    """Personal data of a case that was erased; the events and what they say of clocks remain."""

    __tablename__ = "erasure"

    id: str = Field(primary_key=True)
    tenant: str
    case_id: str
    reason: str
    erased_by: str
    erased_at: datetime = instant()
    payloads: int
    attributes: list[str] = json_column()


Index("erasure_case", Erasure.tenant, Erasure.case_id)
