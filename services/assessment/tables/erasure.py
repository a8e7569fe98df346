"""When what concerns a person is to be erased."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from services.assessment.tables.row import Row, instant


class ErasureDue(Row, table=True):
    """An assessment of a person, and when its personal content goes."""

    __tablename__ = "erasure_due"

    tenant: str = Field(primary_key=True)
    assessment: str = Field(primary_key=True)
    person: str
    due_at: datetime = instant()


class PersonErasure(Row, table=True):
    """That a person was erased, on whose order and why; not who."""

    __tablename__ = "person_erasure"

    id: str = Field(primary_key=True)
    tenant: str = Field(primary_key=True)
    reason: str
    by: str
    at: datetime = instant()


Index("erasure_due_next", ErasureDue.due_at)  # type: ignore[arg-type]
Index("erasure_due_of", ErasureDue.tenant, ErasureDue.person)
