"""People who were erased: that it was done, by whom and why, and how much it touched."""

from datetime import datetime

from sqlmodel import Field

from services.commitments.tables.row import Row, instant, json_column


class PersonErasure(Row, table=True):
    """That a person's data was erased; their id stands wherever they were named."""

    __tablename__ = "person_erasure"

    tenant: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    reason: str
    erased_by: str
    erased_at: datetime = instant()
    rows: dict[str, int] = json_column()
    """How many rows of which table named the person."""
